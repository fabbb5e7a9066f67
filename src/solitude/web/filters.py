"""Filters of lists: strict, so that a misspelt one never lists everything, and exact.

An empty value is no filter, and the last of several counts. A value that no row could have, such as a text for a number, is 400;
one that merely no row has finds nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from solitude.web.refusals import Refused

PK_MOST = 2**63 - 1
FLAGS = {"true": True, "false": False}
DIGITS = {"1": True, "0": False}


@dataclass(frozen=True, slots=True)
class Filter:
    """A query parameter: what it asks for, in words and as JSON schema, and the condition for a value.

    `condition` raises ValueError with the end of a sentence that begins with the parameter's name.
    """

    meaning: str
    schema: Mapping[str, Any]
    condition: Callable[[str], Q]


Filters = Mapping[str, Filter]


def text(column: str, meaning: str) -> Filter:
    return Filter(meaning, {"type": "string"}, lambda value: Q(**{column: value}))


def flag(column: str, meaning: str, *, digits: bool = False) -> Filter:
    """True or false, in any case. `digits`: 1 and 0 are taken too, where clients know them."""
    taken = FLAGS | DIGITS if digits else FLAGS

    def condition(value: str) -> Q:
        if value.lower() not in taken:
            raise ValueError("must be true or false")
        return Q(**{column: taken[value.lower()]})

    ways = "`true`, `False`, `1`" if digits else "`true`, `False`"
    return Filter(f"{meaning} In any case: {ways}.", {"type": "string", "pattern": _pattern(taken)}, condition)


def _pattern(words: Iterable[str]) -> str:
    """Of these words in any case, as every reader of JSON schemas understands it."""
    return "^(" + "|".join("".join(_either(letter) for letter in word) for word in words) + ")?$"


def _either(letter: str) -> str:
    return f"[{letter.upper()}{letter}]" if letter.isalpha() else letter


def number(column: str, meaning: str) -> Filter:
    """A whole number, such as a primary key."""

    def condition(value: str) -> Q:
        if not value.isascii() or not value.isdigit() or len(value) > 19 or int(value) > PK_MOST:
            raise ValueError("must be a whole number")
        return Q(**{column: int(value)})

    return Filter(meaning, {"type": "integer", "minimum": 0, "maximum": PK_MOST}, condition)


def wanted(given: Mapping[str, str], filters: Filters) -> Q:
    """The condition that the request's filters come to. Raises Refused (400), which names the parameter."""
    found = Q()
    for name, one in filters.items():
        value = given.get(name, "")
        if "\x00" in value:
            raise Refused(400, {"detail": f"{name} must not contain a NUL character."})
        if value:
            try:
                found &= one.condition(value)
            except ValueError as error:
                raise Refused(400, {"detail": f"{name} {error}."}) from None
    return found
