"""The Bango simulator of this test process: how a test plays buyer, operator and fate there."""

from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.support import simulator
from tests.support.controlled import Controlled

# What the marketplace sends to /bango/notification/ -> what it finds in the buyer's return.
FORM = {
    "moz_signature": "MozSignature",
    "moz_transaction": "MerchantTransactionId",
    "billing_config_id": "BillingConfigurationId",
    "bango_response_code": "ResponseCode",
    "bango_response_message": "ResponseMessage",
    "bango_trans_id": "BangoTransactionId",
    "bango_token": "Token",
    "amount": "price",
    "currency": "currency",
    "network": "network",
}


class BangoSimulator(Controlled):
    """Bango's."""

    def page(self, configuration: int | str) -> str:
        """Where the buyer of a billing configuration pays."""
        return f"{self.url}/mozpayments/?bcid={configuration}"

    def pay(self, url: str, network: str = "", currency: str = "") -> str:
        """Submits the page as a buyer who pays: on the first network (or by `CARD`), the first price. Where Bango sends the buyer."""
        return self._click(url, {"action": "pay", "network": network, "currency": currency})

    def cancel(self, url: str) -> str:
        """Submits the page as a buyer who pays nothing; where Bango sends the buyer back to."""
        return self._click(url, {"action": "cancel"})

    def fail(self, url: str, code: str = "", network: str = "", currency: str = "") -> str:
        """Submits the page as a buyer whose payment fails with a response code; where Bango sends the buyer."""
        return self._click(url, {"action": "fail", "failure": code, "network": network, "currency": currency})

    def told(self) -> list[dict[str, str]]:
        """The events that Bango has for packages, as a marketplace passes them on: the XML with user name and password, oldest first."""
        names = ("notification", "username", "password")
        return [{name: event[name] for name in names} for event in self.events()]

    def events(self, after: int = 0) -> list[dict[str, Any]]:
        """The same with their numbers, transactions and addresses."""
        return list(self._control("GET", f"events?after={after}&limit=1000")["events"])

    def refunds(self, *, pending: bool = True) -> None:
        """From now on refunds are pending, or with False done at once again."""
        self.refunds_end("PENDING" if pending else "OK", count=0)

    def refunds_end(self, outcome: str, count: int = 1) -> None:
        """The next refunds end so: `OK`, `PENDING`, `CANT_REFUND` or `NOT_SUPPORTED`; with 0 all of them."""
        self._control("POST", "refunds", {"outcome": outcome, "count": count})

    def settle_refund(self, refund: int | str, *, good: bool = True) -> None:
        """A pending refund succeeds, or comes to nothing."""
        self._control("POST", "refund", {"refund": int(refund), "outcome": "OK" if good else "CANT_REFUND"})

    def events_to(self, url: str | None, username: str = "", password: str = "") -> None:
        """From now on all events are brought there; with None again to where the packages want them."""
        self._control("POST", "event-url", {"url": url, "username": username, "password": password})


def form(location: str) -> dict[str, str]:
    """What a marketplace sends to /bango/notification/ when Bango has sent the buyer to this address."""
    said = returned(location)
    return {field: said[name] for field, name in FORM.items() if name in said}


def returned(location: str) -> dict[str, str]:
    """What stands in the query of the address that Bango has sent the buyer to."""
    return dict(parse_qsl(urlsplit(location).query))


@cache
def running() -> BangoSimulator:
    """The one of this process: the sandbox that runs for all providers."""
    return BangoSimulator(simulator.running().root, "bango")
