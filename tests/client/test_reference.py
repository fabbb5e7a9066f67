"""The calls of providers of the reference kind: each sends what the API's documentation says, and reads the answer with its types."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from solitude.client import InvalidRequest, ProviderUnavailable, Solitude
from tests.client.server import FakeSolitude, Received, Reply

URLS = {
    "success_url": "https://shop.example/paid",
    "error_url": "https://shop.example/failed",
    "callback_success_url": "https://shop.example/told/paid",
    "callback_error_url": "https://shop.example/told/failed",
}
PAYMENT = {
    "uuid": "shop:91",
    "transaction": "/generic/transaction/7/",
    "status": "created",
    "amount": "1.25",
    "currency": "EUR",
    "pay_url": "https://pay.example/payment/start?tx=ab12",
    "provider": "second",
}
SELLER = {
    "id": 4,
    "seller": "/generic/seller/6/",
    "resource_uri": "/provider/reference/sellers/4/",
    "reference": {"id": "s-801", "email": "ada@shop.example"},
}


def only(fake: FakeSolitude) -> Received:
    (received,) = fake.received
    return received


def pay(solitude: Solitude, **more: Any) -> Any:
    usual = {
        "amount": "1.25",
        "currency": "EUR",
        "pay_method": "CARD",
        "carrier": "ESP_ORANGE",
        "region": "214",
        **URLS,
    }
    return solitude.pay_by_reference("/generic/product/8/", **{**usual, **more})


def test_a_payment_names_its_provider_in_the_path_and_its_url_in_no_repr(
    fake: FakeSolitude, solitude: Solitude
) -> None:
    fake.answers(Reply(201, PAYMENT))
    payment = pay(solitude, amount=Decimal("1.25"), provider="second", product_id="p-2", uuid="shop:91")
    assert (only(fake).method, only(fake).target) == ("POST", "/provider/second/pay/")
    sent = only(fake).json
    assert (sent["amount"], sent["seller_product"], sent["product_id"]) == ("1.25", "/generic/product/8/", "p-2")
    assert "buyer" not in sent
    assert only(fake).idempotency_key
    assert (payment.amount, payment.pay_url) == (Decimal("1.25"), PAYMENT["pay_url"])
    assert "ab12" not in repr(payment)


def test_a_notice_is_handed_on_as_it_came(fake: FakeSolitude, solitude: Solitude) -> None:
    qs = "ext_transaction_id=web%3A91&sig=0:6c1f"
    fake.answers(
        Reply(200, {"result": "OK", "reason": "", "transaction": "/generic/transaction/7/", "uuid": "shop:91"}),
        Reply(200, {"result": "FAIL", "reason": "signature mismatch"}),
    )
    genuine, forged = (solitude.forward_reference_notice(qs) for _ in range(2))
    assert fake.received[0].target == "/provider/reference/notices/"
    assert fake.received[0].json == {"qs": qs}
    assert (genuine.is_genuine, genuine.uuid) == (True, "shop:91")
    assert (forged.is_genuine, forged.reason, forged.transaction) == (False, "signature mismatch", None)


def test_a_seller_shows_nothing_of_a_person(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(Reply(201, SELLER))
    seller = solitude.create_reference_seller(
        "/generic/seller/6/", uuid="s-801", name="Ada", email="ada@shop.example", agreement=date(2014, 2, 3)
    )
    assert only(fake).json == {
        "seller": "/generic/seller/6/",
        "uuid": "s-801",
        "name": "Ada",
        "email": "ada@shop.example",
        "status": "ACTIVE",
        "agreement": "2014-02-03",
    }
    assert (seller.pk, seller.reference["id"]) == (4, "s-801")
    assert "ada@" not in repr(seller)


def test_a_product_is_named_as_its_seller_is(fake: FakeSolitude, solitude: Solitude) -> None:
    paths = {"seller_product": "/generic/product/8/", "seller_reference": "/provider/reference/sellers/4/"}
    shown = {"id": 2, **paths, "resource_uri": "/provider/reference/products/2/"}
    fake.answers(Reply(201, shown | {"reference": {"id": "p-12"}}))
    product = solitude.create_reference_product(8, 4, uuid="p-12", name="Map")
    assert only(fake).json == {**paths, "uuid": "p-12", "name": "Map"}
    assert (product.pk, product.product, product.seller) == (2, *paths.values())


def test_the_terms_are_asked_for_by_their_seller(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(Reply(200, {"id": 4, "resource_uri": "/provider/reference/terms/4/", "reference": {"text": "…"}}))
    assert solitude.get_reference_terms("/provider/reference/sellers/4/").reference == {"text": "…"}
    assert only(fake).target == "/provider/reference/terms/4/"


def test_a_list_of_a_provider_is_a_list_and_its_filters_are_sent(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(Reply(200, [{"uuid": "p-2"}]))
    assert solitude.list_at_provider("second", "products", seller_id="s-2") == [{"uuid": "p-2"}]
    assert only(fake).target == "/provider/second/products/?seller_id=s-2"


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/"])
def test_a_name_that_leads_elsewhere_is_never_sent(fake: FakeSolitude, solitude: Solitude, name: str) -> None:
    with pytest.raises(ValueError, match="names without a slash"):
        solitude.delete_at_provider("second", "sellers", name)
    with pytest.raises(ValueError, match="names without a slash"):
        pay(solitude, provider=name)
    assert fake.received == []


def test_what_the_provider_says_no_to_and_that_it_is_away(fake: FakeSolitude, solitude: Solitude) -> None:
    away = Reply(502, {"detail": "…", "code": "provider_unreachable"})
    fake.answers(Reply(400, {"error_message": "no"}), away)
    with pytest.raises(InvalidRequest) as refused:
        solitude.create_at_provider("second", "sellers", {"uuid": "s-2"})
    assert refused.value.body["error_message"] == "no"
    with pytest.raises(ProviderUnavailable):
        solitude.forward_reference_notice("ext_transaction_id=1&sig=0:1")
