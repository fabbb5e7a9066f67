"""PUT and PATCH of sellers and products: what they touch, what they reset, what they refuse."""

import json
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.generic.test_fuzz import VALUES
from tests.sellers.conftest import Thing
from tests.sellers.world import PRODUCTS, SELLERS, TIME, made_product, made_seller, wrong
from tests.support.marketplace import Answer, Marketplace

pytestmark = pytest.mark.long

BOTH = pytest.mark.parametrize("method", ["PUT", "PATCH"])
NO_TEXTS = [True, 1.5, [], "x" * 256, "a\x00b"]
FIELDS = {SELLERS: ["uuid", "active"], PRODUCTS: ["seller", "external_id", "public_id", "secret", "access"]}


def change(shop: Marketplace, method: str, path: str, body: Any, **headers: str) -> Answer:
    return {"PUT": shop.put, "PATCH": shop.patch}[method](path, body, **headers)


# --- what is left out ---------------------------------------------------------------------------------------------------


def test_a_patch_touches_only_the_given_fields_of_a_seller(shop: Marketplace) -> None:
    seller = made_seller(shop, active=False)
    changed = shop.patch(seller["resource_uri"], {"uuid": "dev:new"})
    assert changed.status == 200
    assert changed.json == seller | {"uuid": "dev:new", "counter": 1, "modified": changed["modified"]}
    assert shop.get(seller["resource_uri"]).json == changed.json


@pytest.mark.parametrize(
    ("name", "value"),
    [("external_id", "new"), ("public_id", "new"), ("secret", "new"), ("secret", None), ("access", 1)],
)
def test_a_patch_touches_only_the_given_fields_of_a_product(shop: Marketplace, name: str, value: Any) -> None:
    made = made_product(shop, access=2, secret="s")
    changed = shop.patch(made["resource_uri"], {name: value})
    assert (changed.status, changed.json) == (200, made | {name: value})
    assert shop.get(made["resource_uri"]).json == changed.json


def test_a_put_keeps_an_omitted_uuid_and_resets_an_omitted_active(shop: Marketplace) -> None:
    seller = made_seller(shop, active=False)
    changed = shop.put(seller["resource_uri"], {})
    assert (changed.status, changed["uuid"], changed["active"]) == (200, seller["uuid"], True)
    assert shop.put(seller["resource_uri"], {"active": False})["active"] is False
    assert shop.put(seller["resource_uri"], {"uuid": "dev:new"})["active"] is True


def test_a_put_keeps_omitted_texts_and_resets_an_omitted_access(shop: Marketplace) -> None:
    made = made_product(shop, access=2, secret="s")
    assert shop.put(made["resource_uri"], {}).json == made | {"access": 1}
    assert shop.put(made["resource_uri"], {"access": 2}).json == made
    assert shop.put(made["resource_uri"], {"secret": "t"}).json == made | {"access": 1, "secret": "t"}


@BOTH
def test_a_product_goes_to_another_seller(shop: Marketplace, method: str) -> None:
    made, other = made_product(shop), made_seller(shop)["resource_uri"]
    assert change(shop, method, made["resource_uri"], {"seller": other}).json == made | {"seller": other}


@BOTH
def test_an_empty_body_changes_nothing_but_the_counter(shop: Marketplace, thing: Thing, method: str) -> None:
    before = shop.get(thing.path).json
    for number, body in enumerate((b"", b"{}"), 1):
        changed = change(shop, method, thing.path, body)
        assert changed.status == 200
        moved = {name: changed[name] for name in ("counter", "modified") if name in before}
        assert changed.json == before | moved
        assert thing.row.counter == number


# --- what is read-only --------------------------------------------------------------------------------------------------


@BOTH
def test_the_counter_is_a_number_that_only_the_server_writes(shop: Marketplace, method: str) -> None:
    seller = made_seller(shop)
    for expected in (1, 2, 3):
        changed = change(shop, method, seller["resource_uri"], {"counter": 77})
        assert (changed["counter"], type(changed["counter"])) == (expected, int)
        assert shop.get(seller["resource_uri"])["counter"] == expected


@BOTH
def test_read_only_and_unknown_fields_are_ignored(shop: Marketplace, thing: Thing, method: str) -> None:
    before = shop.get(thing.path).json
    ignored = {"resource_pk": 999, "id": 999, "resource_uri": "/x/", "created": "x", "bango": {"x": 1}, "paypal": 1}
    changed = change(
        shop, method, thing.path, {**ignored, "modified": "x", "seller_uuids": {"bango": "x"}, "nonsense": []}
    )
    assert changed.status == 200
    for name in ("resource_pk", "id", "resource_uri", "created", "bango", "paypal", "seller_uuids"):
        assert changed.json.get(name) == before.get(name)
    assert "nonsense" not in changed.json


@BOTH
def test_a_change_moves_modified_and_never_created(shop: Marketplace, method: str) -> None:
    with time_machine.travel("2026-11-23T14:05:06.789Z", tick=False):
        seller = made_seller(shop)
    with time_machine.travel("2026-11-23T14:05:07Z", tick=False):
        changed = change(shop, method, seller["resource_uri"], {"active": False})
    assert (seller["created"], seller["modified"]) == ("2026-11-23T14:05:06.789Z", "2026-11-23T14:05:06.789Z")
    assert (changed["created"], changed["modified"]) == (seller["created"], "2026-11-23T14:05:07.000Z")
    assert TIME.fullmatch(changed["modified"])


# --- what is refused ----------------------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize(
    ("collection", "impossible"),
    [
        (SELLERS, {"uuid": [None, "", *NO_TEXTS], "active": [None, "", "true", 0, 1]}),
        (
            PRODUCTS,
            {
                "seller": [None, "", *NO_TEXTS],
                "external_id": [None, "", *NO_TEXTS],
                "public_id": [None, "", *NO_TEXTS],
                "secret": NO_TEXTS,
                "access": [None, "", 0, 3, True, "purchase"],
            },
        ),
    ],
)
def test_what_a_field_cannot_be_is_400_and_changes_nothing(
    shop: Marketplace, method: str, collection: str, impossible: dict[str, list[Any]]
) -> None:
    made = made_seller(shop) if collection == SELLERS else made_product(shop)
    for name, values in impossible.items():
        for value in values:
            assert wrong(change(shop, method, made["resource_uri"], {name: value})) == [name], value
    assert shop.get(made["resource_uri"]).json == made


@BOTH
def test_a_sellers_uuid_that_another_one_has_is_400(shop: Marketplace, method: str) -> None:
    other, mine = made_seller(shop), made_seller(shop)
    clash = change(shop, method, mine["resource_uri"], {"uuid": other["uuid"]})
    assert (clash.status, clash.json) == (400, {"uuid": ["SELLER_UUID_ALREADY_EXISTS"]})
    assert shop.get(mine["resource_uri"]).json == mine
    assert change(shop, method, mine["resource_uri"], {"uuid": mine["uuid"]})["uuid"] == mine["uuid"]


@pytest.mark.parametrize("collection", [SELLERS, PRODUCTS])
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH"])
def test_a_pk_that_nothing_has_is_404(shop: Marketplace, collection: str, method: str) -> None:
    """Also to a PUT, which makes nothing."""
    for pk in ("0", "999999", "9" * 18, "9" * 19, "9" * 30):
        answer = shop.send(method, f"{collection}{pk}/", b"" if method == "GET" else b"{}")
        assert (answer.status, list(answer.json)) == (404, ["detail"]), pk
    assert shop.get(collection)["objects"] == []


@pytest.mark.parametrize("collection", [SELLERS, PRODUCTS])
def test_a_pk_that_is_no_number_is_404(shop: Marketplace, collection: str) -> None:
    for pk in ("x", "-1", "1.0", "%D9%A1", "1x"):
        for method in ("GET", "PUT", "PATCH", "DELETE"):
            answer = shop.send(method, f"{collection}{pk}/", b"" if method == "GET" else b"{}")
            assert (answer.status, answer.text) == (404, "{}"), (method, pk)


def test_nothing_is_deleted(shop: Marketplace, thing: Thing) -> None:
    for path, allowed in ((thing.path, "GET, HEAD, PATCH, PUT"), (thing.collection, "GET, HEAD, POST")):
        answer = shop.delete(path)
        assert (answer.status, list(answer.json), answer.headers["Allow"]) == (405, ["detail"], allowed)
    assert shop.get(thing.path).status == 200


# --- what nobody would send ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("collection", [SELLERS, PRODUCTS])
@BOTH
@given(data=st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_change_breaks_the_server_and_a_refused_one_changes_nothing(
    shop: Marketplace, collection: str, method: str, data: st.DataObject
) -> None:
    made = made_seller(shop) if collection == SELLERS else made_product(shop)
    body = data.draw(st.dictionaries(st.sampled_from(FIELDS[collection]) | st.text(max_size=5), VALUES, max_size=4))

    answer = change(shop, method, made["resource_uri"], json.dumps(body).encode())

    assert answer.status in (200, 400), answer
    kept = shop.get(made["resource_uri"])
    assert kept.json == (answer.json if answer.status == 200 else made)
    if answer.status == 200:
        assert kept.headers["ETag"] == answer.headers["ETag"]
