"""The memory of what was passed on already."""

import pytest
import time_machine

from solitude.proxy.seen import Full, Names

NOW = 1_800_000_000


def test_a_name_is_taken_once() -> None:
    with time_machine.travel(NOW, tick=False):
        names = Names()
        assert names.take("a", NOW, NOW + 90)
        assert not names.take("a", NOW, NOW + 90)
        assert names.take("b", NOW, NOW + 90)


def test_what_was_signed_before_the_process_began_may_have_been_taken_by_another_one() -> None:
    with time_machine.travel(NOW, tick=False):
        assert not Names().take("a", NOW - 1, NOW + 90)


def test_it_holds_no_more_than_its_limit_and_forgets_what_would_be_refused_anyway() -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        names = Names(most=2)
        assert names.take("a", NOW, NOW + 90)
        assert names.take("b", NOW, NOW + 90)
        with pytest.raises(Full):
            names.take("c", NOW, NOW + 90)
        clock.move_to(NOW + 91)
        assert names.take("c", NOW + 91, NOW + 181)
        assert names.take("d", NOW + 91, NOW + 181)
