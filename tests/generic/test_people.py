"""Buyers, sellers and their products: made and read through the API, in the forms of the contract."""

import re
from typing import Any

import pytest
from tests.support.marketplace import Answer, Marketplace
from tests.web.parallel import at_once

BUYERS, SELLERS, PRODUCTS = "/generic/buyer/", "/generic/seller/", "/generic/product/"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def wrong(answer: Answer) -> list[str]:
    """The fields at fault, each with a list of texts."""
    assert answer.status == 400, answer
    for texts in answer.json.values():
        assert isinstance(texts, list)
        assert texts
        assert all(isinstance(text, str) and text for text in texts)
    return sorted(answer.json)


# --- buyers ------------------------------------------------------------------------------------------------------------


def test_a_buyer_is_made_and_read(shop: Marketplace) -> None:
    made = shop.post(BUYERS, {"uuid": "shop:77", "email": "ada@example.net", "locale": "nl"})

    pk = made["resource_pk"]
    assert made.status == 201
    assert made.headers["Location"] == f"/generic/buyer/{pk}/"
    assert made.json == {
        "active": True,
        "authenticated": True,
        "email": "ada@example.net",
        "locale": "nl",
        "needs_pin_reset": False,
        "new_pin": False,
        "pin": False,
        "pin_confirmed": False,
        "pin_failures": 0,
        "pin_is_locked_out": False,
        "pin_was_locked_out": False,
        "resource_pk": pk,
        "resource_uri": f"/generic/buyer/{pk}/",
        "uuid": "shop:77",
        "paypal": None,
    }
    assert shop.get(made["resource_uri"]).json == made.json
    assert shop.get(BUYERS)["objects"] == [made.json]


def test_what_is_not_said_of_a_buyer_has_its_default(shop: Marketplace) -> None:
    made = shop.post(BUYERS, {"uuid": "shop:1"})
    assert [made[name] for name in ("active", "authenticated", "email", "locale")] == [True, True, None, None]


def test_what_is_said_of_a_buyer_is_kept(shop: Marketplace) -> None:
    body = {"uuid": "shop:1", "active": False, "authenticated": False, "email": "", "locale": ""}
    made = shop.post(BUYERS, body)
    assert {name: made[name] for name in body} == body
    assert shop.get(made["resource_uri"]).json == made.json


@pytest.mark.parametrize("collection", [BUYERS, SELLERS])
@pytest.mark.parametrize("body", [{}, {"uuid": None}, {"uuid": ""}])
def test_a_uuid_is_required(shop: Marketplace, collection: str, body: dict[str, Any]) -> None:
    answer = shop.post(collection, body)
    assert (answer.status, answer.json) == (400, {"uuid": ["FIELD_REQUIRED"]})


@pytest.mark.parametrize(
    ("collection", "code"), [(BUYERS, "BUYER_UUID_ALREADY_EXISTS"), (SELLERS, "SELLER_UUID_ALREADY_EXISTS")]
)
def test_a_uuid_is_taken_once(shop: Marketplace, collection: str, code: str) -> None:
    assert shop.post(collection, {"uuid": "a:1", "active": False}).status == 201
    taken = shop.post(collection, {"uuid": "a:1"})
    assert (taken.status, taken.json) == (400, {"uuid": [code]})
    assert shop.post(collection, {"uuid": "A:1"}).status == 201


@pytest.mark.parametrize("collection", [BUYERS, SELLERS])
def test_of_ten_that_take_a_uuid_at_once_one_gets_it(shop: Marketplace, collection: str) -> None:
    answers = at_once(10, lambda _: Marketplace().post(collection, {"uuid": "a:1"}))
    assert sorted(answer.status for answer in answers) == [201] + [400] * 9
    assert shop.get(collection)["meta"]["total_count"] == 1


@pytest.mark.parametrize("collection", [BUYERS, SELLERS])
def test_a_number_is_taken_as_its_digits(shop: Marketplace, collection: str) -> None:
    assert shop.post(collection, {"uuid": 8812})["uuid"] == "8812"


@pytest.mark.parametrize("collection", [BUYERS, SELLERS])
@pytest.mark.parametrize("uuid", [True, 1.5, [], {}, ["a"], "x" * 256, "a\x00b", 10**300])
def test_a_uuid_that_is_no_text_is_400(shop: Marketplace, collection: str, uuid: Any) -> None:
    assert wrong(shop.post(collection, {"uuid": uuid})) == ["uuid"]


@pytest.mark.parametrize("collection", [BUYERS, SELLERS])
def test_the_longest_uuid_in_any_script_is_good(shop: Marketplace, collection: str) -> None:
    for uuid in ("x" * 255, "\u00fc" * 255, "\U0001f600" * 255):
        made = shop.post(collection, {"uuid": uuid})
        assert (made.status, shop.get(made["resource_uri"])["uuid"]) == (201, uuid)


@pytest.mark.parametrize("email", [7, 1.5, True, [], {}, "x" * 256, "a\x00b"])
def test_an_email_that_is_no_text_is_400(shop: Marketplace, email: Any) -> None:
    assert wrong(shop.post(BUYERS, {"uuid": "shop:1", "email": email})) == ["email"]


def test_an_email_may_be_anything_and_be_had_by_several(shop: Marketplace) -> None:
    for number, email in enumerate(
        ["d\u00fcrer@b\u00fccher.example", "no address", "same@buyer.example", "same@buyer.example"]
    ):
        made = shop.post(BUYERS, {"uuid": f"shop:{number}", "email": email})
        assert (made.status, shop.get(made["resource_uri"])["email"]) == (201, email)


@pytest.mark.parametrize("name", ["active", "authenticated"])
@pytest.mark.parametrize("value", ["banana", "true", "", 0, 1, None, [], 1.0])
def test_a_boolean_is_true_or_false(shop: Marketplace, name: str, value: Any) -> None:
    assert wrong(shop.post(BUYERS, {"uuid": "shop:1", name: value})) == [name]


def test_all_fields_at_fault_are_named_at_once(shop: Marketplace) -> None:
    body = {"email": 7, "active": "x", "locale": [], "pin": "042"}
    assert wrong(shop.post(BUYERS, body)) == ["active", "email", "locale", "pin", "uuid"]


@pytest.mark.parametrize("collection", [BUYERS, SELLERS])
def test_unknown_and_read_only_fields_are_ignored(shop: Marketplace, collection: str) -> None:
    read_only = {"resource_pk": 999, "id": 999, "resource_uri": "/x/", "counter": 7, "created": "x", "pin_failures": 3}
    made = shop.post(collection, {"uuid": "a:1", "nonsense": {"a": [1]}, "paypal": {"key": "x"}, **read_only})
    assert made.status == 201
    assert made["resource_pk"] != 999
    assert not {"nonsense", "x"} & set(made.json)
    assert made.json.get("counter", 0) == 0


# --- sellers -----------------------------------------------------------------------------------------------------------


def test_a_seller_is_made_and_read(shop: Marketplace) -> None:
    made = shop.post(SELLERS, {"uuid": "dev:12"})

    pk = made["resource_pk"]
    assert made.status == 201
    assert TIME.fullmatch(made["created"])
    assert made.json == {
        "resource_pk": pk,
        "resource_uri": f"/generic/seller/{pk}/",
        "id": pk,
        "uuid": "dev:12",
        "active": True,
        "bango": {},
        "paypal": None,
        "counter": 0,
        "created": made["created"],
        "modified": made["modified"],
    }
    assert shop.get(made["resource_uri"]).json == made.json
    assert shop.get(SELLERS)["objects"] == [made.json]


def test_a_seller_may_be_inactive(shop: Marketplace) -> None:
    assert shop.post(SELLERS, {"uuid": "dev:12", "active": False})["active"] is False
    assert wrong(shop.post(SELLERS, {"uuid": "dev:13", "active": "no"})) == ["active"]


# --- products ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def seller(shop: Marketplace) -> str:
    return str(shop.seller(paypal_id=None)["resource_uri"])


def product(seller: str, **more: Any) -> dict[str, Any]:
    return {"seller": seller, "external_id": "app-9", "public_id": "pub:9"} | more


def test_a_product_is_made_and_read(shop: Marketplace, seller: str) -> None:
    made = shop.post(PRODUCTS, product(seller, secret="s", access=2))

    pk = made["resource_pk"]
    assert made.status == 201
    assert made.json == {
        "seller": seller,
        "access": 2,
        "resource_uri": f"/generic/product/{pk}/",
        "resource_pk": pk,
        "secret": "s",
        "seller_uuids": {"bango": None, "reference": None},
        "public_id": "pub:9",
        "external_id": "app-9",
    }
    assert shop.get(made["resource_uri"]).json == made.json
    assert shop.get(PRODUCTS)["objects"] == [made.json]


@pytest.mark.parametrize("secret", [None, "", "s\u00fc\u00df", "x" * 255])
def test_a_secret_is_kept_as_it_was_given(shop: Marketplace, seller: str, secret: str | None) -> None:
    made = shop.post(PRODUCTS, product(seller, secret=secret))
    assert shop.get(made["resource_uri"])["secret"] == secret


@pytest.mark.parametrize("name", ["seller", "external_id", "public_id"])
@pytest.mark.parametrize("value", ["left out", None, ""])
def test_seller_and_both_ids_are_required(shop: Marketplace, seller: str, name: str, value: str | None) -> None:
    body = product(seller) | {name: value}
    if value == "left out":
        del body[name]
    answer = shop.post(PRODUCTS, body)
    assert (answer.status, answer.json) == (400, {name: ["FIELD_REQUIRED"]})


def test_an_external_id_is_the_sellers_own(shop: Marketplace, seller: str) -> None:
    assert shop.post(PRODUCTS, product(seller)).status == 201
    clash = shop.post(PRODUCTS, product(seller, public_id="pub:10"))
    assert (clash.status, clash.json) == (400, {"external_id": ["EXTERNAL_PRODUCT_ID_IS_NOT_UNIQUE"]})
    other = str(shop.seller(paypal_id=None)["resource_uri"])
    assert shop.post(PRODUCTS, product(other, public_id="pub:10")).status == 201


def test_a_public_id_is_nobody_elses(shop: Marketplace, seller: str) -> None:
    assert shop.post(PRODUCTS, product(seller)).status == 201
    other = str(shop.seller(paypal_id=None)["resource_uri"])
    for clash in (product(other), product(seller)):
        assert wrong(shop.post(PRODUCTS, clash)) == ["public_id"]


def test_of_ten_products_with_one_id_at_once_one_is_made(shop: Marketplace, seller: str) -> None:
    answers = at_once(10, lambda number: Marketplace().post(PRODUCTS, product(seller, public_id=f"pub:{number}")))
    assert sorted(answer.status for answer in answers) == [201] + [400] * 9
    assert shop.get(PRODUCTS)["meta"]["total_count"] == 1


@pytest.mark.parametrize(("access", "kept"), [(1, 1), (2, 2), ("1", 1), ("2", 2)])
def test_access_is_one_of_two_numbers(shop: Marketplace, seller: str, access: Any, kept: int) -> None:
    assert shop.post(PRODUCTS, product(seller, access=access))["access"] == kept


@pytest.mark.parametrize("access", [0, 3, "0", "purchase", "", None, True, 1.0, [1], "1 ", "\u0661", 10**30, {}])
def test_any_other_access_is_400(shop: Marketplace, seller: str, access: Any) -> None:
    assert wrong(shop.post(PRODUCTS, product(seller, access=access))) == ["access"]


@pytest.mark.parametrize("form", ["{}", "http://elsewhere.example{}", "https://u:p@h:99{}?x=1#y", "//h{}"])
def test_a_seller_is_named_by_path_or_by_any_url_with_it(shop: Marketplace, seller: str, form: str) -> None:
    for number, path in enumerate((seller, seller.removesuffix("/"))):
        made = shop.post(PRODUCTS, product(form.format(path), external_id=f"a{number}", public_id=f"p{number}"))
        assert (made.status, made["seller"]) == (201, seller)


@pytest.mark.parametrize(
    "given",
    [
        "{pk}",
        "generic/seller/{pk}/",
        "/generic/buyer/{pk}/",
        "/generic/seller/",
        "/generic/seller//",
        "/generic/seller/{pk}//",
        "/generic/seller/{pk}/x/",
        "/x/generic/seller/{pk}/",
        "/generic/seller/-{pk}/",
        "/generic/seller/+{pk}/",
        "/generic/seller/{pk}.0/",
        "/generic/seller/ {pk}/",
        "/generic/seller/\u0661/",
        "/generic/seller/999999/",
        "/generic/seller/" + "9" * 18 + "/",
        "/generic/seller/" + "9" * 200 + "/",
        "http://[/generic/seller/{pk}/",
        "http://\u2100/generic/seller/{pk}/",
    ],
)
def test_anything_else_names_no_seller(shop: Marketplace, seller: str, given: str) -> None:
    pk = seller.split("/")[-2]
    assert wrong(shop.post(PRODUCTS, product(given.format(pk=pk)))) == ["seller"]


def test_a_bare_number_names_no_seller(shop: Marketplace, seller: str) -> None:
    assert wrong(shop.post(PRODUCTS, product(seller) | {"seller": int(seller.split("/")[-2])})) == ["seller"]
