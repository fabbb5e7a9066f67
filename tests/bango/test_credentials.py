"""Who we are at Bango, put into an envelope that is otherwise sent as it was asked."""

import pytest

from solitude.outbound.failures import NotSent, Reason
from solitude.providers.bango.soap.credentials import NAMESPACES, filled

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
