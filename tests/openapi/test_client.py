"""The typed client has a method for every operation, and reads every field of what it is answered.

Each method is called with what it needs; the answers are the examples of the description.
"""

import inspect
import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from tests.support import described
from tests.support.described import Operation, followed

from solitude.client import BangoPrice, Solitude
from solitude.client.transport import Answer, Call, Transport
from solitude.client.wire import BARE
from solitude.urls import description

# Of these a client has no use.
NOT_FOR_CLIENTS = {
    "close_buyer_by_its_old_path": "a second path of another operation",
    "get_bango_refund_by_its_documented_path": "a second path of another operation",
    "accept_bango_sbi_by_its_old_path": "a second path of another operation",
    "get_bango_sbi_by_its_old_path": "a second path of another operation",
    "put_bango_product": "change_bango_product changes what is given and keeps the rest",
    "put_braintree_buyer": "change_braintree_buyer does the same",
    "put_braintree_paymethod": "change_braintree_paymethod does the same",
    "put_braintree_product": "change_braintree_product changes what is given and keeps the rest",
    "put_braintree_subscription": "mark_braintree_subscription does the same",
    "put_buyer": "patch_buyer changes what is given and keeps the rest",
    "put_seller": "patch_seller does",
    "put_product": "patch_product does",
    "put_seller_data": "patch_seller_data does",
    "put_product_data": "patch_product_data does",
    "put_reference_product": "the specification has none",
    "put_reference_terms": "the specification has none",
    "patch_reference_seller": "put_reference_seller does the same",
    "patch_reference_product": "the specification has none",
    "patch_reference_terms": "the specification has none",
    "put_all_at_provider": "the specification has none",
    "delete_all_at_provider": "the specification has none",
    "post_to_one_at_provider": "the specification has none",
    "delete_reference_seller": "it is always refused",
    "delete_reference_product": "it is always refused",
    "delete_reference_terms": "it is always refused",
    "error": "it is there to fail",
    "try_logs": "for who sets up the logs",
    "home": "for who comes by",
    "get_description": "for who writes clients",
}
# Fields that say again what another one says or what was asked, that only the old server filled, or that are handed on as they are.
UNREAD = {
    "Options": {"product", "currency"},
    "BangoRefund": {"resource_pk", "resource_uri"},
    "BangoProductShown": {"id"},
    "BraintreeBack": {"braintree"},
    "BraintreeBuyer": {"id"},
    "BraintreePaymethod": {"id"},
    "BraintreeProduct": {"id"},
    "BraintreeSale": {"braintree"},
    "BraintreeSubscription": {"id"},
    "BraintreeTransaction": {"id"},
    "ChangedPackage": {"id"},
    "CardAtBraintree": {"token", "created_at", "updated_at"},
    "Confirmed": {"uuid"},
    "CustomerAtBraintree": {"id", "created_at", "updated_at"},
    "CustomerMade": {"braintree"},
    "DebugShown": {"solitude"},
    "Meta": {"prev"},
    "PackageShown": {"id"},
    "PaymethodMade": {"braintree"},
    "SellerShown": {"id"},
    "SettingShown": {"key"},
    "StatusShown": {"id"},
    "SubscriptionAtBraintree": {"id", "created_at", "updated_at"},
    "SubscriptionMade": {"braintree"},
    "Timeline": {"transaction"},
    "Verified": {"uuid"},
    "WholePackage": {"id"},
}
UNREAD_AS_A_WHOLE = {"EventData", "FullPackage", "SellerUuids"}
# Of two forms of a payment the example has the first: tests/client has both.
UNSEEN = {"OwnPayment"}
# No method, or one that calls the others; and who is answered in the form that has no example.
NO_CALLS = {"call", "close", "pay_for"}
# What a method must be given, by the name of the parameter.
ARGUMENTS: dict[str, Any] = {
    "active": True,
    "amount": Decimal("2.49"),
    "app_id": "5530",
    "body": "{}",
    "bango_package": 1,
    "bango_product": 1,
    "bango_status": 1,
    "braintree_buyer": 1,
    "braintree_product": 1,
    "braintree_transaction": 1,
    "bt_payload": "PG5vdGlmaWNhdGlvbj4=",
    "bt_signature": "sandbox-public-key|0",
    "buyer": "/generic/buyer/1/",
    "buyer_uuid": "shop:77",
    "callback_error_url": "https://shop.example/told/failed",
    "callback_success_url": "https://shop.example/told/paid",
    "cancel_url": "https://shop.example/cancelled",
    "carrier": "ESP_ORANGE",
    "category": 1,
    "challenge": "20f9f8ed05f77439fe955c977e4c8a53",
    "currency": "EUR",
    "email": "ada@example.net",
    "error_url": "https://shop.example/cancelled",
    "external_id": "app-1",
    "fields": {"uuid": "s-803"},
    "notification": "<bangoEvents/>",
    "password": "of-bango",
    "payment_uuid": "web:order-77",
    "headers": {"PayPal-Transmission-Id": "1"},
    "name": "SOLITUDE_SERVE_THREADS",
    "nonce": "fake-valid-visa-nonce",
    "package_id": 50021,
    "paypal_buyer": 1,
    "paypal_id": "studio@dev.example",
    "paypal_product": 1,
    "paypal_seller": 1,
    "pay_method": "CARD",
    "paymethod": 1,
    "pin": "0420",
    "pk": "0b5e9a1c-6c1f-4f57-9c53-0d1f6a0b1c2d",
    "plan": "mozilla-concrete-brick",
    "prices": [BangoPrice("2.10", "EUR")],
    "product": 1,
    "provider": "second",
    "public_id": "5530",
    "refund_uuid": "solitude:5d0f",
    "qs": "ext_transaction_id=1&sig=0:1",
    "reference_seller": 1,
    "reference_product": 1,
    "region": "214",
    "resource": "sellers",
    "price": "0.99",
    "rating": "UNIVERSAL",
    "return_url": "https://shop.example/paid",
    "returned": {"Token": "2878bad855fcf02fbba5df2956f1ed74"},
    "permissions": ["REFUND"],
    "scheme": "GLOBAL",
    "subscription": 1,
    "scope": ["REFUND"],
    "seller": "/generic/seller/1/",
    "seller_uuid": "dev:12",
    "success_url": "https://shop.example/paid",
    "title": "Star Map",
    "token": "merchant-id-of-ours",
    "url": "https://shop.example/paid",
    "verifier": "MERCHANTID123",
    "transaction": 1,
    "transaction_uuid": "web:order-77",
    "user_id": 8812,
    "user_uuid": "shop:8812",
    "username": "bango",
}
# Of methods that take one of several: this one, and whose argument.
ONE_OF = {
    "cancel": {"uuid": "buyer_uuid"},
    "check": {"uuid": "buyer_uuid"},
    "pay_by_braintree": {"nonce": "nonce"},
    "refund": {"uuid": "buyer_uuid"},
}
UUIDS = {
    "buyer": "shop:77",
    "product": "p-12",
    "provider": "s-803",
    "seller": "dev:12",
    "transaction": "shop-order-4711",
}

Noticed = defaultdict[str, set[str]]


class Noted(dict[str, Any]):
    """An object of an answer; writes down under the name of its shape which fields somebody looks at."""

    def __init__(self, fields: dict[str, Any], noticed: set[str]) -> None:
        super().__init__(fields)
        self.noticed = noticed

    def get(self, name: str, default: Any = None) -> Any:
        self.noticed.add(name)
        return super().get(name, default)

    def __getitem__(self, name: str) -> Any:
        self.noticed.add(name)
        return super().__getitem__(name)


class Example(Transport):
    """Answers a call with the example of its operation."""

    def __init__(self) -> None:
        """Connects to nobody."""
        self.called: set[str] = set()
        self.read: Noticed = defaultdict(set)

    def send(self, call: Call, left_s: float) -> Answer:
        operation = described.operation_of(call.method, call.target)
        assert operation is not None, f"{call.what} is no operation"
        self.called.add(operation.name)
        status, said = next((status, said) for status, said in operation.said["responses"].items() if status[0] == "2")
        media = followed(said).get("content", {}).get(described.JSON)
        shown = (
            self.noted(json.loads(json.dumps(media["example"]), parse_float=Decimal), media["schema"]) if media else {}
        )
        return Answer(int(status), shown if isinstance(shown, dict) else {BARE: shown}, '"tag"')

    def noted(self, said: Any, schema: Any) -> Any:
        """What was said, with each object that has a named shape noted."""
        schema, name = self.shape(said, schema)
        if isinstance(said, list):
            return [self.noted(item, schema.get("items", {})) for item in said]
        if not isinstance(said, dict):
            return said
        properties = schema.get("properties", {})
        fields = {field: self.noted(value, properties.get(field, {})) for field, value in said.items()}
        return Noted(fields, self.read[name]) if name else fields

    def shape(self, said: Any, schema: Any) -> tuple[Any, str]:
        """The schema behind references and alternatives, and its name."""
        kind = "object" if isinstance(said, dict) else "array" if isinstance(said, list) else None
        for one in schema.get("anyOf", [schema]):
            found, name = (followed(one), one["$ref"].rpartition("/")[2]) if "$ref" in one else (one, "")
            if kind is None or found.get("type") == kind:
                return found, name
        return {}, ""


def methods() -> list[Any]:
    named = inspect.getmembers(Solitude, inspect.isfunction)
    return [pytest.param(method, id=name) for name, method in named if name[0] != "_" and name not in NO_CALLS]


def needed(method: Callable[..., Any]) -> dict[str, Any]:
    parameters = list(inspect.signature(method).parameters.values())[1:]
    wanted = [one for one in parameters if one.default is one.empty and one.kind is not one.VAR_KEYWORD]
    given = {one.name: _argument(method, one.name) for one in wanted}
    return given | {name: ARGUMENTS[value] for name, value in ONE_OF.get(method.__name__, {}).items()}


def _argument(method: Callable[..., Any], name: str) -> Any:
    return UUIDS[method.__name__.rpartition("_")[2]] if name == "uuid" else ARGUMENTS[name]


@pytest.fixture(scope="module")
def example() -> Example:
    return Example()


@pytest.fixture
def solitude(example: Example) -> Solitude:
    client = Solitude("http://127.0.0.1:2602", "marketplace", "a-secret-that-nobody-checks-0123456789")
    client._transport.close()
    client._transport = example
    return client


def drive(solitude: Solitude, method: Callable[..., Any]) -> None:
    answer = method(solitude, **needed(method))
    if isinstance(answer, Iterator):
        next(answer)


@pytest.fixture
def driven(solitude: Solitude, example: Example) -> Example:
    """After each method was called once."""
    if not example.called:
        for method in methods():
            drive(solitude, method.values[0])
    return example


def test_every_operation_has_a_method(driven: Example) -> None:
    assert {one.name for one in described.operations()} - driven.called == set(NOT_FOR_CLIENTS)


def test_every_field_of_an_answer_is_read(driven: Example) -> None:
    schemas = description()["components"]["schemas"]
    read = {name: fields for name, fields in driven.read.items() if name not in UNREAD_AS_A_WHOLE}
    unread = {name: set(schemas[name]["properties"]) - fields for name, fields in read.items()}
    assert {name: fields for name, fields in unread.items() if fields} == UNREAD


def test_no_field_is_read_that_is_not_there(driven: Example) -> None:
    schemas = description()["components"]["schemas"]
    invented = {name: fields - set(schemas[name]["properties"]) for name, fields in driven.read.items()}
    assert {name: fields for name, fields in invented.items() if fields} == {}


def test_every_shape_of_an_answer_was_looked_at(driven: Example) -> None:
    """So that the two above are about all of them."""
    shown = {name for one in described.operations() if one.name in driven.called for name in _shapes(one)}
    assert shown - set(driven.read) == UNSEEN


def _shapes(operation: Operation) -> set[str]:
    found: set[str] = set()
    left = [followed(said) for status, said in operation.said["responses"].items() if status[0] == "2"]
    while left:
        said: Any = left.pop()
        if isinstance(said, dict):
            name = str(said.get("$ref", "")).rpartition("schemas/")[2]
            if name and name not in found:
                found.add(name)
                left.append(description()["components"]["schemas"][name])
            left += [value for key, value in said.items() if key not in ("example", "headers")]
        elif isinstance(said, list):
            left += said
    return found
