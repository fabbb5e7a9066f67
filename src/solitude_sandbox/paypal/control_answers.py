"""What all routes of PayPal's control API share."""

import contextlib
from collections.abc import Iterator

from solitude_sandbox.control import Json
from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.call import Call, looking
from solitude_sandbox.paypal.captures import Capture
from solitude_sandbox.paypal.errors import ApiError
from solitude_sandbox.paypal.money import Money
from solitude_sandbox.paypal.reading import Reader


def amount_of(body: Json, capture: Capture) -> Money | None:
    """`amount` is a plain text such as "1.00", in the capture's currency; at most the capture's amount."""
    if body.get("amount") is None:
        return None
    reader = Reader()
    amount = reader.money({"amount": {"currency_code": capture.amount.currency, "value": body["amount"]}}, "amount", "")
    try:
        reader.check()
    except ApiError:
        amount = None
    if amount is None or amount.value > capture.amount.value:
        raise ValueError(f'amount must be a text such as "1.00", at most {capture.amount.value}.')
    return amount


@contextlib.contextmanager
def refused() -> Iterator[None]:
    """What PayPal's API would refuse is a ValueError with the issue that it would name."""
    try:
        yield
    except ApiError as error:
        raise ValueError(f"PayPal would refuse: {error.problems[0].issue}.") from None


def look(books: Books, base: str) -> Call:
    """A look at the books as they are now, with everything done that was due. The books' lock is held."""
    now = books.clock.now()
    books.catch_up(base, now)
    return looking(base, now)
