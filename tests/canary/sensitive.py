"""Which fields of requests hold what must not be seen, by their own declaration; and whether a text shows a value."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.support import described
from tests.support.described import JSON, Operation

# What is shorter is a PIN, or stands in many a text by chance.
LEAST_CHARS = 6
PIN_CHARS = 4
# What an answer shows, by contract, under the name of the field itself.
SHOWN_BY_CONTRACT = {
    "email": "the marketplace reads its buyers' and sellers' addresses back",
    "secret": "the marketplace signs in-app payments with its products' secrets",
    "pin_token": "this is where the token is told",
    "data": "the answer to an IPN has it as it was sent",
    "receiver.email": "the name under which the reference interface shows it",
}

Planted = Mapping[str, str]
Finds = list[tuple[str, str]]


def names(operation: Operation) -> set[str]:
    """The sensitive fields of the operation's body."""
    if "requestBody" not in operation.said:
        return set()
    body = described.followed(operation.said["requestBody"])
    return set(_marked(body["content"][JSON]["schema"]))


def _marked(schema: Mapping[str, Any]) -> Iterator[str]:
    schema = described.followed(schema)
    for part in ("anyOf", "oneOf", "allOf"):
        for one in schema.get(part, ()):
            yield from _marked(one)
    for name, said in schema.get("properties", {}).items():
        if said.get("x-sensitive"):
            yield name


def values(body: Any, named: set[str]) -> Iterator[str]:
    """The values of these fields, wherever they stand in a body."""
    match body:
        case dict():
            for name, value in body.items():
                if name in named and isinstance(value, str | int) and not isinstance(value, bool) and value != "":
                    yield str(value)
                else:
                    yield from values(value, named)
        case list():
            for value in body:
                yield from values(value, named)


def without(body: Any, named: set[str]) -> Any:
    """A body without what stands under these names: an answer may show a field by its own name."""
    match body:
        case dict():
            return {name: without(value, named) for name, value in body.items() if name not in named}
        case list():
            return [without(value, named) for value in body]
    return body


def shows(text: str, value: str) -> bool:
    """Whether the value stands in the text; a PIN must stand there by itself: four digits are in many a number."""
    if len(value) >= LEAST_CHARS:
        return value in text
    return re.search(rf"(?<![^\s\"'=:,({{\[]){re.escape(value)}(?![^\s\"',)}}\]&])", text) is not None


def finds(sink: str, text: str, planted: Planted) -> Finds:
    """Which planted values a sink shows: the sink, and where the value had been put."""
    return sorted({(sink, where) for value, where in planted.items() if shows(text, value)})
