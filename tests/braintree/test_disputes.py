"""Disputes at Braintree: what was told last counts, and a chargeback is money of its own."""

from itertools import permutations
from typing import Any

import pytest
from tests.braintree.subscribing import pass_on
from tests.braintree.test_webhook import notification, signed
from tests.braintree.world import run_worker, settled, sold
from tests.sandbox.braintree.client import gateway
from tests.support.braintree import BraintreeSimulator
from tests.support.marketplace import Marketplace

from solitude.payments.models import Dispute
from solitude.transactions.models import Status, Transaction, Type

pytestmark = pytest.mark.long

AMOUNT = "12.00"
COMPLETED, CANCELLED = Status.COMPLETED, Status.CANCELLED


def told(
    payment: dict[str, Any], status: str, hour: int, *, amount: str = AMOUNT, kind: str = "chargeback", name: str = "d1"
) -> dict[str, str]:
    """A webhook about a dispute that came to this status at that hour."""
    at = f'type="datetime">2026-11-28T{hour:02}:00:00Z<'
    subject = (
        f"<dispute><id>{name}</id><amount-disputed>{amount}</amount-disputed><currency-iso-code>USD</currency-iso-code>"
        f"<kind>{kind}</kind><status>{status}</status><updated-at {at}/updated-at>"
        f'<status-history type="array"><status-history><status>{status}</status><timestamp {at}/timestamp>'
        f"</status-history></status-history><transaction><id>{payment['uid_support']}</id>"
        f"<amount>{AMOUNT}</amount></transaction></dispute>"
    )
    return signed(notification(f"dispute_{status}", subject))


def returns(payment: dict[str, Any]) -> list[tuple[int, int, str]]:
    """What went back of a payment: type, status and amount."""
    rows = Transaction.objects.filter(related__uuid=payment["uuid"]).order_by("pk")
    return [(row.type, row.status, f"{row.amount:.2f}") for row in rows]


def refunded(shop: Marketplace, payment: dict[str, Any]) -> str:
    return str(shop.transaction(payment["resource_uri"])["refunded_amount"])


@pytest.fixture
def payment(shop: Marketplace, braintree: BraintreeSimulator) -> dict[str, Any]:
    return settled(shop, braintree)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_dispute_that_is_won_in_the_end_gives_the_money_again(
    shop: Marketplace, payment: dict[str, Any], order: tuple[int, ...]
) -> None:
    course = [told(payment, "open", 1), told(payment, "lost", 2), told(payment, "won", 3)]

    for number in order:
        assert pass_on(shop, course[number]).status == 204

    assert (Dispute.objects.get().resolved, refunded(shop, payment)) == ("for_seller", "0.00")
    assert returns(payment) == [(Type.REVERSAL, CANCELLED, AMOUNT)]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_dispute_that_is_lost_in_the_end_takes_the_money(
    shop: Marketplace, payment: dict[str, Any], order: tuple[int, ...]
) -> None:
    course = [told(payment, "open", 1), told(payment, "won", 2), told(payment, "lost", 3)]

    for number in order:
        assert pass_on(shop, course[number]).status == 204

    assert (Dispute.objects.get().resolved, refunded(shop, payment)) == ("for_buyer", AMOUNT)
    assert returns(payment) == [(Type.REVERSAL, COMPLETED, AMOUNT)]


@pytest.mark.parametrize("order", list(permutations(range(2))))
def test_one_that_is_accepted_in_the_second_in_which_it_is_opened_has_ended(
    shop: Marketplace, payment: dict[str, Any], order: tuple[int, ...]
) -> None:
    course = [told(payment, "open", 1), told(payment, "auto_accepted", 1)]

    for number in order:
        pass_on(shop, course[number])

    assert (Dispute.objects.get().resolved, refunded(shop, payment)) == ("for_buyer", AMOUNT)


def test_one_that_nobody_has_answered_in_time_has_taken_the_money(shop: Marketplace, payment: dict[str, Any]) -> None:
    pass_on(shop, told(payment, "open", 1))

    pass_on(shop, told(payment, "expired", 2))

    again = shop.post("/braintree/refund/", {"uuid": payment["uuid"]})
    assert (again.status, again["code"]) == (409, "refund_exceeds_captured")
    pass_on(shop, told(payment, "lost", 3))
    assert returns(payment) == [(Type.REVERSAL, COMPLETED, AMOUNT)]
    assert shop.event_types().count("dispute.resolved") == 1


@pytest.mark.parametrize("status", ["expired", "accepted", "lost"])
def test_a_bank_that_only_asks_takes_nothing(shop: Marketplace, payment: dict[str, Any], status: str) -> None:
    pass_on(shop, told(payment, "open", 1, kind="retrieval"))
    pass_on(shop, told(payment, status, 2, kind="retrieval"))
    assert (returns(payment), refunded(shop, payment)) == ([], "0.00")

    # What follows has a name of its own.
    pass_on(shop, told(payment, "lost", 3, name="d2"))

    assert returns(payment) == [(Type.REVERSAL, COMPLETED, AMOUNT)]


@pytest.mark.parametrize("is_refunded_first", [True, False])
def test_what_is_refunded_in_the_control_panel_is_not_what_the_bank_takes(
    shop: Marketplace, braintree: BraintreeSimulator, *, is_refunded_first: bool
) -> None:
    payment = sold(shop, braintree)
    braintree.settle(payment["uid_support"])
    assert gateway(braintree.url).transaction.refund(payment["uid_support"], "5.00").is_success

    def charged_back() -> None:
        assert pass_on(shop, told(payment, "lost", 1, amount="5.00")).status == 204

    # The worker learns of the refund.
    for step in (run_worker, charged_back) if is_refunded_first else (charged_back, run_worker):
        step()

    assert refunded(shop, payment) == "10.00"
    went_back = [(kind, amount) for kind, status, amount in returns(payment) if status == COMPLETED]
    assert sorted(went_back) == [(Type.REFUND, "5.00"), (Type.REVERSAL, "5.00")]
    (dispute,) = Dispute.objects.all()
    assert dispute.reversal == Transaction.objects.get(type=Type.REVERSAL)


@pytest.mark.parametrize("first", ["1.00", AMOUNT])
def test_of_ends_for_the_buyer_the_sum_that_is_told_last_counts(
    shop: Marketplace, payment: dict[str, Any], first: str
) -> None:
    pass_on(shop, told(payment, "accepted", 1, amount=first))

    pass_on(shop, told(payment, "lost", 2, amount="3.00"))
    pass_on(shop, told(payment, "lost", 1, amount=first))

    assert returns(payment) == [(Type.REVERSAL, CANCELLED, first), (Type.REVERSAL, COMPLETED, "3.00")]
    assert refunded(shop, payment) == "3.00"
