"""PayPal as the engine knows it: each call goes by the interface that its intent names."""

from typing import cast

from django.conf import settings

from solitude.payments import registry
from solitude.payments.contract import Call, Capability, Provider, Result
from solitude.providers.paypal import configured
from solitude.providers.paypal.classic.provider import ClassicPayPal
from solitude.providers.paypal.names import CLASSIC, CLASSIC_WAY, NAME, NUMBER, REST
from solitude.providers.paypal.rest.provider import RestPayPal


class PayPal:
    """One provider with several interfaces; a payment stays with the one that it began with."""

    name = NAME
    number = NUMBER

    def __init__(self) -> None:
        self.rest = RestPayPal()
        self.classic = ClassicPayPal()
        self._interfaces: dict[str, Provider] = {REST: self.rest, CLASSIC: self.classic}

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What at least one interface can do; each says for itself what it can."""
        return frozenset().union(*(interface.capabilities for interface in self._interfaces.values()))

    def perform(self, call: Call) -> Result:
        return self._of(call).perform(call)

    def find_out(self, call: Call) -> Result:
        return self._of(call).find_out(call)

    def _of(self, call: Call) -> Provider:
        # Calls of before there were two name none.
        return self._interfaces[call.intent.interface or REST]


def paypal() -> PayPal:
    """The one of this process."""
    return cast(PayPal, registry.provider(NAME))


def addresses() -> dict[str, str]:
    """Where PayPal is to be asked whether it is there: at each interface for which there are credentials, and at each address once."""
    found = {}
    if configured.rest():
        found[NAME] = settings.SOLITUDE_PAYPAL_URL
    if configured.classic() and settings.SOLITUDE_PAYPAL_CLASSIC_URL not in found.values():
        found[CLASSIC_WAY] = settings.SOLITUDE_PAYPAL_CLASSIC_URL
    return found
