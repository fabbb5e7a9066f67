"""Reading of request bodies: collects what is wrong with them, in PayPal's words, before anything is done.

Malformed input (400) is reported before business rules (422), each with all its problems, as PayPal does.
"""

import re
from decimal import Decimal
from typing import Any

from solitude_sandbox.addresses import EMAIL_LENGTH, is_email, is_web_url
from solitude_sandbox.paypal.errors import ApiError, Problem
from solitude_sandbox.paypal.money import CURRENCIES, MAX_VALUE, NO_DECIMALS, Money, digits

Json = dict[str, Any]

# Pattern and length of `money.value` in PayPal's OpenAPI files.
AMOUNT = re.compile(r"(-?[0-9]+)|(-?([0-9]+)?[.][0-9]+)", re.ASCII)
AMOUNT_LENGTH = 32
URL_LENGTH = 4000
SHOWN_VALUE_LENGTH = 100


class Reader:
    """Reads fields of one request body and collects the problems; `check()` raises them.

    `no_decimals_issue` is what the API calls decimals in a currency without any: Orders and Payments differ.
    """

    def __init__(self, no_decimals_issue: str = "DECIMAL_PRECISION") -> None:
        self._no_decimals_issue = no_decimals_issue
        self._malformed: list[Problem] = []
        self._unlawful: list[Problem] = []

    def malformed(self, issue: str, field: str, value: object = "") -> None:
        """Note a problem of form (400)."""
        self._malformed.append(Problem(issue, field, _shown(value)))

    def unlawful(self, issue: str, field: str, value: object = "") -> None:
        """Note a problem of substance (mostly 422)."""
        self._unlawful.append(Problem(issue, field, _shown(value)))

    def check(self) -> None:
        """Raise `ApiError` if anything was noted so far."""
        if self._malformed or self._unlawful:
            raise ApiError(*(self._malformed or self._unlawful))

    def object(self, source: Json, key: str, at: str, *, required: bool = False) -> Json | None:
        """A JSON object, or None."""
        value = self._present(source, key, at, required=required)
        if value is None or isinstance(value, dict):
            return value
        self.malformed("INVALID_PARAMETER_SYNTAX", f"{at}/{key}")
        return None

    def items(
        self, source: Json, key: str, at: str, *, most: int, least: int = 0, required: bool = False
    ) -> list[Json]:
        """A list of JSON objects with at least `least` and at most `most` of them."""
        value = self._present(source, key, at, required=required)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.malformed("INVALID_PARAMETER_SYNTAX", f"{at}/{key}")
            return []
        if len(value) < least:
            self.malformed("INVALID_ARRAY_MIN_ITEMS", f"{at}/{key}")
        if len(value) > most:
            self.malformed("INVALID_ARRAY_MAX_ITEMS", f"{at}/{key}")
        return value[:most]

    def text(self, source: Json, key: str, at: str, *, most: int, required: bool = False) -> str | None:
        """A string of 1 to `most` characters, or None."""
        value = self._present(source, key, at, required=required)
        if value is None:
            return None
        if not isinstance(value, str) or not _is_text(value):
            self.malformed("INVALID_PARAMETER_SYNTAX", f"{at}/{key}")
            return None
        if not 1 <= len(value) <= most:
            self.malformed("INVALID_STRING_LENGTH", f"{at}/{key}", value)
            return None
        return value

    def choice(
        self, source: Json, key: str, at: str, choices: tuple[str, ...], *, required: bool = False
    ) -> str | None:
        """One of `choices`, or None."""
        value = self.text(source, key, at, most=255, required=required)
        if value is not None and value not in choices:
            self.malformed("INVALID_PARAMETER_VALUE", f"{at}/{key}", value)
            return None
        return value

    def url(self, source: Json, key: str, at: str) -> str | None:
        """An absolute http(s) URL, or None."""
        value = self.text(source, key, at, most=URL_LENGTH)
        if value is not None and not is_web_url(value):
            self.malformed("INVALID_PARAMETER_SYNTAX", f"{at}/{key}", value)
            return None
        return value

    def email(self, source: Json, key: str, at: str) -> str | None:
        """An e-mail address in lower case, or None."""
        value = self.text(source, key, at, most=EMAIL_LENGTH)
        if value is not None and not is_email(value):
            self.malformed("INVALID_PARAMETER_SYNTAX", f"{at}/{key}", value)
            return None
        return value.lower() if value else None

    def money(self, source: Json, key: str, at: str, *, required: bool = False, zero: bool = False) -> Money | None:
        """A money object: positive, or also zero if `zero`. None if absent or wrong."""
        found = self.object(source, key, at, required=required)
        if found is None:
            return None
        at = f"{at}/{key}"
        currency = self.text(found, "currency_code", at, most=3, required=True)
        value = self._amount(found, at)
        if currency is None or value is None:
            return None
        if currency not in CURRENCIES:
            self.unlawful("INVALID_CURRENCY_CODE", f"{at}/currency_code", currency)
            return None
        issue = self._flaw(value, currency, zero=zero)
        if issue is not None:
            self.unlawful(issue, f"{at}/value", value)
            return None
        return Money(currency, Decimal(value))

    def _amount(self, found: Json, at: str) -> str | None:
        value = self.text(found, "value", at, most=AMOUNT_LENGTH, required=True)
        if value is not None and not AMOUNT.fullmatch(value):
            self.malformed("INVALID_PARAMETER_SYNTAX", f"{at}/value", value)
            return None
        return value

    def _flaw(self, value: str, currency: str, *, zero: bool) -> str | None:
        _, point, decimals = value.partition(".")
        amount = Decimal(value)
        if amount < 0 and zero:
            return "CANNOT_BE_NEGATIVE"
        if amount <= 0 and not zero:
            return "CANNOT_BE_ZERO_OR_NEGATIVE"
        if point and currency in NO_DECIMALS:
            return self._no_decimals_issue
        if len(decimals) > digits(currency):
            return "DECIMAL_PRECISION"
        return "MAX_VALUE_EXCEEDED" if amount > MAX_VALUE else None

    def _present(self, source: Json, key: str, at: str, *, required: bool) -> Any:
        value = source.get(key)
        if value is None and required:
            self.malformed("MISSING_REQUIRED_PARAMETER", f"{at}/{key}")
        return value


def _is_text(value: str) -> bool:
    """False for half a surrogate pair, which JSON can write and UTF-8 cannot."""
    return not any("\ud800" <= character <= "\udfff" for character in value)


def _shown(value: object) -> str:
    return value[:SHOWN_VALUE_LENGTH] if isinstance(value, str) else ""
