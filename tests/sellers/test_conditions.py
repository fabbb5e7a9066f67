"""The table of conditional requests, row by row, for sellers and products."""

from collections import Counter
from typing import Any

import pytest
from tests.sellers.conftest import Thing
from tests.sellers.test_changes import change
from tests.sellers.world import PRODUCTS, SELLERS, is_empty, made_product, made_seller, product, tag
from tests.support.marketplace import Answer, Marketplace
from tests.web.parallel import at_once

BOTH = pytest.mark.parametrize("method", ["PUT", "PATCH"])
READ = pytest.mark.parametrize("method", ["GET", "HEAD"])
# The tag, as clients write it.
FORMS = ('"{}"', "{}", "*", '"x", "{}"')


def written(form: str, known: str) -> str:
    return form.format(known.strip('"'))


# --- GET and HEAD -------------------------------------------------------------------------------------------------------


@READ
def test_one_row_and_a_list_have_a_tag(shop: Marketplace, thing: Thing, method: str) -> None:
    for path in (thing.path, thing.collection):
        answer = shop.send(method, path)
        assert (answer.status, tag(answer)) == (200, tag(shop.get(path)))


@READ
@pytest.mark.parametrize("collection", [SELLERS, PRODUCTS])
def test_an_empty_list_has_a_tag_too(shop: Marketplace, collection: str, method: str) -> None:
    assert tag(shop.send(method, collection))


@READ
def test_a_tag_that_matches_if_none_match_is_304(shop: Marketplace, thing: Thing, method: str) -> None:
    for path in (thing.path, thing.collection):
        known = tag(shop.get(path))
        for form in FORMS:
            answer = shop.send(method, path, **{"If-None-Match": written(form, known)})
            assert is_empty(answer, 304), form
            assert tag(answer) == known


@READ
def test_a_tag_that_does_not_match_if_none_match_is_200(shop: Marketplace, thing: Thing, method: str) -> None:
    for path in (thing.path, thing.collection):
        assert shop.send(method, path, **{"If-None-Match": '"another"'}).status == 200


@READ
def test_a_tag_that_does_not_match_if_match_is_412(shop: Marketplace, thing: Thing, method: str) -> None:
    for path in (thing.path, thing.collection):
        assert is_empty(shop.send(method, path, **{"If-Match": '"another"'}), 412)
        assert shop.send(method, path, **{"If-Match": tag(shop.get(path))}).status == 200


# --- PUT and PATCH ------------------------------------------------------------------------------------------------------


@BOTH
def test_a_change_whose_if_match_matches_proceeds(shop: Marketplace, thing: Thing, method: str) -> None:
    """`*` as well: the row is there."""
    known = tag(shop.get(thing.path))
    for form in FORMS:
        changed = change(shop, method, thing.path, thing.body, **{"If-Match": written(form, known)})
        assert changed.status == 200, form
        assert thing.body.items() <= changed.json.items()
        known = tag(changed)


@BOTH
def test_a_change_whose_if_match_is_stale_is_412_and_saves_nothing(
    shop: Marketplace, thing: Thing, method: str
) -> None:
    older = tag(shop.get(thing.path))
    current = shop.patch(thing.path, {})
    for stale in (older, '"x"', "", f"W/{tag(current)}"):
        answer = change(shop, method, thing.path, thing.body, **{"If-Match": stale})
        assert is_empty(answer, 412), stale
    assert (shop.get(thing.path).json, tag(shop.get(thing.path))) == (current.json, tag(current))


@BOTH
def test_if_match_of_any_is_404_where_there_is_nothing(shop: Marketplace, method: str) -> None:
    for collection in (SELLERS, PRODUCTS):
        assert change(shop, method, f"{collection}999999/", {}, **{"If-Match": "*"}).status == 404


@BOTH
def test_a_change_whose_if_none_match_is_the_current_tag_is_412(shop: Marketplace, thing: Thing, method: str) -> None:
    known = tag(shop.get(thing.path))
    for form in FORMS:
        answer = change(shop, method, thing.path, thing.body, **{"If-None-Match": written(form, known)})
        assert is_empty(answer, 412), form
    assert (tag(shop.get(thing.path)), thing.row.counter) == (known, 0)


@BOTH
def test_a_change_whose_if_none_match_is_another_tag_proceeds(shop: Marketplace, thing: Thing, method: str) -> None:
    older = tag(shop.get(thing.path))
    shop.patch(thing.path, {})
    for other in ('"x"', older):
        assert change(shop, method, thing.path, thing.body, **{"If-None-Match": other}).status == 200


@BOTH
def test_a_change_without_a_condition_proceeds(shop: Marketplace, thing: Thing, method: str) -> None:
    assert change(shop, method, thing.path, thing.body).status == 200


@BOTH
def test_the_tag_of_a_changes_answer_is_the_new_one(shop: Marketplace, thing: Thing, method: str) -> None:
    known = tag(shop.get(thing.path))
    for _ in range(3):
        changed = change(shop, method, thing.path, thing.body, **{"If-Match": known})
        assert tag(changed) != known
        known = tag(changed)
        assert tag(shop.get(thing.path)) == known
        assert is_empty(shop.get(thing.path, **{"If-None-Match": known}), 304)


@BOTH
def test_what_is_wrong_with_a_body_is_told_before_a_stale_tag(shop: Marketplace, thing: Thing, method: str) -> None:
    bodies: list[dict[str, Any]] = [
        {"active": "x", "access": 3},
        {"uuid": "", "seller": "/generic/seller/999999/"},
        {"uuid": made_seller(shop)["uuid"], "public_id": made_product(shop)["public_id"]},
    ]
    for body in bodies:
        assert change(shop, method, thing.path, body, **{"If-Match": '"x"'}).status == 400, body
    assert thing.row.counter == 0


@BOTH
def test_of_changes_at_once_that_have_seen_the_same_state_one_wins(
    shop: Marketplace, thing: Thing, method: str
) -> None:
    known = tag(shop.get(thing.path))

    answers = at_once(6, lambda _: change(Marketplace(), method, thing.path, thing.body, **{"If-Match": known}))

    assert Counter(answer.status for answer in answers) == {200: 1, 412: 5}
    assert thing.row.counter == 1


# --- POST ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["If-Match", "If-None-Match"])
def test_a_post_that_makes_something_evaluates_no_condition(shop: Marketplace, seller: str, header: str) -> None:
    for number, value in enumerate(("*", '"x"', "")):
        ids = {"external_id": f"app-{number}", "public_id": f"pub:{number}"}
        for collection, body in ((SELLERS, {"uuid": f"dev:new:{number}"}), (PRODUCTS, product(seller, **ids))):
            made = shop.post(collection, body, **{header: value})
            assert made.status == 201
            assert tag(made) == tag(shop.get(made["resource_uri"]))


# --- what is shown of other rows ----------------------------------------------------------------------------------------


def with_paypal(shop: Marketplace) -> tuple[str, str]:
    seller = shop.seller(paypal_id="sam@dev.example")["resource_uri"]
    return str(seller), str(shop.get(seller)["paypal"]["resource_uri"])


def test_what_changes_in_a_providers_part_changes_the_sellers_tag(shop: Marketplace) -> None:
    seller, part = with_paypal(shop)
    before = tag(shop.get(seller))
    shop.patch(part, {"city": "Delft"})
    after: Answer = shop.get(seller, **{"If-None-Match": before})
    assert (after.status, after["paypal"]["city"]) == (200, "Delft")
    assert tag(after) != before


@BOTH
def test_a_providers_part_is_no_condition_for_a_change_of_the_seller(shop: Marketplace, method: str) -> None:
    """The part has a URL and a tag of its own; whoever changes the seller overwrites nothing of it."""
    seller, part = with_paypal(shop)
    before = tag(shop.get(seller))
    shop.patch(part, {"city": "Delft"})
    changed = change(shop, method, seller, {"active": False}, **{"If-Match": before})
    assert (changed.status, tag(changed)) == (200, tag(shop.get(seller)))
    assert is_empty(change(shop, method, seller, {}, **{"If-Match": before}), 412)


def test_a_product_keeps_its_tag_when_its_seller_changes(shop: Marketplace) -> None:
    """Nothing is shown of the seller but its path."""
    made = made_product(shop)
    before = tag(shop.get(made["resource_uri"]))
    shop.patch(made["seller"], {"active": False})
    assert tag(shop.get(made["resource_uri"])) == before
