"""Reading of a classic request's fields: the first that is wrong is refused, in PayPal's words."""

import re
from datetime import date
from decimal import Decimal

from solitude_sandbox.addresses import is_email, is_web_url
from solitude_sandbox.paypal.classic import errors
from solitude_sandbox.paypal.classic.errors import ClassicError
from solitude_sandbox.paypal.money import CURRENCIES, MAX_VALUE, Money, digits

AMOUNT = re.compile(r"[0-9]{1,15}([.][0-9]{1,10})?", re.ASCII)
# xs:dateTime, of which the time of day means nothing here: 2012-08-07, 2012-08-07Z, 2012-08-07T08:00:00.000-07:00.
DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(T[0-9:.]{1,20})?(Z|[+-][0-9]{2}:[0-9]{2})?", re.ASCII)
TEXT_LENGTH = 1_024
ITEMS_LIMIT = 100


class Fields:
    """The pairs of a request, or those below one of its keys. An empty value counts as none."""

    def __init__(self, pairs: dict[str, str], at: str = "") -> None:
        self._pairs = pairs
        self._at = at

    def text(self, name: str, *, most: int = TEXT_LENGTH) -> str | None:
        """A text of at most so many characters, or None."""
        value = self._pairs.get(self._at + name) or None
        if value is not None and (len(value) > most or not value.isprintable()):
            raise self.wrong(name)
        return value

    def required(self, name: str, *, most: int = TEXT_LENGTH) -> str:
        """A text that must be there."""
        value = self.text(name, most=most)
        if value is None:
            raise self.missing(name)
        return value

    def choice(self, name: str, choices: tuple[str, ...], default: str) -> str:
        """One of `choices`."""
        value = self.text(name) or default
        if value not in choices:
            raise self.wrong(name)
        return value

    def flag(self, name: str) -> bool:
        """`true` or `false`; false without one."""
        return self.choice(name, ("true", "false"), "false") == "true"

    def whole(self, name: str, *, most: int) -> int | None:
        """A whole number from 1 to `most`, or None."""
        value = self.text(name)
        if value is None:
            return None
        if not (value.isascii() and value.isdigit() and len(value) <= len(str(most)) and 1 <= int(value) <= most):
            raise self.wrong(name)
        return int(value)

    def currency(self, name: str = "currencyCode") -> str:
        """The code of a currency that PayPal has."""
        value = self.required(name)
        if value not in CURRENCIES:
            raise self.wrong(name)
        return value

    def amount(self, name: str, currency: str) -> Money | None:
        """A positive amount with no more digits than the currency has, or None."""
        value = self.text(name)
        if value is None:
            return None
        if not AMOUNT.fullmatch(value) or not 0 < Decimal(value) <= MAX_VALUE:
            raise self.wrong(name)
        if len(value.partition(".")[2]) > digits(currency):
            raise ClassicError(errors.ROUNDED_AMOUNT, self._at + name)
        return Money(currency, Decimal(value))

    def url(self, name: str) -> str | None:
        """An absolute http(s) URL, or None."""
        value = self.text(name)
        if value is not None and not is_web_url(value):
            raise ClassicError(errors.MALFORMED_URL, value)
        return value

    def required_url(self, name: str) -> str:
        """An absolute http(s) URL that must be there."""
        value = self.url(name)
        if value is None:
            raise self.missing(name)
        return value

    def email(self, name: str) -> str | None:
        """An e-mail address in lower case, or None."""
        value = self.text(name)
        if value is not None and not is_email(value):
            raise ClassicError(errors.UNKNOWN_EMAIL, value)
        return value.lower() if value else None

    def day(self, name: str) -> date | None:
        """A date, or None."""
        value = self.text(name)
        if value is None:
            return None
        found = DATE.fullmatch(value)
        try:
            return date.fromisoformat(found[1] if found else value)
        except ValueError:
            raise self.wrong(name) from None

    def texts(self, name: str) -> list[str]:
        """`name(0)`, `name(1)`, … as long as there are some."""
        found: list[str] = []
        while len(found) < ITEMS_LIMIT and (value := self.text(f"{name}({len(found)})")) is not None:
            found.append(value)
        return found

    def items(self, name: str) -> list["Fields"]:
        """What is below `name(0)`, `name(1)`, … as long as there is something."""
        found: list[Fields] = []
        while len(found) < ITEMS_LIMIT and self._has(at := f"{self._at}{name}({len(found)})."):
            found.append(Fields(self._pairs, at))
        return found

    def wrong(self, name: str) -> ClassicError:
        """The field makes no sense."""
        return ClassicError(errors.INVALID_PARAMETER, self._at + name)

    def missing(self, name: str) -> ClassicError:
        """The field must be there."""
        return ClassicError(errors.MISSING_PARAMETER, self._at + name)

    def _has(self, at: str) -> bool:
        return any(key.startswith(at) for key in self._pairs)
