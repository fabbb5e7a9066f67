"""The PayPal simulator of this test process: a server on a free port of loopback, and how a test plays buyer and fate."""

import os
import re
import threading
from collections.abc import Iterable
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import solitude_sandbox
from tests.support.controlled import Controlled

RETURN_URL, CANCEL_URL = "https://shop.example/paid", "https://shop.example/cancelled"


class Simulator(Controlled):
    """PayPal's."""

    def __init__(self, port: int) -> None:
        super().__init__(f"http://127.0.0.1:{port}", "paypal")

    def approve(self, pay_url: str, funding: str = "ok", buyer: str = "bea@buyer.example") -> str:
        """Submits the page as a buyer who approves; where PayPal sends the buyer back to."""
        return self._click(pay_url, {"action": "approve", "funding": funding, "buyer": buyer})

    def cancel(self, pay_url: str) -> str:
        return self._click(pay_url, {"action": "cancel", "funding": "ok", "buyer": "bea@buyer.example"})

    def grant(
        self,
        page: str,
        email: str,
        features: Iterable[str] | None = None,
        account: Iterable[str] = ("confirmed", "receivable"),
    ) -> dict[str, str]:
        """Submits the onboarding page as a seller who grants all that is ticked, or these; what the return address says."""
        ticked = re.findall(r'name="features" value="(\w+)"', self._http.request("GET", page).data.decode())
        fields = {"action": "grant", "email": email, "features": ticked if features is None else list(features)}
        return _said(self._click(page, fields | {"account": list(account)}))

    def refuse(self, page: str) -> dict[str, str]:
        """Submits the onboarding page as a seller who grants nothing; what the return address says."""
        return _said(self._click(page, {"action": "refuse"}))

    def log_in(self, page: str, email: str, action: str = "allow") -> dict[str, str]:
        """Submits the log-in page; what the return address says."""
        return _said(self._click(page, {"action": action, "email": email}))

    def permit(self, page: str, email: str, action: str = "grant") -> dict[str, str]:
        """Submits the classic page of a permission; what the return address says."""
        return _said(self._click(page, {"action": action, "email": email}))

    def revoke(self, merchant: str) -> None:
        """The seller takes back all that it granted."""
        self._control("POST", "revoke", {"merchant": merchant})

    def told(self, *event_types: str, after: int = 0) -> list[dict[str, Any]]:
        """What PayPal has to tell, as it signed it, the oldest first; all of it, or these types."""
        found = self._control("GET", f"events?after={after}&limit=1000")["events"]
        return [event for event in found if not event_types or event["event_type"] in event_types]

    def ipns(self) -> list[str]:
        """The IPNs that PayPal has sent, as it wrote them, the oldest first."""
        return [message["body"] for message in self._control("GET", "ipns?limit=1000")["ipns"]]

    def reverse(self, pay_key: str, action: str = "reverse") -> None:
        """PayPal takes a classic payment back for the buyer; or with `cancel` gives it to the seller again."""
        self._control("POST", "reversal", {"payment": pay_key, "action": action})

    def end_preapproval(self, key: str) -> None:
        """The buyer ends a classic pre-approval on PayPal's site."""
        self._control("POST", "preapproval", {"preapproval": key, "action": "cancel"})

    def dispute(self, capture: str, amount: str = "") -> str:
        """The buyer disputes a payment; the dispute's id."""
        opened = self._control("POST", "dispute", {"capture": capture} | ({"amount": amount} if amount else {}))
        return str(opened["dispute_id"])

    def resolve(self, dispute: str, outcome: str, **more: Any) -> None:
        self._control("POST", "dispute/resolve", {"dispute": dispute, "outcome": outcome, **more})

    def appeal(self, dispute: str) -> None:
        """PayPal looks once more at a dispute that has ended."""
        self._control("POST", "dispute/appeal", {"dispute": dispute})

    def review(self, decision: str, **held: str) -> None:
        """PayPal ends its review of a `capture` or of a classic `payment`: `accept` or `deny`."""
        self._control("POST", "review", {**held, "decision": decision})

    def onboard(self, referral: str, **more: Any) -> str:
        """A seller grants what a partner referral asks for; where PayPal sends the seller back to."""
        return str(self._control("POST", "onboard", {"referral": referral, **more})["location"])

    def bring_to(self, url: str) -> None:
        """From now on PayPal brings its messages there."""
        self._control("POST", "webhook", {"url": url})

    def captured(self) -> list[dict[str, Any]]:
        return list(_values(self.state()["captures"]))


def _said(location: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(location).query))


def _values(found: Any) -> Any:
    return found.values() if isinstance(found, dict) else found


@cache
def running() -> Simulator:
    """The one of this process; it ends with the process. `TESTS_SIMULATOR_PORT` says where, for who must know before."""
    server = solitude_sandbox.make_server("127.0.0.1", int(os.environ.get("TESTS_SIMULATOR_PORT", "0")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return Simulator(server.server_port)
