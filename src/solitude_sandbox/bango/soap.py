"""SOAP 1.1 messages: reading what came, writing what goes."""

from collections.abc import Iterable
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser
from xml.sax.saxutils import escape

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
CONTENT_TYPE = "text/xml; charset=utf-8"
CLIENT, SERVER, MUST_UNDERSTAND = "Client", "Server", "MustUnderstand"

_ENVELOPE = (
    '<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="{}"><soap:Body>{}</soap:Body></soap:Envelope>'
)
_FAULT = "<soap:Fault><faultcode>soap:{}</faultcode><faultstring>{}</faultstring></soap:Fault>"


class SoapFault(Exception):
    """The message could not be read or served at all; `code` is SOAP's word for whose fault it is."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


def read(body: bytes, understood: Iterable[str] = ()) -> Element:
    """What stands in the message's Body: one element. `understood` are the headers that may demand to be.

    SoapFault if it is no SOAP 1.1 message, or one with a document type (nothing is expanded, nothing is fetched).
    """
    envelope = _parse(body)
    if envelope.tag != f"{{{ENVELOPE}}}Envelope":
        raise SoapFault(CLIENT, "The root of the message is not a SOAP 1.1 Envelope.")
    parts = list(envelope)
    if parts and parts[0].tag == f"{{{ENVELOPE}}}Header":
        _check_headers(parts.pop(0), frozenset(understood))
    if len(parts) != 1 or parts[0].tag != f"{{{ENVELOPE}}}Body" or len(parts[0]) != 1:
        raise SoapFault(CLIENT, "The message must have one Body with one element.")
    return parts[0][0]


def write(content: str) -> str:
    """A message with `content` (XML) in its Body."""
    return _ENVELOPE.format(ENVELOPE, content)


def write_fault(fault: SoapFault) -> str:
    """A message that says what was wrong."""
    return write(_FAULT.format(fault.code, text(fault.sentence)))


def text(value: str) -> str:
    """As it stands between tags; what XML 1.0 cannot write at all is a question mark."""
    return escape("".join(character if _is_writable(character) else "?" for character in value), {"\r": "&#13;"})


def _is_writable(character: str) -> bool:
    return (
        character in "\t\n\r"
        or "\x20" <= character <= "\ud7ff"
        or "\ue000" <= character <= "\ufffd"
        or character > "\uffff"
    )


class _Builder(TreeBuilder):
    """Builds the tree; a message with a document type is none."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:  # noqa: ARG002 - the parser's signature
        """The parser calls this before it reads any entity."""
        raise SoapFault(CLIENT, "A document type is not allowed in a SOAP message.")


def _parse(body: bytes) -> Element:
    parser = XMLParser(target=_Builder())  # noqa: S314 - document types are refused, and with them all entities
    try:
        parser.feed(body)
        root = parser.close()
    except (ParseError, ValueError, LookupError) as error:
        raise SoapFault(CLIENT, f"Server was unable to read request. {error}") from None
    assert isinstance(root, Element)  # noqa: S101 - a TreeBuilder closes with the root
    return root


def _check_headers(header: Element, understood: frozenset[str]) -> None:
    for entry in header:
        if entry.get(f"{{{ENVELOPE}}}mustUnderstand") in ("1", "true") and entry.tag not in understood:
            raise SoapFault(MUST_UNDERSTAND, "SOAP header was not understood.")
