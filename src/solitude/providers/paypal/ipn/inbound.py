"""IPNs: PayPal's notifications as forms, of the classic interface and beside webhooks; the engine's contract for them."""

import hashlib
from collections.abc import Mapping

from solitude.payments.contract import Notice, Verdict
from solitude.providers.paypal.ipn import adaptive, message, standard
from solitude.providers.paypal.ipn.verification import Verification

# What is kept as the headers of one; webhooks have none of this name.
HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}


class Ipns:
    """PayPal's side of the engine's contract for notifications, where they are IPNs."""

    def __init__(self) -> None:
        self._verification = Verification()

    def verify(self, _headers: Mapping[str, str], body: bytes) -> tuple[Verdict, str]:
        return self._verification.verify(body)

    def read(self, _headers: Mapping[str, str], body: bytes) -> Notice:
        fields = message.fields(body)
        event_id = f"ipn-{hashlib.sha256(_as_first_sent(body)).hexdigest()}"
        if "transaction_type" in fields:
            return adaptive.notice(event_id, fields)
        return standard.notice(event_id, fields)


def _as_first_sent(body: bytes) -> bytes:
    """An IPN has no id of its own, so its bytes are its name: PayPal sends the same again, and may say that it does, by `resend=true`."""
    return b"&".join(field for field in body.split(b"&") if not field.startswith(b"resend="))
