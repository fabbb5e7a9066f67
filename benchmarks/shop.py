"""What a shop needs before it can be measured: a product that can be paid for, buyers who agreed to be charged, books with rows."""

import json
from dataclasses import asdict, dataclass
from typing import Any

import urllib3
from tests.support.processes import KEY

from benchmarks.places import House
from benchmarks.scenarios import RETURN_URLS, SECRET, kept_transaction
from solitude.client.signing import authorization

PIN = "2468"
BUYERS = 32
PINNED = 16
KEPT = 400


@dataclass(frozen=True)
class Materials:
    """What requests of the scenarios name; travels to the generator as JSON."""

    house: str
    paypal: str
    product: str
    buyers: list[str]
    pinned: list[str]
    pin: str
    seller_product: str
    transactions: list[str]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def furnish(house: House, buyers: int = BUYERS, kept: int = KEPT) -> Materials:
    """Opens the shop through the API, as a marketplace would."""
    ask = asker(house)
    seller = ask("POST", "/generic/seller/", {"uuid": "dev:bench"})["resource_uri"]
    ask("POST", "/paypal/seller/", {"seller": seller, "paypal_id": "bench-seller@dev.example"})
    product = ask("POST", "/generic/product/", {"seller": seller, "external_id": "bench", "public_id": "bench-product"})
    names = [f"shop:bench-{number}" for number in range(buyers)]
    for name in names:
        ask("POST", "/generic/buyer/", {"uuid": name})
        asked = ask("POST", "/paypal/preapproval/", {"uuid": name, **RETURN_URLS})
        house.paypal.approve(asked["paypal_url"])
        ask("PUT", asked["resource_uri"], {})
    pinned = [f"shop:pinned-{number}" for number in range(PINNED)]
    for name in pinned:
        ask("POST", "/generic/buyer/", {"uuid": name, "pin": PIN})
        ask("POST", "/generic/confirm_pin/", {"uuid": name, "pin": PIN})
    rows = [
        ask("POST", "/generic/transaction/", kept_transaction(f"before:{number}", product["resource_uri"]))
        for number in range(kept)
    ]
    return Materials(
        house.host,
        house.paypal.root.removeprefix("http://"),
        product["public_id"],
        names,
        pinned,
        PIN,
        product["resource_uri"],
        [row["resource_uri"] for row in rows],
    )


def asker(house: House) -> Any:
    """Asks a house and gives what it answered; for what must go well. Raises RuntimeError."""
    http = urllib3.PoolManager(retries=False)

    def ask(method: str, target: str, body: Any = None) -> Any:
        raw = b"" if body is None else json.dumps(body).encode()
        signed = authorization(key=KEY, secret=SECRET, method=method, target=target, body=raw)
        headers = {"Authorization": signed} | ({"Content-Type": "application/json"} if raw else {})
        answer = http.request(method, house.url + target, body=raw or None, headers=headers)
        if answer.status >= 300:
            raise RuntimeError(f"{method} {target}: {answer.status} {answer.data[:500]!r}")
        return json.loads(answer.data) if answer.data else None

    return ask
