"""Long polls through a real server: an event ends them while it works, and they hold nobody up when it ends."""

import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import urllib3
from tests.support import processes
from tests.support.environment import CLIENTS
from tests.support.free_port import free_port
from tests.support.processes import House
from tests.support.waiting import until

from solitude.client import Solitude
from solitude.client.signing import authorization

pytestmark = pytest.mark.long
WAITING = 3
WITHIN_S = 20
# The requests would wait for 30 s.
AT_ONCE_S = 0.7
STOPS_WITHIN_S = 6


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    home = tmp_path_factory.mktemp("house")
    with processes.house(home, SOLITUDE_EVENTS_WAITING_MAX=str(WAITING)) as running:
        yield running


def events(url: str, query: str) -> dict[str, Any]:
    target = f"/events/?{query}"
    signed = authorization(key=processes.KEY, secret=str(CLIENTS[processes.KEY]), method="GET", target=target)
    answer = urllib3.request("GET", url + target, headers={"Authorization": signed}, timeout=40, retries=False)
    assert answer.status == 200, answer.data
    return dict(answer.json())


class Waiters:
    """As many readers as one process holds, each of which asks again when it is not held."""

    def __init__(self, url: str, after: str) -> None:
        self.url, self.after = url, after
        self.over = threading.Event()

    def wait(self, _: int) -> dict[str, Any]:
        while True:
            answer = events(self.url, f"wait=30&after={self.after}")
            if answer["events"] or self.over.is_set():
                return answer

    def are_all_held(self) -> bool:
        """Whether there is room for one more, which would be held for a second."""
        begun = time.monotonic()
        events(self.url, f"wait=1&after={self.after}")
        return time.monotonic() - begun < AT_ONCE_S

    def wait_until_held(self) -> None:
        until(self.are_all_held, "that they are held", WITHIN_S)


def test_an_event_is_told_to_all_who_wait_and_others_are_served_meanwhile(house: House) -> None:
    waiters = Waiters(house.url, events(house.url, "")["cursor"])
    with ThreadPoolExecutor(WAITING) as threads:
        answers = threads.map(waiters.wait, range(WAITING))
        waiters.wait_until_held()
        Solitude(house.url, processes.KEY, str(CLIENTS[processes.KEY])).create_transaction(uuid="happened")
        told = [[one["uuid"] for one in answer["events"]] for answer in answers]
    assert told == [["happened"]] * WAITING


@pytest.mark.parametrize("told_by", [signal.SIGTERM, signal.SIGINT], ids=lambda told_by: str(told_by.name))
def test_a_server_that_is_told_to_stop_answers_those_who_wait_and_stops(
    house: House, tmp_path: Path, told_by: signal.Signals
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with processes.running(tmp_path, house.environment, "serve", "--port", str(port)) as server:
        processes.wait_for(f"{url}/services/status/")
        waiters = Waiters(url, events(url, "")["cursor"])
        with ThreadPoolExecutor(WAITING) as threads:
            answers = threads.map(waiters.wait, range(WAITING))
            waiters.wait_until_held()
            waiters.over.set()
            server.send_signal(told_by)
            assert server.wait(STOPS_WITHIN_S) == 0
            assert [answer["events"] for answer in answers] == [[]] * WAITING
