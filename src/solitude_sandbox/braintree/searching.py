"""The search for transactions, in two steps as the SDK makes them: first the ids of all that fit, then each page of them."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from solitude_sandbox.braintree import criteria
from solitude_sandbox.braintree.books import Books
from solitude_sandbox.braintree.call import Answer, Call
from solitude_sandbox.braintree.criteria import PAGE_SIZE
from solitude_sandbox.braintree.transactions import CREDIT, Transaction
from solitude_sandbox.braintree.xml import Items
from solitude_sandbox.control import Json

Criterion = Callable[[Transaction], bool]

_TEXTS: dict[str, Callable[[Transaction], str | None]] = {
    "id": lambda each: each.id,
    "order_id": lambda each: each.order_id,
    "currency": lambda each: each.currency,
    "customer_id": lambda each: each.payer.customer_id,
    "payment_method_token": lambda each: each.payer.token,
}
_CHOICES: dict[str, Callable[[Transaction], str | None]] = {
    "ids": lambda each: each.id,
    "status": lambda each: each.status,
    "type": lambda each: each.type,
    "merchant_account_id": lambda each: each.account,
    "payment_instrument_type": lambda each: each.payer.instrument.instrument_type,
}
# The times of the history that can be searched for, and their statuses.
_TIMES = {
    "authorized_at": "authorized",
    "submitted_for_settlement_at": "submitted_for_settlement",
    "settled_at": "settled",
    "voided_at": "voided",
    "failed_at": "failed",
    "processor_declined_at": "processor_declined",
    "gateway_rejected_at": "gateway_rejected",
}


def search_ids(books: Books, call: Call) -> Answer:
    """POST /transactions/advanced_search_ids: the newest first."""
    ids = [each.id for each in _fitting(books, call.fields)]
    return Answer("search_results", {"page_size": PAGE_SIZE, "ids": Items("item", ids)})


def search(books: Books, call: Call) -> Answer:
    """POST /transactions/advanced_search: one page of them, which `ids` names."""
    shown = [each.show(books) for each in _fitting(books, call.fields)[:PAGE_SIZE]]
    content = {"current_page_number": 1, "page_size": PAGE_SIZE, "total_items": len(shown)}
    return Answer("credit_card_transactions", Items("transaction", shown, kind="collection", beside=content))


def _fitting(books: Books, fields: Json) -> list[Transaction]:
    asked = [_criterion(name, value) for name, value in fields.items()]
    return [each for each in reversed(list(books.transactions)) if all(fits(each) for fits in asked)]


def _criterion(name: str, value: Any) -> Criterion:
    if name in _TEXTS and isinstance(value, Mapping):
        return criteria.text(name, value, _TEXTS[name])
    if name in _CHOICES and isinstance(value, list):
        return criteria.one_of(value, _CHOICES[name])
    if name == "refund":
        return lambda each: (each.type == CREDIT) == (value in (True, "true"))
    if name == "amount" and isinstance(value, Mapping):
        return criteria.between(name, value, criteria.decimal, lambda each: each.amount)
    if name == "created_at" and isinstance(value, Mapping):
        return criteria.between(name, value, criteria.time, lambda each: each.created)
    if name in _TIMES and isinstance(value, Mapping):
        return criteria.between(name, value, criteria.time, lambda each: _reached(each, _TIMES[name]))
    raise criteria.unknown(name)


def _reached(transaction: Transaction, status: str) -> datetime | None:
    return next((event.at for event in transaction.history if event.status == status), None)
