"""Heads of the chain that were kept outside of the database: what `solitude audit head` prints, and the lines of the CEF log."""

import json
import re
from collections.abc import Iterable, Mapping

# The head of each entry by its number.
Heads = Mapping[int, str]

# By the event's name between the bars of the head: those that come from outside are escaped there, as `=` is in what follows the head.
_IN_CEF = re.compile(
    r"(?<!\\)\|Seal \d{1,18}: [a-z]+ [a-z_]+\|\d+\|.*\bcs6Label=head cs6=(\d{1,18}) ([a-z0-9-]{1,16}:[0-9a-f]{64})"
)
_HEAD = re.compile(r"[a-z0-9-]{1,16}:[0-9a-f]{64}")


class NoHead(ValueError):
    """The text holds no head, or two of one number. The text says so."""


def read(lines: Iterable[str]) -> Heads:
    """The heads in a file of either kind. Other lines of a CEF log are left out. Raises NoHead."""
    heads: dict[int, str] = {}
    for line in lines:
        found = _of(line)
        if found is None:
            continue
        number, head = found
        if heads.setdefault(number, head) != head:
            raise NoHead(f"there are two heads of seal {number}")
    if not heads:
        raise NoHead("there is no head in it")
    return heads


def written(number: int, head: str, sealed_at: str) -> str:
    return json.dumps({"number": number, "head": head, "sealed_at": sealed_at})


def _of(line: str) -> tuple[int, str] | None:
    in_cef = _IN_CEF.search(line)
    if in_cef:
        return int(in_cef[1]), in_cef[2]
    if not line.lstrip().startswith("{"):
        return None
    try:
        told = json.loads(line)
    except ValueError:
        raise NoHead("a line is not the JSON of a head") from None
    number, head = told.get("number"), told.get("head")
    if type(number) is not int or not isinstance(head, str) or not _HEAD.fullmatch(head):
        raise NoHead("a line is not the JSON of a head")
    return number, head
