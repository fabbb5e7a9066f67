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
        # An IPN has no id of its own. PayPal sends the very same bytes again.
        event_id = f"ipn-{hashlib.sha256(body).hexdigest()}"
        if "transaction_type" in fields:
            return adaptive.notice(event_id, fields)
        return standard.notice(event_id, fields)
