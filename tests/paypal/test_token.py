"""PayPal's access token: one renewal at a time, early enough, and a failure that costs no payment more than it must."""

import itertools
import threading
from collections.abc import Callable

import pytest
from tests.payments.world import another_paypal
from tests.support.marketplace import Marketplace
from tests.support.simulator import Simulator
from tests.web.parallel import at_once

from solitude.providers.paypal.rest import token
from solitude.providers.paypal.rest.token import AccessToken, NoToken, TokenKeeper
from solitude.telemetry.redaction import MASK

LIFE_S = 32_400
DEADLINE_S = 10


class Clock:
    """The process's monotonic clock, moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


class Source:
    """PayPal's token endpoint: hands out t1, t2, …, or fails; `held` makes it wait."""

    def __init__(self, life_s: int = LIFE_S) -> None:
        self.life_s, self.asked, self.fails = life_s, 0, False
        self.entered, self.held = threading.Event(), threading.Event()
        self.held.set()

    def fetch(self) -> AccessToken:
        self.asked += 1
        number = self.asked
        self.entered.set()
        assert self.held.wait(DEADLINE_S)
        if self.fails:
            raise NoToken
        return AccessToken.living(f"t{number}", self.life_s)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(token, "time", clock)
    return clock


def in_background(act: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    return thread


def test_a_token_is_fetched_once_and_used_again(clock: Clock) -> None:
    source = Source()
    keeper = TokenKeeper(source.fetch)

    assert {keeper.get().reveal() for _ in range(5)} == {"t1"}
    assert source.asked == 1


def test_twenty_threads_make_one_renewal(clock: Clock) -> None:
    source = Source()
    keeper = TokenKeeper(source.fetch)
    source.held.clear()

    def get(number: int) -> str:
        if number == 0:
            assert source.entered.wait(DEADLINE_S)
            source.held.set()
        return keeper.get().reveal()

    assert at_once(20, get) == ["t1"] * 20
    assert source.asked == 1


def test_a_token_is_renewed_before_it_ends(clock: Clock) -> None:
    source = Source()
    keeper = TokenKeeper(source.fetch)
    keeper.get()

    clock.now += LIFE_S - token.RENEW_BEFORE_S - 1
    assert keeper.get().reveal() == "t1"
    clock.now += 1
    assert keeper.get().reveal() == "t2"
    assert source.asked == 2


def test_a_short_lived_token_is_used_for_half_of_its_life(clock: Clock) -> None:
    source = Source(life_s=60)
    keeper = TokenKeeper(source.fetch)
    keeper.get()

    clock.now += 29
    assert keeper.get().reveal() == "t1"
    clock.now += 1
    assert keeper.get().reveal() == "t2"


def test_nobody_waits_for_an_early_renewal(clock: Clock) -> None:
    source = Source()
    keeper = TokenKeeper(source.fetch)
    keeper.get()
    clock.now += LIFE_S - 10
    source.entered.clear()
    source.held.clear()
    renewing = in_background(keeper.get)
    assert source.entered.wait(DEADLINE_S)

    assert keeper.get().reveal() == "t1"

    source.held.set()
    renewing.join(DEADLINE_S)
    assert keeper.get().reveal() == "t2"
    assert source.asked == 2


def test_an_early_renewal_that_fails_is_tried_again_later(clock: Clock) -> None:
    source = Source()
    keeper = TokenKeeper(source.fetch)
    keeper.get()
    clock.now += LIFE_S - token.RENEW_BEFORE_S
    source.fails = True

    assert [keeper.get().reveal() for _ in range(5)] == ["t1"] * 5
    assert source.asked == 2

    clock.now += token.TRY_AGAIN_S
    source.fails = False
    assert keeper.get().reveal() == "t3"


def test_a_token_is_never_used_after_its_end(clock: Clock) -> None:
    source = Source()
    keeper = TokenKeeper(source.fetch)
    keeper.get()
    source.fails = True
    clock.now += LIFE_S

    with pytest.raises(NoToken):
        keeper.get()


class Line:
    """A lock that counts who came to it."""

    def __init__(self) -> None:
        self.lock, self.came, self.all_came = threading.Lock(), itertools.count(1), threading.Event()

    def __enter__(self) -> None:
        if next(self.came) == 20:
            self.all_came.set()
        self.lock.acquire()

    def __exit__(self, *error: object) -> None:
        self.lock.release()


def test_those_in_line_share_a_failure(clock: Clock) -> None:
    """Or each of them would wait for the same time-out, one after the other."""
    source = Source()
    source.fails = True
    source.held.clear()
    keeper = TokenKeeper(source.fetch)
    line = Line()
    keeper._lock = line  # type: ignore[assignment]

    def get(number: int) -> str:
        if number == 20:
            assert line.all_came.wait(DEADLINE_S)
            source.held.set()
            return "let them go"
        try:
            return keeper.get().reveal()
        except NoToken:
            return "none"

    assert at_once(21, get) == ["none"] * 20 + ["let them go"]
    assert source.asked == 1
    source.fails = False
    assert keeper.get().reveal() == "t2"


def test_a_refused_token_is_replaced_once(clock: Clock) -> None:
    source = Source()
    keeper = TokenKeeper(source.fetch)
    first = keeper.get()

    keeper.refused(first)
    second = keeper.get()
    keeper.refused(first)  # by a thread that was slower

    assert (second.reveal(), keeper.get().reveal(), source.asked) == ("t2", "t2", 2)


def test_a_token_does_not_show_itself(clock: Clock) -> None:
    kept = AccessToken.living("A21AAcanary", LIFE_S)

    assert "canary" not in repr(kept)
    assert MASK in repr(kept)


# --- through the API -----------------------------------------------------------------------------------------------


def test_twenty_payments_at_once_ask_for_one_token(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    paypal.fault("token", "latency", count=0, delay_ms=100)

    with another_paypal():
        answers = at_once(20, lambda number: Marketplace().pay(app_id, user_id=number))

    assert {answer.status for answer in answers} == {201}
    assert len(paypal.calls("token")) == 1


def test_a_token_that_paypals_clock_ended_is_renewed_once(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    with another_paypal():
        shop.pay(app_id)
        paypal.advance(LIFE_S)
        answers = [shop.pay(app_id) for _ in range(3)]

    assert {answer.status for answer in answers} == {201}
    assert len(paypal.calls("token")) == 2
    assert [call["status"] for call in paypal.calls("create_order")] == [200, 401, 200, 200, 200]


def test_twenty_payments_with_an_ended_token_renew_it_once(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    with another_paypal():
        shop.pay(app_id)
        paypal.advance(LIFE_S)
        paypal.fault("token", "latency", count=0, delay_ms=50)
        answers = at_once(20, lambda number: Marketplace().pay(app_id, user_id=number))

    assert {answer.status for answer in answers} == {201}
    assert len(paypal.calls("token")) == 2
