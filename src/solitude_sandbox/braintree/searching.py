"""The search for transactions, in two steps as the SDK makes them: first the ids of all that fit, then each page of them.

A criterion that is not known here is refused: to pass over it would find too much.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from solitude_sandbox.braintree.books import Books
from solitude_sandbox.braintree.call import Answer, Call
from solitude_sandbox.braintree.errors import InvalidError
from solitude_sandbox.braintree.transactions import CREDIT, Transaction
from solitude_sandbox.braintree.xml import Items
from solitude_sandbox.control import Json

PAGE_SIZE = 50

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
_COMPARED: dict[str, Callable[[str, str], bool]] = {
    "is": lambda value, wanted: value == wanted,
    "is_not": lambda value, wanted: value != wanted,
    "starts_with": lambda value, wanted: value.startswith(wanted),
    "ends_with": lambda value, wanted: value.endswith(wanted),
    "contains": lambda value, wanted: wanted in value,
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
    criteria = [_criterion(name, value) for name, value in fields.items()]
    return [each for each in reversed(list(books.transactions)) if all(fits(each) for fits in criteria)]


def _criterion(name: str, value: Any) -> Criterion:
    if name in _TEXTS and isinstance(value, Mapping):
        return _by_text(name, value)
    if name in _CHOICES and isinstance(value, list):
        chosen = {str(each) for each in value}
        return lambda each: _CHOICES[name](each) in chosen
    if name == "refund":
        return lambda each: (each.type == CREDIT) == (value in (True, "true"))
    if name == "amount" and isinstance(value, Mapping):
        return _between(name, value, _decimal, lambda each: each.amount)
    if name == "created_at" and isinstance(value, Mapping):
        return _between(name, value, _time, lambda each: each.created)
    if name in _TIMES and isinstance(value, Mapping):
        return _between(name, value, _time, lambda each: _reached(each, _TIMES[name]))
    raise InvalidError(message=f"The simulator cannot search by {name[:100]}.")


def _by_text(name: str, wanted: Mapping[str, Any]) -> Criterion:
    if not wanted.keys() <= _COMPARED.keys():
        raise InvalidError(message=f"The simulator cannot compare {name} so.")
    pairs = [(_COMPARED[how], str(what or "")) for how, what in wanted.items()]
    return lambda each: all(compare(_TEXTS[name](each) or "", what) for compare, what in pairs)


def _between(
    name: str, limits: Mapping[str, Any], read: Callable[[Any], Any], value: Callable[[Transaction], Any]
) -> Criterion:
    """From `min` to `max`, both included; or exactly `is`."""
    try:
        given = {key: read(limit) for key, limit in limits.items()}
    except (ValueError, InvalidOperation):
        raise InvalidError(message=f"{name} cannot be read.") from None
    low, high = given.get("min", given.get("is")), given.get("max", given.get("is"))

    def fits(each: Transaction) -> bool:
        found = value(each)
        return found is not None and (low is None or low <= found) and (high is None or found <= high)

    return fits


def _decimal(value: object) -> Decimal:
    return Decimal(str(value))


def _time(value: object) -> datetime:
    if not isinstance(value, datetime):
        raise ValueError("no time")
    return value


def _reached(transaction: Transaction, status: str) -> datetime | None:
    return next((event.at for event in transaction.history if event.status == status), None)
