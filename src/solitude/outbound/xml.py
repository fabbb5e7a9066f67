"""XML that somebody else wrote: read within limits, and never with a document type.

A document type is where entities come from, those that grow into gigabytes and those that name files of ours. No provider
has any use for one (SOAP 1.1 forbids it), so a document that begins one is refused there, before anything of it is expanded.
"""

import json
from typing import Any
from xml.etree import ElementTree

DOCUMENT_MAX_BYTES = 1024 * 1024
ELEMENTS_MAX = 10_000
DEPTH_MAX = 64
# What XML 1.0 cannot hold, escaped or not (section 2.2).
_FORBIDDEN = {*range(0x20), 0xFFFE, 0xFFFF, *range(0xD800, 0xE000)} - {0x9, 0xA, 0xD}


class NotXml(ValueError):
    """It is no XML that we read; the text says in one word why, and holds nothing of it."""


class _Builder(ElementTree.TreeBuilder):
    """Builds the tree while it is within the limits."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = self._count = 0

    def start(self, tag: Any, attrs: Any, /) -> Any:
        self._depth += 1
        self._count += 1
        if self._depth > DEPTH_MAX or self._count > ELEMENTS_MAX:
            raise NotXml("too_much")
        return super().start(tag, attrs)

    def end(self, tag: Any, /) -> Any:
        self._depth -= 1
        return super().end(tag)

    def doctype(self, *_: Any) -> None:
        raise NotXml("document_type")


def parse(document: bytes | str) -> ElementTree.Element:
    """The root of the document. Of a text, whatever encoding it says it has is void. Raises NotXml."""
    text = document.removeprefix("\ufeff") if isinstance(document, str) else None
    try:
        data = document if isinstance(document, bytes) else text.encode() if text is not None else b""
    except UnicodeEncodeError:
        raise NotXml("encoding") from None
    if len(data) > DOCUMENT_MAX_BYTES:
        raise NotXml("too_much")
    # Without a loader for entities, and with document types refused, there is nothing here that reaches outside or grows.
    parser = ElementTree.XMLParser(target=_Builder(), encoding=None if text is None else "utf-8")  # noqa: S314
    try:
        parser.feed(data)
        root = parser.close()
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        if isinstance(error, NotXml):
            raise
        raise NotXml("torn") from None
    return root


def as_json(document: bytes) -> bytes:
    """Its elements by name, which `outbound.record` can judge name by name; what is no XML stays as it is, and a digest of it is kept."""
    try:
        root = parse(document)
    except NotXml:
        return document
    return json.dumps({local(root.tag): _tree(root)}).encode()


def _tree(element: ElementTree.Element) -> Any:
    if not len(element):
        return element.text or ""
    tree: dict[str, Any] = {}
    for child in element:
        name, value = local(child.tag), _tree(child)
        if name not in tree:
            tree[name] = value
        elif isinstance(tree[name], list):
            tree[name].append(value)
        else:
            tree[name] = [tree[name], value]
    return tree


def local(tag: str) -> str:
    """The name of an element without its namespace."""
    return tag.rpartition("}")[2]


def is_writable(text: str) -> bool:
    """Whether XML can hold this text."""
    return not any(ord(character) in _FORBIDDEN for character in text)
