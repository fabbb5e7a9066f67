"""IPNs enter the books as PayPal's webhooks do: proved, compared, once, in whatever order they come."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings
from tests.outbound.peers import Peer, closing_after_request
from tests.payments.world import call_of, dawdles, nothing_happens
from tests.paypal.ipn.world import adaptive, detail, proving, raw, saying, standard
from tests.support.marketplace import Answer, Marketplace
from tests.support.simulator import Simulator

from solitude.money.money import Money
from solitude.payments import news, notifications, registry
from solitude.payments.contract import Action, DisputeEvidence, Notice, Resolved, Verdict
from solitude.payments.models import Dispute, Notification
from solitude.providers.paypal.models import BuyerPaypal
from solitude.providers.paypal.preapprovals import key_hash
from solitude.transactions.models import Transaction

PENDING, COMPLETED, CHECKED, FAILED, CANCELLED = 0, 1, 2, 4, 5


@pytest.fixture
def genuine() -> Iterator[Peer]:
    """PayPal owns whatever it is asked about."""
    with proving() as peer:
        yield peer


@pytest.fixture
def begun(shop: Marketplace, genuine: Peer) -> Iterator[Answer]:
    """A classic payment that waits for its buyer."""
    with override_settings(SOLITUDE_PAYPAL_API="classic"):
        yield shop.pay(shop.product("sam@dev.example"), currency="USD", amount=Decimal("3.75"))


@pytest.fixture
def checked(shop: Marketplace, paypal: Simulator, begun: Answer) -> Answer:
    """One that its buyer approved, as a look-up saw."""
    paypal.approve(begun["pay_url"])
    shop.check(uuid=begun["uuid"])
    assert status(shop, begun) == CHECKED
    return begun


def status(shop: Marketplace, payment: Answer) -> int:
    return int(shop.transaction(payment["transaction"])["status"])


def sums(shop: Marketplace, payment: Answer) -> tuple[str, str]:
    row = shop.transaction(payment["transaction"])
    return row["captured_amount"], row["refunded_amount"]


def about(payment: Answer, kind: str = "Adaptive Payment PAY", **more: str) -> dict[str, str]:
    """A message about this payment, with its one receiver."""
    told = {name: more.pop(name) for name in list(more) if name in ("status", "reason_code", "pay_key", "tracking_id")}
    named = {"pay_key": payment["paykey"], "tracking_id": call_of(payment["transaction"]).key} | told
    return adaptive(kind, **named) | detail(**({"id": "9TX45678901234567"} | more))


def tell(shop: Marketplace, fields: dict[str, str]) -> Answer:
    answer = shop.tell(raw(fields))
    assert answer.status == 201
    return answer


# --- payments ------------------------------------------------------------------------------------------------------


def test_a_payment_that_was_taken_is_completed(shop: Marketplace, begun: Answer, genuine: Peer) -> None:
    fields = about(begun, memo="Café")

    answer = tell(shop, fields)

    row = Notification.objects.get()
    assert answer.json == {
        "status": "OK",
        "action": "PAYMENT",
        "uuid": begun["uuid"],
        "amount": {"currency": "USD", "amount": "3.75"},
        "transaction": begun["transaction"],
        "data": raw(fields),
        "resource_uri": f"/paypal/ipn/{row.pk}/",
        "reason": None,
        "retry": False,
    }
    assert (status(shop, begun), sums(shop, begun)) == (COMPLETED, ("3.75", "0.00"))
    assert genuine.requests[0].endswith(b"\r\n\r\ncmd=_notify-validate&" + raw(fields).encode())


def test_what_a_look_up_saw_is_completed_by_its_ipn(shop: Marketplace, checked: Answer) -> None:
    taken = call_of(checked["transaction"]).transaction
    assert taken is not None

    assert tell(shop, about(checked, id=taken.taken_id or ""))["status"] == "OK"

    assert status(shop, checked) == COMPLETED
    assert shop.event_types()[-2:] == ["transaction.checked", "transaction.completed"]


def test_an_ipn_that_comes_again_changes_nothing(shop: Marketplace, begun: Answer, genuine: Peer) -> None:
    tell(shop, about(begun))
    events = shop.event_types()

    again = tell(shop, about(begun))
    other = tell(shop, about(begun, memo="sent twice"))

    assert [(one["status"], one["uuid"]) for one in (again, other)] == [("IGNORED", begun["uuid"])] * 2
    assert other["reason"] == "known_already"
    assert shop.event_types() == events
    assert len(genuine.requests) == 2  # the same bytes are proved once


@pytest.mark.parametrize(
    ("more", "state"),
    [({"status": "PENDING"}, PENDING), ({"status": "ERROR"}, FAILED), ({"status": "CREATED"}, PENDING)],
)
def test_a_payment_that_was_not_taken(shop: Marketplace, begun: Answer, more: dict[str, str], state: int) -> None:
    tell(shop, about(begun, **more))

    assert status(shop, begun) == state


def test_a_payment_that_an_ipn_tells_as_held_is_pending_while_paypal_does_not_answer(
    shop: Marketplace, paypal: Simulator, begun: Answer
) -> None:
    """Also where its client has written a reason of its own."""
    tell(shop, about(begun, status="PENDING"))
    paypal.fault("any", "error_503", count=0)

    for _ in range(2):
        checked = shop.check(uuid=begun["uuid"])
        assert (checked.status, checked["status"], "pay_url" in checked.json) == (201, "PENDING", False)
        assert shop.patch(begun["transaction"], {"status_reason": "the buyer has called"}).status < 300


@pytest.mark.parametrize(
    "more",
    [
        {"amount": "USD 3.74"},
        {"amount": "EUR 3.75"},
        {"receiver": "eve@dev.example"},
        {"pay_key": "AP-1"},
        {"tracking_id": "another"},
    ],
)
def test_what_contradicts_what_we_know_is_refused_and_alarmed(
    shop: Marketplace, begun: Answer, more: dict[str, str], security_events: Any
) -> None:
    wrong = about(begun, **more)
    if more.keys() == {"tracking_id"}:
        wrong["tracking_id"] = call_of(shop.pay(shop.product(), currency="USD")["transaction"]).key

    answer = tell(shop, wrong)

    assert (answer["status"], answer["reason"], answer["retry"]) == ("ERROR", "mismatch", False)
    assert status(shop, begun) == PENDING


# --- who says so ---------------------------------------------------------------------------------------------------


def test_a_forged_ipn_is_ignored_and_changes_nothing(shop: Marketplace, paypal: Simulator, begun: Answer) -> None:
    with proving(saying(b"INVALID")):
        answer = tell(shop, about(begun))

    assert (answer["status"], answer["action"], answer["uuid"]) == ("IGNORED", None, None)
    assert (answer["reason"], answer["retry"]) == ("bad_signature", False)
    assert status(shop, begun) == PENDING


def test_while_paypal_cannot_be_asked_it_is_to_be_sent_again(shop: Marketplace, begun: Answer) -> None:
    with proving(closing_after_request):
        first = tell(shop, about(begun))
    again = tell(shop, about(begun))

    assert (first["status"], first["reason"], first["retry"]) == ("IGNORED", "verification_unavailable", True)
    assert (again["status"], status(shop, begun)) == ("OK", COMPLETED)


def test_one_that_was_taken_for_forged_may_be_proved_later(shop: Marketplace, begun: Answer) -> None:
    with proving(saying(b"INVALID")):
        tell(shop, about(begun))

    assert tell(shop, about(begun))["status"] == "OK"


@pytest.mark.parametrize("data", [None, "", 7])
def test_without_data_nothing_happens(shop: Marketplace, paypal: Simulator, data: object) -> None:
    with nothing_happens(paypal):
        answer = shop.post("/paypal/ipn/", {} if data is None else {"data": data})

    assert (answer.status, list(answer.json)) == (400, ["data"])


def test_what_is_no_form_is_an_error(shop: Marketplace, genuine: Peer) -> None:
    answer = shop.post("/paypal/ipn/", {"data": "no form"})

    assert (answer["status"], answer["reason"]) == ("ERROR", "not_understood")


# --- too early -----------------------------------------------------------------------------------------------------


def test_one_about_something_unknown_waits_for_it(shop: Marketplace, begun: Answer) -> None:
    key = "0e0c8a6e-6d4f-4f0e-9a53-000000004711"
    early = tell(shop, adaptive(pay_key="AP-EARLY", tracking_id=key) | detail(receiver="sam@dev.example"))
    assert (early["status"], early["reason"], early["retry"]) == ("IGNORED", "parked", False)

    call = call_of(begun["transaction"])
    type(call).objects.filter(pk=call.pk).update(key=key)
    call.transaction.change(uid_pay="AP-EARLY")  # type: ignore[union-attr]
    Notification.objects.update(next_try_at="2026-01-01T00:00:00Z")

    assert notifications.handle_due() == 1
    assert status(shop, begun) == COMPLETED


def test_a_refund_that_comes_before_its_payment_waits(shop: Marketplace, begun: Answer) -> None:
    back = about(begun, status="COMPLETED", refund_id="8XY1", refund_amount="USD 1.00") | {
        "transaction[0].status": "Refunded"
    }
    assert tell(shop, back)["reason"] == "parked"

    tell(shop, about(begun))

    assert sums(shop, begun) == ("3.75", "1.00")


# --- money that goes back ------------------------------------------------------------------------------------------


def refund(payment: Answer, amount: str = "USD 3.75", **more: str) -> dict[str, str]:
    usual = {"refund_id": "8XY12345678901230", "refund_amount": amount, "reason_code": "Refund"}
    return about(payment, "Adjustment", **(usual | more)) | {"transaction[0].status": "Refunded"}


def test_a_refund_made_elsewhere_gets_its_row(shop: Marketplace, checked: Answer) -> None:
    answer = tell(shop, refund(checked, "USD 1.00", id=""))

    row = shop.transaction(answer["transaction"])
    assert (answer["status"], answer["action"], answer["uuid"]) == ("OK", "REFUND", checked["uuid"])
    assert answer["amount"] == {"currency": "USD", "amount": "1.00"}
    assert (row["type"], row["status"], row["amount"], row["related"]) == (1, COMPLETED, "1.00", checked["transaction"])
    assert sums(shop, checked) == ("3.75", "1.00")


def test_several_refunds_are_told_apart_by_their_id(shop: Marketplace, checked: Answer) -> None:
    for name in ("8XY1", "8XY2", "8XY1"):
        tell(shop, refund(checked, "USD 1.00", id="", refund_id=name))

    assert sums(shop, checked) == ("3.75", "2.00")


def test_a_refund_to_which_paypal_gives_no_id_counts_once_for_its_amount(shop: Marketplace, checked: Answer) -> None:
    for memo in ("a", "b"):
        tell(shop, refund(checked, "USD 1.00", id="", refund_id="", memo=memo))

    assert sums(shop, checked) == ("3.75", "1.00")


def reversal(payment: Answer, part: str = "Completed") -> dict[str, str]:
    told = refund(payment, "USD 1.00", id="", reason_code="Chargeback Settlement")
    return told | {"transaction[0].status": part}


def test_a_chargeback_takes_what_is_left(shop: Marketplace, checked: Answer) -> None:
    tell(shop, refund(checked, "USD 1.00", id=""))

    answer = tell(shop, reversal(checked))
    again = tell(shop, reversal(checked) | {"memo": "again"})

    row = shop.transaction(answer["transaction"])
    assert (answer["action"], row["type"], row["amount"]) == ("REVERSAL", 2, "2.75")
    assert sums(shop, checked) == ("3.75", "3.75")
    assert (again["status"], again["transaction"]) == ("IGNORED", answer["transaction"])
    assert shop.event_types()[-1] == "reversal.completed"


def test_a_chargeback_that_is_undone_may_come_once_more(shop: Marketplace, checked: Answer) -> None:
    first = tell(shop, reversal(checked))
    undone = tell(shop, reversal(checked, "Canceled_Reversal"))
    assert (undone["transaction"], sums(shop, checked)) == (first["transaction"], ("3.75", "0.00"))

    second = tell(shop, reversal(checked) | {"memo": "another"})

    assert second["transaction"] != first["transaction"]
    assert sums(shop, checked) == ("3.75", "3.75")


def test_a_chargeback_that_is_undone_does_not_come_once_more_because_paypal_sends_it_again(
    shop: Marketplace, checked: Answer
) -> None:
    tell(shop, reversal(checked))
    tell(shop, reversal(checked, "Canceled_Reversal"))

    tell(shop, reversal(checked) | {"resend": "true"})

    assert sums(shop, checked) == ("3.75", "0.00")


# --- today's form, beside webhooks ---------------------------------------------------------------------------------


@pytest.fixture
def captured(shop: Marketplace, paid: dict[str, str], genuine: Peer) -> dict[str, str]:
    """A payment of today's platform: the ids that an IPN names it by."""
    call = call_of(paid["transaction"])
    row = call.transaction
    assert row is not None
    return {"custom": call.key, "txn_id": row.taken_id or "", "transaction": paid["transaction"]}


def today(captured: dict[str, str], payment_status: str, gross: str, **more: str) -> dict[str, str]:
    back = {"parent_txn_id": captured["txn_id"], "txn_id": "8XY1"} if payment_status != "Completed" else {}
    usual = {
        "custom": captured["custom"],
        "txn_id": captured["txn_id"],
        "receiver_email": "",
        "business": "",
        "receiver_id": "",
    }
    return standard(payment_status, gross, **(usual | back | more))


def of_payment(shop: Marketplace, captured: dict[str, str]) -> tuple[str, str]:
    row = shop.transaction(captured["transaction"])
    return row["captured_amount"], row["refunded_amount"]


def test_what_is_known_already_is_ignored(shop: Marketplace, captured: dict[str, str]) -> None:
    answer = tell(shop, today(captured, "Completed", "2.49"))

    assert (answer["status"], answer["reason"]) == ("IGNORED", "known_already")


def test_a_reversal_that_is_cancelled_gives_the_money_back_to_the_seller(
    shop: Marketplace, captured: dict[str, str]
) -> None:
    reversed_ = tell(shop, today(captured, "Reversed", "-2.49"))
    assert of_payment(shop, captured) == ("2.49", "2.49")

    undone = tell(shop, today(captured, "Canceled_Reversal", "2.49", txn_id="8XY2"))

    assert (undone["status"], undone["action"]) == ("OK", "REVERSAL")
    assert undone["transaction"] == reversed_["transaction"]
    assert shop.transaction(undone["transaction"])["status"] == CANCELLED
    assert of_payment(shop, captured) == ("2.49", "0.00")
    assert shop.event_types()[-2:] == ["reversal.completed", "reversal.cancelled"]
    again = tell(shop, today(captured, "Canceled_Reversal", "2.49", txn_id="8XY2", memo="again"))
    assert (again["status"], again["reason"]) == ("IGNORED", "known_already")


def test_one_cancelled_reversal_gives_back_one_of_two_whoever_stood_still_at_it(
    shop: Marketplace, captured: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two disputes of the same amount; another worker has applied what the first one takes up again as if it were still to be proved."""
    for reversal_id in ("8XY1", "8XY2"):
        tell(shop, today(captured, "Reversed", "-1.00", txn_id=reversal_id))
    dawdles(monkeypatch, registry.inbound("paypal"), (Verdict.UNDECIDED, "verification_unavailable"))

    tell(shop, today(captured, "Canceled_Reversal", "1.00", txn_id="8XY3"))
    Notification.objects.update(next_try_at="2026-01-01T00:00:00Z")
    notifications.handle_due()

    assert of_payment(shop, captured) == ("2.49", "1.00")


def test_a_cancelled_reversal_that_paypal_sends_once_more_gives_back_no_other_one(
    shop: Marketplace, captured: dict[str, str]
) -> None:
    tell(shop, today(captured, "Reversed", "-1.00"))
    undone = tell(shop, today(captured, "Canceled_Reversal", "1.00", txn_id="8XY2"))
    tell(shop, today(captured, "Reversed", "-1.00", txn_id="8XY3"))

    # In other words, so that it is no resent one.
    again = tell(shop, today(captured, "Canceled_Reversal", "1.00", txn_id="8XY2", ipn_track_id="c3a1"))

    assert (again["reason"], again["transaction"]) == ("known_already", undone["transaction"])
    assert of_payment(shop, captured) == ("2.49", "1.00")
    tell(shop, today(captured, "Canceled_Reversal", "1.00", txn_id="8XY4"))
    assert of_payment(shop, captured) == ("2.49", "0.00")


def test_a_cancelled_reversal_that_is_told_before_its_own_reversal_waits_for_it(
    shop: Marketplace, captured: dict[str, str]
) -> None:
    """Another one of the same amount has come again already, by another id."""
    tell(shop, today(captured, "Reversed", "-1.00"))
    tell(shop, today(captured, "Canceled_Reversal", "1.00", txn_id="8XY2"))

    early = tell(shop, today(captured, "Canceled_Reversal", "1.00", txn_id="8XY4"))
    tell(shop, today(captured, "Reversed", "-1.00", txn_id="8XY3"))

    assert early["reason"] == "parked"
    assert of_payment(shop, captured) == ("2.49", "0.00")
    assert Notification.objects.filter(state="parked").count() == 0


BUYER, SELLER_WINS = Resolved.FOR_BUYER, Resolved.FOR_SELLER


def end_of_dispute(
    captured: dict[str, str], name: str, resolved: Resolved, minute: int, opened_at: datetime | None = None
) -> None:
    """As webhooks tell it beside IPNs."""
    told_at = datetime(2026, 11, 28, 18, minute, tzinfo=UTC)
    ended = DisputeEvidence(
        name,
        resolved,
        "RESOLVED",
        Money.parse("1.00", "EUR"),
        may_be_ours=True,
        opened_at=opened_at,
        told_at=told_at,
    )
    with transaction.atomic():
        ids = {"capture": captured["txn_id"]}
        news.apply("paypal", Notice(f"WH-{name}-{minute}", "dispute", Action.DISPUTE, ids=ids, dispute=ended))


@pytest.mark.parametrize("winner", ["PP-1", "PP-2"])
@pytest.mark.parametrize("is_dispute_first", [True, False])
def test_of_two_disputes_about_the_same_amount_one_that_the_seller_wins_gives_back_one(
    shop: Marketplace, captured: dict[str, str], winner: str, *, is_dispute_first: bool
) -> None:
    for number in (1, 2):
        tell(shop, today(captured, "Reversed", "-1.00", txn_id=f"8XY{number}"))
        end_of_dispute(captured, f"PP-{number}", BUYER, number)
    steps: list[Callable[[], object]] = [
        lambda: end_of_dispute(captured, winner, SELLER_WINS, 5),
        lambda: tell(shop, today(captured, "Canceled_Reversal", "1.00", txn_id="8XY3")),
    ]

    for step in steps if is_dispute_first else reversed(steps):
        step()

    assert of_payment(shop, captured) == ("2.49", "1.00")
    ended = {dispute.dispute_id: dispute.reversal for dispute in Dispute.objects.select_related("reversal")}
    assert {name: row and row.status for name, row in ended.items()} == {
        name: CANCELLED if name == winner else COMPLETED for name in ("PP-1", "PP-2")
    }
    # The other one as well.
    tell(shop, today(captured, "Canceled_Reversal", "1.00", txn_id="8XY4"))
    end_of_dispute(captured, "PP-2" if winner == "PP-1" else "PP-1", SELLER_WINS, 6)
    assert of_payment(shop, captured) == ("2.49", "0.00")


@pytest.mark.parametrize("order", [(1, 5), (5, 1)])
def test_a_dispute_whose_ends_are_told_after_its_money_has_come_and_gone_takes_no_other_reversal_with_it(
    shop: Marketplace, captured: dict[str, str], order: tuple[int, int]
) -> None:
    opened_at = datetime.now(UTC)
    tell(shop, today(captured, "Reversed", "-1.00"))
    tell(shop, today(captured, "Canceled_Reversal", "1.00", txn_id="8XY2"))
    for minute in order:
        end_of_dispute(captured, "PP-1", BUYER if minute == 1 else SELLER_WINS, minute, opened_at)
    assert of_payment(shop, captured) == ("2.49", "0.00")

    tell(shop, today(captured, "Reversed", "-1.00", txn_id="8XY3"))

    assert of_payment(shop, captured) == ("2.49", "1.00")


def test_what_has_come_again_before_a_dispute_was_opened_is_not_what_that_has_taken(
    shop: Marketplace, captured: dict[str, str]
) -> None:
    tell(shop, today(captured, "Reversed", "-1.00"))
    tell(shop, today(captured, "Canceled_Reversal", "1.00", txn_id="8XY2"))

    end_of_dispute(captured, "PP-1", BUYER, 1, datetime.now(UTC))
    assert of_payment(shop, captured) == ("2.49", "1.00")

    tell(shop, today(captured, "Reversed", "-1.00", txn_id="8XY3"))
    assert of_payment(shop, captured) == ("2.49", "1.00")


def test_a_reversal_that_comes_again_before_it_is_told_by_its_id_is_one(
    shop: Marketplace, captured: dict[str, str]
) -> None:
    end_of_dispute(captured, "PP-1", BUYER, 1)
    tell(shop, today(captured, "Canceled_Reversal", "1.00", txn_id="8XY2"))

    tell(shop, today(captured, "Reversed", "-1.00"))
    end_of_dispute(captured, "PP-1", SELLER_WINS, 2)

    assert of_payment(shop, captured) == ("2.49", "0.00")
    assert Transaction.objects.filter(type=2).count() == 1


def test_one_cancelled_reversal_gives_back_one_of_two_though_paypal_sends_it_again(
    shop: Marketplace, captured: dict[str, str]
) -> None:
    for reversal_id in ("8XY1", "8XY2"):
        tell(shop, today(captured, "Reversed", "-1.00", txn_id=reversal_id))
    undone = today(captured, "Canceled_Reversal", "1.00", txn_id="8XY3")
    first = tell(shop, undone)

    again = tell(shop, {"resend": "true"} | undone)

    assert (again["status"], again["transaction"]) == ("IGNORED", first["transaction"])
    assert of_payment(shop, captured) == ("2.49", "1.00")


def test_a_cancelled_reversal_that_comes_first_waits_for_the_reversal(
    shop: Marketplace, captured: dict[str, str]
) -> None:
    assert tell(shop, today(captured, "Canceled_Reversal", "2.49", txn_id="8XY2"))["reason"] == "parked"

    tell(shop, today(captured, "Reversed", "-2.49"))

    assert of_payment(shop, captured) == ("2.49", "0.00")


@pytest.mark.parametrize("name", ["custom", "txn_id", "txn_type"])
def test_what_no_database_keeps_does_not_stand_in_the_way(
    shop: Marketplace, captured: dict[str, str], name: str
) -> None:
    """Anybody may pay somebody with words of his own in it, and have PayPal tell us."""
    told = today(captured, "" if name == "txn_type" else "Completed", "2.49") | {"custom": "", "txn_id": "9X"}

    answer = tell(shop, told | {name: "a\0b"})

    assert answer["status"] == "IGNORED"


def test_a_refund_of_ours_and_its_ipn_are_one(shop: Marketplace, captured: dict[str, str]) -> None:
    uuid = shop.transaction(captured["transaction"])["uuid"]
    made = shop.refund(uuid=uuid, amount="1.00")
    name = shop.transaction(made["transaction"])["uid_pay"]

    answer = tell(shop, today(captured, "Refunded", "-1.00", txn_id=name))

    assert (answer["status"], answer["transaction"]) == ("IGNORED", made["transaction"])
    assert of_payment(shop, captured) == ("2.49", "1.00")


def test_the_ipn_of_a_refund_whose_answer_got_lost_waits_until_it_is_known(
    shop: Marketplace, paypal: Simulator, captured: dict[str, str]
) -> None:
    """It does not say whose refund it is: that is told by the id, which the answer has."""
    paypal.fault("refund", "disconnect_after")
    lost = shop.refund(uuid=shop.transaction(captured["transaction"])["uuid"], amount="1.00")
    (made,) = paypal.state()["refunds"]

    early = tell(shop, today(captured, "Refunded", "-1.00", txn_id=made["id"]))
    assert (early["reason"], of_payment(shop, captured)) == ("parked", ("2.49", "0.00"))
    assert shop.check(uuid=lost["uuid"])["status"] == "COMPLETED"
    Notification.objects.update(next_try_at="2026-01-01T00:00:00Z")
    notifications.handle_due()

    assert of_payment(shop, captured) == ("2.49", "1.00")
    assert len(shop.transaction(captured["transaction"])["relations"]) == 1


# --- pre-approval --------------------------------------------------------------------------------------------------


def test_a_pre_approval_that_the_buyer_cancels_at_paypal_is_forgotten(shop: Marketplace, genuine: Peer) -> None:
    buyer = shop.buyer()
    made = shop.post("/paypal/buyer/", {"buyer": buyer["resource_uri"]})
    BuyerPaypal.objects.get().change(key="PA-3TL62591WF4873025", key_hash=key_hash("PA-3TL62591WF4873025"))
    fields = {"transaction_type": "Adaptive Payment PREAPPROVAL", "preapproval_key": "PA-3TL62591WF4873025"}

    given = tell(shop, fields | {"approved": "true", "status": "ACTIVE"})
    ended = tell(shop, fields | {"approved": "true", "status": "CANCELED"})

    assert (given["status"], given["reason"]) == ("IGNORED", "not_of_concern")
    assert (ended["status"], ended["action"]) == ("OK", "PREAPPROVAL")
    assert shop.get(made["resource_uri"])["key"] is False
    assert shop.event_types()[-1] == "preapproval.revoked"
