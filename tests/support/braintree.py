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
        """What a buyer's browser gets for a card: `good`, `declined`, `declined_later`, `gateway_rejected`, `cvv`, `failed`, `slow`."""
        return str(self._control("POST", "nonce", {"card": card, "behaviour": behaviour})["nonce"])

    def settle(self, transaction: str, *, good: bool = True) -> None:
        """The settlement of a transaction ends, well or not."""
        self._control("POST", "settle", {"transaction": transaction, "good": good})

    def bank_says(self, transaction: str, status: str) -> None:
        """A bank that took its time answers: `authorized`, `processor_declined`, …; or one takes back what it gave."""
        self._control("POST", "authorization", {"transaction": transaction, "status": status})

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

    def card_becomes(self, token: str, behaviour: str) -> None:
        """From now on a stored card does something else: `declined`, `good`, …"""
        self._control("POST", "method", {"token": token, "behaviour": behaviour})

    def subscriptions(self) -> list[dict[str, Any]]:
        """All of them, the oldest first: `id`, `status`, `price`, `balance`, `cycle`, `next_billing_date`, `transactions`, …"""
        return list(self.state()["subscriptions"])

    def renew(self, subscription: str) -> None:
        """Its next period begins, and is charged, before it is due."""
        self._control("POST", "subscription", {"subscription": subscription, "action": "renew"})

    def retry(self, subscription: str) -> None:
        """What is owed for it is charged again."""
        self._control("POST", "subscription", {"subscription": subscription, "action": "retry"})

    def cancel(self, subscription: str) -> None:
        """Somebody cancels it at the gateway itself."""
        self._control("POST", "subscription", {"subscription": subscription, "action": "cancel"})

    def plan(self, identifier: str, **fields: Any) -> None:
        """Makes a plan, or changes the one with this id: `price`, `currency_iso_code`, `billing_frequency`, `trial_period`, …"""
        self._control("POST", "plans", {"id": identifier, **fields})

    def dispute(self, transaction: str, **fields: Any) -> str:
        """A buyer's bank takes a settled sale back, or an `amount` of it; the dispute's id."""
        return str(self._control("POST", "dispute", {"transaction": transaction, **fields})["id"])

    def resolve(self, dispute: str, *, won: bool) -> None:
        """The bank decides for the merchant, or against."""
        self._control("POST", "dispute/resolve", {"dispute": dispute, "won": won})

    def events(self, after: int = 0) -> list[dict[str, Any]]:
        """What was told, the oldest first: `number`, `kind`, `about`, `created`, `bt_signature`, `bt_payload`."""
        return list(self._control("GET", f"events?after={after}&limit=1000")["events"])

    def told(self, *kinds: str, after: int = 0) -> list[dict[str, str]]:
        """The same as a marketplace passes it on: signature and payload. All of it, or these kinds."""
        found = [event for event in self.events(after) if not kinds or event["kind"] in kinds]
        return [{name: event[name] for name in ("bt_signature", "bt_payload")} for event in found]

    def tell(self, kind: str, about: str = "") -> dict[str, str]:
        """Has it tell something of a thing as it is, whether it happened or not."""
        event = self._control("POST", "events", {"kind": kind, "about": about})
        return {name: event[name] for name in ("bt_signature", "bt_payload")}

    def webhook_to(self, url: str | None) -> None:
        """From now on events are brought there, if it answers the challenge; with None nowhere."""
        self._control("POST", "webhook", {"url": url})

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
