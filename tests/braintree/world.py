"""Products in the catalogue, buyers with cards, and sales, made through the API."""

from typing import Any

from django.db.models import F
from tests.payments.passing import make_due
from tests.support.braintree import BraintreeSimulator
from tests.support.marketplace import Answer, Marketplace

from solitude import worker
from solitude.payments.models import WAITING, Notification

PRODUCTS, BUYERS, PAYMETHODS = "/braintree/product/", "/braintree/mozilla/buyer/", "/braintree/mozilla/paymethod/"
TOKEN, CUSTOMER = "/braintree/token/generate/", "/braintree/customer/"  # a path
PAYMETHOD, DELETE = "/braintree/paymethod/", "/braintree/paymethod/delete/"
SALE, REFUND, VOID = "/braintree/sale/", "/braintree/refund/", "/braintree/void/"
AMOUNT = "12.00"


def generic_product(shop: Marketplace, **more: Any) -> dict[str, Any]:
    """A new product of a new seller."""
    public_id = shop.product(seller=shop.seller(paypal_id=None), **more)
    return dict(shop.get(f"/generic/product/?public_id={public_id}")["objects"][0])


def product(shop: Marketplace, **more: Any) -> str:
    """The public_id of a new product of the catalogue, whose buyer chooses the amount unless `more` says otherwise."""
    sold = generic_product(shop)
    entry = {"seller_product": sold["resource_uri"], "description": "Brick", **more}
    made = shop.post(PRODUCTS, entry)
    assert made.status == 201, made
    return str(sold["public_id"])


def customer(shop: Marketplace, **more: Any) -> str:
    """The uuid of a new buyer who is a customer of Braintree's."""
    uuid = str(shop.buyer(**more)["uuid"])
    customer_of(shop, uuid)
    return uuid


def customer_of(shop: Marketplace, uuid: str) -> None:
    """Makes this buyer a customer of Braintree's."""
    made = shop.post(CUSTOMER, {"uuid": uuid})
    assert made.status == 201, made


def card(shop: Marketplace, braintree: BraintreeSimulator, buyer: str = "", behaviour: str = "") -> dict[str, Any]:
    """A card that is kept, of a new buyer unless it is that one's, as the API shows it."""
    body = {"buyer_uuid": buyer or customer(shop), "nonce": braintree.nonce(behaviour=behaviour)}
    made = shop.post(PAYMETHOD, body)
    assert made.status == 201, made
    return dict(made["mozilla"])


def sell(shop: Marketplace, braintree: BraintreeSimulator, **more: Any) -> Answer:
    """A sale by a new nonce, of a new product, unless `more` says otherwise; None leaves a field out."""
    body = {"amount": AMOUNT, **more}
    key = body.pop("key", "")
    if "paymethod" not in body and "nonce" not in body:
        body["nonce"] = braintree.nonce()
    body.setdefault("product_id", "")
    body["product_id"] = body["product_id"] or product(shop)
    given = {name: value for name, value in body.items() if value is not None}
    return shop.post(SALE, given, **({"Idempotency-Key": key} if key else {}))


def sold(shop: Marketplace, braintree: BraintreeSimulator, **more: Any) -> dict[str, Any]:
    """The generic transaction of a sale that went well."""
    answer = sell(shop, braintree, **more)
    assert answer.status == 200, answer
    return dict(answer["mozilla"]["generic"])


def settled(shop: Marketplace, braintree: BraintreeSimulator, **more: Any) -> dict[str, Any]:
    """The same, when it is settled and that is known here."""
    payment = sold(shop, braintree, **more)
    braintree.settle(payment["uid_support"])
    run_worker()
    return shop.transaction(payment["resource_uri"])


def run_worker() -> None:
    """Whatever waits comes due, and is done."""
    make_due()
    Notification.objects.filter(state__in=WAITING).update(next_try_at=F("received_at"))
    jobs = worker.all_jobs()
    while sum(job() for job in jobs):
        pass


def codes(answer: Answer, namespace: str = "mozilla") -> dict[str, list[str]]:
    """Of a refusal: the codes by field."""
    return {field: [error["code"] for error in errors] for field, errors in answer[namespace].items()}
