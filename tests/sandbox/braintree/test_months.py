"""The calendar of billing, on the days on which months differ."""

from datetime import date

import pytest

from solitude_sandbox.braintree.months import billing_day, months_later


@pytest.mark.parametrize(
    ("begun", "months", "bills"),
    [
        ("2026-01-15", 1, ["2026-02-15", "2026-03-15", "2026-04-15"]),
        ("2026-01-28", 1, ["2026-02-28", "2026-03-28", "2026-04-28"]),
        ("2026-01-31", 1, ["2026-02-28", "2026-03-31", "2026-04-30"]),
        ("2027-12-30", 1, ["2028-01-31", "2028-02-29", "2028-03-31"]),
        ("2026-11-30", 3, ["2027-02-28", "2027-05-31", "2027-08-31"]),
        ("2028-02-29", 12, ["2029-02-28", "2030-02-28", "2031-02-28"]),
    ],
)
def test_whoever_begins_at_the_end_of_a_month_is_billed_at_the_end_of_each(
    begun: str, months: int, bills: list[str]
) -> None:
    at, day = date.fromisoformat(begun), billing_day(date.fromisoformat(begun))
    found = []
    for _ in bills:
        at = months_later(at, months, day)
        found.append(at.isoformat())
    assert found == bills
