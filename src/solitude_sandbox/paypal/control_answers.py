"""What all routes of the control API share: JSON objects in, JSON or a sentence out."""

import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any

from werkzeug.wrappers import Request, Response

from solitude_sandbox.paypal.api import json_response
from solitude_sandbox.paypal.approval import NotOpenError
from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.call import Call, looking
from solitude_sandbox.paypal.captures import Capture
from solitude_sandbox.paypal.errors import ApiError
from solitude_sandbox.paypal.money import Money
from solitude_sandbox.paypal.reading import Reader

Json = dict[str, Any]


def tried(act: Callable[[], tuple[Json, int]]) -> Response:
    """The answer, or 400 (or 404, 410) with the sentence of what was wrong."""
    try:
        return json_response(*act())
    except NotOpenError as error:
        return json_response({"error": error.sentence}, error.status)
    except ValueError as error:
        return json_response({"error": str(error)}, 400)


def body_of(request: Request) -> Json:
    """The body, which must be a JSON object; none counts as an empty one."""
    try:
        body = json.loads(request.get_data() or b"{}")
    except RecursionError:
        raise ValueError("The body is nested too deeply.") from None
    if not isinstance(body, dict):
        raise ValueError("The body must be a JSON object.")
    return body


def whole(value: object, name: str, *, least: int = 0, most: int) -> int:
    """A whole number in its range, also as text (of a query); ValueError with a sentence otherwise."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= len(str(most)):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError(f"{name} must be a whole number from {least} to {most}.")
    return value


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


def base_of(request: Request) -> str:
    """Where the client reaches the simulator."""
    return request.root_url.rstrip("/")


def look(books: Books, base: str) -> Call:
    """A look at the books as they are now, with everything done that was due. The books' lock is held."""
    now = books.clock.now()
    books.catch_up(base, now)
    return looking(base, now)
