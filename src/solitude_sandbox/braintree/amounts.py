"""Amounts as requests write them: two digits after the point at most, more than nothing, and not everything there is."""

import re
from decimal import Decimal

from solitude_sandbox.braintree.errors import Wrong
from solitude_sandbox.braintree.transactions import CENT

LIMIT = Decimal("9999999.99")
FORMAT = re.compile(r"\d{1,12}(\.\d{1,2})?", re.ASCII)
_NEGATIVE = re.compile(r"-\d{1,12}(\.\d{1,2})?", re.ASCII)


def read(value: str | None, path: str = "transaction") -> tuple[Decimal, list[Wrong]]:
    """The amount with two digits, and what is wrong with it; `path` is the object that has it."""
    code = _wrong(value)
    if code or value is None:
        return Decimal(0), [Wrong(path, "amount", code)]
    return Decimal(value).quantize(CENT), []


def _wrong(value: str | None) -> str:
    if value is None:
        return "81502"
    if _NEGATIVE.fullmatch(value):
        return "81501"
    if not FORMAT.fullmatch(value):
        return "81503"
    if not Decimal(value):
        return "81531"
    return "81528" if Decimal(value) > LIMIT else ""
