"""A server is ready soon, and does not hold much while nobody asks it: bounds that hold on a slow machine that others use too."""

import pytest
from benchmarks.starting import NO_PROVIDER, empty_cpu_s, place, serving, working

pytestmark = pytest.mark.long
READY_WITHIN_S = 20
# Three and five times what an empty Django project computes were measured; others on the machine make a start dearer.
TIMES_EMPTY_MAX = {"no provider": 6, "all providers": 9}
# Where nothing else runs that shares the libraries, each has all of them to itself.
IDLE_MAX_MIB = 130


@pytest.mark.parametrize("used", TIMES_EMPTY_MAX)
def test_serve_is_ready_soon_and_idle_it_is_small(used: str) -> None:
    with place() as environment:
        start = serving(environment | (NO_PROVIDER if used == "no provider" else {}), workers=2)
    assert start.ready_s < READY_WITHIN_S
    assert start.cpu_s < TIMES_EMPTY_MAX[used] * empty_cpu_s()
    # The command and its two processes.
    assert len(start.memory_mib) == 3
    assert max(start.memory_mib) < IDLE_MAX_MIB


def test_what_is_imported_is_not_held_twice() -> None:
    """What each process more costs is much less than the first."""
    with place() as environment:
        one, two = serving(environment), serving(environment, workers=2)
    assert sum(two.memory_mib) - sum(one.memory_mib) < sum(one.memory_mib) / 2


def test_an_idle_worker_is_small() -> None:
    with place() as environment:
        start = working(environment)
    assert (len(start.memory_mib), start.ready_s < READY_WITHIN_S) == (1, True)
    assert start.memory_mib[0] < IDLE_MAX_MIB
