"""Buyers: made and read through the API, in the form of the contract."""

from typing import Any

import pytest
from tests.support.marketplace import Answer, Marketplace
from tests.web.parallel import at_once

BUYERS = "/generic/buyer/"


def wrong(answer: Answer) -> list[str]:
    """The fields at fault, each with a list of texts."""
    assert answer.status == 400, answer
    for texts in answer.json.values():
        assert isinstance(texts, list)
        assert texts
        assert all(isinstance(text, str) and text for text in texts)
    return sorted(answer.json)


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


@pytest.mark.parametrize("body", [{}, {"uuid": None}, {"uuid": ""}])
def test_a_uuid_is_required(shop: Marketplace, body: dict[str, Any]) -> None:
    answer = shop.post(BUYERS, body)
    assert (answer.status, answer.json) == (400, {"uuid": ["FIELD_REQUIRED"]})


def test_a_uuid_is_taken_once(shop: Marketplace) -> None:
    assert shop.post(BUYERS, {"uuid": "a:1", "active": False}).status == 201
    taken = shop.post(BUYERS, {"uuid": "a:1"})
    assert (taken.status, taken.json) == (400, {"uuid": ["BUYER_UUID_ALREADY_EXISTS"]})
    assert shop.post(BUYERS, {"uuid": "A:1"}).status == 201


def test_of_ten_that_take_a_uuid_at_once_one_gets_it(shop: Marketplace) -> None:
    answers = at_once(10, lambda _: Marketplace().post(BUYERS, {"uuid": "a:1"}))
    assert sorted(answer.status for answer in answers) == [201] + [400] * 9
    assert shop.get(BUYERS)["meta"]["total_count"] == 1


def test_a_number_is_taken_as_its_digits(shop: Marketplace) -> None:
    assert shop.post(BUYERS, {"uuid": 8812})["uuid"] == "8812"


@pytest.mark.parametrize("uuid", [True, 1.5, [], {}, ["a"], "x" * 256, "a\x00b", 10**300])
def test_a_uuid_that_is_no_text_is_400(shop: Marketplace, uuid: Any) -> None:
    assert wrong(shop.post(BUYERS, {"uuid": uuid})) == ["uuid"]


def test_the_longest_uuid_in_any_script_is_good(shop: Marketplace) -> None:
    for uuid in ("x" * 255, "\u00fc" * 255, "\U0001f600" * 255):
        made = shop.post(BUYERS, {"uuid": uuid})
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


def test_unknown_and_read_only_fields_are_ignored(shop: Marketplace) -> None:
    read_only = {"resource_pk": 999, "id": 999, "resource_uri": "/x/", "counter": 7, "created": "x", "pin_failures": 3}
    made = shop.post(BUYERS, {"uuid": "a:1", "nonsense": {"a": [1]}, "paypal": {"key": "x"}, **read_only})
    assert made.status == 201
    assert made["resource_pk"] != 999
    assert not {"nonsense", "x"} & set(made.json)
    assert made.json.get("counter", 0) == 0
