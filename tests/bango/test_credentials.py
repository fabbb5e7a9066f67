"""Who we are at Bango, put into an envelope that is otherwise sent as it was asked."""

from typing import Any

import pytest

from solitude.outbound.failures import NotSent, Reason
from solitude.outbound.http import Answer, Request
from solitude.providers.bango.soap.credentials import NAMESPACES, Known, filled

TEXTS = {"username": "us & them", "password": "p<w"}
ENVELOPE = b"""<?xml version='1.0' encoding='utf-8'?>
<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><a:%b xmlns:a="%b" x='>'>%b</a:%b></s:Body></s:Envelope>"""


def envelope(content: bytes, namespace: str = NAMESPACES[2], operation: bytes = b"GetPackage") -> bytes:
    return ENVELOPE % (operation, namespace.encode(), content, operation)


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_the_first_username_and_the_first_password_are_ours(namespace: str) -> None:
    asked = b"""<a:password x="/>"/>
        <a:username>theirs</a:username><a:x>1</a:x><a:username>second</a:username>"""
    sent = b"""<a:password x="/>">p&lt;w</a:password>
        <a:username>us &amp; them</a:username><a:x>1</a:x><a:username>second</a:username>"""
    assert filled(envelope(asked, namespace), TEXTS) == envelope(sent, namespace)


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        (b"<a:username></a:username>", b"<a:username>us &amp; them</a:username>"),
        (b"<a:username ><b>in it</b></a:username >", b"<a:username >us &amp; them</a:username >"),
        (b"<a:username\n/><a:username/>", b"<a:username\n>us &amp; them</a:username><a:username/>"),
    ],
)
def test_whatever_stood_there_is_replaced(asked: bytes, sent: bytes) -> None:
    assert filled(envelope(asked), TEXTS) == envelope(sent)


@pytest.mark.parametrize("asked", [b"", b'<username xmlns="urn:other">x</username>', b"<!-- <a:username/> -->"])
def test_an_envelope_without_a_place_for_them_stays_as_it_was(asked: bytes) -> None:
    assert filled(envelope(asked, operation=b"CheckToken"), TEXTS) == envelope(asked, operation=b"CheckToken")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (envelope(b"<a:username/>", operation=b"DeleteEverything"), Reason.REFUSED_OPERATION),
        (b"<username/>", Reason.REFUSED_OPERATION),
        (envelope(b"<a:username/>").replace(b"</s:Body>", b"<DeleteEverything/></s:Body>"), Reason.REFUSED_OPERATION),
        (envelope(b"").replace(b"</s:Body>", b"</s:Body><s:Body><DeleteAll/></s:Body>"), Reason.REFUSED_OPERATION),
        (b"", Reason.INVALID_REQUEST),
        (b"not XML", Reason.INVALID_REQUEST),
        (
            b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + envelope(b"<a:username/>"),
            Reason.INVALID_REQUEST,
        ),
        (
            envelope(b"<a:username/>").replace(b"<?xml version='1.0' encoding='utf-8'?>", b"<!DOCTYPE a>"),
            Reason.INVALID_REQUEST,
        ),
    ],
)
def test_what_is_no_envelope_of_ours_is_not_sent(body: bytes, reason: Reason) -> None:
    with pytest.raises(NotSent) as caught:
        filled(body, TEXTS)
    assert caught.value.reason == reason


class Kept:
    """A sender that keeps what it was to send."""

    def __init__(self) -> None:
        self.requests: list[Request] = []

    def send(self, request: Request) -> Answer:
        self.requests.append(request)
        return Answer(200, {}, b"", 0)


PLACE = "https://webservices.bango.example/mozillaexporter/service.asmx"
ACTION = f'"{NAMESPACES[2]}/GetPackage"'


@pytest.fixture
def bango(settings: Any) -> Kept:
    settings.SOLITUDE_BANGO_URL = "https://webservices.bango.example"
    settings.SOLITUDE_BANGO_TOKEN_URL = "https://mozilla.bango.example"
    settings.SOLITUDE_BANGO_USER, settings.SOLITUDE_BANGO_PASSWORD = "us", "our-password"
    return Kept()


def asking(url: str = PLACE, action: str = ACTION, kind: str = "text/xml; charset=utf-8") -> Request:
    return Request("POST", url, {"Content-Type": kind, "SOAPAction": action}, envelope(b"<a:password/>"), "GetPackage")


@pytest.mark.parametrize("action", [ACTION, ACTION.strip('"')])
def test_what_is_asked_of_its_own_service_is_sent_with_our_password(bango: Kept, action: str) -> None:
    Known(bango).send(asking(action=action))
    [sent] = bango.requests
    assert (sent.url, sent.headers["SOAPAction"]) == (PLACE, action)
    assert b"<a:password>our-password</a:password>" in sent.body


@pytest.mark.parametrize("action", [f'"{NAMESPACES[2]}/CancelPackage"', f"{NAMESPACES[2]}/xGetPackage", '"x"'])
def test_an_action_that_is_not_the_envelopes_is_not_sent(bango: Kept, action: str) -> None:
    """By it Bango's services choose what is done, and not by what stands in the envelope."""
    with pytest.raises(NotSent) as caught:
        Known(bango).send(asking(action=action))
    assert caught.value.reason == Reason.REFUSED_OPERATION
    assert not bango.requests


@pytest.mark.parametrize(
    "url",
    [
        "https://webservices.bango.example/echo",
        "https://webservices.bango.example/_/ws/tokenchecker.asmx",
        "https://mozilla.bango.example/mozillaexporter/service.asmx",
        f"{PLACE}?x=1",
        f"{PLACE}/../../echo",
    ],
)
def test_our_password_goes_to_no_other_place_at_bango(bango: Kept, url: str) -> None:
    with pytest.raises(NotSent) as caught:
        Known(bango).send(asking(url))
    assert caught.value.reason == Reason.REFUSED_URL
    assert not bango.requests


def test_whatever_was_said_of_its_type_it_is_soap_1_1(bango: Kept) -> None:
    """That of SOAP 1.2 names an action of its own."""
    Known(bango).send(asking(kind=f'application/soap+xml; action="{NAMESPACES[2]}/CancelPackage"'))
    assert bango.requests[0].headers["Content-Type"] == "text/xml; charset=utf-8"
