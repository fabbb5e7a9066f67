"""`/bango/refund/`: a payment goes back once and as a whole; Bango may take days for it."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from tests.bango.paying import (
    CANCELLED,
    COMPLETED,
    ERRORED,
    EUR,
    FAILED,
    PENDING,
    RECEIVED,
    USD,
    BangoShop,
    bango_away,
    state,
)
from tests.payments.passing import make_due
from tests.support.bango import returned
from tests.support.marketplace import KEY, SECRET, Answer, Marketplace
from tests.web.parallel import at_once

from solitude.client.signing import authorization
from solitude.payments import recovery
from solitude.payments.models import ProviderCall
from solitude.transactions import states
from solitude.transactions.models import Transaction

pytestmark = pytest.mark.long

UUID = "web:order-77"
ALREADY = {"uuid": ["Already refunded"]}


@pytest.fixture
def sold(till: BangoShop) -> dict[str, Any]:
    """A payment with this uuid that its buyer has made."""
    return dict(till.paid(transaction_uuid=UUID).json)


def refunds(till: BangoShop) -> list[dict[str, Any]]:
    return list(till.bango.state()["refunds"])


def row_of(answer: Answer) -> Transaction:
    return Transaction.objects.get(uuid=answer["uuid"])


def sums(payment: str = UUID) -> tuple[str, str]:
    """What went back, and what is held for it."""
    row = Transaction.objects.get(uuid=payment)
    return f"{row.refunded_amount:.2f}", f"{row.refund_claimed_amount:.2f}"


def test_a_payment_goes_back_as_a_whole(till: BangoShop, sold: dict[str, Any]) -> None:
    answer = till.refund(uuid=UUID)

    row, (made,) = row_of(answer), refunds(till)
    quoted = row.uuid.replace(":", "%3A")
    assert (answer.status, answer.json) == (
        200,
        {
            "status": "OK",
            "uuid": row.uuid,
            "resource_pk": row.pk,
            "resource_uri": f"/bango/refund/?uuid={quoted}",
            "transaction": row.resource_uri,
        },
    )
    call = ProviderCall.objects.get(operation="refund")
    assert (made["transactionId"], made["externalTransactionId"]) == (
        int(Transaction.objects.get(uuid=UUID).uid_support or 0),
        call.key,
    )
    shown = till.shop.transaction(answer["transaction"])
    assert (shown["type"], shown["status"], shown["amount"], shown["currency"]) == (1, COMPLETED, "2.10", "EUR")
    assert (shown["related"], shown["provider"]) == (sold["transaction"], 1)
    assert shown["uid_pay"] == str(made["refundTransactionId"])
    assert shown["seller_product"] == till.product.seller_product.resource_uri
    payment = till.shop.transaction(sold["transaction"])
    assert (payment["status"], payment["refunded_amount"]) == (COMPLETED, "2.10")
    assert till.shop.event_types()[-2:] == ["refund.pending", "refund.completed"]


def test_what_the_buyer_chose_of_several_prices_goes_back(till: BangoShop) -> None:
    page = till.begun(transaction_uuid=UUID, prices=[EUR, USD])["pay_url"]
    till.bring(till.bango.pay(page, currency="USD"))

    shown = till.shop.transaction(till.refund(uuid=UUID)["transaction"])

    assert (shown["amount"], shown["currency"]) == ("2.99", "USD")


def test_a_payment_is_refunded_once(till: BangoShop, sold: dict[str, Any]) -> None:
    assert till.refund(uuid=UUID).status == 200

    again = till.refund(uuid=UUID)

    assert (again.status, again.json) == (400, ALREADY)
    assert len(refunds(till)) == 1


def test_of_several_refunds_at_once_one_is_made(till: BangoShop, sold: dict[str, Any]) -> None:
    answers = at_once(4, lambda _: BangoShop.of(Marketplace(), till).refund(uuid=UUID))

    assert sorted(answer.status for answer in answers) == [200, 400, 400, 400]
    assert len(refunds(till)) == len(till.bango.calls("DoRefund")) == 1
    assert sums() == ("2.10", "2.10")


def test_the_same_key_is_answered_the_same(till: BangoShop, sold: dict[str, Any]) -> None:
    key = {"Idempotency-Key": "k-1"}

    first, again = till.refund(key, uuid=UUID), till.refund(key, uuid=UUID)

    assert (again.status, again.json, again.headers["Idempotency-Replayed"]) == (200, first.json, "true")
    assert len(till.bango.calls("DoRefund")) == 1


# --- what cannot go back -------------------------------------------------------------------------------------------


def test_what_nobody_knows_is_not_found(till: BangoShop) -> None:
    assert till.refund(uuid="web:nobody").status == 404
    assert till.refund_status("web:nobody").status == 404


def test_what_is_wrong_is_told_in_the_contracts_order(till: BangoShop, sold: dict[str, Any]) -> None:
    def kept(uuid: str, **more: Any) -> None:
        assert till.shop.post("/generic/transaction/", {"uuid": uuid, **more}).status == 201

    kept("counter", provider=2, status=COMPLETED)
    kept("received", provider=1, status=RECEIVED)
    kept("reversal", provider=1, status=COMPLETED, type=2)
    assert till.refund(uuid="counter").json == {"uuid": ["Not a Bango transaction"]}
    assert till.refund(uuid="received").json == {"uuid": ["Not completed"]}
    assert till.refund(uuid="reversal").json == {"uuid": ["Not a payment"]}
    assert till.refund(uuid=till.begun()["uuid"]).json == {"uuid": ["Not completed"]}
    assert till.refund().json == {"uuid": ["FIELD_REQUIRED"]}
    assert till.refund(uuid=UUID, manual="yes").json == {"manual": ["must be true or false"]}
    refund = till.refund(uuid=UUID)
    assert till.refund(uuid=refund["uuid"]).json == {"uuid": ["Not a payment"]}


def test_what_a_client_keeps_itself_is_not_ours_to_give_back(till: BangoShop) -> None:
    till.shop.post("/generic/transaction/", {"uuid": UUID, "provider": 1, "status": COMPLETED, "amount": "2.10"})

    assert till.refund(uuid=UUID).json == {"uuid": ["Bango has not told yet what it calls the payment"]}


def test_a_payment_of_the_old_server_can_go_back(till: BangoShop) -> None:
    """It was moved in: Bango knows it, and no call of this server has made it."""
    location = till.bango.pay(till.begun()["pay_url"])
    row = Transaction(
        uuid=UUID, provider=1, status=COMPLETED, outcome="succeeded", amount=Decimal("2.10"), currency="EUR",
        captured_amount=Decimal("2.10"), seller_product=till.product.seller_product,
        uid_support=returned(location)["BangoTransactionId"],
    )  # fmt: skip
    with transaction.atomic():
        states.past([row])

    assert till.refund(uuid=UUID)["status"] == "OK"

    assert len(refunds(till)) == 1
    assert sums() == ("2.10", "2.10")


def test_a_reversal_that_is_kept_beside_it_stands_in_the_way(till: BangoShop, sold: dict[str, Any]) -> None:
    body = {"uuid": "back", "provider": 1, "status": COMPLETED, "type": 2, "related": sold["transaction"]}
    assert till.shop.post("/generic/transaction/", body).status == 201

    assert till.refund(uuid=UUID).json == ALREADY


def test_what_bango_refuses_is_the_refunds_end(till: BangoShop, sold: dict[str, Any]) -> None:
    for code in ("CANT_REFUND", "NOT_SUPPORTED", "INVALID_TRANSACTIONID"):
        till.bango.fault("DoRefund", f"issue:{code}")

        answer = till.refund({"Idempotency-Key": code}, uuid=UUID)

        row = row_of(answer)
        assert (answer.status, answer["__bango__"], answer["__type__"]) == (400, code, "bango")
        assert answer["transaction"] == row.resource_uri
        assert state(row.uuid) == (FAILED, "declined", code)
        assert state(UUID)[0] == COMPLETED
        assert sums() == ("0.00", "0.00")
        assert till.refund({"Idempotency-Key": code}, uuid=UUID).json == answer.json
    # Nothing went back, so another one may be tried.
    assert till.refund(uuid=UUID).status == 200


def test_what_went_back_elsewhere_is_in_the_books(till: BangoShop, sold: dict[str, Any]) -> None:
    """Somebody at Bango has refunded it: ours was not made, but the money is gone."""
    till.bango.fault("DoRefund", "issue:ALREADY_REFUNDED")

    answer = till.refund(uuid=UUID)

    assert (answer.status, answer["__bango__"]) == (400, "ALREADY_REFUNDED")
    ours, theirs = Transaction.objects.filter(related__uuid=UUID).order_by("pk")
    assert (ours.uuid, ours.status) == (answer["uuid"], FAILED)
    assert (theirs.type, theirs.status, f"{theirs.amount:.2f}") == (1, COMPLETED, "2.10")
    assert sums() == ("2.10", "2.10")
    assert till.refund(uuid=UUID).json == ALREADY
    assert till.shop.event_types()[-1] == "refund.completed"


def test_trouble_at_bango_leaves_it_open(till: BangoShop, sold: dict[str, Any]) -> None:
    """Bango may have done it before it got into trouble."""
    till.bango.fault("DoRefund", "issue:INTERNAL_ERROR")

    answer = till.refund(uuid=UUID)

    assert (answer.status, answer["code"]) == (504, "outcome_unknown")
    assert state(answer["uuid"]) == (PENDING, "unknown", "INTERNAL_ERROR")
    assert till.refund_status(answer["uuid"])["status"] == "OK"
    assert len(refunds(till)) == 1


def test_what_could_not_be_sent_is_not_refunded(till: BangoShop, sold: dict[str, Any]) -> None:
    with bango_away():
        answer = till.refund(uuid=UUID)

    assert (answer.status, answer["code"]) == (502, "provider_unreachable")
    assert state(answer["uuid"]) == (ERRORED, "not_sent", "provider_unreachable")
    assert sums() == ("0.00", "0.00")
    till.bango.fault("DoRefund", "issue:ACCESS_DENIED")
    refused = till.refund(uuid=UUID)
    assert (refused.status, refused["error"]) == (500, "AuthError")
    assert till.refund(uuid=UUID).status == 200


# --- what takes its time -------------------------------------------------------------------------------------------


@pytest.fixture
def waiting(till: BangoShop, sold: dict[str, Any]) -> Answer:
    """A refund that Bango has taken and not done yet."""
    till.bango.refunds(pending=True)
    answer = till.refund(uuid=UUID)
    assert (answer.status, answer["status"]) == (200, "PENDING"), answer
    till.bango.refunds(pending=False)
    return answer


def settle(till: BangoShop, answer: Answer, *, good: bool = True) -> None:
    till.bango.settle_refund(row_of(answer).uid_pay or "", good=good)


def test_a_refund_may_take_its_time(till: BangoShop, waiting: Answer) -> None:
    assert state(waiting["uuid"]) == (PENDING, "pending", None)
    assert sums() == ("0.00", "2.10")
    assert till.refund_status(waiting["uuid"]).json == waiting.json
    # Until it is known how it ends, nothing else may go back.
    assert till.refund(uuid=UUID).json == ALREADY

    settle(till, waiting)

    assert till.refund_status(waiting["uuid"]).json == {**waiting.json, "status": "OK"}
    assert state(waiting["uuid"]) == (COMPLETED, "succeeded", None)
    assert sums() == ("2.10", "2.10")
    asked = len(till.bango.calls("GetRefundStatus"))
    assert till.refund_status(waiting["uuid"])["status"] == "OK"
    assert len(till.bango.calls("GetRefundStatus")) == asked


def test_a_refund_may_come_to_nothing(till: BangoShop, waiting: Answer) -> None:
    settle(till, waiting, good=False)

    assert till.refund_status(waiting["uuid"])["status"] == "CANT_REFUND"

    assert state(waiting["uuid"]) == (FAILED, "declined", "CANT_REFUND")
    assert sums() == ("0.00", "0.00")
    assert till.refund_status(waiting["uuid"])["status"] == "CANT_REFUND"
    assert till.refund(uuid=UUID)["status"] == "OK"


@pytest.mark.parametrize(("good", "status"), [(True, COMPLETED), (False, FAILED)])
def test_the_server_asks_by_itself(till: BangoShop, waiting: Answer, *, good: bool, status: int) -> None:
    settle(till, waiting, good=good)
    make_due()

    assert recovery.follow_up(limit=10) >= 1

    assert state(waiting["uuid"])[0] == status


def test_while_bango_cannot_say_it_the_refund_waits(till: BangoShop, waiting: Answer) -> None:
    with bango_away():
        assert till.refund_status(waiting["uuid"]).status == 502
    till.bango.fault("GetRefundStatus", "issue:INVALID_PARAMETER")
    refused = till.refund_status(waiting["uuid"])
    assert (refused.status, refused["__bango__"]) == (400, "INVALID_PARAMETER")
    till.bango.fault("GetRefundStatus", "error_500")
    assert till.refund_status(waiting["uuid"]).status == 504

    assert state(waiting["uuid"]) == (PENDING, "pending", None)


def test_a_status_is_asked_for_in_the_body_as_well_and_by_its_documented_path(till: BangoShop, waiting: Answer) -> None:
    body = f'{{"uuid": "{waiting["uuid"]}"}}'.encode()
    for path in ("/bango/refund/", "/bango/refund/status/"):
        assert till.shop.send("GET", path, body).json == waiting.json
    assert till.shop.get(waiting["resource_uri"]).json == waiting.json
    assert till.shop.get("/bango/refund/").json == {"uuid": ["FIELD_REQUIRED"]}
    assert till.shop.get("/bango/refund/?uid=1").status == 400
    assert till.refund_status(UUID).json == {"uuid": ["Not a refund"]}


def test_there_is_nothing_to_change(till: BangoShop) -> None:
    for method, path in (("PATCH", "/bango/refund/"), ("PUT", "/bango/refund/"), ("DELETE", "/bango/refund/status/")):
        assert till.shop.send(method, path, b"{}").status == 405
    for method in ("get", "patch"):
        signed = authorization(key=KEY, secret=SECRET, method=method.upper(), target="/bango/refund/7/", body=b"")
        found = getattr(till.shop.client, method)("/bango/refund/7/", headers={"Authorization": signed})
        assert (found.status_code, found.json()) == (405, {"detail": "Method Not Allowed."})


# --- by hand, and faked --------------------------------------------------------------------------------------------


def test_a_refund_by_hand_is_done_at_once_and_bango_is_not_asked(till: BangoShop, sold: dict[str, Any]) -> None:
    answer = till.refund(uuid=UUID, manual=True)

    row = row_of(answer)
    assert (answer.status, answer["status"]) == (200, "OK")
    assert (row.type, row.status, f"{row.amount:.2f}") == (3, COMPLETED, "2.10")
    assert row.uid_pay
    assert till.bango.calls("DoRefund") == []
    assert sums() == ("2.10", "2.10")
    assert till.refund(uuid=UUID).json == till.refund(uuid=UUID, manual=True).json == ALREADY


def test_a_refund_by_hand_may_be_told_what_to_answer(till: BangoShop, sold: dict[str, Any]) -> None:
    fake = {"responseCode": "PENDING", "refundTransactionId": "by-hand-1"}

    answer = till.refund(uuid=UUID, manual=True, fake_response=fake)

    assert answer["status"] == "PENDING"
    assert (state(answer["uuid"])[0], row_of(answer).uid_pay) == (PENDING, "by-hand-1")
    assert till.refund_status(answer["uuid"])["status"] == "OK"
    assert state(answer["uuid"])[0] == COMPLETED
    assert till.bango.calls("GetRefundStatus") == []
    other = till.paid()
    taken = till.refund(uuid=other["uuid"], manual=True, fake_response=fake)
    assert taken.json == {"fake_response": ["refundTransactionId is that of another transaction"]}
    refused = till.refund(
        uuid=other["uuid"], manual=True, fake_response={"responseCode": "CANT_REFUND", "responseMessage": "No."}
    )
    assert (refused.status, refused["__all__"], refused["__bango__"]) == (400, ["No."], "CANT_REFUND")


def test_a_fake_answer_counts_only_where_refunds_are_faked(
    till: BangoShop, sold: dict[str, Any], settings: Any
) -> None:
    fake = {"responseCode": "PENDING", "refundTransactionId": "fake-1"}
    assert till.refund(uuid=UUID, fake_response=fake)["status"] == "OK"
    assert len(refunds(till)) == 1

    settings.SOLITUDE_BANGO_FAKE_REFUNDS = True
    other = till.paid()
    answer = till.refund(uuid=other["uuid"], fake_response=fake)
    assert (answer["status"], row_of(answer).uid_pay, row_of(answer).type) == ("PENDING", "fake-1", 1)
    assert len(refunds(till)) == 1


def test_a_payment_that_is_taken_back_by_nobody_stays(till: BangoShop) -> None:
    page = till.begun(transaction_uuid=UUID)["pay_url"]
    till.bring(till.bango.cancel(page))
    assert state(UUID)[0] == CANCELLED

    assert till.refund(uuid=UUID).json == {"uuid": ["Not completed"]}
