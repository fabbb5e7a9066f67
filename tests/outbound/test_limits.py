import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from solitude.outbound.limits import Busy, InProgress


def test_as_many_as_the_limit_may_be_under_way_and_not_one_more() -> None:
    in_progress = InProgress(2)
    with in_progress, in_progress:
        assert in_progress.now == 2
        with pytest.raises(Busy), in_progress:
            pytest.fail("the third one began")
        assert in_progress.now == 2, "the refused one does not count"
    assert (in_progress.now, in_progress.peak) == (0, 2)


def test_a_place_comes_free_when_the_work_fails() -> None:
    in_progress = InProgress(1)
    with pytest.raises(ZeroDivisionError), in_progress:
        raise ZeroDivisionError
    with in_progress:
        assert in_progress.now == 1


def test_threads_never_exceed_the_limit() -> None:
    in_progress = InProgress(3)
    start = threading.Barrier(8)
    seen: list[int] = []

    def work(_: int) -> int:
        start.wait()
        refused = 0
        for _ in range(2000):
            try:
                with in_progress:
                    seen.append(in_progress.now)
            except Busy:
                refused += 1
        return refused

    with ThreadPoolExecutor(8) as pool:
        refused = sum(pool.map(work, range(8)))
    assert len(seen) + refused == 8 * 2000
    assert max(seen) <= 3
    assert in_progress.peak <= 3
    assert in_progress.now == 0


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_lets_at_least_one_through(limit: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        InProgress(limit)
