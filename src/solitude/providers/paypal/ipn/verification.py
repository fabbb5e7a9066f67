"""Whether an IPN is PayPal's: the very bytes are sent back to PayPal, which says VERIFIED or INVALID."""

from django.conf import settings

from solitude.outbound import ways
from solitude.outbound.http import NoAnswer, NotSent, Outlet, Request
from solitude.payments.contract import Verdict
from solitude.providers.paypal.names import IPN_WAY, NAME
from solitude.providers.paypal.outlets import outlet

ASK = b"cmd=_notify-validate&"
VERIFIED, INVALID = b"VERIFIED", b"INVALID"
BAD_SIGNATURE, NOT_TOLD = "bad_signature", "verification_unavailable"
ANSWER_MAX_BYTES = 16 * 1024
AT_ONCE = 8


class Verification:
    def __init__(self) -> None:
        self._sender = ways.sender(IPN_WAY) if ways.is_proxied(NAME) else local_outlet()

    def verify(self, body: bytes) -> tuple[Verdict, str]:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        request = Request("POST", settings.SOLITUDE_PAYPAL_IPN_URL, headers, ASK + body, "verify_ipn")
        try:
            answer = self._sender.send(request)
        except (NotSent, NoAnswer):
            return Verdict.UNDECIDED, NOT_TOLD
        if answer.status == 200 and answer.body == VERIFIED:
            return Verdict.GENUINE, ""
        if answer.status == 200 and answer.body == INVALID:
            return Verdict.FORGED, BAD_SIGNATURE
        return Verdict.UNDECIDED, NOT_TOLD


def local_outlet() -> Outlet:
    """The way out where there is no proxy."""
    return outlet(
        IPN_WAY,
        settings.SOLITUDE_PAYPAL_IPN_URL,
        AT_ONCE,
        timer="solitude.paypal.ipn.validate",
        max_answer_bytes=ANSWER_MAX_BYTES,
    )
