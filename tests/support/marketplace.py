"""A marketplace as tests play it: it signs its requests and has sellers, products and buyers."""

import itertools
import json
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.test import Client

from solitude.client.signing import authorization
from tests.support import described
from tests.support.simulator import CANCEL_URL, RETURN_URL

KEY, SECRET = "marketplace", "a-common-secret-of-the-tests-0123456789"
# Behind a letter, so that no name that a test gives itself is ever taken.
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Answer:
    status: int
    json: Any
    headers: dict[str, str]
    text: str = field(repr=False)

    def __getitem__(self, name: str) -> Any:
        return self.json[name]

    @property
    def tag_and_place(self) -> tuple[str | None, str | None]:
        """The tag of what it shows, and the path of what was made."""
        return self.headers.get("ETag"), self.headers.get("Location")


class Api:
    """Calls the API with signed requests. `send` takes raw bytes; `post` and the others take JSON."""

    def __init__(self, key: str = KEY, secret: str = SECRET) -> None:
        self.key, self.secret = key, secret
        self.client = Client(raise_request_exception=False)

    def send(self, method: str, target: str, body: bytes = b"", **headers: str) -> Answer:
        signed = authorization(key=self.key, secret=self.secret, method=method, target=target, body=body)
        return self.send_unsigned(method, target, body, **{"Authorization": signed, **headers})

    def send_unsigned(self, method: str, target: str, body: bytes = b"", **headers: str) -> Answer:
        kind = headers.pop("Content-Type", "application/json" if body else "")
        response = self.client.generic(method, target, body, content_type=kind, headers=headers)
        text = response.content.decode()
        answer = Answer(response.status_code, json.loads(text) if text else None, dict(response.headers), text)
        described.expect(method, target, answer.status, answer.headers, answer.json)
        return answer

    def get(self, target: str, **headers: str) -> Answer:
        return self.send("GET", target, **headers)

    def post(self, target: str, body: Any, **headers: str) -> Answer:
        return self.send("POST", target, encoded(body), **headers)

    def put(self, target: str, body: Any, **headers: str) -> Answer:
        return self.send("PUT", target, encoded(body), **headers)

    def patch(self, target: str, body: Any, **headers: str) -> Answer:
        return self.send("PATCH", target, encoded(body), **headers)

    def delete(self, target: str, **headers: str) -> Answer:
        return self.send("DELETE", target, **headers)


def encoded(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body, default=str).encode()


class Marketplace(Api):
    """The things of a marketplace, made through the API."""

    def seller(self, paypal_id: str | None = "", **more: Any) -> dict[str, Any]:
        number = next(_numbers)
        seller: dict[str, Any] = self.post("/generic/seller/", {"uuid": f"dev:n{number}", **more}).json
        if paypal_id is not None:
            payee = paypal_id or f"seller-{number}@dev.example"
            self.post("/paypal/seller/", {"seller": seller["resource_uri"], "paypal_id": payee})
        return seller

    def product(self, paypal_id: str | None = "", **more: Any) -> str:
        """The `app_id` of a new product of a new seller."""
        seller = more.pop("seller", None) or self.seller(paypal_id)
        number = next(_numbers)
        body = {"seller": seller["resource_uri"], "external_id": f"app-{number}", "public_id": f"pub-{number}", **more}
        made = self.post("/generic/product/", body)
        assert made.status == 201, made
        return str(made["public_id"])

    def pay(self, app_id: str, headers: dict[str, str] | None = None, **more: Any) -> Answer:
        """A payment in the wiki's form; whatever `more` does not say is usual."""
        body = {
            "user_id": 8812,
            "app_id": app_id,
            "amount": Decimal("2.49"),
            "currency": "EUR",
            "use_preapproval": False,
            "return_url": RETURN_URL,
            "cancel_url": CANCEL_URL,
        } | more
        return self.send("POST", "/paypal/pay", pay_body(body), **(headers or {}))

    def pay_for(self, seller_product: str, headers: dict[str, str] | None = None, **more: Any) -> Answer:
        """A payment in Solitude's own form; whatever `more` does not say is usual, and None leaves it out."""
        body = {
            "seller_product": seller_product,
            "amount": "3.75",
            "currency": "GBP",
            "memo": "Star Map",
            "return_url": RETURN_URL,
            "cancel_url": CANCEL_URL,
            "ipn_url": RETURN_URL + "/ipn",
        } | more
        given = {name: value for name, value in body.items() if value is not None}
        return self.post("/paypal/pay/", given, **(headers or {}))

    def check(self, **selector: str) -> Answer:
        return self.post("/paypal/pay-check/", selector)

    def cancel(self, **selector: str) -> Answer:
        return self.post("/paypal/pay-cancel/", selector)

    def refund(self, headers: dict[str, str] | None = None, **more: Any) -> Answer:
        return self.post("/paypal/refund/", more, **(headers or {}))

    def preapproval(self, buyer_uuid: str, **more: Any) -> Answer:
        body = {"uuid": buyer_uuid, "return_url": RETURN_URL, "cancel_url": CANCEL_URL} | more
        return self.post("/paypal/preapproval/", body)

    def forward(self, event: dict[str, Any]) -> Answer:
        """Hands on what PayPal told the marketplace."""
        return self.post("/paypal/webhook/", {"headers": event["headers"], "body": event["body"]})

    def tell(self, ipn: str) -> Answer:
        """Hands on an IPN as it came from PayPal."""
        return self.post("/paypal/ipn/", {"data": ipn})

    def buyer(self, buyer_uuid: str = "", **more: Any) -> dict[str, Any]:
        body = {"uuid": buyer_uuid or f"shop:n{next(_numbers)}", **more}
        made: dict[str, Any] = self.post("/generic/buyer/", body).json
        return made

    def transaction(self, path: str) -> dict[str, Any]:
        found = self.get(path)
        assert found.status == 200, found
        return dict(found.json)

    def event_types(self) -> list[str]:
        return [event["type"] for event in self.get("/events/?limit=1000")["events"]]


def pay_body(body: dict[str, Any]) -> bytes:
    """JSON in which a Decimal is a number with its own digits, as the wiki's form has it."""
    marks: dict[str, str] = {}

    def mark(value: Any) -> str:
        name = f"decimal-{uuid.uuid4().hex}"
        marks[f'"{name}"'] = str(value)
        return name

    text = json.dumps(body, default=mark)
    for name, number in marks.items():
        text = text.replace(name, number)
    return text.encode()
