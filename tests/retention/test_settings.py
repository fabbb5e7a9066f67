"""A period is a number of days within its limits, or `keep` where that is lawful."""

import pytest

from solitude.configuration import days_or_keep


@pytest.mark.parametrize("text", ["0", "29", "-1", "40000", "1.5", "", "forever", "٣٠"])
def test_other_periods_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a whole number of days from 30 to 10958"):
        days_or_keep(30, 10_958, keep=False)(text)


def test_for_ever_is_taken_only_where_it_may_be() -> None:
    assert days_or_keep(30, 10_958, keep=True)("keep") is None
    assert days_or_keep(30, 10_958, keep=False)("180") == 180
    with pytest.raises(ValueError, match="whole number"):
        days_or_keep(30, 10_958, keep=False)("keep")
