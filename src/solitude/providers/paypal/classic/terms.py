"""What a pre-approval of the classic interface must say: there is none there without a currency, a first and a last day, and a most.

PayPal itself watches over these terms, and our own limits count as well.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

CURRENCY = "USD"
# The most that PayPal lets a buyer pre-approve; of other currencies it takes about as much, by the rate of the day.
MOST = Decimal(2000)
# A pre-approval lasts a year at most.
LIFE = timedelta(days=364)


def completed(given: dict[str, Any], today: date) -> dict[str, Any]:
    """The terms, with what PayPal asks for where the request says nothing. No `max_total` where only the request could tell it."""
    currency, start = given.get("currency") or CURRENCY, given.get("start") or today
    most = {"max_total": MOST} if currency == CURRENCY else {}
    return {**most, **given, "currency": currency, "start": start, "end": given.get("end") or start + LIFE}
