"""What the tests of Bango's wire share: envelopes as Bango writes them, and a Bango that answers by a script."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.test import override_settings
from tests.outbound.peers import Peer, Script, answering

from solitude.outbound import xml
from solitude.providers.bango.soap.wire import Reply, Wire

EXPORTER = "com.bango.webservices.mozillaexporter"
BILLING = "com.bango.webservices.billingconfiguration"
DIRECT = "com.bango.webservices.directbilling"
TOKENS = "https://mozilla.bango.net/"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
USER, PASSWORD = "shop-user", "shop-pass-word"


def envelope(operation: str, result: str, namespace: str = EXPORTER) -> str:
    """An answer, whose result is this XML."""
    return (
        f'<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="{SOAP}"><soap:Body>'
        f'<{operation}Response xmlns="{namespace}"><{operation}Result>{result}</{operation}Result></{operation}Response>'
        "</soap:Body></soap:Envelope>"
    )


def said(operation: str, code: str = "OK", message: str = "Success", namespace: str = EXPORTER, **more: Any) -> str:
    """An answer with this code and these further elements."""
    values = {"responseCode": code, "responseMessage": message, **more}
    return envelope(operation, "".join(f"<{name}>{value}</{name}>" for name, value in values.items()), namespace)


def fault(text: str = "Server was unable to process request.") -> str:
    return (
        f'<soap:Envelope xmlns:soap="{SOAP}"><soap:Body><soap:Fault><faultcode>soap:Server</faultcode>'
        f"<faultstring>{text}</faultstring></soap:Fault></soap:Body></soap:Envelope>"
    )


def http(body: str | bytes, status: int = 200) -> bytes:
    data = body.encode() if isinstance(body, str) else body
    head = b"HTTP/1.1 %d -\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: %d\r\n\r\n" % (status, len(data))
    return head + data


@contextmanager
def scripted(*scripts: Script, **settings: Any) -> Iterator[tuple[Wire, Peer]]:
    """The wire to a Bango whose connections follow these scripts."""
    with Peer(*scripts) as peer:
        usual = {"SOLITUDE_BANGO_URL": peer.url, "SOLITUDE_BANGO_TOKEN_URL": peer.url}
        usual |= {"SOLITUDE_BANGO_USER": USER, "SOLITUDE_BANGO_PASSWORD": PASSWORD}
        with override_settings(**usual | settings):
            yield Wire(), peer


def answered(*bodies: str, **settings: Any) -> Any:
    """A Bango that gives these answers, one after another."""
    return scripted(answering(*map(http, bodies)), **settings)


def heads_of(request: bytes) -> dict[str, str]:
    lines = request.partition(b"\r\n\r\n")[0].decode().splitlines()[1:]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


def path_of(request: bytes) -> str:
    return request.split(b" ", 2)[1].decode()


def body_of(request: bytes) -> Any:
    """The element in the envelope's body."""
    root = xml.parse(request.partition(b"\r\n\r\n")[2])
    assert root.tag == f"{{{SOAP}}}Envelope"
    (body,) = root
    (asked,) = body
    return asked


def pairs(element: Any, namespace: str = EXPORTER) -> list[tuple[str, Any]]:
    """Names and texts, or the pairs within, of the element's children, all of which are in the namespace."""
    assert all(child.tag.startswith(f"{{{namespace}}}") for child in element)
    return [
        (child.tag.rpartition("}")[2], pairs(child, namespace) if len(child) else child.text or "") for child in element
    ]


def reply(found: Any) -> Reply:
    assert isinstance(found, Reply), found
    return found
