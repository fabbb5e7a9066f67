"""Finding a payment by our own reference in PayPal's report of transactions, where it can be asked for in no other way.

Source: PayPal's OpenAPI file of Transaction Search v1. The report lags by up to three hours and covers 31 days at a time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from solitude.outbound.record import Exchange
from solitude.providers.paypal.rest.reading import ID
from solitude.providers.paypal.rest.wire import Failed, Reply

REPORT, CAPTURES = "/v1/reporting/transactions", "/v2/payments/captures"
LAG = timedelta(hours=3)
# What is not listed a day after it could last have been made was not made.
ABSENCE_PROVES = timedelta(hours=24)
# Our clocks may be off, and so may be the day on which PayPal books it.
MARGIN = timedelta(hours=2)
PAGE_ROWS, PAGES_MAX = 500, 100

Get = Callable[[str], Reply | Failed]


@dataclass(frozen=True, slots=True)
class Found:
    """The order and its capture, if the report lists the payment; `is_absent` only where it proves that there is none."""

    order: str = ""
    capture: str = ""
    is_absent: bool = False
    exchanges: tuple[Exchange, ...] = ()


def find(get: Get, key: str, since: datetime, until: datetime, now: datetime) -> Found:
    """Looks for the payment whose invoice id or custom id is `key`, made between `since` and `until`."""
    if now < since + LAG:
        return Found()
    start, end = since - MARGIN, min(until + MARGIN, now)
    exchanges: list[Exchange] = []
    is_absent = now > until + ABSENCE_PROVES
    for page in range(1, PAGES_MAX + 1):
        reply = get(f"{REPORT}?{_query(start, end, page)}")
        exchanges += reply.exchanges
        read = _read(reply, page)
        if read is None:
            return Found(exchanges=tuple(exchanges))
        ours = [row for row in read.rows if key in (row.get("invoice_id"), row.get("custom_field"))]
        for row in filter(_takes_money, ours):
            return _order_of(get, row, exchanges)
        # A refund of it is no payment, but shows that there was one.
        is_absent = is_absent and not ours and _knows(reply, until)
        if page >= read.pages:
            return Found(is_absent=is_absent, exchanges=tuple(exchanges))
    return Found(exchanges=tuple(exchanges))


@dataclass(frozen=True, slots=True)
class _Page:
    rows: list[dict[str, Any]]
    pages: int


def _read(reply: Reply | Failed, page: int) -> _Page | None:
    """None for whatever is not a page of the report: a list that cannot be read must not look like one without the payment."""
    if isinstance(reply, Failed) or reply.status != 200:
        return None
    details, pages = reply.body.get("transaction_details"), reply.body.get("total_pages")
    # PayPal's file knows no empty list: a report of nothing may have none at all, and then says twice that there is nothing.
    if "transaction_details" not in reply.body and _is_zero(pages) and _is_zero(reply.body.get("total_items")):
        details = []
    if not isinstance(details, list) or type(pages) is not int or pages < (page if details else 0):
        return None
    infos = [detail.get("transaction_info") if isinstance(detail, dict) else None for detail in details]
    rows = [info for info in infos if isinstance(info, dict)]
    return _Page(rows, pages) if len(rows) == len(details) else None


def _is_zero(count: Any) -> bool:
    return type(count) is int and count == 0


def _knows(reply: Reply | Failed, until: datetime) -> bool:
    """Whether the report covers all of the time, as far as it says how far it does."""
    refreshed = reply.body.get("last_refreshed_datetime") if isinstance(reply, Reply) else None
    if refreshed is None:
        return True
    try:
        return datetime.fromisoformat(str(refreshed)) > until
    except (ValueError, TypeError):
        return False


def _query(start: datetime, end: datetime, page: int) -> str:
    return urlencode(
        {
            "start_date": f"{start:%Y-%m-%dT%H:%M:%SZ}",
            "end_date": f"{end:%Y-%m-%dT%H:%M:%SZ}",
            "fields": "transaction_info",
            # Otherwise what PayPal holds, or has declined, would look as if it had never been.
            "balance_affecting_records_only": "N",
            "page_size": PAGE_ROWS,
            "page": page,
        }
    )


def _takes_money(row: dict[str, Any]) -> bool:
    """Not a refund or reversal, which may carry the payment's reference as well."""
    amount = row.get("transaction_amount")
    return isinstance(amount, dict) and not str(amount.get("value", "-")).startswith("-")


def _order_of(get: Get, row: dict[str, Any], exchanges: list[Exchange]) -> Found:
    order = row.get("paypal_reference_id") if row.get("paypal_reference_id_type") == "ODR" else None
    capture = _id(row.get("transaction_id"))
    if order is None and capture:
        reply = get(f"{CAPTURES}/{capture}")
        exchanges += reply.exchanges
        if isinstance(reply, Reply):
            data = reply.body.get("supplementary_data")
            ids = data.get("related_ids") if isinstance(data, dict) else None
            order = ids.get("order_id") if isinstance(ids, dict) else None
    return Found(order=_id(order), capture=capture, exchanges=tuple(exchanges))


def _id(given: Any) -> str:
    """An id of PayPal's; empty for anything else."""
    return given if isinstance(given, str) and ID.fullmatch(given) else ""
