"""Sellers: made and read through the API, in the form of the contract."""

from tests.sellers.world import PRODUCTS, SELLERS, TIME, made_product, made_seller, wrong
from tests.support.marketplace import Marketplace
from tests.web.parallel import at_once


def test_a_seller_is_made_and_read(shop: Marketplace) -> None:
    made = shop.post(SELLERS, {"uuid": "dev:12"})

    pk = made["resource_pk"]
    assert made.status == 201
    assert made.headers["Location"] == f"/generic/seller/{pk}/"
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
        "modified": made["created"],
    }
    assert shop.get(made["resource_uri"]).json == made.json
    assert shop.get(SELLERS)["objects"] == [made.json]


def test_a_uuid_is_required(shop: Marketplace) -> None:
    for body in ({}, {"uuid": None}, {"uuid": ""}):
        answer = shop.post(SELLERS, body)
        assert (answer.status, answer.json) == (400, {"uuid": ["FIELD_REQUIRED"]})


def test_a_uuid_is_taken_once(shop: Marketplace) -> None:
    assert shop.post(SELLERS, {"uuid": "a:1", "active": False}).status == 201
    taken = shop.post(SELLERS, {"uuid": "a:1"})
    assert (taken.status, taken.json) == (400, {"uuid": ["SELLER_UUID_ALREADY_EXISTS"]})
    assert shop.post(SELLERS, {"uuid": "A:1"}).status == 201


def test_of_ten_that_take_a_uuid_at_once_one_gets_it(shop: Marketplace) -> None:
    answers = at_once(10, lambda _: Marketplace().post(SELLERS, {"uuid": "a:1"}))
    assert sorted(answer.status for answer in answers) == [201] + [400] * 9
    assert shop.get(SELLERS)["meta"]["total_count"] == 1


def test_a_number_is_taken_as_its_digits(shop: Marketplace) -> None:
    assert shop.post(SELLERS, {"uuid": 8812})["uuid"] == "8812"


def test_a_uuid_that_is_no_text_of_255_characters_is_400(shop: Marketplace) -> None:
    for uuid in (True, 1.5, [], {}, ["a"], "x" * 256, "a\x00b", 10**300):
        assert wrong(shop.post(SELLERS, {"uuid": uuid})) == ["uuid"], uuid


def test_the_longest_uuid_in_any_script_is_good(shop: Marketplace) -> None:
    for uuid in ("x" * 255, "\u00fc" * 255, "\U0001f600" * 255):
        made = shop.post(SELLERS, {"uuid": uuid})
        assert (made.status, shop.get(made["resource_uri"])["uuid"]) == (201, uuid)


def test_active_is_true_or_false(shop: Marketplace) -> None:
    for active in (True, False):
        assert shop.post(SELLERS, {"uuid": f"dev:{active}", "active": active})["active"] is active
    for other in ("banana", "true", "", 0, 1, None, [], 1.0):
        assert wrong(shop.post(SELLERS, {"uuid": "dev:12", "active": other})) == ["active"], other


def test_all_fields_at_fault_are_named_at_once(shop: Marketplace) -> None:
    assert wrong(shop.post(SELLERS, {"active": "x"})) == ["active", "uuid"]


def test_unknown_and_read_only_fields_are_ignored(shop: Marketplace) -> None:
    read_only = {"resource_pk": 999, "id": 999, "resource_uri": "/x/", "counter": 7, "created": "x", "modified": "x"}
    made = shop.post(
        SELLERS, {"uuid": "a:1", "nonsense": {"a": [1]}, "bango": {"x": 1}, "paypal": {"x": 1}, **read_only}
    )
    assert made.status == 201
    assert made["resource_pk"] != 999
    assert (made["counter"], made["bango"], made["paypal"]) == (0, {}, None)
    assert "nonsense" not in made.json


def test_a_seller_that_is_deactivated_is_changed_in_nothing_else(shop: Marketplace) -> None:
    """Neither in what is known of it nor in what it sells; clients filter with `seller__active`."""
    seller = made_seller(shop)
    sold = made_product(shop, seller["resource_uri"])

    changed = shop.patch(seller["resource_uri"], {"active": False}).json

    assert changed == seller | {"active": False, "counter": 1, "modified": changed["modified"]}
    assert shop.get(sold["resource_uri"]).json == sold
    assert shop.get(f"{PRODUCTS}?seller__active=true")["objects"] == []
    assert shop.get(f"{PRODUCTS}?seller__active=false")["objects"] == [sold]


def test_what_is_kept_for_a_provider_is_a_part_of_the_seller(shop: Marketplace) -> None:
    seller = shop.seller(paypal_id="sam@dev.example")
    part = shop.get(seller["resource_uri"])["paypal"]
    assert part == shop.get(part["resource_uri"]).json
    assert (part["seller"], part["paypal_id"]) == (seller["resource_uri"], "sam@dev.example")
    assert shop.get(SELLERS)["objects"][0]["paypal"] == part
