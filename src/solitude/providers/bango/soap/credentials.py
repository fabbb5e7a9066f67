"""Puts into an envelope who we are at Bango: the first `username` and the first `password` get what the settings say.

Everything else stays byte by byte as it was, so that what was asked is what is sent.
"""

import re
from dataclasses import replace
from typing import Any, Final
from xml.parsers import expat
from xml.sax.saxutils import escape

from django.conf import settings

from solitude.outbound import xml
from solitude.outbound.failures import NotSent, Reason
from solitude.outbound.http import Answer, Request
from solitude.outbound.ways import Sender
from solitude.providers.bango.soap.operations import OPERATIONS
from solitude.telemetry.logs import get_logger

_ENVELOPE: Final = "http://schemas.xmlsoap.org/soap/envelope/"
# Those of the services' WSDL files in which a request has credentials.
NAMESPACES: Final = (
    "com.bango.webservices.billingconfiguration",
    "com.bango.webservices.directbilling",
    "com.bango.webservices.mozillaexporter",
)
NAMES: Final = ("username", "password")
SOAP_1_1: Final = "text/xml; charset=utf-8"
# A tag's name with its attributes, in whose values anything may stand, and whether it is all there is of the element.
_TAG: Final = re.compile(rb"""<((?:[^"'>/]|"[^"]*"|'[^']*')*)(/?)>""")

log = get_logger("solitude.bango")


class Known:
    """Sends by another one, and says who we are. Raises NotSent for what is no envelope, for operations that we never use, and for what is
    not asked of the operation's own service: nobody else is told our password."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def send(self, request: Request) -> Answer:
        operation = _operation(request.body)
        service = OPERATIONS[operation]
        base = settings.SOLITUDE_BANGO_TOKEN_URL if service.is_token_checker else settings.SOLITUDE_BANGO_URL
        if request.url != f"{base}{service.path}":
            raise NotSent(Reason.REFUSED_URL)
        # By its action a service chooses what it does, whatever the envelope asks for.
        action = request.headers.get("SOAPAction", "").strip('"')
        if action and action.rpartition("/")[2] != operation:
            raise NotSent(Reason.REFUSED_OPERATION)
        texts = dict(zip(NAMES, (settings.SOLITUDE_BANGO_USER, settings.SOLITUDE_BANGO_PASSWORD), strict=True))
        headers = {**request.headers, "Content-Type": SOAP_1_1}
        return self._sender.send(replace(request, headers=headers, body=filled(request.body, texts)))


def _operation(envelope: bytes) -> str:
    """The one that it asks for. Raises NotSent."""
    try:
        root = xml.parse(envelope)
    except xml.NotXml:
        raise NotSent(Reason.INVALID_REQUEST) from None
    asked = [xml.local(one.tag) for one in root.findall(f"{{{_ENVELOPE}}}Body/*")]
    if len(asked) != 1 or asked[0] not in OPERATIONS:
        raise NotSent(Reason.REFUSED_OPERATION)
    return asked[0]


def filled(envelope: bytes, texts: dict[str, str]) -> bytes:
    """The envelope with these texts. One that has no place for them stays as it is. Raises NotSent."""
    operation = _operation(envelope)
    places = _places(envelope)
    if not places:
        log.info("bango_without_credentials", operation=operation)
    # The last first: what is before it keeps its place.
    for name, (begin, end) in sorted(places.items(), key=lambda place: -place[1][0]):
        envelope = _put(envelope, begin, end, escape(texts[name]).encode())
    return envelope


def _put(envelope: bytes, begin: int, end: int, text: bytes) -> bytes:
    """`begin` is where the element begins, `end` where its last tag does, if it has two."""
    tag = _TAG.match(envelope, begin)
    if tag is None:
        raise NotSent(Reason.INVALID_REQUEST)
    if tag[2] == b"/":
        name = tag[1].split(maxsplit=1)[0]
        return envelope[:begin] + b"<%b>%b</%b>" % (tag[1], text, name) + envelope[tag.end() :]
    return envelope[: tag.end()] + text + envelope[end:]


def _places(envelope: bytes) -> dict[str, tuple[int, int]]:
    """By name, where the tags of the first element of this name begin."""
    # A document type was refused by now, so there is nothing that could grow.
    parser = expat.ParserCreate(namespace_separator=" ")
    wanted = {f"{namespace} {name}": name for namespace in NAMESPACES for name in NAMES}
    begun: dict[str, int] = {}
    found: dict[str, tuple[int, int]] = {}
    depth: dict[str, int] = {}

    def start(tag: str, _attributes: Any) -> None:
        name = wanted.get(tag, "")
        if name and name not in found:
            begun.setdefault(name, parser.CurrentByteIndex)
            depth[name] = depth.get(name, 0) + 1

    def end(tag: str) -> None:
        name = wanted.get(tag, "")
        if name and name not in found:
            depth[name] -= 1
            if depth[name] == 0:
                found[name] = (begun[name], parser.CurrentByteIndex)

    parser.StartElementHandler, parser.EndElementHandler = start, end
    try:
        parser.Parse(envelope, True)  # noqa: FBT003  # expat takes no names
    except expat.ExpatError:
        raise NotSent(Reason.INVALID_REQUEST) from None
    return found
