"""The gateway's XML: requests with underscored names, answers with dashed ones, values typed by an attribute.

Read as the official SDK writes it (braintree/util/generator.py), written as it reads (braintree/util/parser.py).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser
from xml.sax.saxutils import escape

from solitude_sandbox.clock import stamp
from solitude_sandbox.control import Json

CONTENT_TYPE = "application/xml; charset=utf-8"
DEPTH_LIMIT = 32
# What XML 1.0 cannot write at all, and that with what it writes in another way.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_UNUSUAL = re.compile(f"[&<>\r]|{_UNWRITABLE.pattern}")
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


class NotXmlError(ValueError):
    """It is none of the gateway's messages; the text is a sentence."""


@dataclass(frozen=True)
class Items:
    """A list as the gateway writes it: each value an element named `name`; `kind` is its type.

    In a `collection` other elements stand `beside` them.
    """

    name: str
    values: Iterable[Any]
    kind: str = "array"
    beside: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Symbol:
    """A name, which the gateway marks as such."""

    text: str


def read(body: bytes) -> Json:
    """The fields of a request under the name of its root, dashes as underscores; an empty body is no fields.

    Raises NotXmlError, also for a document type (nothing is expanded, nothing is fetched).
    """
    if not body.strip():
        return {}
    root = _parse(body)
    return {_name(root): _value(root, DEPTH_LIMIT)}


def write(name: str, value: Any) -> str:
    """A document whose root is `name`."""
    return _HEAD + _written(name, value)


def _written(name: str, value: Any) -> str:
    tag = name.replace("_", "-")
    match value:
        case str() | Decimal():
            return f"<{tag}>{_text(str(value))}</{tag}>"
        case None:
            return f'<{tag} nil="true"/>'
        case bool():
            return _typed(tag, "boolean", str(value).lower())
        case int():
            return _typed(tag, "integer", str(value))
        case Symbol():
            return _typed(tag, "symbol", _text(value.text))
        case datetime():
            return _typed(tag, "datetime", stamp(value))
        case date():
            return _typed(tag, "date", value.isoformat())
        case Items():
            beside = [_written(key, each) for key, each in value.beside.items()]
            return _typed(tag, value.kind, "".join(beside + [_written(value.name, each) for each in value.values]))
        case Mapping():
            return f"<{tag}>{''.join(_written(key, each) for key, each in value.items())}</{tag}>"
        case _:
            raise TypeError(f"XML cannot hold {type(value).__name__}")


def _typed(tag: str, kind: str, content: str) -> str:
    return f'<{tag} type="{kind}">{content}</{tag}>'


def _text(value: str) -> str:
    """As it stands between tags; what XML 1.0 cannot write at all is a question mark."""
    if not _UNUSUAL.search(value):
        return value
    return escape(_UNWRITABLE.sub("?", value), {"\r": "&#13;"})


class _Builder(TreeBuilder):
    """Builds the tree; a message with a document type is none."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:  # noqa: ARG002 - the parser's signature
        """The parser calls this before it reads any entity."""
        raise NotXmlError("A document type is not allowed.")


def _parse(body: bytes) -> Element:
    parser = XMLParser(target=_Builder())  # noqa: S314 - document types are refused, and with them all entities
    try:
        parser.feed(body)
        root = parser.close()
    except (ParseError, LookupError, ValueError) as error:
        if isinstance(error, NotXmlError):
            raise
        raise NotXmlError("The body is not XML.") from None
    assert isinstance(root, Element)  # noqa: S101 - a TreeBuilder closes with the root
    return root


def _name(element: Element) -> str:
    return element.tag.replace("-", "_")


def _value(element: Element, depth: int) -> Any:
    if not depth:
        raise NotXmlError("The body is nested too deeply.")
    if element.get("type") == "array":
        return [_value(each, depth - 1) for each in element]
    if len(element):
        return {_name(each): _value(each, depth - 1) for each in element}
    text = element.text or ""
    if not text or element.get("nil") == "true":
        return None
    return _as(element.get("type", ""), text)


def _as(kind: str, text: str) -> Any:
    """The text as what its type says it is."""
    try:
        if kind == "integer":
            return int(text[:20])
        if kind == "datetime":
            time = datetime.fromisoformat(text)
            return time if time.tzinfo is not None else time.replace(tzinfo=UTC)
    except ValueError:
        raise NotXmlError(f"A value is no {kind}.") from None
    return text in ("true", "1") if kind == "boolean" else text
