"""Customers: whom the cards in the vault belong to. They need no data at all."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from solitude_sandbox.addresses import EMAIL_LENGTH, is_email
from solitude_sandbox.braintree import methods
from solitude_sandbox.braintree.accounts import MERCHANT_ID
from solitude_sandbox.braintree.books import Books
from solitude_sandbox.braintree.call import Answer, Call
from solitude_sandbox.braintree.errors import InvalidError, Wrong, missing
from solitude_sandbox.braintree.global_ids import global_id
from solitude_sandbox.braintree.xml import Items
from solitude_sandbox.clock import stamp
from solitude_sandbox.control import Json

FIELDS = ("first_name", "last_name", "company", "email", "phone", "fax", "website")
TEXT_LENGTH = 255
ID_LENGTH = 36
_ID = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


@dataclass
class Customer:
    """`details` are the texts that were given."""

    id: str
    created: datetime
    updated: datetime
    details: dict[str, str | None] = field(default_factory=dict)

    def brief(self) -> Json:
        """As a transaction shows its customer."""
        return {"id": self.id, **{name: self.details.get(name) for name in FIELDS}}

    def show(self, books: Books) -> Json:
        """The resource, with what is in its vault."""
        owned = methods.of_customer(books, self.id)
        return {
            **self.brief(),
            "merchant_id": MERCHANT_ID,
            "global_id": global_id("customer", self.id),
            "created_at": self.created,
            "updated_at": self.updated,
            "addresses": Items("address", ()),
            "credit_cards": Items("credit_card", [each.show(books) for each in owned if each.is_card]),
            "paypal_accounts": Items("paypal_account", [each.show(books) for each in owned if not each.is_card]),
        }

    def as_json(self) -> Json:
        """For the state page."""
        return {**self.brief(), "created": stamp(self.created)}


def create_customer(books: Books, call: Call) -> Answer:
    """POST /customers, which may bring a nonce along."""
    wrong = _wrong(call.fields)
    given = call.text("id")
    wrong += _wrong_id(books, given)
    if wrong:
        raise InvalidError(*wrong)
    customer = Customer(given or books.ids.customer(), call.now, call.now, _details(call.fields))
    nonce = call.text("payment_method_nonce")
    # The customer is there only if the method is.
    if nonce is not None:
        methods.store(books, call, customer.id, nonce, "customer")
    books.customers.put(customer.id, customer)
    return Answer("customer", customer.show(books), 201)


def find_customer(books: Books, call: Call) -> Answer:
    """GET /customers/ID."""
    return Answer("customer", _found(books, call.name).show(books))


def update_customer(books: Books, call: Call) -> Answer:
    """PUT /customers/ID: what is named changes."""
    customer = _found(books, call.name)
    wrong = _wrong(call.fields)
    if wrong:
        raise InvalidError(*wrong)
    customer.details |= _details(call.fields)
    customer.updated = call.now
    return Answer("customer", customer.show(books))


def delete_customer(books: Books, call: Call) -> Answer:
    """DELETE /customers/ID, and with it what is in its vault."""
    customer = _found(books, call.name)
    for method in methods.of_customer(books, customer.id):
        methods.forget(books, method, call.now)
    books.customers.remove(customer.id)
    return Answer()


def _found(books: Books, identifier: str) -> Customer:
    customer = books.customers.get(identifier)
    if customer is None:
        raise missing()
    return customer


def _details(fields: Mapping[str, object]) -> dict[str, str | None]:
    return {name: None if fields[name] is None else str(fields[name]) for name in FIELDS if name in fields}


def _wrong(fields: Mapping[str, object]) -> list[Wrong]:
    email = fields.get("email")
    if email is None:
        return []
    if len(str(email)) > EMAIL_LENGTH:
        return [Wrong("customer", "email", "81605")]
    return [] if is_email(str(email)) else [Wrong("customer", "email", "81604")]


def _wrong_id(books: Books, given: str | None) -> list[Wrong]:
    if given is None:
        return []
    if len(given) > ID_LENGTH:
        return [Wrong("customer", "id", "91612")]
    if not _ID.fullmatch(given):
        return [Wrong("customer", "id", "91610")]
    return [Wrong("customer", "id", "91609")] if books.customers.get(given) is not None else []
