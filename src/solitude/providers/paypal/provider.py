"""PayPal as the engine knows it: each call goes by the interface that its intent names."""

from typing import cast

from solitude.payments import registry
from solitude.payments.contract import Call, Capability, Intent, Provider, Result
from solitude.providers.paypal.classic.provider import ClassicPayPal
from solitude.providers.paypal.names import CLASSIC, NAME, NUMBER, REST
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

    def able_to(self, intent: Intent) -> frozenset[Capability]:
        """What can be done with the payment of this intent, by its interface."""
        return self._by(intent).capabilities

    def perform(self, call: Call) -> Result:
        return self._of(call).perform(call)

    def find_out(self, call: Call) -> Result:
        return self._of(call).find_out(call)

    def _of(self, call: Call) -> Provider:
        return self._by(call.intent)

    def _by(self, intent: Intent) -> Provider:
        # Intents of before there were two name none.
        return self._interfaces[intent.interface or REST]


def paypal() -> PayPal:
    """The one of this process."""
    return cast(PayPal, registry.provider(NAME))
