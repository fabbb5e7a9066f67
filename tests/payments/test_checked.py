"""What a look-up saw paid is checked; PayPal's notification completes it."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import transaction
from tests.payments.world import Elsewhere, another_paypal, sent
from tests.support.marketplace import Answer, Marketplace
from tests.support.simulator import Simulator

from solitude.events.models import Event
from solitude.payments import apply
from solitude.payments.contract import Call, Evidence, Outcome, Result, Seen
from solitude.providers.paypal.provider import PayPal
from solitude.transactions import states
from solitude.transactions.models import Transaction

COMPLETED, CHECKED = 1, 2
CAPTURED = "PAYMENT.CAPTURE.COMPLETED"


@pytest.fixture
def seen_only(shop: Marketplace) -> Iterator[PayPal]:
    """A provider whose look-ups show a payment before its notification may count on."""
    with another_paypal() as provider:
        of_rest = provider.rest.perform

        def perform(call: Call) -> Result:
            found = of_rest(call)
            if found.evidence is None or found.evidence.state != Seen.PAID:
                return found
            return replace(found, evidence=replace(found.evidence, awaits_notice=True))

        provider.rest.perform = perform  # type: ignore[method-assign]
        yield provider


@pytest.fixture
def checked(shop: Marketplace, paypal: Simulator, app_id: str, seen_only: PayPal) -> Answer:
    payment = shop.pay(app_id)
    paypal.approve(payment["pay_url"])
    Elsewhere(paypal).capture(payment["paykey"])
    assert shop.check(uuid=payment["uuid"])["status"] == "COMPLETED"
    return payment


def test_a_payment_that_a_look_up_saw_paid_is_checked_until_paypal_says_so(
    shop: Marketplace, paypal: Simulator, checked: Answer
) -> None:
    payment = shop.transaction(checked["transaction"])
    assert (payment["status"], payment["captured_amount"], payment["outcome"]) == (CHECKED, "2.49", "succeeded")

    asked = sent(paypal)
    assert shop.check(uuid=checked["uuid"])["status"] == "COMPLETED"
    assert sent(paypal) == asked

    (event,) = paypal.told(CAPTURED)
    assert shop.forward(event)["status"] == "OK"
    assert shop.transaction(checked["transaction"])["status"] == COMPLETED
    told = [one for one in shop.event_types() if one.startswith("transaction.")]
    assert told[-2:] == ["transaction.checked", "transaction.completed"]


def test_what_is_checked_can_be_refunded(shop: Marketplace, checked: Answer) -> None:
    refund = shop.refund(uuid=checked["uuid"], amount="1.00")

    assert (refund.status, refund["status"]) == (201, "COMPLETED")
    payment = shop.transaction(checked["transaction"])
    assert (payment["status"], payment["refunded_amount"]) == (CHECKED, "1.00")


def test_a_payment_that_had_failed_is_corrected_to_checked(transactional_db: None) -> None:
    with transaction.atomic():
        row = states.begin(Transaction(amount=Decimal("2.49"), currency="EUR"), "payment_begun")
        states.move(row, "declined")

        apply.payment(row, Result(Outcome.SUCCEEDED, Evidence(Seen.PAID, awaits_notice=True)))

    row.refresh_from_db()
    assert (row.status, row.captured_amount) == (CHECKED, Decimal("2.49"))
    assert Event.objects.latest("pk").type == "transaction.corrected"
