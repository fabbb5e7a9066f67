"""Transactions: set up by the marketplace, decided by the buyer, once. Nothing ends by time."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlencode

from solitude_sandbox.clock import stamp
from solitude_sandbox.control import Json
from solitude_sandbox.reference import forms
from solitude_sandbox.reference.books import Books
from solitude_sandbox.reference.call import Answer, Call, named
from solitude_sandbox.reference.errors import BAD_REQUEST, INVALID_ARGUMENT, NOT_FOUND, ZippyError, invalid
from solitude_sandbox.reference.notices import ERROR, SUCCESS
from solitude_sandbox.reference.sellers import ACTIVE

RESOURCE = "transactions"
STARTED, COMPLETED, FAILED = "STARTED", "COMPLETED", "FAILED"
CARD, OPERATOR = "CARD", "OPERATOR"
CURRENCIES = "AUD CAD CHF COP DKK EGP EUR GBP HUF IDR MXN MYR NOK NZD PHP PLN QAR SEK SGD THB USD ZAR".split()
# What a buyer's payment can fail with, by the words of the button.
FAILURES = {"CC_ERROR": "The card is refused", "DIR_BILL_ERROR": "The operator refuses"}
# The one that goes with each method; the provider takes any.
FAILURE_OF = {CARD: "CC_ERROR", OPERATOR: "DIR_BILL_ERROR"}

_NEW = {
    "product_id": forms.text(),
    "region": forms.text(),
    "carrier": forms.text(),
    "price": forms.price(),
    "currency": forms.choice(CURRENCIES),
    "pay_method": forms.choice((CARD, OPERATOR)),
    "callback_success_url": forms.url(),
    "callback_error_url": forms.url(),
    "success_url": forms.url(),
    "error_url": forms.url(),
    "ext_transaction_id": forms.text(),
    "product_image_url": forms.text(required=False),
}


@dataclass
class Transaction:
    """`asked` is the marketplace's form. Its status is changed with `decide` only."""

    uuid: str
    token: str
    created: datetime
    asked: dict[str, str]
    status: str = STARTED
    error: str = ""

    def show(self) -> Json:
        """The resource, which tells the token."""
        made = {"uuid": self.uuid, "token": self.token, "status": self.status}
        return made | self.asked | named(RESOURCE, self.uuid)

    def as_json(self) -> Json:
        """For the state page."""
        return self.show() | {"created": stamp(self.created), "error": self.error}

    @property
    def amount(self) -> str:
        """As a person reads it."""
        return f"{self.asked['price']} {self.asked['currency']}"


def create_transaction(books: Books, call: Call) -> Answer:
    """POST /transactions. The same ext_transaction_id twice makes two of them."""
    asked = forms.read(_NEW, call.form)
    product = books.products.get(asked["product_id"])
    if product is None or product.status != ACTIVE:
        raise invalid({"product_id": f"zero results for product_id {asked['product_id']}"})
    made = Transaction(books.ids.uuid(), books.ids.token(), call.now, asked)
    books.transactions.put(made.uuid, made)
    books.tokens.put(made.token, made)
    return Answer(201, made.show())


def open_by_token(books: Books, token: str) -> Transaction:
    """What a buyer may still pay; `ZippyError` otherwise. The books' lock is held."""
    if not token:
        raise ZippyError(INVALID_ARGUMENT, "tx is required.")
    found = books.tokens.get(token)
    if found is None:
        raise ZippyError(NOT_FOUND, "This provider does not know that payment.")
    return still_open(found)


def still_open(transaction: Transaction) -> Transaction:
    """The transaction, if nothing was decided yet."""
    if transaction.status != STARTED:
        raise ZippyError(BAD_REQUEST, "This payment is finished. Nothing is left to decide.")
    return transaction


def decide(books: Books, transaction: Transaction, failure: str) -> str:
    """The buyer pays, or the payment fails with one of `FAILURES`; where the buyer goes back to. The books' lock is held.

    Both are told the same signed query: the buyer's browser with the way back, the marketplace in the background.
    """
    forms.read({"simulate_fail": forms.choice(tuple(FAILURES), required=False)}, {"simulate_fail": failure})
    still_open(transaction)
    transaction.status, transaction.error = FAILED if failure else COMPLETED, failure
    told = {"ext_transaction_id": transaction.asked["ext_transaction_id"]} | ({"error": failure} if failure else {})
    signed = books.keys.sign(urlencode(told, quote_via=quote, safe=""))
    kind = ERROR if failure else SUCCESS
    books.tell(
        books.notices.add(kind, books.clock.now(), transaction.uuid, transaction.asked[f"callback_{kind}_url"], signed)
    )
    return appended(transaction.asked[f"{kind}_url"], signed)


def appended(url: str, query: str) -> str:
    """The URL with a query after the one that it has, before the fragment; everything of both stays byte for byte."""
    address, mark, fragment = url.partition("#")
    joint = "" if address.endswith(("?", "&")) else "&" if "?" in address else "?"
    return f"{address}{joint}{query}{mark}{fragment}"
