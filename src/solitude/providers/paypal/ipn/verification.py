"""Whether an IPN is PayPal's: the very bytes are sent back to PayPal, which says VERIFIED or INVALID."""

from django.conf import settings

from solitude.outbound.http import NoAnswer, NotSent, Outlet, Request
from solitude.payments.contract import Verdict

ASK = b"cmd=_notify-validate&"
VERIFIED, INVALID = b"VERIFIED", b"INVALID"
BAD_SIGNATURE, NOT_TOLD = "bad_signature", "verification_unavailable"
ANSWER_MAX_BYTES = 16 * 1024
AT_ONCE = 8


class Verification:
    def __init__(self) -> None:
        self._outlet = Outlet(
            "paypal-ipn",
            base_urls=[settings.SOLITUDE_PAYPAL_IPN_URL],
            connect_timeout_ms=settings.SOLITUDE_PAYPAL_CONNECT_TIMEOUT_MS,
            read_timeout_ms=settings.SOLITUDE_PAYPAL_TIMEOUT_MS,
            total_timeout_ms=settings.SOLITUDE_PAYPAL_TIMEOUT_MS,
            max_answer_bytes=ANSWER_MAX_BYTES,
            pool_size=AT_ONCE,
            in_progress_limit=AT_ONCE,
        )

    def verify(self, body: bytes) -> tuple[Verdict, str]:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        request = Request("POST", settings.SOLITUDE_PAYPAL_IPN_URL, headers, ASK + body, "verify_ipn")
        try:
            answer = self._outlet.send(request)
        except (NotSent, NoAnswer):
            return Verdict.UNDECIDED, NOT_TOLD
        if answer.status == 200 and answer.body == VERIFIED:
            return Verdict.GENUINE, ""
        if answer.status == 200 and answer.body == INVALID:
            return Verdict.FORGED, BAD_SIGNATURE
        return Verdict.UNDECIDED, NOT_TOLD
