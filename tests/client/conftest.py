"""A server that plays Solitude, and clients of it whose clock is moved by hand."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from solitude.client import Clock, Retries, Solitude
from tests.client.server import KEY, SECRET, FakeSolitude, serving


class Time:
    """Seconds that pass only in pauses, which it writes down; chance is always 1, so that pauses are whole."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    @property
    def clock(self) -> Clock:
        return Clock(monotonic=lambda: self.now, sleep=self.sleep, chance=lambda: 1.0)


@pytest.fixture
def fake() -> Iterator[FakeSolitude]:
    with serving(FakeSolitude()) as server:
        yield server


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def connect(fake: FakeSolitude, time: Time) -> Iterator[Callable[..., Solitude]]:
    clients: list[Solitude] = []

    def connected(**options: Any) -> Solitude:
        given = {"timeout_s": 5.0, "retries": Retries(tries=3), "clock": time.clock, **options}
        clients.append(Solitude(given.pop("url", fake.url), KEY, SECRET, **given))
        return clients[-1]

    yield connected
    for client in clients:
        client.close()


@pytest.fixture
def solitude(connect: Callable[..., Solitude]) -> Solitude:
    return connect()
