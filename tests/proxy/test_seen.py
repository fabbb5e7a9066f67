"""The memory of what was passed on already."""

import time
from collections.abc import Iterator

import pytest
import time_machine
from time_machine import Traveller

from solitude.proxy.seen import Full, Names

NOW = 1_800_000_000


def begun(clock: Traveller, most: int = 10) -> Names:
    """Of a process that began in the second before."""
    names = Names(most)
    clock.move_to(NOW)
    return names


@pytest.fixture
def clock() -> Iterator[Traveller]:
    with time_machine.travel(NOW - 0.5, tick=False) as clock:
        yield clock


def test_a_name_is_taken_once(clock: Traveller) -> None:
    names = begun(clock)
    assert names.take("a", NOW, NOW + 90)
    assert not names.take("a", NOW, NOW + 90)
    assert names.take("b", NOW, NOW + 90)


def test_what_was_signed_before_the_process_began_may_have_been_taken_by_another_one(clock: Traveller) -> None:
    """Also in the same second, for more is not told of when."""
    names = begun(clock)
    assert not names.take("a", NOW - 1, NOW + 89)
    assert not names.take("b", NOW - 2, NOW + 88)


def test_a_process_that_is_forked_later_takes_nothing_of_before(clock: Traveller) -> None:
    names = begun(clock)
    assert names.take("a", NOW, NOW + 90)
    clock.move_to(NOW + 4.9)
    names.begin()
    clock.move_to(NOW + 5)
    assert not names.take("a", NOW, NOW + 90)
    assert not names.take("b", NOW + 4, NOW + 94)
    assert names.take("c", NOW + 5, NOW + 95)


def test_it_waits_until_what_is_signed_can_be_taken() -> None:
    names = Names()
    names.wait()
    assert names.take("a", int(time.time()), int(time.time()) + 90)


def test_it_holds_no_more_than_its_limit_and_forgets_what_would_be_refused_anyway(clock: Traveller) -> None:
    names = begun(clock, most=2)
    assert names.take("a", NOW, NOW + 90)
    assert names.take("b", NOW, NOW + 90)
    with pytest.raises(Full):
        names.take("c", NOW, NOW + 90)
    clock.move_to(NOW + 91)
    assert names.take("c", NOW + 91, NOW + 181)
    assert names.take("d", NOW + 91, NOW + 181)
