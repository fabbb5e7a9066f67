"""Many requests at the same time, each from a thread with a database connection of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connections

T = TypeVar("T")
START_WITHIN_S = 120


def at_once(times: int, work: Callable[[int], T]) -> list[T]:
    """What `work` gave for each number from 0; all of them begin together."""
    start = Barrier(times)

    def run(number: int) -> T:
        start.wait(START_WITHIN_S)
        try:
            return work(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(times) as threads:
        return list(threads.map(run, range(times)))
