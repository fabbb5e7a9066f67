"""pay-check: what the buyer approved is taken once, and everything that PayPal can say about a payment is understood."""

import pytest
from django.db import transaction
from tests.payments.passing import age
from tests.payments.world import (
    LOST_ANSWERS,
    NO_ANSWERS,
    TOO_LATE_MS,
    Elsewhere,
    another_paypal,
    call_of,
    decide_review,
    end_leases,
    nothing_happens,
    paypal_away,
)
from tests.support.marketplace import Answer, Marketplace
from tests.support.simulator import Simulator

from solitude.payments import calls, recovery
from solitude.payments.contract import Operation
from solitude.payments.models import ProviderCall
from solitude.transactions.models import Transaction

PENDING, COMPLETED, FAILED, CANCELLED = 0, 1, 4, 5
HOUR_S = 3600


@pytest.fixture
def begun(shop: Marketplace, app_id: str) -> Answer:
    """A payment that waits for its buyer."""
    return shop.pay(app_id)


@pytest.fixture
def approved(begun: Answer, paypal: Simulator) -> Answer:
    """A payment that its buyer approved."""
    paypal.approve(begun["pay_url"])
    return begun


def state(shop: Marketplace, payment: Answer) -> tuple[int, str, str | None]:
    row = shop.transaction(payment["transaction"])
    return row["status"], row["outcome"], row["status_reason"]


# --- the buyer -----------------------------------------------------------------------------------------------------


def test_a_payment_that_is_not_approved_is_created_and_can_be(shop: Marketplace, begun: Answer) -> None:
    checked = shop.check(pay_key=begun["paykey"])

    assert checked.status == 201
    assert {**checked.json, "correlation_id": None} == {
        "pay_key": begun["paykey"],
        "status": "CREATED",
        "uuid": begun["uuid"],
        "transaction": begun["transaction"],
        "correlation_id": None,
        "pay_url": begun["pay_url"],
    }
    assert checked["correlation_id"]


def test_asking_again_is_no_event(shop: Marketplace, begun: Answer) -> None:
    before = shop.event_types()

    for _ in range(3):
        shop.check(uuid=begun["uuid"])

    assert shop.event_types() == before


def test_a_buyer_who_cancels_may_still_approve(shop: Marketplace, paypal: Simulator, begun: Answer) -> None:
    paypal.cancel(begun["pay_url"])
    assert shop.check(uuid=begun["uuid"])["status"] == "CREATED"

    paypal.approve(begun["pay_url"])

    assert shop.check(uuid=begun["uuid"])["status"] == "COMPLETED"


@pytest.mark.parametrize("after_s", [6 * HOUR_S, 7 * HOUR_S])
def test_a_payment_that_nobody_approves_expires(
    shop: Marketplace, paypal: Simulator, begun: Answer, after_s: int
) -> None:
    paypal.advance(after_s)

    assert shop.check(uuid=begun["uuid"])["status"] == "EXPIRED"

    assert state(shop, begun) == (CANCELLED, "declined", "EXPIRED")
    assert shop.event_types()[-1] == "transaction.cancelled"
    with nothing_happens(paypal):
        assert shop.check(uuid=begun["uuid"])["status"] == "EXPIRED"


def test_an_approval_that_nobody_takes_expires(shop: Marketplace, paypal: Simulator, approved: Answer) -> None:
    paypal.advance(3 * HOUR_S)

    assert shop.check(uuid=approved["uuid"])["status"] == "EXPIRED"
    assert state(shop, approved) == (CANCELLED, "declined", "EXPIRED")
    assert paypal.captured() == []


def test_a_declined_card_leaves_the_payment_open(shop: Marketplace, paypal: Simulator, begun: Answer) -> None:
    paypal.approve(begun["pay_url"], funding="declined")

    checked = shop.check(uuid=begun["uuid"])

    assert (checked.status, checked["status"]) == (201, "DECLINED")
    assert state(shop, begun) == (PENDING, "declined", "INSTRUMENT_DECLINED")
    paypal.approve(checked["pay_url"])
    assert shop.check(uuid=begun["uuid"])["status"] == "COMPLETED"
    assert state(shop, begun) == (COMPLETED, "succeeded", None)


def test_a_card_that_is_declined_too_often_ends_the_payment(
    shop: Marketplace, paypal: Simulator, begun: Answer
) -> None:
    for _ in range(5):
        paypal.approve(begun["pay_url"], funding="declined")
        assert shop.check(uuid=begun["uuid"])["status"] == "DECLINED"
    paypal.approve(begun["pay_url"])

    checked = shop.check(uuid=begun["uuid"])

    assert (checked["status"], "pay_url" in checked.json) == ("DECLINED", False)
    assert state(shop, begun) == (FAILED, "declined", "MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED")


def test_a_capture_that_paypal_declines_ends_the_payment(shop: Marketplace, paypal: Simulator, begun: Answer) -> None:
    paypal.approve(begun["pay_url"], funding="capture_declined")

    checked = shop.check(uuid=begun["uuid"])

    assert (checked["status"], "pay_url" in checked.json) == ("DECLINED", False)
    assert state(shop, begun) == (FAILED, "declined", "CAPTURE_DECLINED")


@pytest.mark.parametrize(
    ("decision", "shown", "ended"),
    [
        ("accept", "COMPLETED", (COMPLETED, "succeeded", None)),
        ("deny", "DECLINED", (FAILED, "declined", "CAPTURE_DECLINED")),
    ],
)
def test_a_payment_under_review_is_pending_until_paypal_decides(
    shop: Marketplace,
    paypal: Simulator,
    begun: Answer,
    decision: str,
    shown: str,
    ended: tuple[int, str, str | None],
) -> None:
    paypal.approve(begun["pay_url"], funding="review")

    for _ in range(2):
        checked = shop.check(uuid=begun["uuid"])
        assert (checked.status, checked["status"], "pay_url" in checked.json) == (201, "PENDING", False)
        assert state(shop, begun) == (PENDING, "pending", "PENDING_REVIEW")

    decide_review(paypal, decision)
    assert shop.check(uuid=begun["uuid"])["status"] == shown
    assert state(shop, begun) == ended
    assert len(paypal.calls("capture_order")) == 1


def test_a_preapproved_payment_under_review_is_pending(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    buyer = shop.buyer()["uuid"]
    asked = shop.preapproval(buyer)
    paypal.approve(asked["paypal_url"], funding="review")
    shop.put(asked["resource_uri"], {})

    answer = shop.pay(app_id, user_id=buyer, use_preapproval=True)

    assert (answer.status, answer["status"], answer["use_preapproval"]) == (201, "pending", True)
    assert "paykey" not in answer.json
    assert shop.check(uuid=answer["uuid"])["status"] == "PENDING"
    decide_review(paypal, "accept")
    assert shop.check(uuid=answer["uuid"])["status"] == "COMPLETED"


def test_a_payment_under_review_whose_order_paypal_does_not_find_is_seen_by_its_capture(
    shop: Marketplace, paypal: Simulator, begun: Answer
) -> None:
    """The money is held: that the order cannot be found is not its end."""
    paypal.approve(begun["pay_url"], funding="review")
    shop.check(uuid=begun["uuid"])
    before = shop.event_types()
    paypal.fault("get_order", "issue:INVALID_RESOURCE_ID", count=0)

    assert shop.check(uuid=begun["uuid"])["status"] == "PENDING"
    assert (state(shop, begun), shop.event_types()) == ((PENDING, "pending", "PENDING_REVIEW"), before)

    decide_review(paypal, "accept")
    assert shop.check(uuid=begun["uuid"])["status"] == "COMPLETED"
    assert state(shop, begun) == (COMPLETED, "succeeded", None)
    assert shop.refund(uuid=begun["uuid"])["status"] == "COMPLETED"


@pytest.mark.parametrize(
    "fault", ["issue:INVALID_RESOURCE_ID", "issue:PERMISSION_DENIED", "error_500", "garbage_after"]
)
def test_a_payment_under_review_that_paypal_does_not_find_at_all_stays_as_it_is(
    shop: Marketplace, paypal: Simulator, begun: Answer, fault: str
) -> None:
    paypal.approve(begun["pay_url"], funding="review")
    shop.check(uuid=begun["uuid"])
    paypal.fault("get_order", "issue:INVALID_RESOURCE_ID")
    paypal.fault("get_capture", fault)

    shop.check(uuid=begun["uuid"])

    assert state(shop, begun) == (PENDING, "pending", "PENDING_REVIEW")


# --- the selector --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/paypal/pay-check/", "/paypal/refund/"])
@pytest.mark.parametrize(
    ("selector", "text"),
    [
        ({}, "A pay_key or a uuid is required."),
        ({"pay_key": "", "uuid": None}, "A pay_key or a uuid is required."),
        ({"pay_key": "5O190127TN364715T", "uuid": "solitude:1"}, "Cannot specify pay_key and uuid."),
    ],
)
def test_a_payment_is_named_in_exactly_one_way(
    shop: Marketplace, paypal: Simulator, path: str, selector: dict[str, str], text: str
) -> None:
    with nothing_happens(paypal):
        answer = shop.post(path, selector)

    assert (answer.status, answer.json) == (400, {"__all__": [text]})


@pytest.mark.parametrize("path", ["/paypal/pay-check/", "/paypal/refund/"])
@pytest.mark.parametrize("selector", [{"uuid": "solitude:none"}, {"pay_key": "NOTHINGKNOWN12345"}])
def test_an_unknown_payment_is_not_found(
    shop: Marketplace, paypal: Simulator, path: str, selector: dict[str, str]
) -> None:
    with nothing_happens(paypal):
        assert shop.post(path, selector).status == 404


def test_a_transaction_that_the_marketplace_keeps_itself_asks_nobody(shop: Marketplace, paypal: Simulator) -> None:
    kept = shop.post("/generic/transaction/", {"uuid": "own:1", "provider": 0, "uid_pay": "X", "status": 0})
    assert kept.status == 201

    with nothing_happens(paypal):
        assert shop.check(uuid="own:1").status == 201
        refund = shop.refund(uuid="own:1")

    assert (refund.status, refund["code"], refund["refundable"]) == (409, "not_captured", "0.00")


# --- PayPal does not answer ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [*LOST_ANSWERS, *NO_ANSWERS, "timeout_after"])
def test_an_unclear_capture_is_found_out_and_happens_once(
    shop: Marketplace, paypal: Simulator, approved: Answer, fault: str
) -> None:
    paypal.fault("capture_order", fault, delay_ms=TOO_LATE_MS)

    unclear = shop.check(uuid=approved["uuid"])

    assert (unclear.status, unclear["code"], unclear["transaction"]) == (
        504, "outcome_unknown", approved["transaction"],
    )  # fmt: skip
    assert state(shop, approved)[:2] == (PENDING, "unknown")
    assert shop.check(uuid=approved["uuid"])["status"] == "COMPLETED"
    assert len(paypal.captured()) == 1
    assert {request["request_id"] for request in paypal.calls("capture_order")} == {
        call_of(approved["transaction"], "capture").key
    }


def test_a_capture_whose_error_paypal_remembers_is_tried_again_as_another_operation(
    shop: Marketplace, paypal: Simulator, approved: Answer
) -> None:
    """Under the first key PayPal repeats its error for ever. That the order is as it was a while later proves that nothing was taken."""
    paypal.fault("capture_order", "stored_500")

    assert shop.check(uuid=approved["uuid"]).status == 504
    assert shop.check(uuid=approved["uuid"]).status == 504
    age(minutes=14)
    assert shop.check(uuid=approved["uuid"]).status == 504
    age(minutes=1)
    assert shop.check(uuid=approved["uuid"])["status"] == "COMPLETED"

    first, repeat, other = (request["request_id"] for request in paypal.calls("capture_order"))
    assert first == repeat != other
    assert len(paypal.captured()) == 1
    assert list(
        ProviderCall.objects.filter(operation="capture").order_by("pk").values_list("outcome", "reason_code")
    ) == [("declined", "NOT_CAPTURED"), ("succeeded", "")]


def test_a_capture_that_paypal_cannot_do_now_stays_one_operation(
    shop: Marketplace, paypal: Simulator, approved: Answer
) -> None:
    """While PayPal is down no look-up proves anything."""
    paypal.fault("capture_order", "error_503", count=2)
    paypal.fault("get_order", "latency", delay_ms=0)
    assert shop.check(uuid=approved["uuid"]).status == 504
    paypal.fault("any", "error_503", count=3)

    assert shop.check(uuid=approved["uuid"]).status == 504
    assert ProviderCall.objects.get(operation="capture").outcome == "unknown"


@pytest.mark.parametrize("fault", ["error_500", "error_503", "rate_limit_429", "disconnect_after", "garbage_after"])
def test_a_look_up_without_an_answer_changes_nothing_and_is_answered_with_what_is_known(
    shop: Marketplace, paypal: Simulator, approved: Answer, fault: str
) -> None:
    before = state(shop, approved), shop.event_types()
    paypal.fault("get_order", fault)

    answer = shop.check(uuid=approved["uuid"])

    assert (answer.status, answer["status"]) == (201, "CREATED")
    assert (state(shop, approved), shop.event_types()) == before
    assert shop.check(uuid=approved["uuid"])["status"] == "COMPLETED"


def test_a_look_up_that_cannot_be_sent_changes_nothing(shop: Marketplace, approved: Answer) -> None:
    before = state(shop, approved), shop.event_types()

    with paypal_away():
        answers = [shop.check(uuid=approved["uuid"])]
    with another_paypal(SOLITUDE_PAYPAL_CLIENT_SECRET="wrong-one"):
        answers.append(shop.check(uuid=approved["uuid"]))

    assert [(answer.status, answer["status"]) for answer in answers] == [(201, "CREATED")] * 2
    assert (state(shop, approved), shop.event_types()) == before


def test_a_payment_under_review_is_pending_while_paypal_does_not_answer(
    shop: Marketplace, paypal: Simulator, begun: Answer
) -> None:
    paypal.approve(begun["pay_url"], funding="review")
    shop.check(uuid=begun["uuid"])
    paypal.fault("any", "error_503")

    checked = shop.check(uuid=begun["uuid"])

    assert (checked.status, checked["status"]) == (201, "PENDING")


def test_a_capture_that_cannot_be_sent_leaves_the_payment_as_it_was(
    shop: Marketplace, paypal: Simulator, approved: Answer
) -> None:
    """Nothing was taken, and it is taken by the next check, or by the worker."""
    before = state(shop, approved), shop.event_types()
    paypal.fault("capture_order", "rate_limit_429", retry_after_s=9)

    answer = shop.check(uuid=approved["uuid"])

    assert (answer.status, answer["status"]) == (201, "CREATED")
    assert (state(shop, approved), shop.event_types()) == before
    assert shop.check(uuid=approved["uuid"])["status"] == "COMPLETED"


def test_an_unknown_capture_stays_unknown_while_paypal_is_away(
    shop: Marketplace, paypal: Simulator, approved: Answer
) -> None:
    paypal.fault("capture_order", "disconnect_after")
    shop.check(uuid=approved["uuid"])

    with paypal_away():
        assert shop.check(uuid=approved["uuid"]).status == 504
    with another_paypal(SOLITUDE_PAYPAL_CLIENT_SECRET="wrong-one"):
        assert shop.check(uuid=approved["uuid"]).status == 504

    assert state(shop, approved)[:2] == (PENDING, "unknown")
    assert call_of(approved["transaction"], "capture").outcome == "unknown"
    assert shop.check(uuid=approved["uuid"])["status"] == "COMPLETED"


# --- what PayPal's refusals of a capture mean ----------------------------------------------------------------------


def test_order_not_approved_changes_nothing(shop: Marketplace, paypal: Simulator, approved: Answer) -> None:
    before = state(shop, approved), shop.event_types()
    paypal.fault("capture_order", "issue:ORDER_NOT_APPROVED")

    assert shop.check(uuid=approved["uuid"])["status"] == "CREATED"

    assert (state(shop, approved), shop.event_types()) == before
    assert shop.check(uuid=approved["uuid"])["status"] == "COMPLETED"


def test_an_order_that_somebody_else_captured_is_looked_up_and_recorded(
    shop: Marketplace, paypal: Simulator, approved: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = calls.begin

    def captured_meanwhile(*args: object, **kwargs: object) -> ProviderCall:
        Elsewhere(paypal).capture(approved["paykey"])
        return begin(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(calls, "begin", captured_meanwhile)

    assert shop.check(uuid=approved["uuid"])["status"] == "COMPLETED"

    assert paypal.calls("capture_order")[-1]["status"] == 422
    assert len(paypal.captured()) == 1
    call = call_of(approved["transaction"], "capture")
    assert (call.outcome, call.ids["capture"]) == ("succeeded", paypal.captured()[0]["id"])
    # Both the refusal and the look-up are in the log.
    assert [exchange["status"] for exchange in call.exchanges] == [422, 200]


@pytest.mark.parametrize("issue", ["ORDER_ALREADY_CAPTURED", "DUPLICATE_INVOICE_ID", "INVALID_RESOURCE_ID"])
def test_a_refusal_that_the_order_does_not_bear_out_is_unknown(
    shop: Marketplace, paypal: Simulator, approved: Answer, issue: str
) -> None:
    """PayPal says that it was taken (or is gone), and its order that it was not: only time can tell."""
    paypal.fault("capture_order", f"issue:{issue}")

    assert shop.check(uuid=approved["uuid"]).status == 504

    assert state(shop, approved) == (PENDING, "unknown", issue)
    assert shop.check(uuid=approved["uuid"])["status"] == "COMPLETED"
    assert len(paypal.captured()) == 1


@pytest.mark.parametrize("fault", ["error_500", "disconnect_after", "rate_limit_429", "issue:INVALID_ACCOUNT_STATUS"])
def test_a_refusal_that_cannot_be_looked_up_is_unknown(
    shop: Marketplace, paypal: Simulator, approved: Answer, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = calls.begin

    def captured_meanwhile(*args: object, **kwargs: object) -> ProviderCall:
        Elsewhere(paypal).capture(approved["paykey"])
        paypal.fault("get_order", fault, count=2)
        return begin(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(calls, "begin", captured_meanwhile)
    assert shop.check(uuid=approved["uuid"]).status == 504
    monkeypatch.undo()

    assert call_of(approved["transaction"], "capture").outcome == "unknown"
    assert [shop.check(uuid=approved["uuid"]).status for _ in range(3)][-1] == 201
    assert state(shop, approved) == (COMPLETED, "succeeded", None)
    assert len(paypal.captured()) == 1


def test_a_404_at_the_capture_is_an_expired_order(
    shop: Marketplace, paypal: Simulator, approved: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = calls.begin

    def too_late(*args: object, **kwargs: object) -> ProviderCall:
        paypal.advance(3 * HOUR_S)
        return begin(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(calls, "begin", too_late)

    assert shop.check(uuid=approved["uuid"])["status"] == "EXPIRED"

    assert paypal.calls("capture_order")[-1]["status"] == 404
    assert state(shop, approved) == (CANCELLED, "declined", "EXPIRED")


@pytest.mark.parametrize("fault", ["disconnect_after", "disconnect_before"])
def test_an_order_that_is_not_found_does_not_tell_what_became_of_its_capture(
    shop: Marketplace, paypal: Simulator, approved: Answer, fault: str
) -> None:
    """Only an order of which nothing was ever captured has expired when PayPal does not find it."""
    paypal.fault("capture_order", fault)
    shop.check(uuid=approved["uuid"])
    paypal.fault("get_order", "issue:INVALID_RESOURCE_ID")

    assert shop.check(uuid=approved["uuid"]).status == 504

    assert state(shop, approved)[:2] == (PENDING, "unknown")
    assert call_of(approved["transaction"], "capture").outcome == "unknown"
    assert shop.check(uuid=approved["uuid"])["status"] == "COMPLETED"
    assert len(paypal.captured()) == 1


@pytest.mark.parametrize("issue", ["ORDER_ALREADY_CAPTURED", "DUPLICATE_INVOICE_ID"])
def test_an_order_that_is_said_to_be_captured_has_not_expired(
    shop: Marketplace, paypal: Simulator, approved: Answer, issue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = calls.begin

    def gone_meanwhile(*args: object, **kwargs: object) -> ProviderCall:
        paypal.fault("get_order", "issue:INVALID_RESOURCE_ID")
        return begin(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(calls, "begin", gone_meanwhile)
    paypal.fault("capture_order", f"issue:{issue}")

    assert shop.check(uuid=approved["uuid"]).status == 504

    assert state(shop, approved) == (PENDING, "unknown", issue)


def test_what_was_approved_under_an_unclear_beginning_is_taken(
    shop: Marketplace, paypal: Simulator, app_id: str
) -> None:
    paypal.fault("create_order", "garbage_after")
    answer = shop.pay(app_id)
    (order,) = paypal.state()["orders"]
    paypal.approve(f"{paypal.url}/checkoutnow?token={order['id']}")

    assert shop.check(uuid=answer["uuid"])["status"] == "COMPLETED"

    assert shop.event_types()[-2:] == ["transaction.pending", "transaction.completed"]
    assert len(paypal.captured()) == 1


# --- the access token ----------------------------------------------------------------------------------------------


def test_an_access_token_that_paypal_no_longer_takes_is_renewed_once(
    shop: Marketplace, paypal: Simulator, begun: Answer
) -> None:
    with another_paypal():
        shop.check(uuid=begun["uuid"])
        before = len(paypal.calls("token")), len(paypal.calls("get_order"))
        paypal.advance(32_400)

        assert shop.check(uuid=begun["uuid"])["status"] == "EXPIRED"

    after = len(paypal.calls("token")), len(paypal.calls("get_order"))
    assert (after[0] - before[0], after[1] - before[1]) == (1, 2)


def test_a_second_401_is_our_configuration(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    paypal.fault("create_order", "issue:INVALID_ACCOUNT_STATUS", count=2)

    answer = shop.pay(app_id)

    assert (answer.status, answer["code"]) == (502, "provider_configuration")
    assert len(paypal.calls("create_order")) == 2
    statuses = [exchange["status"] for exchange in call_of(answer["transaction"]).exchanges]
    assert statuses == [401, 401]


def test_one_401_is_none_of_the_marketplaces_business(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    paypal.fault("create_order", "issue:INVALID_ACCOUNT_STATUS")

    answer = shop.pay(app_id)

    assert (answer.status, answer["status"]) == (201, "created")
    assert [request["status"] for request in paypal.calls("create_order")] == [401, 200]
    keys = {request["request_id"] for request in paypal.calls("create_order")}
    assert keys == {call_of(answer["transaction"]).key}


def test_a_check_waits_for_whoever_is_at_the_call(shop: Marketplace, paypal: Simulator, approved: Answer) -> None:
    """A call that is under way belongs to its process until its lease has ended."""
    row = Transaction.objects.get(uuid=approved["uuid"])
    begun_call = call_of(approved["transaction"])
    with transaction.atomic():
        calls.begin("paypal", Operation.CAPTURE, begun_call.intended, row=row, ids={"payment": approved["paykey"]})

    with nothing_happens(paypal):
        assert shop.check(uuid=approved["uuid"]).status == 504
    end_leases()
    assert shop.check(uuid=approved["uuid"])["status"] == "COMPLETED"


def test_a_look_up_without_an_answer_leaves_nothing_to_find_out(
    shop: Marketplace, paypal: Simulator, app_id: str
) -> None:
    """It changed nothing at PayPal: no alarm, and the next look-up is one of its own."""
    payment = shop.pay(app_id)
    paypal.fault("get_order", "error_500")
    assert shop.check(uuid=payment["uuid"]).status == 201

    assert shop.get("/services/uncertain/")["count"] == 0
    with nothing_happens(paypal):
        assert recovery.run_once() == 0

    assert shop.check(uuid=payment["uuid"])["status"] == "CREATED"
