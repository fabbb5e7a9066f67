"""A server process of which there is one for each processor stays on its own; all others run where the system has them run."""

import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest

from solitude import processors, server
from solitude.client import Solitude
from tests.support import processes
from tests.support.environment import CLIENTS
from tests.support.waiting import until

WITHIN_S = 60
PIN = "8362"
TWO = processors.ALL[:2]
needs_two = pytest.mark.skipif(len(TWO) < 2, reason="this machine has one processor")


@pytest.fixture
def on_two_processors() -> Iterator[None]:
    """As on a machine that has two: programs that are started meanwhile see no others."""
    os.sched_setaffinity(0, TWO)
    yield
    os.sched_setaffinity(0, processors.ALL)


@contextmanager
def served(home: Path, workers: int, **settings: str) -> Iterator[tuple[Popen[bytes], str]]:
    with processes.house(home, serve=False, **settings) as house:
        port = house.url.rpartition(":")[2]
        arguments = ("serve", "--port", port, "--workers", str(workers))
        with processes.running(home, house.environment, *arguments) as process:
            processes.wait_for(f"{house.url}/services/status/")
            until(lambda: len(children(process)) == workers, "all processes have begun")
            yield process, house.url


def children(process: Popen[bytes]) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def may_run_on(pid: int) -> list[set[int]]:
    """Of each thread of the process."""
    found = []
    # A thread or a process may have ended just now.
    with suppress(FileNotFoundError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            with suppress(ProcessLookupError):
                found.append(os.sched_getaffinity(int(thread.name)))
    return found


def stay_apart(pids: list[int]) -> bool:
    """Whether each of the two stays, with all its threads, on a processor that the other has not."""
    first, second = ({frozenset(may) for may in may_run_on(pid)} for pid in pids)
    return [first, second] in ([{frozenset({one})}, {frozenset({other})}] for one, other in (TWO, TWO[::-1]))


@needs_two
@pytest.mark.usefixtures("on_two_processors")
def test_each_of_two_processes_on_two_processors_stays_on_its_own_and_so_do_those_that_take_their_place(
    tmp_path: Path,
) -> None:
    with served(tmp_path, 2) as (process, url):
        first = children(process)
        until(lambda: stay_apart(first), "each stays on its own")

        os.kill(first[0], signal.SIGKILL)
        until(lambda: len(children(process)) == 2 and first[0] not in children(process), "another one takes its place")
        until(lambda: stay_apart(children(process)), "it stays where that one was")

        before = children(process)
        process.send_signal(signal.SIGHUP)
        until(lambda: len(after := children(process)) == 2 and not set(before) & set(after), "others take their place")
        until(lambda: stay_apart(children(process)), "those stay apart as well")
        processes.wait_for(f"{url}/services/status/")


@needs_two
@pytest.mark.usefixtures("on_two_processors")
def test_what_compares_pins_may_run_on_all_processors(tmp_path: Path) -> None:
    with served(tmp_path, 2) as (process, url):
        until(lambda: stay_apart(children(process)), "each stays on its own")
        client = Solitude(url, processes.KEY, str(CLIENTS[processes.KEY]))
        buyer = client.create_buyer("bea", pin=PIN)

        anywhere = [may for pid in children(process) for may in may_run_on(pid) if may == set(TWO)]
        assert buyer.pin
        assert len(anywhere) == 1


class Sibling:
    """A process that was forked from this one, and does what it is told."""

    def __init__(self, process: Any, said: Connection) -> None:
        self._process, self._said = process, said

    def take(self) -> int:
        return int(self._ask("take"))

    def stays_on(self) -> set[int]:
        return set(self._ask("stays on"))

    def end(self) -> None:
        self._process.kill()
        self._process.join(WITHIN_S)

    def _ask(self, what: str) -> Any:
        self._said.send(what)
        assert self._said.poll(WITHIN_S)
        return self._said.recv()


@contextmanager
def sibling(places: processors.Places) -> Iterator[Sibling]:
    ours, its = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=_do, args=(places, its), daemon=True)
    process.start()
    found = Sibling(process, ours)
    try:
        yield found
    finally:
        found.end()


def _do(places: processors.Places, asked: Connection) -> None:
    while True:
        is_take = asked.recv() == "take"
        asked.send(places.take() if is_take else os.sched_getaffinity(0))


@needs_two
def test_a_process_moves_to_the_lowest_number_that_has_become_free(on_two_processors: None) -> None:
    """One after the other takes the place of an older one, beside which it began."""
    first, second = TWO
    with ExitStack() as stack:
        places = processors.Places(TWO)
        old, other_old = (stack.enter_context(sibling(places)) for _ in range(2))
        assert (old.take(), other_old.take()) == (first, second)

        new = stack.enter_context(sibling(places))
        assert new.take() == first
        old.end()
        other_new = stack.enter_context(sibling(places))
        assert other_new.take() == first
        assert new.take() == first
        other_old.end()

        assert new.take() == second
        assert new.stays_on() == {second}
        assert other_new.take() == first


@needs_two
def test_who_is_not_allowed_to_choose_runs_where_the_system_says(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setaffinity", refused)

    assert processors.to_choose_from() == ()
    # And whom it is forbidden while it runs.
    assert processors.Places(TWO).take() == TWO[0]
    processors.anywhere()
    assert os.sched_getaffinity(0) == set(processors.ALL)


@pytest.mark.parametrize(
    ("there_are", "workers", "given", "pinned"),
    [
        (range(2), 2, None, True),
        (range(2), 4, None, True),
        (range(2), 1, None, False),
        (range(2), 3, None, False),
        (range(64), 2, None, False),
        (range(1), 1, None, False),
        ((), 2, None, False),
        (range(2), 2, False, False),
        (range(2), 3, True, True),
        ((), 2, True, False),
    ],
)
def test_processes_stay_where_each_processor_has_as_many_or_somebody_says_so(
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    there_are: Sequence[int],
    workers: int,
    given: bool | None,
    pinned: bool,
) -> None:
    settings.SOLITUDE_SERVE_PINNED = given
    monkeypatch.setattr(processors, "ALL", there_are)

    assert server.are_pinned(workers) == pinned
