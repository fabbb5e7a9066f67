"""Whether a provider is there: any answer says so, nobody waits long, and how often somebody asks changes nothing."""

import threading
import time
from collections.abc import Callable

import pytest

from solitude.outbound import probes
from solitude.outbound.probes import Probe, Probes
from tests.outbound.peers import Connection, Peer
from tests.support.free_port import free_port
from tests.web.parallel import at_once

LATE_MS, SOON_MS = 10_000, 300
LONG_S = 600


def answering(status: int) -> Callable[[Connection], None]:
    def answer(connection: Connection) -> None:
        while connection.read_request():
            connection.send(f"HTTP/1.1 {status} Whatever\r\nContent-Length: 0\r\n\r\n".encode())

    return answer


def silent(connection: Connection) -> None:
    connection.read_request()
    connection.hold()


def probing(*probed: Probe) -> Probes:
    found = Probes()
    for probe in probed:
        found.offer(probe)
    return found


@pytest.mark.parametrize("status", [200, 302, 401, 404, 503])
def test_any_answer_counts(status: int) -> None:
    with Peer(answering(status)) as peer:
        assert probing(Probe("one", f"{peer.url}/paypal", LATE_MS)).all_answer(LONG_S)

    (asked,) = peer.requests
    assert asked.startswith(b"HEAD /paypal/ HTTP/1.1\r\n")
    assert b"uthorization" not in asked


def test_nobody_there_is_no_answer() -> None:
    assert not probing(Probe("gone", f"http://127.0.0.1:{free_port()}", LATE_MS)).all_answer(LONG_S)


def test_a_silent_peer_is_no_answer_and_holds_nobody_for_longer_than_its_time() -> None:
    begun = time.monotonic()
    with Peer(silent) as peer:
        assert not probing(Probe("silent", peer.url, SOON_MS)).all_answer(LONG_S)

    assert SOON_MS / 1000 <= time.monotonic() - begun < 5


def test_no_provider_is_no_trouble() -> None:
    assert Probes().all_answer(LONG_S)


def test_one_that_is_away_is_enough() -> None:
    with Peer(answering(200)) as peer:
        some = probing(Probe("there", peer.url, LATE_MS), Probe("gone", f"http://127.0.0.1:{free_port()}", LATE_MS))

        assert not some.all_answer(LONG_S)


def test_all_are_asked_at_the_same_time() -> None:
    """Each peer answers only when both were asked."""
    both = threading.Barrier(2, timeout=10)

    def meeting(connection: Connection) -> None:
        connection.read_request()
        both.wait()
        connection.send(b"HTTP/1.1 204 No Content\r\n\r\n")

    with Peer(meeting) as first, Peer(meeting) as second:
        assert probing(Probe("first", first.url, LATE_MS), Probe("second", second.url, LATE_MS)).all_answer(LONG_S)


def test_what_was_found_is_remembered_for_its_time_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(probes.time, "monotonic", lambda: now[0])
    asked: list[bool] = []
    some = probing(Probe("one", "https://one.example", LATE_MS))
    monkeypatch.setattr(some, "_ask", lambda: asked.append(True) or len(asked) > 1)

    found = []
    for now[0] in (1000.0, 1009.0, 1010.0, 1015.0, 1021.0):
        found.append((some.all_answer(10), len(asked)))

    assert found == [(False, 1), (False, 1), (True, 2), (True, 2), (True, 3)]


def test_many_who_ask_at_once_are_one_question() -> None:
    with Peer(answering(200)) as peer:
        some = probing(Probe("one", peer.url, LATE_MS))

        assert all(at_once(16, lambda _: some.all_answer(LONG_S)))

    assert len(peer.requests) == 1


def test_who_comes_while_another_asks_is_told_at_once_what_was_found_before() -> None:
    go_on = threading.Event()

    def slow_the_second_time(connection: Connection) -> None:
        answers = 0
        while connection.read_request():
            answers += 1
            if answers > 1:
                go_on.wait(20)
            connection.send(b"HTTP/1.1 204 No Content\r\n\r\n")

    with Peer(slow_the_second_time) as peer:
        some = probing(Probe("one", peer.url, LATE_MS))
        assert some.all_answer(0)
        asking = threading.Thread(target=some.all_answer, args=(0,))
        asking.start()
        while len(peer.requests) < 2:
            assert asking.is_alive()
        try:
            assert some.all_answer(0)  # it would wait for ever if it waited for the other
        finally:
            go_on.set()
            asking.join()

    assert len(peer.requests) == 2
