"""Whoever has begun a call goes on with what it has in memory, unless call or transaction was touched while the provider was asked."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import F
from tests.payments.world import end_leases
from tests.support.marketplace import Marketplace
from tests.support.simulator import Simulator

from solitude.buyers.models import Buyer
from solitude.events.models import Event
from solitude.payments import registry, standing
from solitude.payments.contract import Call, Operation, Outcome, Result
from solitude.payments.models import ProviderCall
from solitude.sellers.models import Product, Seller
from solitude.transactions.models import Status, Transaction

Meanwhile = Callable[[Callable[[], Any]], None]


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Has something happen after the provider has answered, before that is recorded."""
    provider = registry.provider("paypal")

    def happens(what: Callable[[], Any]) -> None:
        perform = provider.perform

        def performed(call: Call) -> Result:
            result = perform(call)
            what()
            return result

        monkeypatch.setattr(provider, "perform", performed)

    return happens


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The calls that were read anew with their transactions."""
    found: list[int] = []
    locked = standing.locked

    def noted(pk: int) -> ProviderCall:
        found.append(pk)
        return locked(pk)

    monkeypatch.setattr(standing, "locked", noted)
    return found


def stored(uuid: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """All columns of a transaction and of its call, but what differs with each."""
    ours = {
        "id",
        "uuid",
        "created",
        "modified",
        "key",
        "row_uuid",
        "request_id",
        "transaction_id",
        "exchanges",
        "intent",
    }
    ours |= {"begun_at", "ended_at", "next_try_at", "ids", "correlation_id", "uid_pay", "uid_support", "taken_id"}
    ours |= {"pay_url", "follow_up_at"}
    row = Transaction.objects.filter(uuid=uuid)
    call = ProviderCall.objects.filter(transaction__uuid=uuid, operation="pay")
    of_row, of_call = (
        {name: value for name, value in found.values().get().items() if name not in ours} for found in (row, call)
    )
    return of_row, of_call


@pytest.mark.parametrize("by_preapproval", [True, False])
def test_untouched_nothing_is_read_anew_and_the_books_say_the_same(
    shop: Marketplace,
    app_id: str,
    preapproved: str,
    reads: list[int],
    monkeypatch: pytest.MonkeyPatch,
    by_preapproval: bool,
) -> None:
    def pay() -> Any:
        return shop.pay(app_id, user_id=preapproved, use_preapproval=by_preapproval)

    quick = pay()
    assert not reads
    monkeypatch.setattr(standing, "concerns_its_row_alone", lambda *_: False)
    slow = pay()

    assert len(reads) == 1
    its_own = dict.fromkeys(("uuid", "transaction", "paykey", "pay_url"))
    assert quick.json | its_own == slow.json | its_own
    assert stored(quick["uuid"]) == stored(slow["uuid"])
    told = [
        list(
            Event.objects.filter(uuid=one["uuid"]).order_by("pk").values("type", "edge", "old", "new", "reason", "data")
        )
        for one in (quick, slow)
    ]
    assert told[0] == told[1]
    assert len(told[0]) == 2


def test_a_capture_that_was_begun_here_reads_nothing_anew(
    shop: Marketplace, paypal: Simulator, app_id: str, reads: list[int]
) -> None:
    begun = shop.pay(app_id)
    paypal.approve(begun["pay_url"])

    assert shop.check(uuid=begun["uuid"])["status"] == "COMPLETED"
    assert not reads


def test_a_call_that_was_taken_over_is_read_anew(
    shop: Marketplace, app_id: str, preapproved: str, reads: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_sent(_: Call) -> Result:
        ProviderCall.objects.update(takeovers=F("takeovers") + 1)
        return Result(Outcome.NOT_SENT)

    monkeypatch.setattr(registry.provider("paypal"), "perform", not_sent)

    # Whoever took it over may have sent it.
    assert shop.pay(app_id, user_id=preapproved, use_preapproval=True).status == 504
    assert len(reads) == 1
    assert Transaction.objects.get().status == Status.PENDING


def test_a_decline_tells_nothing_of_what_a_call_comes_to_that_was_taken_over(
    shop: Marketplace, paypal: Simulator, app_id: str, meanwhile: Meanwhile
) -> None:
    """Who took it over repeats it when its buyer has approved with another card, and dies before it can be recorded."""
    begun = shop.pay(app_id)
    paypal.approve(begun["pay_url"], "declined")

    def repeated() -> None:
        known = ProviderCall.objects.filter(operation="capture", takeovers=0).first()
        if known is not None:
            paypal.approve(begun["pay_url"])
            ProviderCall.objects.update(takeovers=1)
            asked = Call(Operation.CAPTURE, known.key, known.intended, known.ids)
            assert registry.provider("paypal").find_out(asked).outcome == Outcome.SUCCEEDED

    meanwhile(repeated)

    assert shop.check(uuid=begun["uuid"]).status == 504
    known = ProviderCall.objects.get(operation="capture")
    assert (known.outcome, known.reason_code) == ("unknown", "")
    assert not Event.objects.filter(edge="instrument_declined").exists()
    end_leases()
    assert shop.cancel(uuid=begun["uuid"])["status"] != "CANCELLED"
    assert Transaction.objects.get().status == Status.COMPLETED
    assert len(paypal.captured()) == 1


def test_a_call_whose_outcome_was_recorded_meanwhile_keeps_it(
    shop: Marketplace, app_id: str, preapproved: str, reads: list[int], meanwhile: Meanwhile
) -> None:
    meanwhile(lambda: ProviderCall.objects.filter(operation="pay").update(outcome="pending", tries=7))

    shop.pay(app_id, user_id=preapproved, use_preapproval=True)

    assert len(reads) == 1
    assert ProviderCall.objects.get(operation="pay").tries == 7


def test_a_payment_that_was_moved_meanwhile_is_moved_from_where_it_is(
    shop: Marketplace, app_id: str, preapproved: str, reads: list[int], meanwhile: Meanwhile
) -> None:
    meanwhile(lambda: Transaction.objects.update(status=Status.COMPLETED, counter=F("counter") + 1))

    shop.pay(app_id, user_id=preapproved, use_preapproval=True)

    assert len(reads) == 1
    # It was paid already: that is no move, and there is no second event.
    assert [event.type for event in Event.objects.order_by("pk")][-1:] == ["transaction.started"]


@pytest.mark.parametrize(
    ("rename", "name"),
    [
        (lambda: Buyer.objects.update(uuid="anonymous:1"), "buyer"),
        (lambda: Seller.objects.update(uuid="anonymous:1"), "seller"),
        (lambda: Product.objects.update(public_id="anonymous:1"), "product"),
    ],
)
def test_the_event_tells_the_names_of_now(
    shop: Marketplace,
    app_id: str,
    preapproved: str,
    reads: list[int],
    meanwhile: Meanwhile,
    rename: Callable[[], Any],
    name: str,
) -> None:
    meanwhile(rename)

    paid = shop.pay(app_id, user_id=preapproved, use_preapproval=True)

    assert len(reads) == 1
    last = Event.objects.filter(uuid=paid["uuid"]).order_by("-pk")[0]
    assert (last.type, last.data[name]) == ("transaction.completed", "anonymous:1")


def test_a_refused_credential_is_read_anew(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str, reads: list[int]
) -> None:
    paypal.fault("create_order", "issue:PAYER_CANNOT_PAY")

    shop.pay(app_id, user_id=preapproved, use_preapproval=True, fallback=False)

    assert len(reads) == 1
