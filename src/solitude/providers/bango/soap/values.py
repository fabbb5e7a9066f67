"""Between Python's values and those of a SOAP message."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from solitude.outbound.xml import is_writable

# What the items of a list are called.
_ITEMS = {"typeFilter": "string", "priceList": "Price", "configurationOptions": "BillingConfigurationOption"}
_PAIR = ("configurationOptionName", "configurationOptionValue")
# `int` of XML Schema; every other number of Bango's is a `long`.
_INTS = frozenset({"packageId", "personId", "categoryId"})
# How Bango's language writes that there is no time.
_NO_TIME_YEAR = 1


def written(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as a message is made of them; those that are None are left out."""
    return {name: _written(name, value) for name, value in fields.items() if value is not None}


def unwritable(fields: Mapping[str, Any]) -> list[str]:
    """The names of those that no message can hold: texts with control characters, and numbers that are too large."""
    return [name for name, value in fields.items() if not _is_writable(name, value)]


def read(value: Any) -> Any:
    """A value as zeep read it: times are aware, objects are dictionaries. Raises ValueError or OverflowError for one that is none."""
    match value:
        case datetime():
            return _time(value)
        case Decimal() if not value.is_finite():
            raise ValueError("not a finite number")
        case None | bool() | int() | str() | Decimal():
            return value
    return {name: read(getattr(value, name)) for name, _ in value._xsd_type.elements}


def _written(name: str, value: Any) -> Any:
    match value:
        case Decimal():
            # zeep would write an exponent, which a `decimal` of XML Schema must not have.
            return f"{value:f}"
        case Mapping():
            return written(value)
        case tuple() if name == "configurationOptions":
            return dict(zip(_PAIR, map(str, value), strict=True))
        case str() | bool() | int():
            return value
        case Sequence():
            return {_ITEMS[name]: [_written(name, item) for item in value]}
    raise TypeError(f"{name} is of a type that no message of Bango's has")


def _is_writable(name: str, value: Any) -> bool:
    match value:
        case str():
            return is_writable(value)
        case bool():
            return True
        case int():
            return value.bit_length() <= (31 if name in _INTS else 63)
        case Mapping():
            return not unwritable(value)
        case Sequence():
            return all(_is_writable(name, item) for item in value)
    return True


def _time(value: datetime) -> datetime | None:
    """Aware; a time that names no zone is UTC."""
    if value.year == _NO_TIME_YEAR:
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
