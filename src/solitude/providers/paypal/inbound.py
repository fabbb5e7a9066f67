"""What PayPal tells: webhooks of the platform of today, and IPNs. Each is proved and read in its own way."""

from collections.abc import Mapping

from solitude.payments.contract import Inbound, Notice, Verdict
from solitude.providers.paypal.ipn import inbound as ipn
from solitude.providers.paypal.rest.webhooks import Webhooks


class PayPalInbound:
    """PayPal's side of the engine's contract for notifications."""

    def __init__(self) -> None:
        self._webhooks, self._ipns = Webhooks(), ipn.Ipns()

    def verify(self, headers: Mapping[str, str], body: bytes) -> tuple[Verdict, str]:
        return self._of(headers).verify(headers, body)

    def read(self, headers: Mapping[str, str], body: bytes) -> Notice:
        return self._of(headers).read(headers, body)

    def _of(self, headers: Mapping[str, str]) -> Inbound:
        # Of a webhook only PayPal's own header fields are kept: it cannot look like an IPN.
        return self._ipns if headers == ipn.HEADERS else self._webhooks
