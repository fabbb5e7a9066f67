"""Resources for simulated events: the right shape, about nothing that ever was."""

from collections.abc import Callable

from solitude_sandbox.clock import stamp
from solitude_sandbox.paypal import accounts, events
from solitude_sandbox.paypal.call import Call, Json
from solitude_sandbox.paypal.times import stamp_ms

CAPTURE_ID = "42311647XV020574X"
REFUND_ID = "1JU08902781691411"
ORDER_ID = "5O190127TN364715T"
TOKEN_ID = "8kk8451636559962p"  # noqa: S105 - an identifier
DISPUTE_ID = "PP-D-27803"
AMOUNT = {"currency_code": "USD", "value": "30.00"}

_CAPTURE_STATUSES = {
    events.CAPTURE_PENDING: "PENDING",
    events.CAPTURE_DENIED: "DECLINED",
    events.CAPTURE_DECLINED: "DECLINED",
}


def resource(call: Call, event_type: str) -> Json:
    """A sample of what an event of this (known) type is about."""
    makers: dict[str, Callable[[Call, str], Json]] = {
        "checkout-order": _order,
        "capture": _capture,
        "refund": _refund,
        "payment_token": _token,
        "merchant-onboarding": _seller,
    }
    return makers.get(events.KINDS[event_type].resource_type, _dispute)(call, event_type)


def _seller(_call: Call, _event_type: str) -> Json:
    return {"merchant_id": "23456789ABCDE", "partner_client_id": accounts.CLIENT_ID}


def _order(call: Call, event_type: str) -> Json:
    units = [{"reference_id": "default", "amount": AMOUNT, "payee": {"merchant_id": "23456789ABCDE"}}]
    if event_type == events.APPROVAL_REVERSED:
        return {"order_id": ORDER_ID, "purchase_units": units, "payment_source": {"paypal": {}}}
    links = [call.link(f"/v2/checkout/orders/{ORDER_ID}", "self")]
    status = "COMPLETED" if event_type == events.ORDER_COMPLETED else "APPROVED"
    return {"id": ORDER_ID, "intent": "CAPTURE", "status": status, "purchase_units": units, "links": links}


def _capture(call: Call, event_type: str) -> Json:
    return {
        "id": CAPTURE_ID,
        "status": _CAPTURE_STATUSES.get(event_type, "COMPLETED"),
        "amount": AMOUNT,
        "final_capture": True,
        "supplementary_data": {"related_ids": {"order_id": ORDER_ID}},
        "create_time": stamp(call.now),
        "update_time": stamp(call.now),
        "links": [call.link(f"/v2/payments/captures/{CAPTURE_ID}", "self")],
    }


def _refund(call: Call, _: str) -> Json:
    up = call.link(f"/v2/payments/captures/{CAPTURE_ID}", "up")
    links = [call.link(f"/v2/payments/refunds/{REFUND_ID}", "self"), up]
    times = {"create_time": stamp(call.now), "update_time": stamp(call.now)}
    return {"id": REFUND_ID, "status": "COMPLETED", "amount": AMOUNT, **times, "links": links}


def _token(call: Call, _: str) -> Json:
    links = [call.link(f"/v3/vault/payment-tokens/{TOKEN_ID}", "self")]
    return {"id": TOKEN_ID, "customer": {"id": "CUSTOMER01"}, "payment_source": {"paypal": {}}, "links": links}


def _dispute(call: Call, event_type: str) -> Json:
    resolved = event_type == events.DISPUTE_RESOLVED
    return {
        "dispute_id": DISPUTE_ID,
        "create_time": stamp_ms(call.now),
        "update_time": stamp_ms(call.now),
        "disputed_transactions": [{"seller_transaction_id": CAPTURE_ID}],
        "reason": "MERCHANDISE_OR_SERVICE_NOT_RECEIVED",
        "status": "RESOLVED" if resolved else "OPEN",
        "dispute_amount": AMOUNT,
        **({"dispute_outcome": {"outcome_code": "RESOLVED_SELLER_FAVOUR"}} if resolved else {}),
        "dispute_life_cycle_stage": "INQUIRY",
        "links": [call.link(f"/v1/customer/disputes/{DISPUTE_ID}", "self")],
    }
