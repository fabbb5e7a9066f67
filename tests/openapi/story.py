"""One run through every operation, and through what goes wrong in ways of its own: where the description's examples come from."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from unittest import mock

from django.db import OperationalError
from django.db.models.functions import Now
from django.test import override_settings
from tests.openapi import story_bango, story_bango_payments, story_braintree, story_payments, story_reference
from tests.payments.world import call_of, paypal_away
from tests.paypal.ipn.world import adaptive, detail, proving, raw
from tests.support import described
from tests.support.marketplace import Answer, Marketplace
from tests.support.simulator import CANCEL_URL, RETURN_URL, Simulator

from solitude.outbound.limits import InProgress
from solitude.payments import calls
from solitude.retention import running as retention
from solitude.vault import checks
from solitude.vault.checks import VaultBroken
from solitude.web import admission
from solitude.web.models import IdempotencyKey
from solitude.web.openapi.examples import GATE, PATH, REQUEST

# What any operation may answer is recorded once.
OF_THE_GATE = {401, 403, 404, 406, 411, 413, 415, 500, 503}
# What one of them is answered stands for all that have no example of their own.
ALSO_OF_THE_GATE = {400, 405, 410, 502, 504}
# Their answers are of the whole document, or of a fault, and no examples of anything.
UNRECORDED = {"get_description"}
ITEMS_MAX = 4
PAYPAL = "https://www.sandbox.paypal.com"
BANGO = "https://mozilla.bango.net"

Recorded = dict[str, dict[str, Any]]


class Recorder(Marketplace):
    """A marketplace that keeps what it was answered: of each operation and status the first, with the body of what went well."""

    def __init__(self, paypal: Simulator) -> None:
        super().__init__()
        self.recorded: Recorded = {}
        self._paypal = paypal

    def send_unsigned(self, method: str, target: str, body: bytes = b"", **headers: str) -> Answer:
        answer = super().send_unsigned(method, target, body, **headers)
        operation = described.operation_of(method, target)
        if operation is not None and operation.name not in UNRECORDED:
            self._keep(operation, body, answer)
            if answer.status < 300 and (named := described.path_of(method, target)):
                self.recorded[operation.name].setdefault(PATH, named)
        return answer

    def _keep(self, operation: described.Operation, body: bytes, answer: Answer) -> None:
        of_the_gate = answer.status in OF_THE_GATE and not operation.has_own(answer.status)
        of_the_gate |= str(answer.json.get("code") if isinstance(answer.json, dict) else "").startswith("idempotency_")
        kept = self.recorded.setdefault(GATE if of_the_gate else operation.name, {})
        if answer.json is not None:
            kept.setdefault(str(answer.status), self._shown(answer.json))
        if answer.status < 300 and body and "requestBody" in operation.said:
            kept.setdefault(REQUEST, self._shown(json.loads(body)))
        if answer.status in ALSO_OF_THE_GATE:
            self.recorded.setdefault(GATE, {}).setdefault(str(answer.status), self._shown(answer.json))

    def _shown(self, said: Any) -> Any:
        """With the providers where their simulators were, and of long lists the beginning."""
        text = story_reference.shown(json.dumps(said)).replace(f"{self._paypal.root}/bango", BANGO)
        return cut(json.loads(text.replace(self._paypal.url, PAYPAL).replace(self._paypal.root, PAYPAL)))


def cut(said: Any) -> Any:
    if isinstance(said, dict):
        return {name: cut(value) for name, value in said.items()}
    return [cut(value) for value in said[:ITEMS_MAX]] if isinstance(said, list) else said


def tell(shop: Marketplace, paypal: Simulator) -> None:
    """Goes through all of it, always in the same way."""
    _gate(shop)
    buyer = _buyers(shop)
    product = _sellers(shop)
    _transactions(shop, buyer, product)
    _payments(shop, paypal, product)
    _ipns(shop)
    _permissions(shop, paypal)
    _preapprovals(shop, paypal)
    _records(shop)
    story_bango.tell(shop)
    story_bango_payments.tell(shop)
    story_reference.tell(shop)
    story_braintree.tell(shop)
    story_payments.tell(shop, paypal)
    with override_settings(SOLITUDE_CLEANSED_SETTINGS_ACCESS=True):
        _services(shop)


def _gate(shop: Marketplace) -> None:
    shop.get("/")
    shop.send_unsigned("GET", "/generic/buyer/")
    Marketplace.send(Nagios(shop), "GET", "/generic/buyer/")
    shop.get("/generic/buyer/", Accept="text/html")
    shop.send("POST", "/generic/buyer/", b"{}", **{"Transfer-Encoding": "chunked"})
    shop.send("POST", "/generic/buyer/", b'{"uuid": "' + b"x" * 1_100_000 + b'"}')
    shop.send("POST", "/generic/buyer/", b"uuid=shop:77", **{"Content-Type": "application/x-www-form-urlencoded"})
    shop.get("/services/error/")
    with mock.patch.object(admission, "insert_once_soon", side_effect=OperationalError("the connection is lost")):
        shop.get("/generic/buyer/")
    key = {"Idempotency-Key": "seller-11"}
    shop.post("/generic/seller/", {"uuid": "dev:11"}, **key)
    shop.post("/generic/seller/", {"uuid": "dev:10"}, **key)
    IdempotencyKey.objects.update(status=None, claimed_at=Now())
    shop.post("/generic/seller/", {"uuid": "dev:11"}, **key)


class Nagios(Marketplace):
    """A client that may do little, whose answers are kept with the others'."""

    def __init__(self, recorder: Marketplace) -> None:
        super().__init__("nagios", "the-secret-of-nagios-in-tests-0123456789")
        self.send_unsigned = recorder.send_unsigned  # type: ignore[method-assign]


def _buyers(shop: Marketplace) -> str:
    person = {"uuid": "shop:77", "email": "ada@example.net", "locale": "nl", "pin": "0420"}
    path = shop.post("/generic/buyer/", person)["resource_uri"]
    shop.post("/generic/buyer/", person)
    shop.get("/generic/buyer/?uuid=shop%3A77")
    shop.get("/generic/buyer/?uid=shop%3A77")
    shop.get("/generic/buyer/999/")
    shop.get(path)
    shop.patch(path, {"locale": "fy"})
    for call in ("confirm_pin", "verify_pin"):
        shop.post(f"/generic/{call}/", {"uuid": "shop:77", "pin": "0420"})
        shop.post(f"/generic/{call}/", {"uuid": "shop:77", "pin": "7x"})
        shop.post(f"/generic/{call}/", {"uuid": "shop:nobody", "pin": "0420"})
    shop.put(path, {"uuid": "shop:77", "new_pin": "1971", "pin_confirmed": True})
    shop.post("/generic/reset_confirm_pin/", {"uuid": "shop:77", "pin": "1971"})
    shop.post("/generic/reset_confirm_pin/", {"uuid": "shop:77"})
    gone = shop.post("/generic/buyer/", {"uuid": "shop:78"})["resource_uri"]
    shop.post(f"{gone}close/", {})
    return str(path)


def _sellers(shop: Marketplace) -> str:
    seller = shop.post("/generic/seller/", {"uuid": "dev:12"})["resource_uri"]
    shop.post("/generic/seller/", {"uuid": "dev:12"})
    shop.get("/generic/seller/?uuid=dev%3A12")
    body = {"seller": seller, "external_id": "app-1", "public_id": "5530", "secret": "s3same-0penly"}
    product = shop.post("/generic/product/", body)["resource_uri"]
    shop.post("/generic/product/", body)
    shop.get("/generic/product/?public_id=5530")
    shop.get(product)
    shop.put(product, {"seller": seller, "external_id": "app-1", "public_id": "5530"})
    shop.patch(product, {"external_id": "app-1-pro"})
    data = shop.post("/paypal/seller/", {"seller": seller, "paypal_id": "studio@dev.example", "country": "NL"})
    path = data["resource_uri"]
    shop.post("/paypal/seller/", {"seller": seller, "paypal_id": "studio@dev.example"})
    shop.get(path)
    shop.put(path, {"paypal_id": "studio@dev.example", "business_name": "Studio Twaalf"})
    shop.patch(path, {"city": "Utrecht"})
    own = shop.post("/paypal/product/", {"seller_product": product, "paypal_id": "levels@dev.example"})["resource_uri"]
    shop.post("/paypal/product/", {"seller_product": product})
    shop.get(own)
    shop.put(own, {"paypal_id": "levels@dev.example"})
    shop.patch(own, {"paypal_id": None})
    shop.get(product)
    shop.get(seller)
    shop.put(seller, {"uuid": "dev:12", "active": True})
    shop.patch(seller, {"active": True})
    return str(product)


def _transactions(shop: Marketplace, buyer: str, product: str) -> None:
    body = {
        "uuid": "shop-order-4711",
        "amount": "12.00",
        "currency": "EUR",
        "buyer": buyer,
        "seller_product": product,
        "notes": "Paid at the counter.",
    }
    path = shop.post("/generic/transaction/", body)["resource_uri"]
    shop.post("/generic/transaction/", body)
    shop.get("/generic/transaction/?uuid=shop-order-4711")
    shop.patch(path, {"provider": 2, "uid_pay": "R-4711", "status": 1, "notes": "Paid at the counter, in cash."})
    shop.get(path)


def _payments(shop: Marketplace, paypal: Simulator, product: str) -> None:
    full = InProgress(1)
    with full, mock.patch.object(calls, "_in_progress", full):
        shop.pay("5530")
    paid = shop.pay("5530", memo="Level pack")
    shop.check(pay_key=paid["paykey"])
    shop.refund(uuid=paid["uuid"])
    paypal.approve(paid["pay_url"])
    shop.check(uuid=paid["uuid"])
    shop.get(f"{paid['transaction']}timeline/")
    shop.refund(uuid=paid["uuid"], amount="1.00", reason="The level pack did not load.")
    shop.refund(uuid="unknown")
    shop.pay("5530", amount=Decimal("0.00"))
    paypal.fault("refund", "issue:REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK")
    shop.refund(uuid=paid["uuid"], amount="1.00")
    shop.cancel(uuid=shop.pay("5530")["uuid"])
    refused = shop.pay("5530")
    paypal.approve(refused["pay_url"])
    paypal.fault("capture_order", "issue:COMPLIANCE_VIOLATION")
    shop.check(uuid=refused["uuid"])
    paypal.fault("create_order", "rate_limit_429", retry_after_s=17)
    shop.pay("5530")
    with paypal_away():
        shop.pay("5530")
    paypal.fault("create_order", "disconnect_after")
    paypal.fault("create_order", "error_500", count=0)
    unknown = shop.pay("5530")
    shop.check(uuid=unknown["uuid"])
    shop.get("/services/uncertain/")
    paypal.clear_faults()
    paypal.fault("create_order", "issue:PAYEE_ACCOUNT_RESTRICTED")
    shop.pay("5530")
    told = paypal.told("PAYMENT.CAPTURE.COMPLETED")
    shop.forward(told[0])
    shop.get("/events/?limit=3")
    shop.get("/events/?after=0000000000ffffffff")


def _ipns(shop: Marketplace) -> None:
    """Of a classic payment, which the buyer approved."""
    with override_settings(SOLITUDE_PAYPAL_API="classic"), proving():
        begun = shop.pay(shop.product("sam@dev.example"))
        named = {"pay_key": begun["paykey"], "tracking_id": call_of(begun["transaction"]).key}
        shop.tell(raw(adaptive(**named) | detail(amount="EUR 2.49")))


def _permissions(shop: Marketplace, paypal: Simulator) -> None:
    studio = {"seller": "dev:12"}
    ask = {"url": RETURN_URL, "scope": ["REFUND"], **studio}
    page = shop.post("/paypal/permission-url/", ask)["token"]
    refused = paypal.refuse(page)["merchantId"]
    shop.post("/paypal/permission-token/", {"token": refused, "verifier": "NOBODYSMERCH1", **studio})
    back = paypal.grant(page, "studio@dev.example")
    shop.post("/paypal/permission-token/", {"token": refused, "verifier": back["merchantIdInPayPal"], **studio})
    shop.post("/paypal/permission-check/", {"permissions": ["REFUND"], **studio})
    shop.post("/paypal/account-check/", studio)
    shop.get("/paypal/id-check/?paypal_id=studio%40dev.example")
    data = ["ACCESS_BASIC_PERSONAL_DATA", "ACCESS_ADVANCED_PERSONAL_DATA"]
    for email in ("mallory@evil.example", "studio@dev.example"):
        back = paypal.log_in(shop.post("/paypal/permission-url/", ask | {"scope": data})["token"], email)
        shop.post("/paypal/permission-token/", {"token": back["state"], "verifier": back["code"], **studio})
        shop.post("/paypal/personal-basic/", studio)
        shop.post("/paypal/personal-advanced/", studio)


def _preapprovals(shop: Marketplace, paypal: Simulator) -> None:
    body = {"uuid": "shop:77", "return_url": RETURN_URL, "cancel_url": CANCEL_URL, "currency": "EUR"}
    begun = shop.post("/paypal/preapproval/", body)
    shop.post("/paypal/preapproval/", body | {"uuid": "shop:nobody"})
    path = begun["resource_uri"]
    shop.get(path)
    shop.put(path, {})
    paypal.approve(begun["paypal_url"])
    shop.put(path, {})
    shop.delete(path)
    shop.get(path)


def _records(shop: Marketplace) -> None:
    buyer = shop.post("/generic/buyer/", {"uuid": "shop:79"})["resource_uri"]
    made = shop.post("/paypal/buyer/", {"buyer": buyer, "currency": "EUR"})["resource_uri"]
    shop.post("/paypal/buyer/", {"buyer": buyer})
    shop.get(made)
    shop.patch(made, {"key": None})
    shop.delete(made)


def _services(shop: Marketplace) -> None:
    retention.begin("call_bodies")
    retention.batch("call_bodies")
    for path in ("status", "request", "logs", "failures/transactions", "failures/statuses", "settings", "retention"):
        shop.get(f"/services/{path}/")
    shop.get("/services/settings/SOLITUDE_SERVE_THREADS/")
    with mock.patch.object(checks, "self_test", side_effect=VaultBroken):
        shop.get("/services/status/")


def shape_of(said: Any) -> Any:
    """What stays the same from run to run: the fields, and what kind of thing is in them."""
    if isinstance(said, Mapping):
        return {name: shape_of(value) for name, value in said.items()}
    if isinstance(said, list):
        return [shape_of(value) for value in said[:1]]
    return type(said).__name__
