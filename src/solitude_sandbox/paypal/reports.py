"""Transaction search: what PayPal's books say of a span of time, some hours late.

Schemas: PayPal's reporting_transactions_v1 file. Its text says that a transaction takes up to three hours to appear;
here it takes exactly that, and is then shown as it was three hours ago.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from solitude_sandbox.clock import stamp
from solitude_sandbox.paypal import assertion
from solitude_sandbox.paypal.accounts import PARTNER_ID, Account
from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.call import Answer, Call, Json
from solitude_sandbox.paypal.captures import Capture
from solitude_sandbox.paypal.errors import refuse
from solitude_sandbox.paypal.money import Money
from solitude_sandbox.paypal.querying import page_number, time_of
from solitude_sandbox.paypal.refunds import Refund
from solitude_sandbox.paypal.reversals import Reversal
from solitude_sandbox.paypal.times import REPORT_LAG, REPORT_SPAN

PATH = "/v1/reporting/transactions"
PAGE_SIZE_DEFAULT = 100
PAGE_SIZE_LIMIT = 500
PAGES_LIMIT = 2_147_483_647

SALE, REFUND, REVERSAL = "T0006", "T1107", "T1106"
DONE, PENDING, DENIED = "S", "P", "D"
FIELDS = (
    "all",
    "transaction_info",
    "payer_info",
    "shipping_info",
    "auction_info",
    "cart_info",
    "incentive_info",
    "store_info",
)


@dataclass(frozen=True)
class Row:
    """One line. `amount` and `fee` are as the seller's balance sees them; `balance_moved` is whether it saw any."""

    id: str
    capture: Capture
    code: str
    reference: tuple[str, str]
    at: datetime
    updated: datetime
    amount: Money
    fee: Money | None
    status: str
    balance_moved: bool
    invoice_id: str | None
    custom_id: str | None

    def show(self, fields: set[str]) -> Json:
        """PayPal's transaction_detail object."""
        shown: Json = {}
        if fields & {"all", "transaction_info"}:
            shown["transaction_info"] = self._info()
        if fields & {"all", "payer_info"}:
            buyer = self.capture.buyer
            shown["payer_info"] = {
                "account_id": buyer.merchant_id,
                "email_address": buyer.email,
                "payer_status": "Y",
                "payer_name": {"given_name": "Sandbox", "surname": "Buyer"},
                "country_code": "US",
            }
        return shown

    def _info(self) -> Json:
        kind, reference = self.reference
        texts = {"invoice_id": self.invoice_id, "custom_field": self.custom_id}
        return {
            "paypal_account_id": self.capture.buyer.merchant_id,
            "transaction_id": self.id,
            "paypal_reference_id": reference,
            "paypal_reference_id_type": kind,
            "transaction_event_code": self.code,
            "transaction_initiation_date": stamp(self.at),
            "transaction_updated_date": stamp(self.updated),
            "transaction_amount": self.amount.as_json(),
            **({"fee_amount": self.fee.as_json()} if self.fee is not None else {}),
            "transaction_status": self.status,
            **{key: value for key, value in texts.items() if value is not None},
            "protection_eligibility": "02",
        }


@dataclass(frozen=True)
class _Asked:
    start: datetime
    end: datetime
    fields: set[str]
    page: int
    page_size: int
    only_balance: bool
    filters: dict[str, str]


def list_transactions(books: Books, call: Call) -> Answer:
    """GET /v1/reporting/transactions: of the seller that PayPal-Auth-Assertion names, without it of all."""
    asked = _read(call)

    def show(later: Call) -> Json:
        refreshed = later.now - REPORT_LAG
        rows = [row for row in _rows(books, asked, refreshed) if _is_wanted(row, asked)]
        if call.auth_assertion is not None:
            rows = _of_consenting_sellers(rows, call)
        rows.sort(key=lambda row: row.at)
        pages = -(-len(rows) // asked.page_size)
        first = (asked.page - 1) * asked.page_size
        shown = [row.show(asked.fields) for row in rows[first : first + asked.page_size]]
        return {
            # PayPal's file knows no empty list.
            **({"transaction_details": shown} if shown else {}),
            "account_number": PARTNER_ID,
            "start_date": stamp(asked.start),
            "end_date": stamp(min(asked.end, refreshed)),
            "last_refreshed_datetime": stamp(refreshed),
            "page": asked.page,
            "total_items": len(rows),
            "total_pages": pages,
            "links": _links(later, asked.page, pages),
        }

    return Answer(200, show)


def _read(call: Call) -> _Asked:
    start, end = time_of(call, "start_date", required=True), time_of(call, "end_date", required=True)
    if start is None or end is None or not timedelta() <= end - start <= REPORT_SPAN:
        raise refuse("INVALID_PARAMETER_VALUE", "end_date", call.query.get("end_date", "")[:64], "query")
    fields = set(call.query.get("fields", "transaction_info").split(","))
    if not fields <= set(FIELDS):
        raise refuse("INVALID_PARAMETER_VALUE", "fields", call.query["fields"][:100], "query")
    only_balance = call.query.get("balance_affecting_records_only", "Y")
    if only_balance not in ("Y", "N"):
        raise refuse("INVALID_PARAMETER_VALUE", "balance_affecting_records_only", only_balance[:20], "query")
    names = ("transaction_id", "transaction_type", "transaction_status", "transaction_currency")
    return _Asked(
        start=start,
        end=end,
        fields=fields,
        page=page_number(call, "page", 1, PAGES_LIMIT),
        page_size=page_number(call, "page_size", PAGE_SIZE_DEFAULT, PAGE_SIZE_LIMIT),
        only_balance=only_balance == "Y",
        filters={name: call.query[name] for name in names if name in call.query},
    )


def _rows(books: Books, asked: _Asked, refreshed: datetime) -> Iterable[Row]:
    """Everything of the span that the report knows of already, by the whole seconds that it shows."""

    def covers(time: datetime) -> bool:
        return time <= refreshed and asked.start <= time.replace(microsecond=0) <= asked.end

    yield from (_sale(capture, refreshed) for capture in books.captures if covers(capture.created))
    yield from (_refund(refund, refreshed) for refund in books.refunds if covers(refund.created))
    yield from (_reversal(reversal) for reversal in books.reversals if covers(reversal.created))


def _is_wanted(row: Row, asked: _Asked) -> bool:
    values = {
        "transaction_id": row.id,
        "transaction_type": row.code,
        "transaction_status": row.status,
        "transaction_currency": row.amount.currency,
    }
    return (row.balance_moved or not asked.only_balance) and all(
        values[name] == wanted for name, wanted in asked.filters.items()
    )


def _sale(capture: Capture, refreshed: datetime) -> Row:
    settled = capture.settled is not None and capture.settled <= refreshed
    outcome = capture.outcome if settled else "PENDING"
    moved = outcome == "COMPLETED"
    return Row(
        id=capture.id,
        capture=capture,
        code=SALE,
        reference=("ODR", capture.order_id),
        at=capture.created,
        updated=capture.settled if settled and capture.settled is not None else capture.created,
        amount=capture.amount,
        fee=capture.amount.with_value(-capture.paypal_fee) if moved else None,
        status={"COMPLETED": DONE, "DECLINED": DENIED}.get(outcome, PENDING),
        balance_moved=moved,
        invoice_id=capture.invoice_id,
        custom_id=capture.custom_id,
    )


def _refund(refund: Refund, refreshed: datetime) -> Row:
    pending = refund.status(refreshed) == "PENDING"
    return Row(
        id=refund.id,
        capture=refund.capture,
        code=REFUND,
        reference=("TXN", refund.capture.id),
        at=refund.created,
        updated=refund.cleared if refund.by_echeck and not pending else refund.created,
        amount=refund.amount.with_value(-refund.amount.value),
        fee=refund.amount.with_value(refund.paypal_fee),
        status=PENDING if pending else DONE,
        balance_moved=True,
        invoice_id=refund.invoice_id,
        custom_id=refund.custom_id,
    )


def _reversal(reversal: Reversal) -> Row:
    return Row(
        id=reversal.id,
        capture=reversal.capture,
        code=REVERSAL,
        reference=("TXN", reversal.capture.id),
        at=reversal.created,
        updated=reversal.created,
        amount=reversal.amount.with_value(-reversal.amount.value),
        fee=None,
        status=DONE,
        balance_moved=True,
        invoice_id=reversal.capture.invoice_id,
        custom_id=reversal.capture.custom_id,
    )


def _of_consenting_sellers(rows: list[Row], call: Call) -> list[Row]:
    """Those of the seller that the assertion names."""
    known: dict[Account, bool] = {}
    for row in rows:
        seller = row.capture.seller
        if seller not in known:
            known[seller] = assertion.names(call.auth_assertion or "", call.client_id, seller)
    return [row for row in rows if known[row.capture.seller]]


def _links(call: Call, page: int, pages: int) -> list[dict[str, str]]:
    """`self`, and the way to the other pages."""
    others = {"first": 1, "prev": page - 1, "next": page + 1, "last": pages}
    rels = ["self"] + [rel for rel, number in others.items() if number != page and 1 <= number <= pages]
    return [call.link(f"{PATH}?{urlencode({**call.query, 'page': others.get(rel, page)})}", rel) for rel in rels]
