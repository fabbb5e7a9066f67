"""Buyers: every field of the contract's table (generic.md 1), PUT and PATCH, filters, and the state that a client has seen."""

from typing import Any
from urllib.parse import quote

import pytest
from tests.buyers.pinned import NEW, RIGHT, WRONG, confirm, pinned, reset_confirm, state, verify
from tests.support.marketplace import Answer, Marketplace
from tests.vault.rings import ring_of, with_new_key
from tests.web.parallel import at_once

from solitude.buyers.models import EMAIL_LABEL, Buyer
from solitude.vault.current import use_ring
from solitude.vault.hashes import keyed_hash

BUYERS = "/generic/buyer/"
FLAGS = {
    "active": True,
    "authenticated": True,
    "pin_confirmed": False,
    "needs_pin_reset": False,
    "pin_was_locked_out": False,
}
TEXTS = {"email": "ada@example.net", "locale": "nl"}


def uuids(answer: Answer) -> list[str]:
    assert answer.status == 200, answer
    return [buyer["uuid"] for buyer in answer["objects"]]


# --- fields ----------------------------------------------------------------------------------------------------------


def test_the_contracts_example(shop: Marketplace) -> None:
    made = shop.post(BUYERS, {"uuid": "shop:77", "pin": "0420", "email": "ada@example.net", "locale": "nl"})
    pk = made["resource_pk"]
    assert made.status == 201
    assert made.json == {
        "active": True,
        "authenticated": True,
        "email": "ada@example.net",
        "locale": "nl",
        "needs_pin_reset": False,
        "new_pin": False,
        "pin": True,
        "pin_confirmed": False,
        "pin_failures": 0,
        "pin_is_locked_out": False,
        "pin_was_locked_out": False,
        "resource_pk": pk,
        "resource_uri": f"/generic/buyer/{pk}/",
        "uuid": "shop:77",
        "paypal": None,
    }


@pytest.mark.parametrize("name", FLAGS)
@pytest.mark.parametrize("value", [True, False])
def test_every_flag_can_be_set_by_every_verb(shop: Marketplace, name: str, value: bool) -> None:
    made = shop.buyer(**{name: value})
    assert made[name] is value
    for turned, method in ((not value, "PATCH"), (value, "PUT"), (value, "PATCH")):
        changed = (shop.put if method == "PUT" else shop.patch)(
            made["resource_uri"], {"uuid": made["uuid"], name: turned}
        )
        assert (changed.status, changed[name]) == (200, turned)
        assert shop.get(made["resource_uri"])[name] is turned


@pytest.mark.parametrize("name", FLAGS)
@pytest.mark.parametrize("value", ["banana", "true", "", 0, 1, None, []])
def test_a_flag_that_is_none_is_400_and_nothing_is_written(shop: Marketplace, name: str, value: Any) -> None:
    buyer = pinned(shop)
    before = shop.get(buyer["resource_uri"])
    for answer in (
        shop.post(BUYERS, {"uuid": "another", name: value}),
        shop.put(buyer["resource_uri"], {"uuid": buyer["uuid"], "email": "x", name: value}),
        shop.patch(buyer["resource_uri"], {"email": "x", name: value}),
    ):
        assert (answer.status, list(answer.json)) == (400, [name])
    assert shop.get(BUYERS)["meta"]["total_count"] == 1
    after = shop.get(buyer["resource_uri"])
    assert (after.json, after.headers["ETag"]) == (before.json, before.headers["ETag"])


@pytest.mark.parametrize("name", ["pin", "new_pin"])
@pytest.mark.parametrize(
    ("pin", "word"),
    [
        ("x", "PIN_4_NUMBERS_LONG"),
        ("04200", "PIN_4_NUMBERS_LONG"),
        ("x" * 5000, "PIN_4_NUMBERS_LONG"),
        ("042x", "PIN_ONLY_NUMBERS"),
        (" 042", "PIN_ONLY_NUMBERS"),
        ("\u0661\u0662\u0663\u0664", "PIN_ONLY_NUMBERS"),
        ("1\x00\x002", "PIN_ONLY_NUMBERS"),
        (1234, "must be a text"),
        (True, "must be a text"),
        (["0420"], "must be a text"),
        ({}, "must be a text"),
        (1.5, "must be a text"),
        (0, "must be a text"),
        (False, "must be a text"),
    ],
)
def test_a_pin_and_a_new_pin_are_four_digits(shop: Marketplace, name: str, pin: Any, word: str) -> None:
    buyer = pinned(shop)
    for answer in (
        shop.post(BUYERS, {"uuid": "another", name: pin}),
        shop.put(buyer["resource_uri"], {"uuid": buyer["uuid"], name: pin}),
        shop.patch(buyer["resource_uri"], {name: pin}),
    ):
        assert (answer.status, answer.json) == (400, {name: [word]})
    assert verify(shop, buyer, RIGHT) == (True, False)


@pytest.mark.parametrize("pin", [None, ""])
def test_no_pin_is_no_pin(shop: Marketplace, pin: Any) -> None:
    made = shop.post(BUYERS, {"uuid": "shop:1", "pin": pin, "new_pin": pin})
    assert (made.status, made["pin"], made["new_pin"]) == (201, False, False)


def test_a_pin_that_begins_with_zeros_is_kept_with_them(shop: Marketplace) -> None:
    buyer = pinned(shop, pin="0000")
    assert verify(shop, buyer, "0000") == (True, False)


def test_what_is_read_only_is_ignored(shop: Marketplace) -> None:
    buyer = pinned(shop)
    before = shop.get(buyer["resource_uri"]).json
    given = {
        "pin_failures": 3,
        "pin_is_locked_out": True,
        "resource_pk": 9,
        "resource_uri": "/x/",
        "paypal": {"key": "x"},
    }
    assert shop.patch(buyer["resource_uri"], given | {"pin_locked_at": "2026-01-01", "email_hash": "x"}).json == before


# --- PUT and PATCH ---------------------------------------------------------------------------------------------------


def test_put_keeps_omitted_texts_and_pins_and_resets_omitted_flags(shop: Marketplace) -> None:
    turned = {name: not value for name, value in FLAGS.items()}
    buyer = pinned(shop, new_pin=NEW, **TEXTS, **turned)

    put = shop.put(buyer["resource_uri"], {"uuid": buyer["uuid"]})

    assert put.status == 200
    assert {name: put[name] for name in TEXTS} == TEXTS
    assert {name: put[name] for name in FLAGS} == FLAGS
    assert (put["pin"], put["new_pin"]) == (True, True)
    assert confirm(shop, buyer, RIGHT)
    assert reset_confirm(shop, buyer, NEW)


def test_patch_touches_only_what_it_names(shop: Marketplace) -> None:
    buyer = pinned(shop, new_pin=NEW, **TEXTS)
    before = shop.get(buyer["resource_uri"]).json
    for name, value in {"email": "eve@example.net", "locale": None, "active": False, "uuid": "renamed"}.items():
        before[name] = value
        assert shop.patch(buyer["resource_uri"], {name: value}).json == before
    assert shop.patch(buyer["resource_uri"], {}).json == before
    assert shop.get(buyer["resource_uri"]).json == before


@pytest.mark.parametrize("uuid", ["", None])
def test_a_uuid_cannot_be_taken_away(shop: Marketplace, uuid: Any) -> None:
    buyer = shop.buyer()
    for answer in (shop.patch(buyer["resource_uri"], {"uuid": uuid}), shop.put(buyer["resource_uri"], {"uuid": uuid})):
        assert (answer.status, answer.json) == (400, {"uuid": ["FIELD_REQUIRED"]})


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_uuid_that_is_taken_is_refused_and_nothing_else_is_changed(shop: Marketplace, method: str) -> None:
    shop.buyer("taken", active=False)
    buyer = pinned(shop)
    before = shop.get(buyer["resource_uri"]).json
    body = {"uuid": "taken", "email": "x", "pin": NEW}
    answer = (shop.put if method == "PUT" else shop.patch)(buyer["resource_uri"], body)
    assert (answer.status, answer.json) == (400, {"uuid": ["BUYER_UUID_ALREADY_EXISTS"]})
    assert shop.get(buyer["resource_uri"]).json == before
    assert verify(shop, buyer, RIGHT) == (True, False)


def test_of_ten_that_rename_themselves_alike_at_once_one_may(shop: Marketplace) -> None:
    buyers = [shop.buyer() for _ in range(10)]
    answers = at_once(10, lambda number: Marketplace().patch(buyers[number]["resource_uri"], {"uuid": "the one"}))
    assert sorted(answer.status for answer in answers) == [200] + [400] * 9


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize("pk", ["999999", "9" * 18, "9" * 30])
def test_a_missing_row_is_404(shop: Marketplace, method: str, pk: str) -> None:
    for body in ({"uuid": "a:1"}, {"uuid": "a:1", "pin": RIGHT}):
        answer = (shop.put if method == "PUT" else shop.patch)(f"{BUYERS}{pk}/", body)
        assert (answer.status, list(answer.json)) == (404, ["detail"])
    assert shop.get(BUYERS)["objects"] == []


def test_there_is_no_delete(shop: Marketplace) -> None:
    answer = shop.delete(shop.buyer()["resource_uri"])
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD, PATCH, PUT")


# --- the state that a client has seen --------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [{"locale": "nl"}, {"pin": NEW}, {"uuid": "renamed"}])
def test_a_change_on_a_stale_state_is_412_and_writes_nothing(shop: Marketplace, body: dict[str, Any]) -> None:
    buyer = pinned(shop)
    seen = shop.get(buyer["resource_uri"]).headers["ETag"]
    assert shop.patch(buyer["resource_uri"], {"locale": "de"}, **{"If-Match": seen}).status == 200
    before = shop.get(buyer["resource_uri"])

    stale = shop.patch(buyer["resource_uri"], body, **{"If-Match": seen})

    assert (stale.status, stale.text) == (412, "")
    after = shop.get(buyer["resource_uri"])
    assert (after.json, after.headers["ETag"]) == (before.json, before.headers["ETag"])
    assert verify(shop, buyer, RIGHT) == (True, False)


def test_the_tag_of_a_change_is_the_new_one(shop: Marketplace) -> None:
    buyer = shop.post(BUYERS, {"uuid": "a:1"})
    tags = [buyer.headers["ETag"]]
    for body in ({"locale": "nl"}, {"pin": RIGHT}, {"pin": RIGHT}):
        changed = shop.patch(buyer["resource_uri"], body, **{"If-Match": tags[-1]})
        assert changed.status == 200
        tags.append(changed.headers["ETag"])
        assert shop.get(buyer["resource_uri"]).headers["ETag"] == tags[-1]
    assert len(set(tags)) == 4
    assert shop.patch(buyer["resource_uri"], {}, **{"If-Match": "*"}).status == 200


# --- filters ---------------------------------------------------------------------------------------------------------


def test_buyers_are_found_by_uuid_and_by_whether_they_are_active(shop: Marketplace) -> None:
    for uuid, active in (("a:1", True), ("a:2", False), ("a:3", True)):
        shop.buyer(uuid, active=active)
    assert uuids(shop.get(f"{BUYERS}?uuid=a:2")) == ["a:2"]
    assert uuids(shop.get(f"{BUYERS}?active=True")) == ["a:3", "a:1"]
    assert uuids(shop.get(f"{BUYERS}?active=false")) == ["a:2"]
    assert uuids(shop.get(f"{BUYERS}?active=true&uuid=a:2")) == []


def test_buyers_are_found_by_email_exactly_as_it_was_given(shop: Marketplace) -> None:
    same, other = "ada@buyer.example", "d\u00fcrer@b\u00fccher.example"
    for uuid, email in (("a:1", same), ("a:2", other), ("a:3", same), ("a:4", None), ("a:5", "")):
        shop.buyer(uuid, email=email)
    assert uuids(shop.get(f"{BUYERS}?email={quote(same)}")) == ["a:3", "a:1"]
    assert uuids(shop.get(f"{BUYERS}?email={quote(other)}")) == ["a:2"]
    for near in ("Ada@buyer.example", " ada@buyer.example", "ada@buyer.exampl", "nobody@buyer.example"):
        assert uuids(shop.get(f"{BUYERS}?email={quote(near)}")) == []
    assert len(uuids(shop.get(f"{BUYERS}?email="))) == 5
    assert uuids(shop.get(f"{BUYERS}?email={quote(other)}&email={quote(same)}")) == ["a:3", "a:1"], "the last counts"


def test_a_ready_signature_is_compared_as_it_is(shop: Marketplace) -> None:
    shop.buyer("a:1", email="ada@buyer.example")
    signature = Buyer.objects.get().email_hash
    assert signature == keyed_hash(EMAIL_LABEL, "ada@buyer.example")
    assert uuids(shop.get(f"{BUYERS}?email_sig={quote(signature)}")) == ["a:1"]
    assert uuids(shop.get(f"{BUYERS}?email_sig=consistent:abc")) == []


def test_an_email_is_found_after_a_change_of_keys_whoever_saved_it_when(shop: Marketplace) -> None:
    old, email = ring_of("k1"), "ada@buyer.example"
    with use_ring(old):
        for uuid in ("a:1", "a:2"):
            shop.buyer(uuid, email=email)
    with use_ring(with_new_key(old, "k2")):
        shop.buyer("a:3", email=email)
        first = shop.get(f"{BUYERS}?uuid=a:1")["objects"][0]
        assert shop.patch(first["resource_uri"], {"email": email}).status == 200
        assert [row.email_hash[:3] for row in Buyer.objects.order_by("pk")] == ["k2:", "k1:", "k2:"]
        assert uuids(shop.get(f"{BUYERS}?email={quote(email)}")) == ["a:3", "a:2", "a:1"]


def test_an_email_that_was_changed_is_found_by_the_new_one_alone(shop: Marketplace) -> None:
    buyer = shop.buyer("a:1", email="old@buyer.example")
    shop.patch(buyer["resource_uri"], {"email": "new@buyer.example"})
    assert uuids(shop.get(f"{BUYERS}?email=old@buyer.example")) == []
    assert uuids(shop.get(f"{BUYERS}?email=new@buyer.example")) == ["a:1"]
    shop.put(buyer["resource_uri"], {"uuid": "a:1", "email": ""})
    assert uuids(shop.get(f"{BUYERS}?email=new@buyer.example")) == []


@pytest.mark.parametrize(
    "query", ["active=banana", "active=1", "email=%00", "pin=0420", "pin_confirmed=true", "locale=nl"]
)
@pytest.mark.parametrize("place", ["list", "detail"])
def test_a_filter_that_cannot_be_used_is_400_and_named(shop: Marketplace, query: str, place: str) -> None:
    target = BUYERS if place == "list" else shop.buyer()["resource_uri"]
    answer = shop.get(f"{target}?{query}")
    assert answer.status == 400
    assert query.partition("=")[0] in answer["detail"]


def test_a_filter_on_a_detail_url_decides_whether_the_row_is_there(shop: Marketplace) -> None:
    buyer = shop.buyer("a:1", email="ada@buyer.example")
    assert shop.get(f"{buyer['resource_uri']}?email=ada@buyer.example&active=true").status == 200
    assert shop.get(f"{buyer['resource_uri']}?email=eve@buyer.example").status == 404
    assert shop.patch(f"{buyer['resource_uri']}?active=false", {"locale": "nl"}).status == 404
    assert state(shop, buyer)["pin"] is False


def test_no_answer_holds_a_pin_or_its_hash(shop: Marketplace) -> None:
    buyer = pinned(shop, pin="8426", new_pin="7531")
    verify(shop, buyer, WRONG)
    answers = [shop.get(buyer["resource_uri"]), shop.get(BUYERS), shop.patch(buyer["resource_uri"], {"pin": "8426"})]
    answers.append(shop.put(buyer["resource_uri"], {"uuid": buyer["uuid"], "pin": "8426"}))
    for answer in answers:
        assert not any(secret in answer.text for secret in ("8426", "7531", "argon2"))
