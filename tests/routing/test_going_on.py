"""A payment goes on with the next provider only while it is certain that those before got nothing."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.payments.world import end_leases
from tests.paypal.test_limits import approved
from tests.reference import world as reference
from tests.routing.world import intents, moves, pay, row_of, ruled
from tests.support.braintree import BraintreeSimulator
from tests.support.marketplace import Marketplace
from tests.support.simulator import Simulator
from tests.support.zippy import ZippySimulator
from tests.web.parallel import at_once

from solitude import failpoints
from solitude.payments.models import ProviderCall
from solitude.sellers.models import Product
from solitude.transactions.models import Status, Transaction

pytestmark = pytest.mark.long

KEY = {"Idempotency-Key": "order-4711"}
BOTH = {"providers": ["reference", "paypal"]}


class Died(BaseException):
    """The process is gone."""


@contextmanager
def dying(moment: str, time: int = 1) -> Iterator[None]:
    """The process dies when this moment is reached for this time."""
    reached = 0

    def hook(name: str) -> None:
        nonlocal reached
        reached += name == moment
        if reached == time and name == moment:
            raise Died

    with failpoints.hooked(hook), pytest.raises(Died):
        yield


def test_what_was_certainly_not_sent_goes_to_the_next_under_the_same_transaction(
    shop: Marketplace, everywhere: str
) -> None:
    with ruled(BOTH), reference.away():
        payment = pay(shop, everywhere, uuid="order:1")
    assert (payment.status, payment["provider"], payment["uuid"]) == (201, "paypal", "order:1")
    row = row_of(payment)
    assert (row.provider, row.status, row.uid_pay is not None) == (0, Status.PENDING, True)
    first, second = intents(shop, payment)
    assert first.startswith("reference by rule 1")
    assert second.startswith("paypal by rule 1; not reference: not_sent")
    assert moves(shop, payment) == [
        "payment_begun",
        "not_sent: provider_unreachable",
        "payment_begun_again",
        "approval_awaited",
    ]


def test_who_asks_to_come_back_later_has_got_nothing(shop: Marketplace, zippy: ZippySimulator, everywhere: str) -> None:
    zippy.fault("create_transaction", "rate_limit_429")
    with ruled(BOTH):
        assert pay(shop, everywhere)["provider"] == "paypal"


def test_what_another_provider_takes_uses_up_nothing_of_the_pre_approval(
    shop: Marketplace, everywhere: str, paypal: Simulator, zippy: ZippySimulator
) -> None:
    buyer = approved(shop, paypal, max_total="4.00")
    paypal.fault("create_order", "rate_limit_429")
    with ruled({"providers": ["paypal", "reference"]}):
        elsewhere = pay(shop, everywhere, buyer=buyer)
        assert elsewhere["provider"] == "reference"
        reference.tell(shop, reference.query_of(zippy.pay(elsewhere["pay_url"])))

        at_paypal = pay(shop, everywhere, buyer=buyer)

    assert row_of(elsewhere).status == Status.COMPLETED
    assert (at_paypal["provider"], at_paypal["status"]) == ("paypal", "completed")


def test_what_another_provider_takes_is_not_among_braintrees(
    shop: Marketplace, everywhere: str, braintree: BraintreeSimulator, paypal: Simulator
) -> None:
    product = Product.objects.get(public_id=everywhere)
    shop.post("/braintree/product/", {"seller_product": product.resource_uri, "currency": "EUR"})
    braintree.fault("sale", "rate_limit_429")
    with ruled({"providers": ["braintree", "paypal"]}):
        elsewhere = pay(shop, everywhere, nonce=braintree.nonce())

    assert elsewhere["provider"] == "paypal"
    assert shop.get("/braintree/mozilla/transaction/")["objects"] == []


def test_what_nobody_could_be_sent_is_told_as_the_last_one_was(
    shop: Marketplace, everywhere: str, paypal: Simulator
) -> None:
    paypal.fault("create_order", "rate_limit_429", retry_after_s=17)
    with ruled(BOTH), reference.away():
        refused = pay(shop, everywhere)
    assert (refused.status, refused["code"], refused.headers["Retry-After"]) == (503, "provider_busy", "17")
    assert (row_of(refused).status, ProviderCall.objects.count()) == (Status.ERRORED, 2)


def test_the_provider_that_is_named_is_the_only_one_that_is_asked(
    shop: Marketplace, paypal: Simulator, everywhere: str
) -> None:
    with reference.away():
        refused = pay(shop, everywhere, provider="reference")
    assert (refused.status, refused["code"]) == (502, "provider_unreachable")
    assert not paypal.calls("create_order")


def test_what_may_have_been_done_is_never_sent_to_another(
    shop: Marketplace, zippy: ZippySimulator, paypal: Simulator, everywhere: str
) -> None:
    zippy.fault("create_transaction", "disconnect_after")
    with ruled(BOTH):
        lost = pay(shop, everywhere, KEY)
        assert (lost.status, lost["code"]) == (504, "outcome_unknown")
        again = pay(shop, everywhere, KEY)
    assert (again.status, again["uuid"], again["provider"]) == (201, lost["uuid"], "reference")
    assert not paypal.calls("create_order")
    assert Transaction.objects.count() == 1


def test_what_a_provider_refuses_is_never_sent_to_another(
    shop: Marketplace, paypal: Simulator, zippy: ZippySimulator, everywhere: str
) -> None:
    paypal.fault("create_order", "issue:PAYEE_ACCOUNT_RESTRICTED")
    with ruled({"providers": ["paypal", "reference"]}):
        refused, again = (pay(shop, everywhere, KEY) for _ in range(2))
    assert refused.status == 422
    assert (again.json, again.headers["Idempotency-Replayed"]) == (refused.json, "true")
    (error,) = next(iter(refused["paypal"].values()))
    assert error["code"] == "PAYEE_ACCOUNT_RESTRICTED"
    assert (row_of(refused).status, zippy.state()["transactions"]) == (Status.FAILED, [])


def test_the_same_key_is_one_payment_whoever_takes_it(shop: Marketplace, everywhere: str) -> None:
    with ruled(BOTH), reference.away():
        first, again = (pay(shop, everywhere, KEY) for _ in range(2))
    assert (again.json, again.headers["Idempotency-Replayed"]) == (first.json, "true")
    assert [call.provider for call in ProviderCall.objects.order_by("pk")] == ["reference", "paypal"]
    assert ProviderCall.objects.exclude(idempotency=None).count() == 2


def test_after_a_payment_that_nobody_got_the_same_key_makes_a_new_attempt(shop: Marketplace, everywhere: str) -> None:
    with ruled({"providers": ["reference"]}):
        with reference.away():
            refused = pay(shop, everywhere, KEY)
        taken = pay(shop, everywhere, KEY)
    assert (refused.status, taken.status, taken["provider"]) == (502, 201, "reference")
    assert taken["uuid"] != refused["uuid"]


def test_the_pin_counts_once_for_all_that_are_asked(shop: Marketplace, everywhere: str) -> None:
    buyer = shop.buyer(pin="4321")
    verified = shop.post("/generic/confirm_pin/", {"uuid": buyer["uuid"], "pin": "4321"})
    assert verified.status == 200, verified
    token = shop.post("/generic/verify_pin/", {"uuid": buyer["uuid"], "pin": "4321"})["pin_token"]
    with ruled(BOTH), reference.away():
        payment = pay(shop, everywhere, buyer=buyer["uuid"], pin_token=token)
        assert (payment.status, payment["provider"]) == (201, "paypal")
        used = pay(shop, everywhere, buyer=buyer["uuid"], pin_token=token)
    assert (used.status, used["code"]) == (403, "pin_token_invalid")


def test_a_fault_that_only_the_next_one_finds_leaves_it_at_what_is_known(shop: Marketplace, everywhere: str) -> None:
    with ruled(BOTH), reference.away():
        refused = pay(shop, everywhere, return_url="https://elsewhere.example/")
    assert (refused.status, refused["code"]) == (502, "provider_unreachable")
    assert row_of(refused).status == Status.ERRORED


# The first provider gets no connection, so nothing of its call is ever on the wire.
DEATHS = [
    (moment, time) for time in (1, 2) for moment in failpoints.NAMES if (moment, time) != (failpoints.AFTER_SEND, 2)
]


@pytest.mark.parametrize(("moment", "time"), DEATHS)
def test_a_death_at_any_moment_of_either_call_charges_nothing_twice(
    shop: Marketplace, paypal: Simulator, everywhere: str, moment: str, time: int
) -> None:
    with ruled(BOTH):
        with reference.away():
            with dying(moment, time):
                pay(shop, everywhere, KEY)
            end_leases()
            after = pay(shop, everywhere, KEY)
        if after.status == 504:
            # Of the first call nothing was recorded: that it was not sent, nobody can prove any more. So it stays with that provider.
            assert not paypal.calls("create_order")
            end_leases()
            after = pay(shop, everywhere, KEY)
            assert (after.status, after["provider"]) == (201, "reference")
        else:
            assert (after.status, after["provider"], after["status"]) == (201, "paypal", "created")
    assert len(paypal.state()["orders"]) <= 1


def test_of_many_requests_with_one_key_one_begins_the_payment(
    shop: Marketplace, paypal: Simulator, everywhere: str
) -> None:
    with ruled(BOTH), reference.away():
        answers = at_once(5, lambda _: pay(Marketplace(), everywhere, KEY))
    assert {answer.status for answer in answers} <= {201, 409}
    assert any(answer.status == 201 for answer in answers)
    assert (len(paypal.state()["orders"]), Transaction.objects.count()) == (1, 1)


def test_of_many_requests_with_one_uuid_one_begins_the_payment(
    shop: Marketplace, paypal: Simulator, everywhere: str
) -> None:
    with ruled(BOTH), reference.away():
        answers = at_once(5, lambda _: pay(Marketplace(), everywhere, uuid="order:1"))
    assert sorted({answer.status for answer in answers}) in ([201], [201, 400], [201, 400, 502], [201, 502])
    assert [answer.status for answer in answers].count(201) == 1
    assert (len(paypal.state()["orders"]), Transaction.objects.count()) == (1, 1)
