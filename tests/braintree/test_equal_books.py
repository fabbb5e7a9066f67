"""Whatever is done with a sale, here and at Braintree's own site, in any order, with any answer lost: in the end both books are equal."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.braintree.world import REFUND, VOID, product, run_worker, sell
from tests.payments.passing import age
from tests.sandbox.braintree.client import gateway
from tests.support.braintree import BraintreeSimulator
from tests.support.marketplace import Marketplace

from solitude.transactions.models import CallOutcome, Status, Transaction

pytestmark = pytest.mark.long

ZERO = Decimal(0)
LOSSES = ("disconnect_after", "truncated_after", "disconnect_before", "error_503", "rate_limit_429")
# An operation of the gateway, and how its next call goes wrong.
FAULTS = [(operation, loss) for operation in ("refund", "void", "find_transaction", "search_ids") for loss in LOSSES]
STEPS = st.lists(
    st.one_of(
        st.sampled_from(["settle", "decline", "void", "void there", "refund there", "work"]),
        st.sampled_from(["1.00", "5.00", "12.00"]),
        st.sampled_from(FAULTS),
    ),
    max_size=7,
)
# What has moved by then; the gateway is asked about what has not been done for longer than its search takes.
LONG_S = {"hours": 2}


@example(loss="disconnect_after", steps=["settle", "refund there"])
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(loss=st.sampled_from(["", *LOSSES]), steps=STEPS)
def test_in_the_end_both_books_are_equal(
    shop: Marketplace, braintree: BraintreeSimulator, loss: str, steps: list[str | tuple[str, str]]
) -> None:
    braintree.reset()
    if loss:
        braintree.fault("sale", loss)
    body = sell(shop, braintree, product_id=product(shop)).json
    uuid = body.get("uuid") or body["mozilla"]["generic"]["uuid"]

    for step in steps:
        if isinstance(step, tuple):
            braintree.fault(*step)
        else:
            done(shop, braintree, uuid, step)
    braintree.clear_faults()
    age(**LONG_S)
    run_worker()
    age(**LONG_S)
    run_worker()

    payment = Transaction.objects.get(uuid=uuid)
    assert not payment.calls.filter(outcome__in=(CallOutcome.NONE, CallOutcome.UNKNOWN)).exists()
    assert (payment.captured_amount or ZERO, payment.refunded_amount or ZERO) == there(braintree)


def done(shop: Marketplace, braintree: BraintreeSimulator, uuid: str, step: str) -> None:
    """One step, which may be refused."""
    elsewhere = gateway(braintree.url).transaction
    sold = next((each for each in braintree.transactions() if each["type"] == "sale"), {"id": "", "status": ""})
    identifier, is_open = sold["id"], sold["status"] == "submitted_for_settlement"
    there: dict[str, Callable[[], object]] = {
        "settle": lambda: is_open and braintree.settle(identifier),
        "decline": lambda: is_open and braintree.settle(identifier, good=False),
        "void there": lambda: identifier and elsewhere.void(identifier),
        # Of a sale whose end is known here nobody is asked any more; a refund of ours that is refused learns of it.
        "refund there": lambda: waits(uuid) and identifier and elsewhere.refund(identifier, "3.00"),
    }
    if step == "work":
        run_worker()
    elif step == "void":
        shop.post(VOID, {"uuid": uuid})
    elif step not in there:
        shop.post(REFUND, {"uuid": uuid, "amount": step})
    elif not braintree.faults():
        # A fault is meant for us, and not for who is there at the site.
        there[step]()


def waits(uuid: str) -> bool:
    return Transaction.objects.get(uuid=uuid).status in (Status.PENDING, Status.CHECKED)


def there(braintree: BraintreeSimulator) -> tuple[Decimal, Decimal]:
    """What the gateway took, and what of it went back."""
    moved = [
        each
        for each in braintree.transactions()
        if each["status"] in ("submitted_for_settlement", "settling", "settled")
    ]
    sums = {
        kind: sum((Decimal(each["amount"]) for each in moved if each["type"] == kind), ZERO)
        for kind in ("sale", "credit")
    }
    return sums["sale"], sums["credit"]
