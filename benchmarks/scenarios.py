"""What a client does, a unit at a time: the requests of the scenarios, as bytes."""

import json
import uuid
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.support.environment import CLIENTS
from tests.support.processes import KEY

from solitude.client.signing import authorization

SECRET = str(CLIENTS[KEY])
RETURN_URLS = {"return_url": "https://shop.example/paid", "cancel_url": "https://shop.example/cancelled"}
# As long as a signature may live: requests are signed long before they are sent.
LIFE_S = 300
Materials = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ask:
    """`host` is `house` or `paypal`, one of the two in the materials."""

    host: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """`total_ms` and `provider_ms`: how long the house says that it took, and how much of that a provider did."""

    status: int
    body: bytes
    total_ms: float = 0.0
    provider_ms: float = 0.0

    def json(self, *expected: int) -> Any:
        """The body; ValueError with the answer if its status is another."""
        if self.status not in expected:
            raise ValueError(f"{self.status} {self.body[:300]!r}")
        return json.loads(self.body)


Steps = Generator[Ask, Reply, str]


class Unit:
    """One unit of work: the requests of one customer, each made from the answer before. `label` is the payment's uuid."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._first: Ask | None = None
        self.label = ""

    def prepare(self) -> None:
        """Signs the first request."""
        self._first = next(self._steps)

    def begin(self) -> Ask:
        if self._first is None:
            self.prepare()
        assert self._first is not None  # noqa: S101 - for mypy
        return self._first

    def go_on(self, reply: Reply) -> Ask | None:
        """The next request, None at the end. Raises ValueError for an answer that is not what a customer wants."""
        try:
            return self._steps.send(reply)
        except StopIteration as end:
            self.label = end.value
            return None


@dataclass(frozen=True)
class Scenario:
    """A kind of unit, by the name that its line in the table begins with."""

    name: str
    steps: Callable[[Materials, int], Steps]
    provider: bool = False
    """Whether the provider is asked, so that time with it is subtracted from the latency."""

    def unit(self, materials: Materials, number: int) -> Unit:
        return Unit(self.steps(materials, number))


def signed(materials: Materials, method: str, target: str, body: Any = None) -> Ask:
    raw = b"" if body is None else json.dumps(body).encode()
    token = authorization(key=KEY, secret=SECRET, method=method, target=target, body=raw, life_s=LIFE_S)
    head = f"{method} {target} HTTP/1.1\r\nHost: {materials['house']}\r\nAuthorization: {token}\r\n"
    if raw:
        head += f"Content-Type: application/json\r\nContent-Length: {len(raw)}\r\n"
    return Ask("house", head.encode() + b"\r\n" + raw)


def _preapproved(materials: Materials, number: int) -> Steps:
    buyers = materials["buyers"]
    reply = yield signed(materials, "POST", "/paypal/pay", preapproved_payment(materials, buyers[number % len(buyers)]))
    paid = reply.json(201)
    if paid["status"] != "completed":
        raise ValueError(f"a payment with pre-approval is {paid['status']}")
    return str(paid["uuid"])


def _approved(materials: Materials, number: int) -> Steps:
    reply = yield signed(materials, "POST", "/paypal/pay", _payment(materials, f"guest:{number:012}", agreed=False))
    made = reply.json(201)
    page = urlsplit(made["pay_url"])
    form = urlencode({"action": "approve", "funding": "ok", "buyer": "bea@buyer.example"}).encode()
    head = (
        f"POST {page.path}?{page.query} HTTP/1.1\r\nHost: {page.netloc}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n\r\n"
    )
    sent = yield Ask("paypal", head.encode() + form)
    if sent.status not in (302, 303):
        raise ValueError(f"the page of approval answered {sent.status}")
    reply = yield signed(materials, "POST", "/paypal/pay-check/", {"uuid": made["uuid"]})
    status = str(reply.json(200, 201)["status"]).lower()
    if status != "completed":
        raise ValueError(f"a payment that was approved is {status}")
    return str(made["uuid"])


def preapproved_payment(materials: Materials, buyer: str) -> dict[str, Any]:
    return _payment(materials, buyer, agreed=True)


def _payment(materials: Materials, buyer: str, *, agreed: bool) -> dict[str, Any]:
    return {
        "user_id": buyer,
        "app_id": materials["product"],
        "amount": 2.49,
        "currency": "EUR",
        "use_preapproval": agreed,
        **RETURN_URLS,
    }


def _create(materials: Materials, number: int) -> Steps:
    body = kept_transaction(f"kept:{number}:{uuid.uuid4().hex}", materials["seller_product"])
    reply = yield signed(materials, "POST", "/generic/transaction/", body)
    return str(reply.json(201)["uuid"])


def kept_transaction(name: str, seller_product: str) -> dict[str, Any]:
    """A transaction that a client keeps itself, with what such usually have."""
    return {
        "uuid": name,
        "seller_product": seller_product,
        "amount": "2.49",
        "currency": "EUR",
        "type": 0,
        "status": 0,
        "source": "bench",
        "region": "1",
        "carrier": "1",
    }


def _get(target: Callable[[Materials, int], str]) -> Callable[[Materials, int], Steps]:
    def steps(materials: Materials, number: int) -> Steps:
        reply = yield signed(materials, "GET", target(materials, number))
        reply.json(200)
        return ""

    return steps


def _of_one(materials: Materials, number: int) -> str:
    rows = materials["transactions"]
    return str(rows[number % len(rows)])


def _verify_pin(materials: Materials, number: int) -> Steps:
    pinned = materials["pinned"]
    body = {"uuid": pinned[number % len(pinned)], "pin": materials["pin"]}
    reply = yield signed(materials, "POST", "/generic/verify_pin/", body)
    if not reply.json(200)["valid"]:
        raise ValueError("a right PIN is not valid")
    return ""


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("payment with pre-approval", _preapproved, provider=True),
        Scenario("payment with approval", _approved, provider=True),
        Scenario("create transaction", _create),
        Scenario("read transaction", _get(_of_one)),
        Scenario("verify pin", _verify_pin),
        Scenario("event feed", _get(lambda _materials, _number: "/events/?limit=100")),
        Scenario("list page", _get(lambda _materials, _number: "/generic/transaction/?limit=20")),
    )
}
