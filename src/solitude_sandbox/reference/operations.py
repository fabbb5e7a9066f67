"""The API's operations, by the names under which faults know them."""

from collections.abc import Callable
from dataclasses import dataclass

from solitude_sandbox.reference import products, sellers, transactions
from solitude_sandbox.reference.books import Books
from solitude_sandbox.reference.call import Answer, Call
from solitude_sandbox.reference.errors import invalid


@dataclass(frozen=True)
class Operation:
    """`act` runs with the books' lock held. An `open` one asks nobody who he is."""

    name: str
    method: str
    path: str
    act: Callable[[Books, Call], Answer]
    open: bool = False


def verify_notice(books: Books, call: Call) -> Answer:
    """POST /notices: whether a signed query is genuine."""
    signed = call.form.get("qs")
    if not isinstance(signed, str) or not signed:
        raise invalid({"qs": "qs is required."})
    reason = books.keys.verdict(signed)
    return Answer(200, {"result": "FAIL" if reason else "OK", "reason": reason})


def say_ok(_books: Books, _call: Call) -> Answer:
    """GET /status, and GET /users/reset, which only the browser's pages would have something to forget for."""
    return Answer(200, {"result": "OK"})


OPERATIONS = (
    Operation("list_sellers", "GET", "/sellers", sellers.list_sellers),
    Operation("create_seller", "POST", "/sellers", sellers.create_seller),
    Operation("get_seller", "GET", "/sellers/<name>", sellers.get_seller),
    Operation("update_seller", "PUT", "/sellers/<name>", sellers.update_seller),
    Operation("delete_seller", "DELETE", "/sellers/<name>", sellers.delete_seller),
    Operation("list_products", "GET", "/products", products.list_products),
    Operation("create_product", "POST", "/products", products.create_product),
    Operation("get_product", "GET", "/products/<name>", products.get_product),
    Operation("get_terms", "GET", "/terms/<name>", sellers.get_terms),
    Operation("create_transaction", "POST", "/transactions", transactions.create_transaction),
    Operation("verify_notice", "POST", "/notices", verify_notice),
    Operation("status", "GET", "/status", say_ok, open=True),
    Operation("reset_users", "GET", "/users/reset", say_ok, open=True),
)
NAMES = frozenset(operation.name for operation in OPERATIONS)
