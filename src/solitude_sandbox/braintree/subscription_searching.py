"""The search for subscriptions, in the same two steps as that for transactions."""

from collections.abc import Callable, Mapping
from typing import Any

from solitude_sandbox.braintree import criteria
from solitude_sandbox.braintree.books import Books
from solitude_sandbox.braintree.call import Answer, Call
from solitude_sandbox.braintree.criteria import PAGE_SIZE
from solitude_sandbox.braintree.subscription import Subscription
from solitude_sandbox.braintree.xml import Items
from solitude_sandbox.control import Json

Criterion = Callable[[Subscription], bool]

_TEXTS: dict[str, Callable[[Subscription], str | None]] = {
    "id": lambda each: each.id,
    "plan_id": lambda each: each.plan.id,
}
_CHOICES: dict[str, Callable[[Subscription], str | None]] = {
    "ids": lambda each: each.id,
    "plan_id": lambda each: each.plan.id,
    "status": lambda each: each.status,
    "merchant_account_id": lambda each: each.account,
}


def search_ids(books: Books, call: Call) -> Answer:
    """POST /subscriptions/advanced_search_ids: the newest first."""
    ids = [each.id for each in _fitting(books, call.fields)]
    return Answer("search_results", {"page_size": PAGE_SIZE, "ids": Items("item", ids)})


def search(books: Books, call: Call) -> Answer:
    """POST /subscriptions/advanced_search: one page of them, which `ids` names."""
    shown = [each.show(books, call.now) for each in _fitting(books, call.fields)[:PAGE_SIZE]]
    content = {"current_page_number": 1, "page_size": PAGE_SIZE, "total_items": len(shown)}
    return Answer("subscriptions", Items("subscription", shown, kind="collection", beside=content))


def _fitting(books: Books, fields: Json) -> list[Subscription]:
    asked = [_criterion(name, value) for name, value in fields.items()]
    return [each for each in reversed(list(books.subscriptions)) if all(fits(each) for fits in asked)]


def _criterion(name: str, value: Any) -> Criterion:
    if name in _TEXTS and isinstance(value, Mapping):
        return criteria.text(name, value, _TEXTS[name])
    if name in _CHOICES and isinstance(value, list):
        return criteria.one_of(value, _CHOICES[name])
    if isinstance(value, Mapping):
        if name == "transaction_id" and value.keys() == {"is"}:
            return lambda each: any(charge.id == value["is"] for charge in each.transactions)
        if name == "price":
            return criteria.between(name, value, criteria.decimal, lambda each: each.price)
        if name == "created_at":
            return criteria.between(name, value, criteria.time, lambda each: each.created)
        if name == "next_billing_date":
            return criteria.between(name, value, criteria.day, lambda each: each.next)
    raise criteria.unknown(name)
