"""`/paypal/seller/` and `/paypal/buyer/`: what is kept of people at PayPal; secrets go in and never come out."""

from typing import Any

import pytest
from django.db import connection
from tests.payments.world import nothing_happens
from tests.support.marketplace import Answer, Marketplace
from tests.support.simulator import Simulator

from solitude.providers.paypal.models import PERSON_LIMITS, BuyerPaypal, SellerPaypal

PERSON = {name: f"canary of {name}"[:limit] for name, limit in PERSON_LIMITS.items()}


@pytest.fixture
def seller(shop: Marketplace) -> dict[str, Any]:
    """A seller without PayPal data."""
    return shop.seller(paypal_id=None)


@pytest.fixture
def seller_data(shop: Marketplace, seller: dict[str, Any]) -> Answer:
    body = {"seller": seller["resource_uri"], "paypal_id": "sam@dev.example", **PERSON}
    answer = shop.post("/paypal/seller/", body)
    assert answer.status == 201, answer
    return answer


@pytest.fixture
def buyer_data(shop: Marketplace) -> Answer:
    answer = shop.post("/paypal/buyer/", {"buyer": shop.buyer()["resource_uri"]})
    assert answer.status == 201, answer
    return answer


def raw(table: str) -> str:
    """The rows of a table as the database has them."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table}")  # noqa: S608
        return repr(cursor.fetchall())


# --- sellers -------------------------------------------------------------------------------------------------------


def test_the_data_of_a_seller_come_back_as_they_were_given(
    shop: Marketplace, seller: dict[str, Any], seller_data: Answer
) -> None:
    expected = {"seller": seller["resource_uri"], "paypal_id": "sam@dev.example", "token": False, "secret": False}

    assert seller_data.headers["Location"] == seller_data["resource_uri"]
    assert seller_data["resource_uri"] == f"/paypal/seller/{seller_data['resource_pk']}/"
    assert {name: seller_data[name] for name in expected} == expected
    assert {name: seller_data[name] for name in PERSON} == PERSON
    assert shop.get(seller_data["resource_uri"]).json == seller_data.json
    assert shop.get(seller["resource_uri"])["paypal"] == seller_data.json
    assert seller_data["counter"] == 0


def test_only_the_seller_is_needed(shop: Marketplace, seller: dict[str, Any]) -> None:
    answer = shop.post("/paypal/seller/", {"seller": seller["resource_uri"]})

    assert (answer.status, answer["paypal_id"], answer["first_name"]) == (201, None, "")


@pytest.mark.parametrize("given", [None, "", "/generic/seller/999999/", "/generic/buyer/1/", "dev:1", 7, []])
def test_a_seller_who_is_none(shop: Marketplace, given: Any) -> None:
    answer = shop.post("/paypal/seller/", {"seller": given})

    assert (answer.status, list(answer.json)) == (400, ["seller"])
    assert SellerPaypal.objects.count() == 0


def test_a_seller_has_paypal_data_once(shop: Marketplace, seller_data: Answer) -> None:
    answer = shop.post("/paypal/seller/", {"seller": seller_data["seller"]})

    assert (answer.status, list(answer.json)) == (400, ["seller"])
    assert SellerPaypal.objects.count() == 1


@pytest.mark.parametrize(("name", "limit"), sorted(PERSON_LIMITS.items()))
def test_a_text_of_a_person_has_a_limit(shop: Marketplace, seller: dict[str, Any], name: str, limit: int) -> None:
    body = {"seller": seller["resource_uri"]}

    for wrong in ("é" * (limit + 1), 5, None, [], "a\x00b"):
        refused = shop.post("/paypal/seller/", body | {name: wrong})
        assert (refused.status, list(refused.json)) == (400, [name]), wrong
    kept = shop.post("/paypal/seller/", body | {name: "é" * limit})

    assert (kept.status, kept[name]) == (201, "é" * limit)


def test_token_and_secret_are_read_only(shop: Marketplace, seller: dict[str, Any]) -> None:
    body = {"seller": seller["resource_uri"], "token": "a-token", "secret": "a-secret"}

    answer = shop.post("/paypal/seller/", body)
    shop.put(answer["resource_uri"], {"token": "a-token", "secret": "a-secret"})

    assert (answer["token"], answer["secret"]) == (False, False)
    row = SellerPaypal.objects.get()
    assert (row.token, row.secret) == (None, None)


def test_a_token_and_a_secret_come_out_as_whether_they_are_there(shop: Marketplace, seller_data: Answer) -> None:
    SellerPaypal.objects.get().change(token="a-token-canary", secret="a-secret-canary")

    shown = shop.get(seller_data["resource_uri"])

    assert (shown["token"], shown["secret"]) == (True, True)
    for answer in (shown, shop.get(seller_data["seller"]), shop.put(seller_data["resource_uri"], {})):
        assert "canary" not in answer.text.replace("canary of", "")


def test_a_change_names_what_it_changes(shop: Marketplace, seller_data: Answer) -> None:
    uri = seller_data["resource_uri"]

    patched = shop.patch(uri, {"city": "Berlin"})
    put = shop.put(uri, {"paypal_id": "other@dev.example"})

    assert (patched.status, patched.text) == (202, "")
    assert put.status == 202
    assert {name: put[name] for name in ("city", "paypal_id", "first_name", "counter")} == {
        "city": "Berlin", "paypal_id": "other@dev.example", "first_name": PERSON["first_name"], "counter": 2,
    }  # fmt: skip
    assert shop.get(uri).json == put.json


def test_data_of_a_seller_that_are_not_there(shop: Marketplace) -> None:
    uri = "/paypal/seller/999999/"

    assert {shop.get(uri).status, shop.put(uri, {}).status, shop.patch(uri, {}).status} == {404}
    assert shop.delete(uri).status == 405


def test_everything_about_a_person_is_encrypted_at_rest(shop: Marketplace, seller_data: Answer) -> None:
    SellerPaypal.objects.get().change(token="a-token-canary", secret="a-secret-canary")

    kept = raw("paypal_sellerpaypal")

    assert "canary" not in kept
    assert "sam@dev.example" not in kept


# --- buyers --------------------------------------------------------------------------------------------------------


def test_the_data_of_a_buyer(shop: Marketplace, buyer_data: Answer) -> None:
    limits = {"max_total", "max_per_payment", "max_per_day"}
    assert set(buyer_data.json) == {"resource_pk", "resource_uri", "buyer", "key", "currency", "expiry"} | limits
    assert (buyer_data["key"], buyer_data["currency"], buyer_data["expiry"]) == (False, None, None)
    assert buyer_data.headers["Location"] == buyer_data["resource_uri"]
    assert shop.get(buyer_data["resource_uri"]).json == buyer_data.json
    assert shop.get(buyer_data["buyer"])["paypal"] == buyer_data.json


@pytest.mark.parametrize("given", [None, "", "/generic/buyer/999999/", "/generic/seller/1/", "shop:1", 7, []])
def test_a_buyer_who_is_none(shop: Marketplace, given: Any) -> None:
    answer = shop.post("/paypal/buyer/", {"buyer": given})

    assert (answer.status, list(answer.json)) == (400, ["buyer"])
    assert BuyerPaypal.objects.count() == 0


def test_a_buyer_has_paypal_data_once(shop: Marketplace, buyer_data: Answer) -> None:
    answer = shop.post("/paypal/buyer/", {"buyer": buyer_data["buyer"]})

    assert (answer.status, list(answer.json)) == (400, ["buyer"])
    assert BuyerPaypal.objects.count() == 1


def test_a_key_that_a_client_gives_is_ignored(shop: Marketplace) -> None:
    answer = shop.post("/paypal/buyer/", {"buyer": shop.buyer()["resource_uri"], "key": "stolen-key"})

    assert (answer.status, answer["key"]) == (201, False)
    assert BuyerPaypal.objects.get().key is None


def test_currency_and_expiry_change_alone(shop: Marketplace, paypal: Simulator, preapproved: str) -> None:
    row = BuyerPaypal.objects.get(buyer__uuid=preapproved)

    with nothing_happens(paypal):
        assert shop.patch(row.resource_uri, {"currency": "EUR"}).status == 202
        assert shop.patch(row.resource_uri, {"expiry": "2031-12-31"}).status == 202

    shown = shop.get(row.resource_uri)
    assert (shown["currency"], shown["expiry"], shown["key"]) == ("EUR", "2031-12-31", True)
    shop.patch(row.resource_uri, {"currency": None, "expiry": None})
    assert (shop.get(row.resource_uri)["currency"], shop.get(row.resource_uri)["expiry"]) == (None, None)


@pytest.mark.parametrize(
    ("wrong", "field"), [({"currency": "EURO"}, "currency"), ({"expiry": "soon"}, "expiry"), ({"expiry": 5}, "expiry")]
)
def test_a_change_that_cannot_be(shop: Marketplace, buyer_data: Answer, wrong: dict[str, Any], field: str) -> None:
    answer = shop.patch(buyer_data["resource_uri"], wrong)

    assert (answer.status, list(answer.json)) == (400, [field])
    assert shop.get(buyer_data["resource_uri"]).json == buyer_data.json


def test_data_of_a_buyer_that_are_not_there(shop: Marketplace, buyer_data: Answer) -> None:
    assert shop.delete(buyer_data["resource_uri"]).status == 204

    uri = buyer_data["resource_uri"]
    assert {shop.get(uri).status, shop.patch(uri, {}).status, shop.delete(uri).status} == {404}
    assert shop.put(uri, {}).status == 405
    assert shop.get(buyer_data["buyer"])["paypal"] is None


def test_nobody_lists_the_data_of_everybody(shop: Marketplace) -> None:
    assert {shop.get("/paypal/seller/").status, shop.get("/paypal/buyer/").status} == {405}


def test_by_which_interface_a_seller_is_paid_is_kept_and_can_be_left_to_the_setting_again(
    shop: Marketplace, seller_data: Answer
) -> None:
    path = seller_data["resource_uri"]
    assert seller_data["interface"] is None

    assert shop.put(path, {"interface": "classic"})["interface"] == "classic"
    assert shop.put(path, {"city": "Utrecht"})["interface"] == "classic"
    assert shop.put(path, {"interface": "soap"}).json == {"interface": ["must be rest or classic"]}
    assert shop.put(path, {"interface": None})["interface"] is None
