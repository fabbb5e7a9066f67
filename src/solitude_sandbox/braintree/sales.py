"""Sales: what is wrong with the request, then what the bank says."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from solitude_sandbox.braintree import amounts, methods, nonces, processor, settlement
from solitude_sandbox.braintree.accounts import DEFAULT_ACCOUNT, MERCHANT_ACCOUNTS
from solitude_sandbox.braintree.books import Books
from solitude_sandbox.braintree.call import Answer, Call, flag, text
from solitude_sandbox.braintree.errors import InvalidError, Wrong
from solitude_sandbox.braintree.nonces import NonceError
from solitude_sandbox.braintree.transactions import SALE, Payer, Period, Transaction, found
from solitude_sandbox.control import Json

ORDER_ID_LENGTH = 255
_PATH = "transaction"
# The company's name of 3, 7 or 12 characters with a star behind it, then the product, 22 in all.
_DESCRIPTOR_NAME = re.compile(r"(?=.{1,22}\Z)(.{3}|.{7}|.{12})\*[\w .+-]+", re.ASCII)
_DESCRIPTOR_URL_LENGTH = 13
# Why a nonce cannot be used -> the code.
_OF_NONCE = {nonces.USED_UP: "91564", nonces.UNKNOWN: "91565"}


@dataclass(frozen=True)
class Order:
    """What is to be charged. `submit`: the money is to be taken, too."""

    amount: Decimal
    account: str
    payer: Payer
    submit: bool = True
    order_id: str | None = None
    descriptor: Json = field(default_factory=dict)
    recurring: bool = False
    period: Period | None = None


def create_transaction(books: Books, call: Call) -> Answer:
    """POST /transactions: a sale, with a method of the vault or with a nonce."""
    wrong = _wrong_type(call.text("type"))
    amount, wrong_amount = amounts.read(call.text("amount"))
    wrong += wrong_amount
    account = call.text("merchant_account_id") or DEFAULT_ACCOUNT
    if account not in MERCHANT_ACCOUNTS:
        wrong.append(Wrong(_PATH, "merchant_account_id", "91513"))
    if len(call.text("order_id") or "") > ORDER_ID_LENGTH:
        wrong.append(Wrong(_PATH, "order_id", "91501"))
    wrong += wrong_descriptor(call.part("descriptor"), _PATH)
    payer, wrong_payer = _payer(books, call)
    wrong += wrong_payer
    if wrong or payer is None:
        raise InvalidError(*wrong)
    order = Order(
        amount=amount,
        account=account,
        payer=payer,
        submit=flag(call.part("options"), "submit_for_settlement"),
        order_id=call.text("order_id"),
        descriptor=call.part("descriptor"),
        recurring=call.text("transaction_source") in ("recurring", "recurring_first") or flag(call.fields, "recurring"),
    )
    nonces.consume(books, call.text("payment_method_nonce") or "")
    transaction = charge(books, order, call.now, call.ordered)
    if transaction.came_to_nothing:
        raise declined(books, transaction)
    return Answer("transaction", transaction.show(books), 201)


def find_transaction(books: Books, call: Call) -> Answer:
    """GET /transactions/ID."""
    return Answer("transaction", found(books, call.name).show(books))


def charge(books: Books, order: Order, now: datetime, ordered: str | None = None) -> Transaction:
    """Ask the bank, and write down what it says; `ordered` is the code that a fault asks for. The books' lock is held."""
    verdict = processor.authorize(order.payer.instrument, order.amount, ordered)
    transaction = Transaction(
        id=books.ids.transaction(),
        type=SALE,
        amount=order.amount,
        account=order.account,
        payer=order.payer,
        created=now,
        updated=now,
        order_id=order.order_id,
        descriptor=order.descriptor,
        recurring=order.recurring,
        period=order.period,
        submit=order.submit,
        verdict=verdict,
    )
    settlement.authorize(books, transaction, now)
    books.transactions.put(transaction.id, transaction)
    return transaction


def declined(books: Books, transaction: Transaction) -> InvalidError:
    """The refusal that shows the transaction which came to nothing."""
    return InvalidError(message=transaction.verdict.message, transaction=transaction.show(books))


def wrong_descriptor(descriptor: Json, path: str) -> list[Wrong]:
    """What is wrong with what a buyer's statement is to say; `path` is the object that has it."""
    wrong, name, url = [], text(descriptor, "name"), text(descriptor, "url")
    if name is not None and not _DESCRIPTOR_NAME.fullmatch(name):
        wrong.append(Wrong(f"{path}.descriptor", "name", "92201"))
    if url is not None and len(url) > _DESCRIPTOR_URL_LENGTH:
        wrong.append(Wrong(f"{path}.descriptor", "url", "92206"))
    return wrong


def _wrong_type(kind: str | None) -> list[Wrong]:
    if kind is None:
        return [Wrong(_PATH, "type", "91524")]
    return [] if kind == SALE else [Wrong(_PATH, "type", "91523")]


def _payer(books: Books, call: Call) -> tuple[Payer | None, list[Wrong]]:
    """Who pays: by token, by nonce, or a customer with the method that is used first."""
    token, nonce, customer_id = (
        call.text(name) for name in ("payment_method_token", "payment_method_nonce", "customer_id")
    )
    if token is not None and nonce is not None:
        return None, [Wrong(_PATH, "base", "91515")]
    if customer_id is not None and books.customers.get(customer_id) is None:
        return None, [Wrong(_PATH, "customer_id", "91510")]
    if nonce is not None:
        return _by_nonce(books, nonce, customer_id)
    if token is not None:
        return _by_token(books, token, customer_id)
    if customer_id is None:
        return None, [Wrong(_PATH, "base", "91508")]
    first = next((each for each in methods.of_customer(books, customer_id) if each.default), None)
    if first is None:
        return None, [Wrong(_PATH, "customer_id", "91511")]
    return Payer(first.instrument, first.token, customer_id), []


def _by_nonce(books: Books, nonce: str, customer_id: str | None) -> tuple[Payer | None, list[Wrong]]:
    try:
        return Payer(nonces.look(books, nonce), customer_id=customer_id), []
    except NonceError as error:
        if error.reason == nonces.NUMBER_INVALID:
            return None, [Wrong("transaction.credit_card", "number", "81715")]
        return None, [Wrong(_PATH, "payment_method_nonce", _OF_NONCE[error.reason])]


def _by_token(books: Books, token: str, customer_id: str | None) -> tuple[Payer | None, list[Wrong]]:
    method = books.methods.get(token)
    if method is None:
        return None, [Wrong(_PATH, "payment_method_token", "91518")]
    if customer_id not in (None, method.customer_id):
        return None, [Wrong(_PATH, "payment_method_token", "91516")]
    return Payer(method.instrument, token, method.customer_id), []
