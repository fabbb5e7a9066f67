"""A plain HTTP client of the simulator: what a test says to it, in few words."""

import base64
import itertools
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import urllib3

from solitude_sandbox.paypal import accounts

SELLER = "seller@shop.example"
RETURN_URL = "https://market.example/return?cart=7"
CANCEL_URL = "https://market.example/cancel"

_numbers = itertools.count(1)


@dataclass
class Reply:
    """An answer, read whole."""

    status: int
    headers: urllib3.HTTPHeaderDict
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def issues(self) -> list[str]:
        return [detail["issue"] for detail in self.json.get("details", [])]

    @property
    def issue(self) -> str:
        (issue,) = self.issues
        return str(issue)

    def link(self, rel: str) -> str:
        return next(str(link["href"]) for link in self.json["links"] if link["rel"] == rel)


def new_request_id() -> str:
    return f"request-{next(_numbers)}"


def money(value: str, currency: str = "USD") -> dict[str, str]:
    return {"currency_code": currency, "value": value}


def unit(value: str = "10.00", currency: str = "USD", *, seller: str | None = SELLER, **more: Any) -> dict[str, Any]:
    payee = {"payee": {"email_address": seller}} if seller else {}
    return {"amount": money(value, currency), **payee, **more}


def with_fee(value: str, currency: str = "USD", **more: Any) -> dict[str, Any]:
    return {"payment_instruction": {"platform_fees": [{"amount": money(value, currency), **more}]}}


def order(*units: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"intent": "CAPTURE", "purchase_units": list(units) or [unit()], **more}


def wallet(**more: Any) -> dict[str, Any]:
    context = {"return_url": RETURN_URL, "cancel_url": CANCEL_URL}
    return {"payment_source": {"paypal": {"experience_context": context, **more}}}


def setup_request(**more: Any) -> dict[str, Any]:
    context = {"return_url": RETURN_URL, "cancel_url": CANCEL_URL}
    paypal = {"usage_type": "MERCHANT", "description": "Apps", "experience_context": context}
    return {"payment_source": {"paypal": {**paypal, **more}}}


def assertion(email: str = SELLER, *, client: str = accounts.CLIENT_ID, **claims: str) -> str:
    def part(value: dict[str, str]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'none'})}.{part({'iss': client, **(claims or {'email': email})})}."


class Sandbox:
    """Speaks to one running simulator; fetches an access token when it first needs one."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.paypal = f"{url}/paypal"
        self._pool = urllib3.PoolManager(maxsize=60, retries=False, timeout=urllib3.Timeout(10))
        self._token: str | None = None

    def close(self) -> None:
        self._pool.clear()

    def send(self, method: str, path: str, body: bytes | str | None = None, **headers: str) -> Reply:
        """Raw: `path` from the root, or a whole URL; header names with _ for -. No redirect is followed."""
        url = path if path.startswith("http") else f"{self.url}{path}"
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self._pool.request(method, url, body=body, headers=names, redirect=False)
        return Reply(answer.status, answer.headers, answer.data.decode())

    def form(self, path: str, **fields: str) -> Reply:
        return self.send("POST", path, urlencode(fields), Content_Type="application/x-www-form-urlencoded")

    def ask_token(
        self, client: str = accounts.CLIENT_ID, secret: str = accounts.CLIENT_SECRET, grant: str = "client_credentials"
    ) -> Reply:
        basic = base64.b64encode(f"{client}:{secret}".encode()).decode()
        content_type = "application/x-www-form-urlencoded"
        body = urlencode({"grant_type": grant})
        return self.send(
            "POST", "/paypal/v1/oauth2/token", body, Authorization=f"Basic {basic}", Content_Type=content_type
        )

    def token(self) -> str:
        if self._token is None:
            self._token = str(self.ask_token().json["access_token"])
        return self._token

    def forget_token(self) -> None:
        self._token = None

    def api(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        """An API call: `path` after /paypal. Request ids are new unless given; representation is preferred."""
        given = {"Prefer": "return=representation", "Authorization": f"Bearer {self.token()}", **headers}
        if method in ("POST", "PATCH"):
            given.setdefault("Content_Type", "application/json")
        if method == "POST":
            given.setdefault("PayPal_Request_Id", new_request_id())
        content = None if body is None else json.dumps(body)
        return self.send(method, f"/paypal{path}", content, **{k: v for k, v in given.items() if v != "-"})

    def create(self, body: dict[str, Any] | None = None, **headers: str) -> Reply:
        return self.api("POST", "/v2/checkout/orders", body if body is not None else order(), **headers)

    def order(self, order_id: str) -> Reply:
        return self.api("GET", f"/v2/checkout/orders/{order_id}")

    def capture(self, order_id: str, **headers: str) -> Reply:
        return self.api("POST", f"/v2/checkout/orders/{order_id}/capture", **headers)

    def approve(self, token: str, **choice: str) -> Reply:
        return self.control("POST", "approve", {"token": token, **choice})

    def paid(self, body: dict[str, Any] | None = None, **choice: str) -> Reply:
        """Create, approve and capture; the answer of the capture."""
        created = self.create(body)
        assert created.status in (200, 201), created.text
        assert self.approve(created.json["id"], **choice).status == 200
        return self.capture(created.json["id"])

    def paid_capture(self, body: dict[str, Any] | None = None, **choice: str) -> Any:
        """The capture object of a paid order with one purchase unit."""
        reply = self.paid(body, **choice)
        assert reply.status == 201, reply.text
        return reply.json["purchase_units"][0]["payments"]["captures"][0]

    def get_capture(self, capture_id: str) -> Reply:
        return self.api("GET", f"/v2/payments/captures/{capture_id}")

    def refund(self, capture_id: str, body: Any = None, *, seller: str | None = SELLER, **headers: str) -> Reply:
        if seller is not None:
            headers.setdefault("PayPal_Auth_Assertion", assertion(seller))
        return self.api("POST", f"/v2/payments/captures/{capture_id}/refund", body, **headers)

    def dispute(self, capture_id: str, **more: Any) -> Any:
        """A buyer opens a dispute; the dispute as the API shows it."""
        reply = self.control("POST", "dispute", {"capture": capture_id, **more})
        assert reply.status == 201, reply.text
        return reply.json

    def resolve(self, dispute_id: str, outcome: str, **more: Any) -> Reply:
        return self.control("POST", "dispute/resolve", {"dispute": dispute_id, "outcome": outcome, **more})

    def setup_token(self, body: Any = None, **headers: str) -> Reply:
        return self.api("POST", "/v3/vault/setup-tokens", body or setup_request(), **headers)

    def payment_token(self, setup_id: str, **headers: str) -> Reply:
        source = {"payment_source": {"token": {"id": setup_id, "type": "SETUP_TOKEN"}}}
        return self.api("POST", "/v3/vault/payment-tokens", source, **headers)

    def vaulted(self, **choice: str) -> str:
        """The id of a payment token, approved by a buyer."""
        setup = self.setup_token().json["id"]
        assert self.approve(setup, **choice).status == 200
        return str(self.payment_token(setup).json["id"])

    def charge(self, vault_id: str, *units: dict[str, Any], **headers: str) -> Reply:
        return self.create(order(*units, payment_source={"paypal": {"vault_id": vault_id}}), **headers)

    def control(self, method: str, name: str, body: Any = None) -> Reply:
        content = None if body is None else json.dumps(body)
        return self.send(method, f"/paypal/sandbox/{name}", content, Content_Type="application/json")

    def fault(self, operation: str, fault: str, **more: int | str) -> None:
        reply = self.control("POST", "faults", {"operation": operation, "fault": fault, **more})
        assert reply.status == 201, reply.text

    def advance(self, **spans: int) -> None:
        seconds = spans.get("seconds", 0) + 60 * spans.get("minutes", 0)
        seconds += 3600 * spans.get("hours", 0) + 86400 * spans.get("days", 0)
        assert self.control("POST", "clock", {"advance_s": seconds}).status == 200

    def state(self) -> Any:
        return self.control("GET", "state").json

    def events(self, **query: object) -> list[Any]:
        """The webhook messages, each as `number`, `event_type`, `headers` and the raw `body`."""
        reply = self.control("GET", f"events?{urlencode(query)}")
        assert reply.status == 200, reply.text
        return list(reply.json["events"])

    def told(self, *types: str) -> list[Any]:
        """The events themselves, of these types only if any are named."""
        events = [json.loads(message["body"]) for message in self.events()]
        return [event for event in events if not types or event["event_type"] in types]

    def requests(self, operation: str) -> list[Any]:
        """The simulator's log of one operation."""
        return [entry for entry in self.state()["requests"] if entry["operation"] == operation]

    def balance(self, email: str, currency: str = "USD") -> str:
        """The balance of an account, "0" if it never moved."""
        (account,) = [a for a in self.state()["accounts"] if a["email_address"] == email]
        return next((b["value"] for b in account["balances"] if b["currency_code"] == currency), "0")
