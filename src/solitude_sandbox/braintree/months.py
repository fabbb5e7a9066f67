"""The calendar of billing: which day of which month comes next."""

import calendar
from datetime import UTC, date, datetime, time

# What the gateway calls the last day of a month, whichever that is.
LAST_DAY = 31
# No month lacks these.
CERTAIN_DAY = 28


def billing_day(begun: date) -> int:
    """On which day of the month a subscription is billed that began on this one: 1 to 28, or 31 for the last.

    https://developer.paypal.com/braintree/graphql/reference/types/recurring-billing-subscription.md
    """
    return begun.day if begun.day <= CERTAIN_DAY else LAST_DAY


def months_later(start: date, months: int, day: int) -> date:
    """That day of the month so many months after `start`."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day, last))


def midnight(day: date) -> datetime:
    """When the gateway's day begins."""
    return datetime.combine(day, time(), UTC)
