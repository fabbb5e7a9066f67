"""What the SDK's searches ask for: texts, choices and ranges, each as a question about one thing.

A criterion that is not known is refused: to pass over it would find too much.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from solitude_sandbox.braintree.errors import InvalidError

T = TypeVar("T")

PAGE_SIZE = 50
_COMPARED: dict[str, Callable[[str, str], bool]] = {
    "is": lambda value, wanted: value == wanted,
    "is_not": lambda value, wanted: value != wanted,
    "starts_with": lambda value, wanted: value.startswith(wanted),
    "ends_with": lambda value, wanted: value.endswith(wanted),
    "contains": lambda value, wanted: wanted in value,
}


def unknown(name: str) -> InvalidError:
    """The simulator does not know it."""
    return InvalidError(message=f"The simulator cannot search by {name[:100]}.")


def text(name: str, wanted: Mapping[str, Any], value: Callable[[T], str | None]) -> Callable[[T], bool]:
    """Whether a text is what is wanted, or begins so, …"""
    if not wanted.keys() <= _COMPARED.keys():
        raise InvalidError(message=f"The simulator cannot compare {name} so.")
    pairs = [(_COMPARED[how], str(what or "")) for how, what in wanted.items()]
    return lambda each: all(compare(value(each) or "", what) for compare, what in pairs)


def one_of(wanted: list[Any], value: Callable[[T], str | None]) -> Callable[[T], bool]:
    """Whether it is among these."""
    chosen = {str(each) for each in wanted}
    return lambda each: value(each) in chosen


def between(
    name: str, limits: Mapping[str, Any], read: Callable[[Any], Any], value: Callable[[T], Any]
) -> Callable[[T], bool]:
    """From `min` to `max`, both included; or exactly `is`."""
    try:
        given = {key: read(limit) for key, limit in limits.items()}
    except (ValueError, InvalidOperation):
        raise InvalidError(message=f"{name} cannot be read.") from None
    low, high = given.get("min", given.get("is")), given.get("max", given.get("is"))

    def fits(each: T) -> bool:
        found = value(each)
        return found is not None and (low is None or low <= found) and (high is None or found <= high)

    return fits


def decimal(value: object) -> Decimal:
    """An amount; InvalidOperation if it is none."""
    return Decimal(str(value))


def time(value: object) -> datetime:
    """A time; ValueError if it is none."""
    if not isinstance(value, datetime):
        raise ValueError("no time")
    return value


def day(value: object) -> date:
    """A day, which the SDK may write as a time; ValueError if it is none."""
    return value.date() if isinstance(value, datetime) else date.fromisoformat(str(value))
