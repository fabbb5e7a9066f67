"""Follow-ups: buyers who never come back, notifications that are lost, and money that takes its time are looked after."""

from datetime import timedelta

import pytest
from django.db.models import DurationField, ExpressionWrapper, F
from django.db.models.functions import Now
from django.test import override_settings
from tests.payments.passing import after, age, make_due
from tests.payments.world import decide_review, nothing_happens, paypal_away
from tests.support.marketplace import Answer, Marketplace
from tests.support.simulator import Simulator
from tests.web.parallel import at_once

from solitude import failpoints
from solitude.payments import apply, check, recovery
from solitude.payments.models import ProviderCall
from solitude.transactions.models import Status, Transaction

pytestmark = pytest.mark.long

PENDING, COMPLETED, FAILED, CANCELLED = 0, 1, 4, 5
QUARTER_S, DAY_S = 900, 24 * 3600


class Died(BaseException):
    """The process is gone."""


@pytest.fixture
def begun(shop: Marketplace, app_id: str) -> Answer:
    """A payment that waits for its buyer."""
    return shop.pay(app_id)


@pytest.fixture
def reviewed(begun: Answer, shop: Marketplace, paypal: Simulator) -> Answer:
    """A payment that PayPal holds."""
    paypal.approve(begun["pay_url"], funding="review")
    assert shop.check(uuid=begun["uuid"])["status"] == "PENDING"
    return begun


def state(answer: Answer) -> tuple[int, str, str | None]:
    row = Transaction.objects.get(uuid=answer["uuid"])
    return row.status, row.outcome, row.status_reason


def next_look_s(answer: Answer) -> int | None:
    """From now, by the database's clock."""
    wait = ExpressionWrapper(F("follow_up_at") - Now(), output_field=DurationField())
    found: timedelta | None = (
        Transaction.objects.annotate(wait=wait).values_list("wait", flat=True).get(uuid=answer["uuid"])
    )
    return None if found is None else round(found.total_seconds())


def test_a_payment_that_began_again_waits_for_its_buyer_from_then_on(shop: Marketplace, app_id: str) -> None:
    with paypal_away():
        assert shop.pay_for(app_id, uuid="order-1").status == 502
    age(days=1)
    again = shop.pay_for(app_id, uuid="order-1")

    with after(seconds=QUARTER_S + 1):
        assert recovery.follow_up() == 1

    assert state(again) == (PENDING, "pending", None)


def test_what_the_buyer_approved_who_never_came_back_is_taken(
    shop: Marketplace, paypal: Simulator, begun: Answer
) -> None:
    paypal.approve(begun["pay_url"])

    with after(seconds=QUARTER_S + 1):
        assert recovery.follow_up() == 1

    assert state(begun) == (COMPLETED, "succeeded", None)
    assert len(paypal.captured()) == 1
    assert shop.event_types()[-1] == "transaction.completed"
    with nothing_happens(paypal):
        assert shop.check(uuid=begun["uuid"])["status"] == "COMPLETED"


def test_nobody_is_looked_after_before_it_is_time(shop: Marketplace, paypal: Simulator, begun: Answer) -> None:
    with after(seconds=QUARTER_S - 20), nothing_happens(paypal):
        assert recovery.follow_up() == 0


def test_what_nobody_approved_ends_when_its_order_has_expired(
    shop: Marketplace, paypal: Simulator, begun: Answer
) -> None:
    with after(hours=6, minutes=1):
        assert recovery.follow_up() == 1

    assert state(begun) == (CANCELLED, "declined", "EXPIRED")
    assert next_look_s(begun) is None


def test_what_nobody_approved_ends_after_its_life_even_while_paypal_still_offers_it(
    shop: Marketplace, paypal: Simulator, begun: Answer
) -> None:
    """Its buyer is late, and approves what we have given up: nothing is taken."""
    with after(hours=2, minutes=59):
        recovery.follow_up()
    assert state(begun) == (PENDING, "pending", None)

    with after(hours=3, minutes=1):
        assert recovery.follow_up() == 1

    assert state(begun) == (CANCELLED, "pending", "EXPIRED")
    assert shop.event_types()[-1] == "transaction.cancelled"
    paypal.approve(begun["pay_url"])
    assert shop.forward(paypal.told("CHECKOUT.ORDER.APPROVED")[-1])["status"] == "IGNORED"
    assert shop.check(uuid=begun["uuid"])["status"] == "EXPIRED"
    assert paypal.calls("capture_order") == []


def test_what_is_approved_in_time_is_taken_after_its_life(shop: Marketplace, paypal: Simulator, begun: Answer) -> None:
    paypal.approve(begun["pay_url"])

    with override_settings(SOLITUDE_PAYPAL_ORDER_LIFE_S=1800), after(hours=1):
        recovery.follow_up()

    assert state(begun) == (COMPLETED, "succeeded", None)


def test_a_buyer_who_still_hesitates_is_no_event(shop: Marketplace, paypal: Simulator, begun: Answer) -> None:
    before = shop.event_types()

    with after(seconds=QUARTER_S + 1):
        assert recovery.follow_up() == 1

    assert state(begun) == (PENDING, "pending", None)
    assert shop.event_types() == before


@pytest.mark.parametrize(
    ("decision", "ended"),
    [("accept", (COMPLETED, "succeeded", None)), ("deny", (FAILED, "declined", "CAPTURE_DECLINED"))],
)
def test_a_review_that_nobody_told_of_is_seen(
    shop: Marketplace, paypal: Simulator, reviewed: Answer, decision: str, ended: tuple[int, str, str | None]
) -> None:
    decide_review(paypal, decision)

    with after(seconds=QUARTER_S + 1):
        assert recovery.follow_up() == 1

    assert state(reviewed) == ended
    assert next_look_s(reviewed) is None


def test_an_echeck_that_clears_is_seen(shop: Marketplace, paypal: Simulator) -> None:
    payment = shop.pay(shop.product("slowrefund-x@dev.example"))
    paypal.approve(payment["pay_url"])
    shop.check(uuid=payment["uuid"])
    refund = shop.refund(uuid=payment["uuid"])
    assert refund["status"] == "PENDING"

    with after(days=1):
        assert recovery.follow_up() == 1
        assert state(refund)[0] == PENDING
        assert (next_look_s(refund) or 0) > QUARTER_S
    with after(days=3):
        assert recovery.follow_up() == 1

    assert state(refund) == (COMPLETED, "succeeded", None)
    assert shop.transaction(payment["transaction"])["refunded_amount"] == "2.49"
    assert next_look_s(refund) is None


def test_the_longer_it_waits_the_more_rarely_it_is_looked_after(
    shop: Marketplace, paypal: Simulator, reviewed: Answer
) -> None:
    assert next_look_s(reviewed) == QUARTER_S
    waits = []
    for span in ({"minutes": 10}, {"minutes": 50}, {"hours": 9}, {"days": 9}):
        with after(**span):
            make_due()
            assert recovery.follow_up() == 1
            waits.append(next_look_s(reviewed))

    assert [round((wait or 0) / 100) * 100 for wait in waits] == [QUARTER_S, 1800, 18_000, DAY_S]


def test_what_has_ended_is_looked_after_no_more(shop: Marketplace, paypal: Simulator, begun: Answer) -> None:
    paypal.approve(begun["pay_url"])
    shop.check(uuid=begun["uuid"])

    assert next_look_s(begun) is None
    with after(days=30), nothing_happens(paypal):
        assert recovery.follow_up() == 0


@pytest.mark.parametrize("fault", ["error_500", "disconnect_after", "rate_limit_429"])
def test_a_look_up_without_an_answer_loses_no_follow_up(
    shop: Marketplace, paypal: Simulator, begun: Answer, fault: str
) -> None:
    paypal.approve(begun["pay_url"])
    paypal.fault("get_order", fault)
    with after(seconds=QUARTER_S + 1):
        assert recovery.follow_up() == 1
        assert recovery.follow_up() == 0
    assert state(begun) == (PENDING, "pending", None)
    assert 0 < (next_look_s(begun) or 0) <= QUARTER_S

    with after(seconds=QUARTER_S + 1):
        assert recovery.follow_up() == 1

    assert state(begun) == (COMPLETED, "succeeded", None)


def test_a_paypal_that_is_away_loses_no_follow_up(shop: Marketplace, paypal: Simulator, begun: Answer) -> None:
    with paypal_away(), after(days=2):
        assert recovery.follow_up() == 1
    assert state(begun)[0] == PENDING

    with after(days=2):
        assert recovery.follow_up() == 1

    assert state(begun) == (CANCELLED, "declined", "EXPIRED")


@pytest.mark.parametrize("moment", [failpoints.BEFORE_SEND, failpoints.AFTER_SEND, failpoints.WHILE_RECORDING])
def test_a_worker_that_dies_loses_no_follow_up(
    shop: Marketplace, paypal: Simulator, begun: Answer, moment: str
) -> None:
    paypal.approve(begun["pay_url"])

    def die(name: str) -> None:
        if name == moment:
            raise Died

    with after(seconds=QUARTER_S + 1), failpoints.hooked(die), pytest.raises(Died):
        recovery.follow_up()
    assert recovery.follow_up() == 0

    # Its lease is over, and so is that of the capture that it may have begun.
    with after(minutes=2):
        while recovery.run_once() or recovery.follow_up():
            pass

    assert state(begun) == (COMPLETED, "succeeded", None)
    assert len(paypal.captured()) == 1


def test_a_worker_that_stands_still_forgets_no_payment_that_another_one_has_waiting_meanwhile(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has seen the payment back at its beginning, where it waits for nobody; then its buyer is asked."""
    look, waiting_states, seen = check.check, apply.waiting_states, list[str]()
    paypal.fault("create_order", "disconnect_before", count=2)
    shop.pay(app_id, user_id=preapproved, use_preapproval=True)

    def die(name: str) -> None:
        if name == failpoints.AFTER_COMMIT:
            raise Died

    def look_and_stand_still(pk: int) -> check.Checked:
        checked = look(pk)
        # Another worker hears that the stored credential is refused, and dies before it asks for an order that the buyer can approve.
        paypal.fault("create_order", "issue:INSTRUMENT_DECLINED")
        make_due()
        with failpoints.hooked(die), pytest.raises(Died):
            recovery.run_once()
        seen.append("refused")
        return checked

    def look_at_states_and_stand_still(row: Transaction) -> tuple[Status, ...]:
        if seen == ["refused"]:
            seen.append("asked")
            make_due()
            assert recovery.run_once() == 1
        return waiting_states(row)

    monkeypatch.setattr(check, "check", look_and_stand_still)
    monkeypatch.setattr(apply, "waiting_states", look_at_states_and_stand_still)
    with after(seconds=QUARTER_S + 1):
        assert recovery.follow_up() == 1
    monkeypatch.undo()

    row = Transaction.objects.get()
    assert (seen, row.status) == (["refused", "asked"], PENDING)
    paypal.approve(row.pay_url or "")
    with after(seconds=QUARTER_S + 1):
        recovery.follow_up()
    row.refresh_from_db()
    assert row.status == COMPLETED


def test_a_payment_of_unknown_outcome_is_asked_about_by_one_at_a_time(
    shop: Marketplace, paypal: Simulator, app_id: str
) -> None:
    paypal.fault("create_order", "disconnect_after")
    shop.pay(app_id)
    make_due()
    inner: list[tuple[int, int]] = []

    def look_in(name: str) -> None:
        if name == failpoints.BEFORE_SEND and not inner:
            inner.append((-1, -1))
            inner.append((recovery.run_once(), recovery.follow_up()))

    with failpoints.hooked(look_in):
        assert recovery.run_once() == 1

    # The follow-up came while the call was leased, and asked nobody.
    assert inner[1] == (0, 1)
    assert len(paypal.calls("create_order")) == 2
    assert paypal.calls("get_order") == []


def test_three_workers_look_after_each_of_twelve_payments_once(
    shop: Marketplace, paypal: Simulator, app_id: str
) -> None:
    for _ in range(12):
        shop.pay(app_id)
    make_due()
    paypal.fault("get_order", "latency", count=0, delay_ms=20)

    taken = at_once(3, lambda _: sum(iter(recovery.follow_up, 0)))

    assert sum(taken) == 12
    paths = [request["path"] for request in paypal.calls("get_order")]
    assert len(paths) == len(set(paths)) == 12
    assert ProviderCall.objects.filter(operation="look_up").count() == 12


def test_a_transaction_that_the_marketplace_keeps_itself_is_not_looked_after(
    shop: Marketplace, paypal: Simulator
) -> None:
    kept = shop.post("/generic/transaction/", {"uuid": "own:1", "provider": 0, "uid_pay": "X", "status": 0})
    assert kept.status == 201

    with after(days=3), nothing_happens(paypal):
        assert recovery.follow_up() == 0
