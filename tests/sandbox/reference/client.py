"""A marketplace's client of the reference provider: each request is signed, by a library that is not the simulator's."""

import itertools
import json
from typing import Any

from oauthlib import oauth1
from tests.sandbox.client import Reply, Sandbox
from tests.support.zippy import KEY, SECRET

_numbers = itertools.count(1)


class Zippy:
    """Signs and sends; `path` is below where the provider is mounted."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.url = f"{sandbox.url}/reference"

    def send(self, method: str, path: str, body: Any = None, *, secret: str = SECRET, **headers: str) -> Reply:
        content = None if body is None else json.dumps(body)
        given = {"Authorization": self.header(method, path, secret), "Content_Type": "application/json", **headers}
        return self.sandbox.send(method, f"{self.url}{path}", content, **{k: v for k, v in given.items() if v != "-"})

    def header(self, method: str, path: str, secret: str = SECRET) -> str:
        """The Authorization header of a request."""
        client = oauth1.Client(
            KEY, client_secret=secret, resource_owner_key="not-implemented", resource_owner_secret="", realm="Zippy"
        )
        return str(client.sign(f"{self.url}{path}", method)[1]["Authorization"])

    def made(self, path: str, **fields: Any) -> Any:
        answer = self.send("POST", path, fields)
        assert answer.status == 201, answer.text
        return answer.json

    def seller(self, **fields: Any) -> Any:
        return self.made("/sellers", **seller_form(**fields))

    def product(self, **fields: Any) -> Any:
        if "seller_id" not in fields:
            fields["seller_id"] = self.seller()["uuid"]
        return self.made("/products", **product_form(**fields))

    def transaction(self, **fields: Any) -> Any:
        if "product_id" not in fields:
            fields["product_id"] = self.product()["uuid"]
        return self.made("/transactions", **transaction_form(**fields))

    def page(self, transaction: Any) -> str:
        """Where its buyer is sent to."""
        return f"{self.url}/payment/start?tx={transaction['token']}"

    def verify(self, signed: str) -> Reply:
        return self.send("POST", "/notices", {"qs": signed})


def seller_form(**fields: Any) -> dict[str, Any]:
    number = next(_numbers)
    return {"uuid": f"s-{number}", "name": "Ada", "email": "ada@shop.example", "status": "ACTIVE", **fields}


def product_form(**fields: Any) -> dict[str, Any]:
    number = next(_numbers)
    return {"uuid": f"p-{number}", "name": "Star Map", "external_id": f"ext-{number}", **fields}


def transaction_form(**fields: Any) -> dict[str, Any]:
    return {
        "carrier": "ESP_ORANGE",
        "region": "214",
        "currency": "EUR",
        "price": "1.25",
        "pay_method": "CARD",
        "ext_transaction_id": "web:91",
        "success_url": "https://shop.example/ok",
        "error_url": "https://shop.example/no",
        "callback_success_url": "https://shop.example/cb/ok",
        "callback_error_url": "https://shop.example/cb/no",
        **fields,
    }


def reasons(answer: Reply) -> Any:
    """What is wrong with which field, of a refused form."""
    assert answer.status == 409, answer.text
    error = answer.json["error"]
    assert (error["code"], error["status"], error["name"]) == (409, 409, "InvalidArgumentError")
    return json.loads(error["message"])
