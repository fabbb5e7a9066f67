"""PayPal is asked about the very bytes, and nothing but its plain yes is one."""

import pytest
from django.test import override_settings
from tests.outbound.peers import Peer, Script, closing_after_request, closing_at_once
from tests.paypal.ipn.world import saying

from solitude.payments.contract import Verdict
from solitude.providers.paypal.ipn.verification import Verification

# Not how this server would write it: the order, the escapes and the charset are PayPal's.
BODY = b"memo=Caf%e9+%2b1&charset=windows-1252&mc_gross=2.49&txn_id=1DG%2d"


def verdict(script: Script) -> tuple[tuple[Verdict, str], Peer]:
    with Peer(script) as peer, override_settings(SOLITUDE_PAYPAL_IPN_URL=f"{peer.url}/cgi-bin/webscr"):
        return Verification().verify(BODY), peer


def test_the_bytes_go_back_as_they_came() -> None:
    found, peer = verdict(saying(b"VERIFIED"))

    assert found == (Verdict.GENUINE, "")
    head, _, body = peer.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /cgi-bin/webscr HTTP/1.1\r\n")
    assert body == b"cmd=_notify-validate&" + BODY


def test_what_paypal_disowns_is_forged() -> None:
    assert verdict(saying(b"INVALID"))[0] == (Verdict.FORGED, "bad_signature")


@pytest.mark.parametrize(
    "script",
    [
        saying(b"VERIFIED\n"),
        saying(b"verified"),
        saying(b"<p>VERIFIED</p>"),
        saying(b""),
        saying(b"VERIFIED", 500),
        saying(b"INVALID", 503),
        saying(b"VERIFIED", 302),
        saying(b"VERIFIED" * 10_000),
        closing_after_request,
        closing_at_once,
    ],
)
def test_anything_else_decides_nothing(script: Script) -> None:
    assert verdict(script)[0] == (Verdict.UNDECIDED, "verification_unavailable")
