"""The breaker: who does not answer is left alone, nobody waits for it, and it comes back by itself."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solitude.outbound import breaker
from solitude.outbound.breaker import Breaker, Open, Verdict
from solitude.outbound.http import Answer, NoAnswer, NotSent, Outlet, Reason, Request
from solitude.outbound.probes import Probe
from tests.outbound.peers import Peer, answering
from tests.support.free_port import free_port
from tests.support.statsd import Daemon

FAILURES, OPEN_S = 3, 30


class Clock:
    """Time that only a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def limits(settings: Any) -> Iterator[None]:
    settings.SOLITUDE_BREAKER_FAILURES, settings.SOLITUDE_BREAKER_OPEN_S = FAILURES, OPEN_S
    breaker._breakers.clear()
    yield
    breaker._breakers.clear()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(breaker, "time", clock)
    return clock


def fail(one: Breaker, times: int = 1) -> None:
    for _ in range(times):
        one.tell(one.admit(), Verdict.FAILED)


def opened(clock: Clock) -> Breaker:
    one = Breaker("peer")
    fail(one, FAILURES)
    assert one.is_open
    return one


def is_refused(one: Breaker) -> bool:
    try:
        one.admit()
    except Open:
        return True
    return False


def test_it_opens_after_so_many_failures_in_a_row(clock: Clock, daemon: Daemon) -> None:
    one = Breaker("paypal-classic")
    fail(one, FAILURES - 1)
    assert not one.is_open
    fail(one)
    assert one.is_open
    assert is_refused(one)
    assert daemon.hears() == "breaker.opened.paypal_classic:1|c"


def test_one_answer_begins_the_count_anew(clock: Clock) -> None:
    one = Breaker("peer")
    for _ in range(5):
        fail(one, FAILURES - 1)
        one.tell(one.admit(), Verdict.ANSWERED)
        clock.now += 1
    assert not one.is_open


def test_after_a_while_one_call_is_let_through_and_an_answer_closes_it(clock: Clock) -> None:
    one = opened(clock)
    clock.now += OPEN_S
    began = one.admit()
    assert is_refused(one)
    one.tell(began, Verdict.ANSWERED)
    assert not one.is_open
    fail(one, FAILURES - 1)
    assert not is_refused(one)


def test_a_trial_that_fails_leaves_it_open_for_as_long_again(clock: Clock) -> None:
    one = opened(clock)
    clock.now += OPEN_S
    began = one.admit()
    clock.now += 10
    one.tell(began, Verdict.FAILED)
    clock.now += OPEN_S - 1
    assert is_refused(one)
    clock.now += 1
    assert not is_refused(one)


def test_a_trial_that_does_not_reach_the_peer_lets_the_next_call_try(clock: Clock) -> None:
    one = opened(clock)
    clock.now += OPEN_S
    one.tell(one.admit(), Verdict.NOTHING)
    assert not is_refused(one)


def test_a_trial_that_nobody_ever_tells_of_is_over_by_itself(clock: Clock) -> None:
    one = opened(clock)
    clock.now += OPEN_S
    one.admit()
    clock.now += OPEN_S
    assert not is_refused(one)


def test_what_was_under_way_as_it_opened_does_not_keep_it_open(clock: Clock) -> None:
    one = Breaker("peer")
    slow = one.admit()
    clock.now += 1
    fail(one, FAILURES)
    clock.now += OPEN_S - 1
    one.tell(slow, Verdict.FAILED)
    clock.now += 1
    assert not is_refused(one)


def test_a_failure_of_before_the_last_answer_says_nothing_new(clock: Clock) -> None:
    one = Breaker("peer")
    slow = [one.admit() for _ in range(FAILURES)]
    clock.now += 1
    one.tell(one.admit(), Verdict.ANSWERED)
    for began in slow:
        one.tell(began, Verdict.FAILED)
    assert not one.is_open


@given(st.lists(st.sampled_from([*Verdict, "wait"]), max_size=60))
def test_it_lets_nothing_through_but_one_call_at_a_time_once_it_has_opened(steps: list[Any]) -> None:
    clock = Clock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(breaker, "time", clock)
        one, in_a_row, open_since = Breaker("peer"), 0, None
        for step in steps:
            clock.now += OPEN_S if step == "wait" else 0.001
            if step == "wait":
                continue
            if open_since is not None and clock.now < open_since + OPEN_S:
                assert is_refused(one)
                continue
            one.tell(one.admit(), step)
            in_a_row = {Verdict.FAILED: in_a_row + 1, Verdict.ANSWERED: 0, Verdict.NOTHING: in_a_row}[step]
            if step == Verdict.FAILED and in_a_row >= FAILURES:
                open_since = clock.now
            elif step == Verdict.ANSWERED:
                open_since = None


def test_of_many_threads_one_gets_the_trial(clock: Clock) -> None:
    one = opened(clock)
    clock.now += OPEN_S
    start, refused = threading.Barrier(20), []

    def come() -> None:
        start.wait(10)
        refused.append(is_refused(one))

    threads = [threading.Thread(target=come) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(refused) == [False] + [True] * 19


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (200, Verdict.ANSWERED),
        (404, Verdict.ANSWERED),
        (429, Verdict.ANSWERED),
        (500, Verdict.FAILED),
        (503, Verdict.FAILED),
        (NotSent(Reason.CONNECTION_REFUSED), Verdict.FAILED),
        (NotSent(Reason.TLS_FAILED), Verdict.FAILED),
        (NotSent(Reason.BUSY), Verdict.NOTHING),
        (NotSent(Reason.REFUSED_URL), Verdict.NOTHING),
        (NotSent(Reason.NO_LONGER_OURS), Verdict.NOTHING),
        (NoAnswer(Reason.READ_TIMEOUT), Verdict.FAILED),
        (NoAnswer(Reason.UNEXPECTED), Verdict.FAILED),
    ],
)
def test_only_what_the_peer_does_says_something_of_it(outcome: Any, said: Verdict) -> None:
    assert breaker.verdict(outcome) == said


def outlet(url: str) -> Outlet:
    return Outlet("peer", base_urls=[url], connect_timeout_ms=500)


def sent(one: Outlet, url: str) -> Answer | NotSent | NoAnswer:
    try:
        return one.send(Request("GET", f"{url}/"))
    except (NotSent, NoAnswer) as error:
        return error


def test_while_it_is_open_nothing_goes_out_by_any_outlet_of_that_name(clock: Clock, caplog: Any) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    one, other = outlet(url), outlet(url)
    reasons = [outcome.reason for outcome in (sent(one, url) for _ in range(FAILURES)) if isinstance(outcome, NotSent)]
    assert reasons == [Reason.CONNECTION_REFUSED] * FAILURES
    refused = sent(other, url)
    assert isinstance(refused, NotSent)
    assert (refused.reason, refused.duration_ms) == (Reason.BREAKER_OPEN, 0)
    assert "breaker_opened" in caplog.text


def test_it_closes_when_the_peer_is_back(clock: Clock, caplog: Any) -> None:
    with Peer(answering()) as peer:
        one = outlet(peer.url)
        fail(breaker.of("peer"), FAILURES)
        assert isinstance(sent(one, peer.url), NotSent)
        clock.now += OPEN_S
        with caplog.at_level("INFO"):
            assert isinstance(sent(one, peer.url), Answer)
        assert not breaker.is_open("peer")
    assert "breaker_closed" in caplog.text


def test_a_probe_asks_whether_the_breaker_is_open_or_not(clock: Clock) -> None:
    with Peer(answering()) as peer:
        fail(breaker.of("peer"), FAILURES)
        assert Probe("peer", peer.url, 1000).answers()
        assert breaker.is_open("peer")


def test_what_was_never_used_is_not_open() -> None:
    assert not breaker.is_open("nobody")
