"""The simulator of Braintree's gateway in this test process: how a test plays buyer, bank and fate there."""

from functools import cache
from typing import Any
from urllib.parse import urlencode

from tests.support import simulator
from tests.support.controlled import Controlled

MERCHANT_ID, PUBLIC_KEY, PRIVATE_KEY = "sandbox-merchant", "sandbox-public-key", "sandbox-private-key"


class BraintreeSimulator(Controlled):
    """Braintree's."""

    def nonce(self, card: str = "visa", behaviour: str = "") -> str:
        """What a buyer's browser gets for a card: `good`, `declined`, `declined_later`, `gateway_rejected`, `cvv`, `failed`."""
        return str(self._control("POST", "nonce", {"card": card, "behaviour": behaviour})["nonce"])

    def settle(self, transaction: str, *, good: bool = True) -> None:
        """The settlement of a transaction ends, well or not."""
        self._control("POST", "settle", {"transaction": transaction, "good": good})

    def transactions(self) -> list[dict[str, Any]]:
        """All of them, the oldest first: `id`, `type`, `status`, `amount`, `left`, `order_id`, …"""
        return list(self.state()["transactions"])

    def transaction(self, identifier: str) -> dict[str, Any]:
        """One of them."""
        return next(each for each in self.transactions() if each["id"] == identifier)

    def methods(self) -> list[dict[str, Any]]:
        """What is in the vault, the oldest first."""
        return list(self.state()["methods"])

    def customers(self) -> list[dict[str, Any]]:
        """Whom it belongs to."""
        return list(self.state()["customers"])

    def card_page(self, client_token: str, return_url: str = "") -> str:
        """Where a buyer enters a card: the address to open."""
        query = {"client_token": client_token, **({"return_url": return_url} if return_url else {})}
        return f"{self.url}/sandbox/card?{urlencode(query)}"

    def enter_card(self, client_token: str, return_url: str, number: str = "4111111111111111", **more: str) -> str:
        """Submits that page as a buyer; where the buyer is sent back to, with the nonce in the query."""
        fields = {"client_token": client_token, "return_url": return_url, "number": number, **more}
        return self._click(f"{self.url}/sandbox/card", fields)


@cache
def running() -> BraintreeSimulator:
    """The one of this process: the sandbox that runs for all providers."""
    return BraintreeSimulator(simulator.running().root, "braintree")
