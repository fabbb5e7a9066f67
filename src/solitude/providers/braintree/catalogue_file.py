"""A catalogue as a file: sellers, and what each of them sells, in TOML.

    [sellers.mozilla-concrete]
    kind = "products"

    [sellers.mozilla-concrete.products.brick]
    amount = "10.00"
    recurrence = "monthly"

The product is called `mozilla-concrete-brick` at Braintree and here. Everything in the file is checked before anything is written.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from solitude.providers.braintree import catalogue
from solitude.providers.braintree.models import DESCRIPTION_MAX_CHARS, ProductBraintree

FILE_MAX_BYTES: Final = 1024 * 1024
PRODUCTS_MAX: Final = 5000
# So long that the name of a product fits wherever it goes: the id of a plan at Braintree.
ID_MAX_CHARS: Final = 100
_ID = re.compile(rf"[A-Za-z0-9_-]{{1,{ID_MAX_CHARS}}}", re.ASCII)
_SELLER, _PRODUCT = ("kind", "products"), ("amount", "currency", "recurrence", "description", "active")


class Unreadable(Exception):
    """The file is not there, or no TOML; the text says so."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, and where."""

    seller: str
    product: str
    field: str
    says: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.seller, self.product, self.field, self.says) if part)


@dataclass(frozen=True, slots=True)
class Entry:
    """A product of the file. `columns` are those of its row in the catalogue."""

    seller: str
    product: str
    columns: Mapping[str, Any]

    @property
    def key(self) -> str:
        return f"{self.seller}-{self.product}"


@dataclass(slots=True)
class Read:
    """What the file says, and all that is wrong with it."""

    entries: list[Entry] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, seller: str, product: str, name: str, says: str) -> None:
        self.problems.append(Problem(seller, product, name, says))


def read(path: Path) -> Read:
    """Raises Unreadable."""
    found, sellers = Read(), _parsed(path)
    if not isinstance(sellers.get("sellers"), dict) or len(sellers) > 1:
        raise Unreadable("it must have sellers, and nothing else")
    for seller, given in sellers["sellers"].items():
        _read_seller(found, seller, given)
    if len(found.entries) > PRODUCTS_MAX:
        raise Unreadable(f"it has more than {PRODUCTS_MAX} products")
    named = Counter(entry.key for entry in found.entries)
    for entry in found.entries:
        if named[entry.key] > 1:
            found.wrong(entry.seller, entry.product, "", f"another product is called {entry.key} as well")
    return found


def _parsed(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            text = file.read(FILE_MAX_BYTES + 1)
    except OSError as error:
        raise Unreadable(error.strerror or "it cannot be opened") from None
    if len(text) > FILE_MAX_BYTES:
        raise Unreadable(f"it has more than {FILE_MAX_BYTES} bytes")
    try:
        # Amounts are never rounded: what has a decimal point is a decimal.
        return tomllib.loads(text.decode(), parse_float=Decimal)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Unreadable(f"it is no TOML: {error}") from None


def _read_seller(found: Read, seller: str, given: Any) -> None:
    if not _ID.fullmatch(seller):
        found.wrong(seller[:ID_MAX_CHARS], "", "", f"a seller's name has 1 to {ID_MAX_CHARS} letters, digits, - and _")
    if not isinstance(given, dict) or not isinstance(given.get("products", {}), dict):
        found.wrong(seller, "", "products", "must be a table of products")
        return
    for name in given.keys() - _SELLER:
        found.wrong(seller, "", name, "is not known")
    kind = given.get("kind", ProductBraintree.Kind.PRODUCTS.value)
    if kind not in catalogue.KINDS:
        found.wrong(seller, "", "kind", f"must be {' or '.join(catalogue.KINDS)}")
    for product, told in given.get("products", {}).items():
        _read_product(found, seller, product, told, kind)


def _read_product(found: Read, seller: str, product: str, told: Any, kind: Any) -> None:
    if not _ID.fullmatch(product):
        says = f"a product's name has 1 to {ID_MAX_CHARS} letters, digits, - and _"
        found.wrong(seller, product[:ID_MAX_CHARS], "", says)
    if not isinstance(told, dict):
        found.wrong(seller, product, "", "must be a table")
        return
    for name in told.keys() - _PRODUCT:
        found.wrong(seller, product, name, "is not known")
    columns: dict[str, Any] = {"kind": kind}
    currency = told.get("currency", "USD")
    readers: dict[str, Callable[[], Any]] = {
        "currency": lambda: catalogue.currency(currency),
        "amount": lambda: _amount(told.get("amount"), currency),
        "recurrence": lambda: _recurrence(told.get("recurrence")),
        "description": lambda: _description(told.get("description", "")),
        "active": lambda: _flag(told.get("active", True)),
    }
    for name, reader in readers.items():
        try:
            columns[name] = reader()
        except ValueError as error:
            found.wrong(seller, product, name, str(error))
    found.entries.append(Entry(seller, product, columns))


def _amount(value: Any, currency: Any) -> Decimal | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError("must be a decimal number")
    # What is wrong with the currency is told of that.
    return catalogue.amount(value, currency) if catalogue.is_known(currency) else None


def _recurrence(value: Any) -> str:
    if value is not None and value not in catalogue.RECURRENCES:
        raise ValueError(f"must be {' or '.join(catalogue.RECURRENCES)}, or left out")
    return value or ""


def _description(value: Any) -> str:
    if not isinstance(value, str) or len(value) > DESCRIPTION_MAX_CHARS or "\x00" in value:
        raise ValueError(f"must be a text of at most {DESCRIPTION_MAX_CHARS} characters")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value
