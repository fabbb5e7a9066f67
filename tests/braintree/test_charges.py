"""In whatever order and however often a subscription's charges are told, our books come to the same."""

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.braintree.subscribing import CANCELED, CHARGED, NOT_CHARGED, charges, pass_on, subscribed
from tests.braintree.test_webhook import notification, signed
from tests.support.braintree import BraintreeSimulator
from tests.support.marketplace import Marketplace

from solitude.events.models import Event
from solitude.providers.braintree.models import Subscription
from solitude.transactions.models import Status

pytestmark = pytest.mark.long

# How a charge goes, from its first status to its last; and what it comes to here.
COURSES = {
    ("submitted_for_settlement",): Status.CHECKED,
    ("submitted_for_settlement", "settled"): Status.COMPLETED,
    ("submitted_for_settlement", "settlement_declined"): Status.FAILED,
    ("processor_declined",): Status.FAILED,
    ("gateway_rejected",): Status.FAILED,
    ("failed",): Status.FAILED,
    # What is not recorded tells nothing, and what is comes after it.
    ("authorized", "submitted_for_settlement", "settling", "settled"): Status.COMPLETED,
}
KIND_OF = {"submitted_for_settlement": CHARGED, "settled": CHARGED}
_numbers = itertools.count(1)


def told(subscription: str, charge: str, status: str) -> dict[str, str]:
    return told_together(KIND_OF.get(status, NOT_CHARGED), subscription, (charge, status))


def told_together(kind: str, subscription: str, *found: tuple[str, str], amount: str = "10.00") -> dict[str, str]:
    """A webhook that lists these charges, the newest first, each in its status."""
    listed = "".join(
        f"<transaction><id>{charge}</id><type>sale</type><status>{status}</status><amount>{amount}</amount>"
        "<currency-iso-code>USD</currency-iso-code><processor-response-code>2000</processor-response-code></transaction>"
        for charge, status in found
    )
    document = f'<subscription><id>{subscription}</id><transactions type="array">{listed}</transactions></subscription>'
    return signed(notification(kind, document))


@pytest.fixture
def provider_id(shop: Marketplace, braintree: BraintreeSimulator) -> str:
    return str(subscribed(shop, braintree)["provider_id"])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_order_of_what_is_told_of_a_charge_leads_to_the_same_books(
    shop: Marketplace, braintree: BraintreeSimulator, provider_id: str, data: st.DataObject
) -> None:
    course = data.draw(st.sampled_from(list(COURSES)))
    order = data.draw(st.permutations([*course, *data.draw(st.lists(st.sampled_from(course), max_size=2))]))
    charge = f"charge{next(_numbers)}"

    answers = [pass_on(shop, told(provider_id, charge, status)) for status in order]

    assert {answer.status for answer in answers} == {200}
    (row,) = [one for one in charges(shop) if one["uid_support"] == charge]
    assert row["status"] == COURSES[course]
    paid = COURSES[course] in (Status.CHECKED, Status.COMPLETED)
    assert (row["captured_amount"], row["refunded_amount"]) == (("10.00", "0.00") if paid else (None, None))
    assert Event.objects.filter(uuid=row["uuid"], edge="payment_told").count() == 1


@pytest.mark.parametrize("order", [*itertools.permutations([CHARGED, NOT_CHARGED, CANCELED])])
def test_what_has_ended_stays_so_in_whatever_order_it_is_told(
    shop: Marketplace, braintree: BraintreeSimulator, provider_id: str, order: tuple[str, ...]
) -> None:
    for kind in order:
        subject = f'<subscription><id>{provider_id}</id><transactions type="array"/></subscription>'
        assert pass_on(shop, signed(notification(kind, subject))).status == 200

    assert Subscription.objects.get().active is False


def test_a_charge_that_was_settled_and_is_told_as_refused_is_an_alarm(
    shop: Marketplace, braintree: BraintreeSimulator, provider_id: str, security_events: list[str]
) -> None:
    pass_on(shop, told(provider_id, "once", "settled"))

    answer = pass_on(shop, told(provider_id, "once", "settlement_declined"))

    assert answer.status == 200
    assert charges(shop)[0]["status"] == Status.COMPLETED
    assert any("A payment that was taken is told as not taken" in line for line in security_events)


@pytest.mark.parametrize(
    ("later", "why"),
    [
        ("processor_declined", "processor_declined 2000"),
        ("gateway_rejected", "gateway_rejected"),
        ("failed", "failed"),
        ("settlement_declined", "settlement_declined"),
    ],
)
def test_a_charge_that_was_taken_and_is_told_as_refused_has_failed(
    shop: Marketplace, braintree: BraintreeSimulator, provider_id: str, later: str, why: str
) -> None:
    pass_on(shop, told(provider_id, "once", "submitted_for_settlement"))

    answer = pass_on(shop, told(provider_id, "once", later))

    (row,) = charges(shop)
    assert (answer.status, row["status"], row["status_reason"]) == (200, Status.FAILED, why)
    assert (row["captured_amount"], row["refunded_amount"]) == (None, None)
    assert answer["mozilla"]["transaction"]["generic"]["uuid"] == row["uuid"]


@pytest.mark.parametrize("amount", ["10.00", "11.00"])
def test_a_charge_that_contradicts_what_is_known_keeps_neither_the_others_nor_the_end_from_being_recorded(
    shop: Marketplace, braintree: BraintreeSimulator, provider_id: str, amount: str, security_events: list[str]
) -> None:
    pass_on(shop, told(provider_id, "old", "settled"))

    contradiction = told_together(
        CANCELED, provider_id, ("new", "submitted_for_settlement"), ("old", "failed"), amount=amount
    )
    answer = pass_on(shop, contradiction)

    assert answer.status == 200
    assert answer["mozilla"]["subscription"]["active"] is False
    assert {row["uid_support"]: (row["status"], row["captured_amount"]) for row in charges(shop)} == {
        "old": (Status.COMPLETED, "10.00"),
        "new": (Status.CHECKED, amount),
    }
    assert any("A charge contradicts what is known" in line for line in security_events)
    assert pass_on(shop, contradiction).json == answer.json


def test_more_than_can_be_told_at_once_is_not_read(
    shop: Marketplace, braintree: BraintreeSimulator, provider_id: str
) -> None:
    many = "<transaction><status>authorized</status></transaction>" * 101
    subject = f'<subscription><id>{provider_id}</id><transactions type="array">{many}</transactions></subscription>'

    assert pass_on(shop, signed(notification(CHARGED, subject))).status == 422
