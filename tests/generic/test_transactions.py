"""Transactions that the marketplace keeps itself: made and read through the API."""

import re
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.support.marketplace import Answer, Marketplace
from tests.web.parallel import at_once

from solitude.transactions import shown as api_shown

HERE = "/generic/transaction/"
OWN_UUID = re.compile(r"solitude:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def made(shop: Marketplace, **body: Any) -> Answer:
    answer = shop.post(HERE, body)
    assert answer.status == 201, answer
    return answer


def wrong(shop: Marketplace, **body: Any) -> list[str]:
    answer = shop.post(HERE, body)
    assert answer.status == 400, answer
    assert all(isinstance(texts, list) and texts for texts in answer.json.values())
    return sorted(answer.json)


def test_an_empty_object_is_a_transaction(shop: Marketplace) -> None:
    answer = made(shop)

    pk = answer["resource_pk"]
    assert OWN_UUID.fullmatch(answer["uuid"])
    for name in ("created", "modified"):
        assert datetime.fromisoformat(answer[name]).utcoffset() is not None
        assert re.fullmatch(r".*\.\d{3}Z", answer[name])
    unset = (
        "amount", "buyer", "captured_amount", "carrier", "notes", "pay_url", "provider", "refunded_amount", "region",
        "related", "seller", "seller_product", "source", "status_reason", "uid_pay", "uid_support",
    )  # fmt: skip
    assert answer.json == {
        **dict.fromkeys(unset),
        "counter": 0,
        "created": answer["created"],
        "currency": "",
        "modified": answer["modified"],
        "outcome": "none",
        "relations": [],
        "resource_pk": pk,
        "resource_uri": f"{HERE}{pk}/",
        "status": 6,
        "type": 0,
        "uuid": answer["uuid"],
    }
    assert shop.get(answer["resource_uri"]).json == answer.json
    assert shop.get(HERE)["objects"] == [answer.json]


def test_everything_that_is_said_is_kept(shop: Marketplace) -> None:
    buyer, seller = shop.buyer()["resource_uri"], shop.seller(paypal_id=None)["resource_uri"]
    product = shop.post("/generic/product/", {"seller": seller, "external_id": "a", "public_id": "p"})["resource_uri"]
    parent = made(shop)["resource_uri"]
    body = {
        "uuid": "pay:501", "amount": "4.75", "currency": "EUR", "buyer": buyer, "seller": seller,
        "seller_product": product, "related": parent, "provider": 2, "status": 1, "status_reason": "why", "type": 1,
        "uid_pay": "p-1", "uid_support": "s-1", "pay_url": "https://pay.example/1", "carrier": "c", "region": "r",
        "source": "s", "notes": "line 1\nline 2 \u00fc",
    }  # fmt: skip
    answer = made(shop, **body)
    assert {name: answer[name] for name in body} == body
    assert shop.get(answer["resource_uri"]).json == answer.json


@pytest.mark.parametrize("uuid", [None, ""])
def test_no_uuid_makes_one(shop: Marketplace, uuid: str | None) -> None:
    assert OWN_UUID.fullmatch(made(shop, uuid=uuid)["uuid"])


def test_a_uuid_has_up_to_200_characters_and_is_taken_once(shop: Marketplace) -> None:
    assert made(shop, uuid="x" * 200)["uuid"] == "x" * 200
    assert wrong(shop, uuid="x" * 200) == ["uuid"]
    assert wrong(shop, uuid="x" * 201) == ["uuid"]
    assert wrong(shop, uuid="x" * 256) == ["uuid"]


def test_of_ten_that_take_a_uuid_at_once_one_gets_it(shop: Marketplace) -> None:
    answers = at_once(10, lambda _: Marketplace().post(HERE, {"uuid": "pay:1"}))
    assert sorted(answer.status for answer in answers) == [201] + [400] * 9
    assert shop.event_types() == ["transaction.started"]


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        ("3", "EUR", "3.00"),
        ("3.0", "EUR", "3.00"),
        (3, "EUR", "3.00"),
        (3.1, "EUR", "3.10"),
        ("3.5000", "EUR", "3.50"),
        ("150", "JPY", "150"),
        ("150.00", "JPY", "150"),
        ("1.505", "KWD", "1.505"),
        ("1.5", "KWD", "1.500"),
        ("0.0001", "CLF", "0.0001"),
        ("3", "", "3.00"),
        ("3.25", "", "3.25"),
        ("-3.25", "EUR", "-3.25"),
        ("0", "EUR", "0.00"),
        ("-0", "EUR", "0.00"),
        ("999999999999.99", "EUR", "999999999999.99"),
        ("-999999999999.9999", "CLF", "-999999999999.9999"),
        ("+1", "EUR", "1.00"),
        (None, "EUR", None),
    ],
)
def test_an_amount_is_shown_with_its_currencys_digits(
    shop: Marketplace, amount: Any, currency: str, shown: str | None
) -> None:
    answer = made(shop, amount=amount, currency=currency)
    assert answer["amount"] == shown
    assert shop.get(answer["resource_uri"])["amount"] == shown


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        ("3.001", "EUR"),
        ("150.5", "JPY"),
        ("1.5051", "KWD"),
        ("3.001", ""),
        ("1000000000000", "EUR"),
        ("1e3", "EUR"),
        ("1_000", "EUR"),
        (" 3", "EUR"),
        ("3 ", "EUR"),
        ("\u0663", "EUR"),
        ("NaN", "EUR"),
        ("Infinity", "EUR"),
        ("three", "EUR"),
        ("", "EUR"),
        (".5", "EUR"),
        ("5.", "EUR"),
        ("0x1", "EUR"),
        ("9" * 100, "EUR"),
        (True, "EUR"),
        ([], "EUR"),
        ({}, "EUR"),
        (10**300, "EUR"),
    ],
)
def test_any_other_amount_is_400(shop: Marketplace, amount: Any, currency: str) -> None:
    assert wrong(shop, amount=amount, currency=currency) == ["amount"]


@pytest.mark.parametrize(
    "number", ["1e400", "1e-400", "1E+99999", "-1e99999", "0.00000000000000000000000000001", "1e999999999999999999999"]
)
def test_a_number_out_of_all_range_is_400(shop: Marketplace, number: str) -> None:
    assert shop.post(HERE, f'{{"amount": {number}, "currency": "EUR"}}'.encode()).status == 400


@pytest.mark.parametrize(
    ("number", "shown"), [("1e2", "100.00"), ("0e99999", "0.00"), ("2.49", "2.49"), ("0.1", "0.10")]
)
def test_a_json_number_is_taken_exactly(shop: Marketplace, number: str, shown: str) -> None:
    answer = shop.post(HERE, f'{{"amount": {number}, "currency": "EUR"}}'.encode())
    assert (answer.status, answer["amount"]) == (201, shown)


@pytest.mark.parametrize(
    "currency", ["eur", "EU", "EURO", "XXX", "XAU", "ZZZ", None, 7, [], True, "E\u00dcR", "\x00\x00\x00"]
)
def test_a_currency_is_an_iso_code_in_capitals_or_empty(shop: Marketplace, currency: Any) -> None:
    assert wrong(shop, currency=currency) == ["currency"]


@pytest.mark.parametrize("status", [*range(8), "1"])
def test_a_transaction_may_be_born_in_any_state(shop: Marketplace, status: Any) -> None:
    assert made(shop, status=status)["status"] == int(status)


@pytest.mark.parametrize("name", ["status", "type"])
@pytest.mark.parametrize("value", [8, -1, "", None, "started", True, 1.0, [], {}, 10**30, "1 ", "\u0661", "01"])
def test_a_status_or_type_is_one_of_their_numbers(shop: Marketplace, name: str, value: Any) -> None:
    assert wrong(shop, **{name: value}) == [name]


@pytest.mark.parametrize("provider", [0, 1, 2, 4, "4", None])
def test_a_provider_is_one_of_its_numbers(shop: Marketplace, provider: Any) -> None:
    assert made(shop, provider=provider)["provider"] == (None if provider is None else int(provider))


@pytest.mark.parametrize("provider", [3, 5, -1, "paypal", "", True, 1.0, []])
def test_any_other_provider_is_400(shop: Marketplace, provider: Any) -> None:
    assert wrong(shop, provider=provider) == ["provider"]


@pytest.mark.parametrize("name", ["uid_pay", "uid_support"])
def test_a_providers_ids_are_unique_with_the_provider(shop: Marketplace, name: str) -> None:
    made(shop, provider=2, **{name: "id-1"})
    clash = shop.post(HERE, {"provider": 2, name: "id-1"})
    assert (clash.status, list(clash.json)) == (400, ["__all__"])
    made(shop, provider=1, **{name: "id-1"})
    for _ in range(2):
        made(shop, **{name: "id-1"})
        made(shop, provider=2, **{name: None})
    made(shop, provider=2, **{name: ""})
    assert wrong(shop, provider=2, **{name: ""}) == ["__all__"]


@pytest.mark.parametrize("relations", [None, [], [{}], "x"])
def test_relations_are_read_only(shop: Marketplace, relations: Any) -> None:
    assert wrong(shop, relations=relations) == ["relations"]


@pytest.mark.parametrize(
    "name", ["captured_amount", "refunded_amount", "outcome", "counter", "created", "resource_pk", "nonsense"]
)
def test_other_read_only_and_unknown_fields_are_ignored(shop: Marketplace, name: str) -> None:
    answer = made(shop, **{name: "12.34"})
    assert answer.json.get(name) != "12.34"


TEXTS = ("status_reason", "uid_pay", "uid_support", "pay_url", "carrier", "region", "source")


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_has_up_to_255_characters(shop: Marketplace, name: str) -> None:
    assert made(shop, **{name: "\u00fc" * 255})[name] == "\u00fc" * 255
    for value in ("x" * 256, "a\x00b", [], {}, True, 1.5):
        assert wrong(shop, **{name: value}) == [name]


def test_notes_are_long_but_not_endless(shop: Marketplace) -> None:
    assert made(shop, notes="x" * 16_384)["notes"] == "x" * 16_384
    for value in ("x" * 16_385, "a\x00b", 7, [], {}):
        assert wrong(shop, notes=value) == ["notes"]


@pytest.mark.parametrize("name", ["buyer", "seller", "seller_product", "related"])
def test_a_reference_names_a_row_of_its_kind_that_exists(shop: Marketplace, name: str) -> None:
    parent = made(shop)["resource_uri"]
    wrong_kind = parent if name != "related" else shop.buyer()["resource_uri"]
    collection = api_shown.REFERENCES[name][0]
    for value in (wrong_kind, f"{collection}999999/", f"{collection}x/", "1", 1, True, [], {}, "http://["):
        assert wrong(shop, **{name: value}) == [name]
    for value in (None, ""):
        assert made(shop, **{name: value})[name] is None


def test_a_reference_by_an_absolute_url_is_shown_as_a_path(shop: Marketplace) -> None:
    buyer = shop.buyer()["resource_uri"]
    assert made(shop, buyer=f"https://solitude.example{buyer}")["buyer"] == buyer


def test_all_references_at_fault_are_named_at_once(shop: Marketplace) -> None:
    body = {"buyer": "/generic/buyer/9/", "seller": "x", "amount": "1.5", "currency": "JPY", "uuid": "x" * 201}
    assert wrong(shop, **body) == ["amount", "buyer", "seller", "uuid"]


# --- relations ---------------------------------------------------------------------------------------------------------


def test_relations_are_whole_transactions_the_newest_first(shop: Marketplace) -> None:
    parent = made(shop, uuid="parent")["resource_uri"]
    first, second = (made(shop, uuid=uuid, related=parent) for uuid in ("first", "second"))
    below = made(shop, uuid="below", related=first["resource_uri"])

    shown = shop.get(parent)

    assert shown["relations"] == [second.json, first.json | {"relations": [below.json]}]
    assert shop.get(f"{HERE}?uuid=parent")["objects"] == [shown.json]


def chain(shop: Marketplace, length: int) -> str:
    top = related = str(made(shop)["resource_uri"])
    for _ in range(length):
        related = made(shop, related=related)["resource_uri"]
    return top


def test_relations_are_shown_five_deep(shop: Marketplace) -> None:
    shown, depth = shop.get(chain(shop, 7)).json, 0
    while shown["relations"]:
        shown, depth = shown["relations"][0], depth + 1
    assert depth == 5


def test_relations_in_one_answer_are_limited(shop: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_shown, "RELATIONS_MAX", 5)
    parent = made(shop)["resource_uri"]
    children = [made(shop, related=parent)["resource_uri"] for _ in range(4)]
    for _ in range(4):
        made(shop, related=children[-1])
    shown = shop.get(parent)["relations"]
    assert [relation["resource_uri"] for relation in shown] == children[::-1]
    assert [len(relation["relations"]) for relation in shown] == [1, 0, 0, 0]


def test_a_list_takes_one_query_for_each_level_and_not_for_each_row(shop: Marketplace) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            shop.get(f"{HERE}?limit=100")
        return len(captured)

    parent = made(shop)["resource_uri"]
    made(shop, related=parent)
    few = queries()
    for _ in range(10):
        made(shop, related=made(shop)["resource_uri"])
    assert queries() == few


# --- events ------------------------------------------------------------------------------------------------------------


def test_a_transaction_is_an_event(shop: Marketplace) -> None:
    seller = shop.seller(paypal_id=None)
    product = shop.post(
        "/generic/product/", {"seller": seller["resource_uri"], "external_id": "a", "public_id": "5530"}
    )
    answer = made(
        shop, uuid="pay:1", status=1, amount="2.49", currency="EUR", provider=0,
        buyer=shop.buyer("shop:8812")["resource_uri"], seller_product=product["resource_uri"],
    )  # fmt: skip

    events = shop.get("/events/")["events"]

    assert len(events) == 1
    assert events[0] | {"cursor": "", "created": ""} == {
        "cursor": "",
        "type": "transaction.completed",
        "created": "",
        "resource_uri": answer["resource_uri"],
        "uuid": "pay:1",
        "from": None,
        "to": "completed",
        "reason": None,
        "data": {
            "amount": "2.49",
            "currency": "EUR",
            "provider": "paypal",
            "buyer": "shop:8812",
            "seller": seller["uuid"],
            "product": "5530",
            "related": None,
        },
    }


@pytest.mark.parametrize(
    ("kind", "name"), [(0, "transaction"), (1, "refund"), (2, "reversal"), (3, "refund"), (4, "reversal")]
)
def test_an_event_is_of_the_transactions_kind(shop: Marketplace, kind: int, name: str) -> None:
    made(shop, type=kind, status=4)
    assert shop.event_types() == [f"{name}.failed"]


def test_a_refused_transaction_is_no_event(shop: Marketplace) -> None:
    made(shop, uuid="pay:1")
    wrong(shop, uuid="pay:1")
    assert shop.event_types() == ["transaction.started"]


def test_a_form_that_is_not_as_expected_is_one_security_event_with_names_alone(
    shop: Marketplace, security_events: list[str]
) -> None:
    path = made(shop, notes="two\nlines\tand a tab", status=0)["resource_uri"]
    assert security_events == []

    made(shop, notes="canary\x07", price="canary")
    shop.patch(path, {"notes": "canary\x1b[2J", "uuid": "canary"})

    assert [line.split("|")[2:6] for line in security_events] == [
        ["paranoia", "0", HERE, "Form not as expected"],
        ["paranoia", "0", path, "Form not as expected"],
    ]
    for line, extra in zip(security_events, ("price", "uuid"), strict=True):
        assert line.endswith(
            f"cs5Label=extra cs5={extra} cs6Label=missing cs6=none cs7Label=control characters cs7=notes"
        )
        assert "canary" not in line
