"""PayPal's REST platform as the engine's contract asks: requests are built here, and answers read.

No database and no Django request: what is known comes in with the call, what was learnt goes out with the result.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from django.conf import settings

from solitude.money.money import Money
from solitude.payments.contract import (
    Call,
    Evidence,
    Intent,
    Operation,
    Outcome,
    Reason,
    RefundEvidence,
    RefundSeen,
    Result,
    Seen,
)
from solitude.providers.paypal import reading
from solitude.providers.paypal.reading import NotUnderstood
from solitude.providers.paypal.wire import Ask, Failed, Reply, TokenRefused, Wire
from solitude.telemetry import cef
from solitude.telemetry.logs import get_logger
from solitude.telemetry.redaction import Secret

log = get_logger("solitude.paypal")
ORDERS, SETUP_TOKENS, PAYMENT_TOKENS = "/v2/checkout/orders", "/v3/vault/setup-tokens", "/v3/vault/payment-tokens"
DESCRIPTION_MAX_CHARS = 127
NOTE_MAX_CHARS = 255
NOT_APPROVED = "not_approved"
# PayPal's memory of request ids for captures and refunds.
REFUND_MEMORY_S = 45 * 24 * 3600

_NOTHING_TAKEN = {"ORDER_NOT_APPROVED"}
_CHOOSE_ANOTHER = {"INSTRUMENT_DECLINED", "PAYER_ACTION_REQUIRED", "REDIRECT_PAYER_FOR_ALTERNATE_FUNDING"}
_LOOK_UP = {"ORDER_ALREADY_CAPTURED", "DUPLICATE_INVOICE_ID"}
_ENDS = {Seen.PAID, Seen.UNDER_REVIEW, Seen.DECLINED, Seen.EXPIRED}


class PayPal:
    name = "paypal"
    number = 0

    def __init__(self) -> None:
        self._wire = Wire()
        self._performers: dict[Operation, Callable[[Call], Result]] = {
            Operation.PAY: self._pay,
            Operation.CAPTURE: self._capture,
            Operation.REFUND: self._refund,
            Operation.LOOK_UP: self._look_up,
            Operation.ASK_CONSENT: self._ask_consent,
            Operation.STORE_CREDENTIAL: self._store_credential,
            Operation.DELETE_CREDENTIAL: self._delete_credential,
        }

    def perform(self, call: Call) -> Result:
        return self._guarded(self._performers[call.operation], call)

    def find_out(self, call: Call) -> Result:
        """What became of a call: PayPal is asked by what it knows; where that is only our key, the call is repeated.

        A repeat under the same PayPal-Request-Id does nothing new as long as PayPal remembers it; a payment may be charged
        for the first time by it, so it is repeated for a short while only.
        """
        match call.operation:
            case Operation.PAY:
                if call.age_s > settings.SOLITUDE_RESEND_MAX_S:
                    return Result(Outcome.UNKNOWN, reason=Reason("TOO_OLD_TO_REPEAT"))
                return self.perform(call)
            case Operation.CAPTURE:
                return self._guarded(self._find_capture, call)
            case Operation.REFUND if call.age_s > REFUND_MEMORY_S:
                return self._guarded(self._find_refund, call)
        return self.perform(call)

    def _guarded(self, perform: Callable[[Call], Result], call: Call) -> Result:
        try:
            return perform(call)
        except TokenRefused as error:
            log.error("paypal_credentials_refused", operation=call.operation)
            cef.event("Provider refuses our credentials", 7, extra={"cs6Label": "provider", "cs6": self.name})
            return reading.refused_credentials(error.exchanges)

    # --- payments ---

    def _pay(self, call: Call) -> Result:
        reply = self._ask("pay", call, "POST", ORDERS, order_request(call.key, call.intent))
        if isinstance(reply, Failed):
            return reading.failed(reply)
        if reply.status in (200, 201):
            return self._order(reply, call.intent.amount, call.key)
        if reply.issue == "DUPLICATE_INVOICE_ID":
            # The invoice id is this operation's own: an earlier try of it was taken, and PayPal does not say how it ended.
            return reading.unknown(reply)
        return reading.refused(reply)

    def _capture(self, call: Call) -> Result:
        path = f"{ORDERS}/{call.ids['payment']}/capture"
        reply = self._ask("capture", call, "POST", path, {})
        if isinstance(reply, Failed):
            return reading.failed(reply)
        if reply.status in (200, 201):
            return self._order(reply, call.intent.amount)
        if reply.issue in _NOTHING_TAKEN:
            return reading.result(
                reply, Outcome.DECLINED, evidence=Evidence(Seen.NOT_APPROVED), reason=reading.reason_of(reply)
            )
        if reply.issue in _CHOOSE_ANOTHER:
            return _choose_another(reply, call)
        if reply.issue in _LOOK_UP or reply.status == 404:
            return self._taken_already(call, reply)
        if reply.issue == "ORDER_COMPLETION_IN_PROGRESS":
            return reading.unknown(reply)
        return reading.refused(reply)

    def _taken_already(self, call: Call, refused: Reply) -> Result:
        """A capture that PayPal refused because of what was before: the order tells, and nothing else."""
        found = self._guarded(self._look_up, call)
        exchanges = (*refused.exchanges, *found.exchanges)
        if found.evidence and found.evidence.state in _ENDS:
            return replace(found, exchanges=exchanges)
        # Also an order that looks as if nothing had been taken: the refusal says that something was.
        return replace(reading.unknown(refused), exchanges=exchanges)

    def _find_capture(self, call: Call) -> Result:
        found = self._look_up(call)
        if found.evidence is None:
            return Result(Outcome.UNKNOWN, exchanges=found.exchanges)
        match found.evidence.state:
            case Seen.APPROVED:
                return self._capture(call)
            case Seen.NOT_APPROVED:
                return Result(
                    Outcome.DECLINED,
                    evidence=found.evidence,
                    correlation_id=found.correlation_id,
                    exchanges=found.exchanges,
                )
        return found

    def _look_up(self, call: Call) -> Result:
        reply = self._ask("look_up", call, "GET", f"{ORDERS}/{call.ids['payment']}")
        if isinstance(reply, Failed):
            return reading.failed(reply)
        if reply.status == 404 and reply.understood and reply.issue:
            return reading.result(reply, Outcome.DECLINED, evidence=Evidence(Seen.EXPIRED), reason=Reason("EXPIRED"))
        if reply.status != 200:
            return reading.refused(reply) if reply.status == 429 else reading.unknown(reply)
        # A refund's amount is not the order's.
        return self._order(reply, None if call.operation == Operation.REFUND else call.intent.amount)

    def _order(self, reply: Reply, expected: Money | None, key: str = "") -> Result:
        """The result that an order in an answer is; `key` is the reference that it must bear if it bears one."""
        try:
            if key and reading.reference(reply.body) not in ("", key):
                raise NotUnderstood("an order of another reference")
            token = str(reply.body.get("id", ""))
            pay_url = reading.buyer_link(reply.link("payer-action", "approve"), f"/checkoutnow?token={token}")
            evidence, reason, ids = reading.order(reply.body, pay_url, expected)
        except NotUnderstood as error:
            log.error("paypal_answer_not_understood", problem=str(error), correlation_id=reply.correlation_id)
            return reading.unknown(reply)
        return reading.result(reply, _OUTCOMES[evidence.state], evidence=evidence, reason=reason, ids=ids)

    # --- refunds ---

    def _refund(self, call: Call) -> Result:
        path = f"/v2/payments/captures/{call.ids['capture']}/refund"
        reply = self._ask("refund", call, "POST", path, refund_request(call.key, call.intent), seller=call.intent.payee)
        if isinstance(reply, Failed):
            return reading.failed(reply)
        if reply.status in (200, 201):
            return _refund_result(reply, call)
        if reply.issue == "CAPTURE_FULLY_REFUNDED":
            return self._refunded_already(call, reply)
        return reading.refused(reply)

    def _refunded_already(self, call: Call, refused: Reply) -> Result:
        """Everything is refunded: by this very operation, or by somebody else. The order lists the refunds."""
        found = self._guarded(self._look_up, call)
        if found.evidence is None or found.evidence.state != Seen.PAID:
            return replace(reading.unknown(refused), exchanges=(*refused.exchanges, *found.exchanges))
        own = next((refund for refund in found.evidence.refunds if refund.reference == call.key), None)
        if own:
            return _of_refund(refused, own)
        return reading.result(refused, Outcome.DECLINED, reason=reading.reason_of(refused), evidence=found.evidence)

    def _find_refund(self, call: Call) -> Result:
        """Beyond PayPal's memory of our key nothing is repeated: the order's list of refunds tells."""
        found = self._look_up(call)
        if found.evidence is None or found.evidence.state != Seen.PAID:
            return Result(Outcome.UNKNOWN, exchanges=found.exchanges)
        own = next((refund for refund in found.evidence.refunds if refund.reference == call.key), None)
        if own is None:
            return Result(Outcome.DECLINED, reason=Reason("NOT_FOUND_AT_PROVIDER"), exchanges=found.exchanges)
        return Result(_REFUND_OUTCOMES[own.state], refund=own, exchanges=found.exchanges)

    # --- pre-approval ---

    def _ask_consent(self, call: Call) -> Result:
        reply = self._ask("ask_consent", call, "POST", SETUP_TOKENS, setup_request(call.intent), vault=True)
        if isinstance(reply, Failed):
            return reading.failed(reply)
        token = reply.body.get("id")
        if reply.status not in (200, 201) or not isinstance(token, str) or not token:
            return reading.refused(reply) if reply.status >= 400 else reading.unknown(reply)
        url = reading.buyer_link(reply.link("approve"), f"/agreements/approve?approval_session_id={token}")
        return reading.result(
            reply, Outcome.PENDING, credential=Secret(token), evidence=Evidence(Seen.NOT_APPROVED, pay_url=url)
        )

    def _store_credential(self, call: Call) -> Result:
        reply = self._ask("store_credential", call, "POST", PAYMENT_TOKENS, token_request(call.intent), vault=True)
        if isinstance(reply, Failed):
            return reading.failed(reply)
        key = reply.body.get("id")
        if reply.status == 422:
            return self._why_not_stored(reply, call)
        if reply.status not in (200, 201) or not isinstance(key, str) or not key:
            return reading.refused(reply) if reply.status >= 400 else reading.unknown(reply)
        return reading.result(reply, Outcome.SUCCEEDED, credential=Secret(key))

    def _why_not_stored(self, refused: Reply, call: Call) -> Result:
        """PayPal's refusal has several names; whether the buyer approved is what the setup token itself says."""
        found = self._wire.ask(
            Ask("GET", f"{SETUP_TOKENS}/", "look_up", vault=True, secret_in_path=call.intent.credential)
        )
        if (
            isinstance(found, Reply)
            and found.status == 200
            and found.body.get("status") in ("CREATED", "PAYER_ACTION_REQUIRED")
        ):
            return reading.result(
                refused, Outcome.DECLINED, reason=Reason(NOT_APPROVED, "The buyer has not approved yet.")
            )
        return reading.refused(refused)

    def _delete_credential(self, call: Call) -> Result:
        reply = self._wire.ask(
            Ask("DELETE", f"{PAYMENT_TOKENS}/", "delete_credential", vault=True, secret_in_path=call.intent.credential)
        )
        if isinstance(reply, Failed):
            return Result(Outcome.UNKNOWN, reason=Reason(reply.reason), exchanges=reply.exchanges)
        # Gone already is what was wanted. Whatever else PayPal says, the key may still be there, and must be tried again.
        return reading.result(reply, Outcome.SUCCEEDED) if reply.status in (204, 404) else reading.unknown(reply)

    def _ask(
        self,
        operation: str,
        call: Call,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        seller: str = "",
        vault: bool = False,
    ) -> Reply | Failed:
        request_id = call.key if method == "POST" else ""
        return self._wire.ask(Ask(method, path, operation, body, request_id, seller, vault))


_OUTCOMES = {
    Seen.NOT_APPROVED: Outcome.PENDING,
    Seen.APPROVED: Outcome.PENDING,
    Seen.UNDER_REVIEW: Outcome.PENDING,
    Seen.PAID: Outcome.SUCCEEDED,
    Seen.DECLINED: Outcome.DECLINED,
    Seen.EXPIRED: Outcome.DECLINED,
}
_REFUND_OUTCOMES = {
    RefundSeen.DONE: Outcome.SUCCEEDED,
    RefundSeen.UNDER_WAY: Outcome.PENDING,
    RefundSeen.FAILED: Outcome.DECLINED,
}


def order_request(key: str, intent: Intent) -> dict[str, Any]:
    """The body of an order. `key` is our reference in it, and its invoice id: PayPal itself then refuses to take it twice."""
    assert intent.amount is not None  # noqa: S101  # a payment has one
    payee = {"email_address": intent.payee} if "@" in intent.payee else {"merchant_id": intent.payee}
    unit: dict[str, Any] = {
        "custom_id": key,
        "invoice_id": key,
        "amount": reading.amount(intent.amount),
        "payee": payee,
    }
    if intent.description:
        unit["description"] = intent.description[:DESCRIPTION_MAX_CHARS]
    if intent.fee is not None:
        unit["payment_instruction"] = {
            "disbursement_mode": "INSTANT",
            "platform_fees": [{"amount": reading.amount(intent.fee)}],
        }
    return {"intent": "CAPTURE", "purchase_units": [unit], "payment_source": {"paypal": _source(intent)}}


def _source(intent: Intent) -> dict[str, Any]:
    if intent.credential:
        return {"vault_id": intent.credential.reveal()}
    return {
        "experience_context": {
            "return_url": intent.return_url,
            "cancel_url": intent.cancel_url,
            "user_action": "PAY_NOW",
            "shipping_preference": "NO_SHIPPING",
        }
    }


def refund_request(key: str, intent: Intent) -> dict[str, Any]:
    """The amount is always named: a refund of "all" would take whatever is left by the time it arrives."""
    assert intent.amount is not None  # noqa: S101  # a refund has one
    body: dict[str, Any] = {"amount": reading.amount(intent.amount), "custom_id": key}
    if intent.note:
        body["note_to_payer"] = intent.note[:NOTE_MAX_CHARS]
    if intent.fee is not None:
        body["payment_instruction"] = {"platform_fees": [{"amount": reading.amount(intent.fee)}]}
    return body


def setup_request(intent: Intent) -> dict[str, Any]:
    source = {
        "description": intent.description,
        "usage_type": "MERCHANT",
        "experience_context": {
            "return_url": intent.return_url,
            "cancel_url": intent.cancel_url,
            "shipping_preference": "NO_SHIPPING",
        },
    }
    return {"payment_source": {"paypal": source}}


def token_request(intent: Intent) -> dict[str, Any]:
    assert intent.credential  # noqa: S101  # the setup token
    return {"payment_source": {"token": {"id": intent.credential.reveal(), "type": "SETUP_TOKEN"}}}


def _choose_another(reply: Reply, call: Call) -> Result:
    pay_url = reading.buyer_link(
        reply.link("payer-action", "redirect", "approve"), f"/checkoutnow?token={call.ids['payment']}"
    )
    evidence = Evidence(Seen.INSTRUMENT_DECLINED, pay_url=pay_url)
    return reading.result(reply, Outcome.DECLINED, evidence=evidence, reason=reading.reason_of(reply))


def _refund_result(reply: Reply, call: Call) -> Result:
    try:
        seen, facts = reading.refund(reply.body), reading.refund_facts(reply.body)
        if seen.amount != call.intent.amount:
            raise NotUnderstood("a refund of another amount")
    except NotUnderstood as error:
        log.error("paypal_answer_not_understood", problem=str(error), correlation_id=reply.correlation_id)
        return reading.unknown(reply)
    return _of_refund(reply, seen, facts)


def _of_refund(reply: Reply, seen: RefundEvidence, facts: Mapping[str, str] | None = None) -> Result:
    reason = Reason("REFUND_FAILED") if seen.state == RefundSeen.FAILED else None
    return reading.result(reply, _REFUND_OUTCOMES[seen.state], refund=seen, facts=facts or {}, reason=reason)
