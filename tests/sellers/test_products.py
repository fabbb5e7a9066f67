"""Products: made and read through the API, in the form of the contract."""

from typing import Any

import pytest
from tests.sellers.world import PRODUCTS, made_product, made_seller, product, wrong
from tests.support.marketplace import Marketplace
from tests.web.parallel import at_once

EXTERNAL, PUBLIC = "EXTERNAL_PRODUCT_ID_IS_NOT_UNIQUE", "PUBLIC_PRODUCT_ID_IS_NOT_UNIQUE"


def test_a_product_is_made_and_read(shop: Marketplace, seller: str) -> None:
    made = shop.post(PRODUCTS, product(seller, secret="s", access=2))

    pk = made["resource_pk"]
    assert made.status == 201
    assert made.headers["Location"] == f"/generic/product/{pk}/"
    assert made.json == {
        "seller": seller,
        "access": 2,
        "resource_uri": f"/generic/product/{pk}/",
        "resource_pk": pk,
        "secret": "s",
        "seller_uuids": {"bango": None, "reference": None},
        "paypal": None,
        "public_id": "pub:9",
        "external_id": "app-9",
    }
    assert shop.get(made["resource_uri"]).json == made.json
    assert shop.get(PRODUCTS)["objects"] == [made.json]


def test_what_is_not_said_of_a_product_has_its_default(shop: Marketplace, seller: str) -> None:
    made = shop.post(PRODUCTS, product(seller))
    assert (made["secret"], made["access"]) == (None, 1)


@pytest.mark.parametrize("secret", [None, "", "s\u00fc\u00df", "x" * 255])
def test_a_secret_is_kept_as_it_was_given(shop: Marketplace, seller: str, secret: str | None) -> None:
    made = shop.post(PRODUCTS, product(seller, secret=secret))
    assert made["secret"] == secret
    assert shop.get(made["resource_uri"])["secret"] == secret
    other = None if secret else "another"
    for given in (other, secret):
        assert shop.patch(made["resource_uri"], {"secret": given})["secret"] == given
        assert shop.get(made["resource_uri"])["secret"] == given


@pytest.mark.parametrize("name", ["external_id", "public_id", "secret"])
def test_what_is_no_text_of_255_characters_is_400(shop: Marketplace, seller: str, name: str) -> None:
    for value in (True, 1.5, [], {}, "x" * 256, "a\x00b", 10**300):
        assert wrong(shop.post(PRODUCTS, product(seller) | {name: value})) == [name], value
    assert shop.get(PRODUCTS)["objects"] == []


@pytest.mark.parametrize("name", ["seller", "external_id", "public_id"])
def test_seller_and_both_ids_are_required(shop: Marketplace, seller: str, name: str) -> None:
    left_out = {key: value for key, value in product(seller).items() if key != name}
    for body in (left_out, left_out | {name: None}, left_out | {name: ""}):
        answer = shop.post(PRODUCTS, body)
        assert (answer.status, answer.json) == (400, {name: ["FIELD_REQUIRED"]})


def test_ids_have_up_to_255_characters_and_may_be_numbers(shop: Marketplace, seller: str) -> None:
    longest = shop.post(PRODUCTS, product(seller, external_id="\u00fc" * 255, public_id="x" * 255))
    assert (longest.status, longest["external_id"], longest["public_id"]) == (201, "\u00fc" * 255, "x" * 255)
    digits = shop.post(PRODUCTS, product(seller, external_id=5530, public_id=5531))
    assert (digits["external_id"], digits["public_id"]) == ("5530", "5531")


def test_an_external_id_is_unique_per_seller(shop: Marketplace, seller: str) -> None:
    assert shop.post(PRODUCTS, product(seller)).status == 201
    clash = shop.post(PRODUCTS, product(seller, public_id="pub:10"))
    assert (clash.status, clash.json) == (400, {"external_id": [EXTERNAL]})
    other = made_seller(shop)["resource_uri"]
    assert shop.post(PRODUCTS, product(other, public_id="pub:10")).status == 201


def test_a_public_id_is_unique_over_all_products(shop: Marketplace, seller: str) -> None:
    assert shop.post(PRODUCTS, product(seller)).status == 201
    clash = shop.post(PRODUCTS, product(made_seller(shop)["resource_uri"]))
    assert (clash.status, clash.json) == (400, {"public_id": [PUBLIC]})


def test_both_ids_that_are_taken_are_named_at_once(shop: Marketplace, seller: str) -> None:
    assert shop.post(PRODUCTS, product(seller)).status == 201
    clash = shop.post(PRODUCTS, product(seller))
    assert (clash.status, clash.json) == (400, {"external_id": [EXTERNAL], "public_id": [PUBLIC]})


def test_of_ten_products_with_one_id_at_once_one_is_made(shop: Marketplace, seller: str) -> None:
    answers = at_once(10, lambda number: Marketplace().post(PRODUCTS, product(seller, public_id=f"pub:{number}")))
    assert sorted(answer.status for answer in answers) == [201] + [400] * 9
    assert shop.get(PRODUCTS)["meta"]["total_count"] == 1


# --- an id that is changed into a clash ---------------------------------------------------------------------------------


def test_a_product_may_be_given_the_external_id_that_it_has(shop: Marketplace) -> None:
    """Also where another seller's product has the same."""
    mine = made_product(shop, external_id="app-9")
    made_product(shop, external_id="app-9")
    assert shop.patch(mine["resource_uri"], {"external_id": "app-9"}).json == mine


def test_an_external_id_is_checked_within_the_products_seller(shop: Marketplace, seller: str) -> None:
    """A PATCH need not say `seller`: another seller's products are of no concern."""
    mine = made_product(shop, seller)
    made_product(shop, seller, external_id="app-9")
    made_product(shop, external_id="app-10")

    clash = shop.patch(mine["resource_uri"], {"external_id": "app-9"})

    assert (clash.status, clash.json) == (400, {"external_id": [EXTERNAL]})
    assert shop.get(mine["resource_uri"]).json == mine
    assert shop.patch(mine["resource_uri"], {"external_id": "app-10"})["external_id"] == "app-10"


def test_a_product_that_goes_to_a_seller_with_such_an_external_id_is_400_with_the_code(
    shop: Marketplace, seller: str
) -> None:
    made_product(shop, seller, external_id="app-9")
    mine = made_product(shop, external_id="app-9")

    clash = shop.patch(mine["resource_uri"], {"seller": seller})

    assert (clash.status, clash.json) == (400, {"external_id": [EXTERNAL]})
    assert shop.get(mine["resource_uri"]).json == mine
    assert shop.patch(mine["resource_uri"], {"seller": seller, "external_id": "app-10"})["seller"] == seller


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_public_id_that_another_product_has_is_400(shop: Marketplace, method: str) -> None:
    other, mine = made_product(shop), made_product(shop)
    change = {"PUT": shop.put, "PATCH": shop.patch}[method]
    clash = change(mine["resource_uri"], {"public_id": other["public_id"]})
    assert (clash.status, clash.json) == (400, {"public_id": [PUBLIC]})
    assert change(mine["resource_uri"], {"public_id": mine["public_id"]}).json == mine


def test_of_products_that_take_an_id_at_once_one_gets_it(shop: Marketplace, seller: str) -> None:
    paths = [made_product(shop, seller)["resource_uri"] for _ in range(6)]
    answers = at_once(6, lambda number: Marketplace().patch(paths[number], {"external_id": "wanted"}))
    assert sorted(answer.status for answer in answers) == [200] + [400] * 5
    assert shop.get(f"{PRODUCTS}?external_id=wanted")["meta"]["total_count"] == 1


# --- access -------------------------------------------------------------------------------------------------------------


def test_access_is_one_of_two_numbers_or_its_digit(shop: Marketplace, seller: str) -> None:
    for access, kept in ((1, 1), (2, 2), ("1", 1), ("2", 2)):
        body = product(seller, access=access, external_id=repr(access), public_id=repr(access))
        assert shop.post(PRODUCTS, body)["access"] == kept


def test_any_other_access_is_400(shop: Marketplace, seller: str) -> None:
    for access in (0, 3, "0", "purchase", "", None, True, 1.0, [1], "1 ", "\u0661", 10**30, {}):
        assert wrong(shop.post(PRODUCTS, product(seller, access=access))) == ["access"], access


# --- the seller of a product --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["{}", "http://elsewhere.example{}", "https://u:p@h:99{}?x=1#y", "//h{}"])
def test_a_seller_is_named_by_path_or_by_any_url_with_it(shop: Marketplace, seller: str, form: str) -> None:
    for number, path in enumerate((seller, seller.removesuffix("/"))):
        made = shop.post(PRODUCTS, product(form.format(path), external_id=f"a{number}", public_id=f"p{number}"))
        assert (made.status, made["seller"]) == (201, seller)
        assert shop.patch(made["resource_uri"], {"seller": form.format(path)})["seller"] == seller


NO_SELLERS: list[Any] = [
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
    True,
    [],
    {},
    1.5,
]


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_anything_else_names_no_seller(shop: Marketplace, seller: str, method: str) -> None:
    """Neither a bare number nor the path of something else, of nothing, or of something like it."""
    pk = int(seller.split("/")[-2])
    mine = made_product(shop)["resource_uri"]
    for given in (pk, *NO_SELLERS):
        named = given.format(pk=pk) if isinstance(given, str) else given
        refused = shop.patch(mine, {"seller": named}) if method == "PATCH" else shop.post(PRODUCTS, product(named))
        assert wrong(refused) == ["seller"], named


def test_all_fields_at_fault_are_named_at_once(shop: Marketplace) -> None:
    body = {"seller": 7.5, "external_id": [], "secret": 1.5, "access": 3}
    assert wrong(shop.post(PRODUCTS, body)) == ["access", "external_id", "public_id", "secret", "seller"]


def test_unknown_and_read_only_fields_are_ignored(shop: Marketplace, seller: str) -> None:
    read_only = {"resource_pk": 999, "resource_uri": "/x/", "counter": 7, "seller_uuids": {"bango": "x"}}
    made = shop.post(PRODUCTS, product(seller, nonsense=[1], **read_only))
    assert (made.status, made["seller_uuids"]) == (201, {"bango": None, "reference": None})
    assert made["resource_pk"] != 999
    assert not {"nonsense", "counter"} & set(made.json)
