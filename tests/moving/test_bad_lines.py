"""Every bad line is told by its number and its column, and then nothing at all is written."""

from pathlib import Path
from typing import Any

import pytest
from tests.moving.mover import Ended, bring, brought, json_lines
from tests.support.marketplace import Marketplace

from solitude.buyers.models import Buyer
from solitude.moving.kinds import KINDS
from solitude.moving.models import Import
from solitude.providers.paypal.models import PERSON_LIMITS

pytestmark = pytest.mark.long

GOOD: dict[str, dict[str, Any]] = {
    "buyers": {"uuid": "shop:new"},
    "sellers": {"uuid": "dev:new"},
    "products": {"seller": "dev:1", "external_id": "new", "public_id": "new"},
    "paypal-sellers": {"seller": "dev:2"},
    "paypal-products": {"seller_product": "pub:1"},
    "paypal-buyers": {"buyer": "shop:2"},
    "bango-sellers": {
        "seller": "dev:2",
        "package_id": 50022,
        "admin_person_id": 81,
        "support_person_id": 82,
        "finance_person_id": 83,
    },
    "bango-products": {"seller_product": "pub:1", "package_id": 50021, "bango_id": "7710042"},
    "transactions": {"uuid": "pay:new", "status": 1},
}
TEXT = "must be a text"
FLAG = "must be true or false"
LONG = "must have at most 255 characters"
NUL = "must not contain a NUL character"
MOMENT = "must be a time with its offset, such as 2012-03-04T05:06:07Z"
COUNT = "must be a whole number from 0 to 2147483647"
HASH = "must be a PIN's hash as export writes it"
CURRENCY = "must be empty or an ISO 4217 code in capitals"
TYPES = "0, 1, 2, 3, 4, payment, refund, reversal, refund_manual, reversal_manual"
STATUSES = "0, 1, 2, 3, 4, 5, 6, 7, pending, completed, checked, received, failed, cancelled, started, errored"

WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("buyers", {"uuid": None}, "uuid: FIELD_REQUIRED"),
    ("buyers", {"uuid": ""}, "uuid: FIELD_REQUIRED"),
    ("buyers", {"uuid": 1.5}, f"uuid: {TEXT}"),
    ("buyers", {"uuid": True}, f"uuid: {TEXT}"),
    ("buyers", {"uuid": "x" * 256}, f"uuid: {LONG}"),
    ("buyers", {"uuid": "a\x00b"}, f"uuid: {NUL}"),
    ("buyers", {"uuid": "shop:1"}, "uuid: is there already"),
    ("buyers", {"e-mail": "x"}, "e-mail: there is no such column"),
    ("buyers", {"email": 5}, f"email: {TEXT}"),
    ("buyers", {"email": ["x"]}, f"email: {TEXT}"),
    ("buyers", {"email": "x" * 256}, f"email: {LONG}"),
    ("buyers", {"locale": {}}, f"locale: {TEXT}"),
    ("buyers", {"active": "yes"}, f"active: {FLAG}"),
    ("buyers", {"active": 1}, f"active: {FLAG}"),
    ("buyers", {"active": None}, f"active: {FLAG}"),
    ("buyers", {"authenticated": "true"}, f"authenticated: {FLAG}"),
    ("buyers", {"pin": "123"}, "pin: PIN_4_NUMBERS_LONG"),
    ("buyers", {"pin": "12a4"}, "pin: PIN_ONLY_NUMBERS"),
    ("buyers", {"pin": 1234}, f"pin: {TEXT}"),
    ("buyers", {"new_pin": "123"}, "new_pin: PIN_4_NUMBERS_LONG"),
    ("buyers", {"pin_hash": "0420"}, f"pin_hash: {HASH}"),
    ("buyers", {"pin_hash": "$2b$12$abcdefghijklmnopqrstuv"}, f"pin_hash: {HASH}"),
    ("buyers", {"pin_hash": "k1:$argon2id$v=19$m=1"}, "pin_hash: needs row_uuid"),
    ("buyers", {"pin_hash": "k9:$argon2id$v=19$m=1"}, "pin_hash: was made with a key that is not in this key ring"),
    ("buyers", {"row_uuid": "7"}, "row_uuid: must be a UUID"),
    ("buyers", {"row_uuid": 7}, "row_uuid: must be a UUID"),
    ("buyers", {"pin_failures": -1}, f"pin_failures: {COUNT}"),
    ("buyers", {"pin_failures": 2**31}, f"pin_failures: {COUNT}"),
    ("buyers", {"pin_failures": "9" * 5000}, f"pin_failures: {COUNT}"),
    ("buyers", {"pin_failures": True}, f"pin_failures: {COUNT}"),
    ("buyers", {"created": "2012-03-04T05:06:07"}, f"created: {MOMENT}"),
    ("buyers", {"created": "yesterday"}, f"created: {MOMENT}"),
    ("buyers", {"created": 1330837567}, f"created: {MOMENT}"),
    ("buyers", {"created": "0001-01-01T00:00:00+23:00"}, f"created: {MOMENT}"),
    ("buyers", {"created": "1969-12-31T23:59:59Z"}, "created: must lie between 1970 and now"),
    ("buyers", {"modified": "2999-01-01T00:00:00Z"}, "modified: must lie between 1970 and now"),
    ("buyers", {"counter": "x"}, f"counter: {COUNT}"),
    ("sellers", {"uuid": ""}, "uuid: FIELD_REQUIRED"),
    ("sellers", {"uuid": "dev:1"}, "uuid: is there already"),
    ("sellers", {"active": "on"}, f"active: {FLAG}"),
    ("products", {"seller": "dev:9"}, "seller: there is no seller with this uuid"),
    ("products", {"seller": ""}, "seller: FIELD_REQUIRED"),
    ("products", {"external_id": "ext:1"}, "seller and external_id: is there already"),
    ("products", {"public_id": "pub:1"}, "public_id: is there already"),
    ("products", {"access": 3}, "access: must be 1 (purchase) or 2 (simulate)"),
    ("products", {"access": "purchase"}, "access: must be 1 (purchase) or 2 (simulate)"),
    ("products", {"secret": "x" * 256}, f"secret: {LONG}"),
    ("paypal-sellers", {"seller": "dev:9"}, "seller: there is no seller with this uuid"),
    ("paypal-sellers", {"seller": "dev:1"}, "seller: is there already"),
    ("paypal-sellers", {"paypal_id": "x" * 256}, f"paypal_id: {LONG}"),
    ("paypal-sellers", {"token": "x" * 4097}, "token: must have at most 4096 characters"),
    ("paypal-sellers", {"secret": 7}, f"secret: {TEXT}"),
    *(
        ("paypal-sellers", {name: "x" * (most + 1)}, f"{name}: must have at most {most} characters")
        for name, most in PERSON_LIMITS.items()
    ),
    ("paypal-buyers", {"buyer": "shop:9"}, "buyer: there is no buyer with this uuid"),
    ("paypal-buyers", {"buyer": "shop:1"}, "buyer: is there already"),
    ("paypal-buyers", {"key": "x" * 256}, f"key: {LONG}"),
    ("paypal-buyers", {"key": True}, f"key: {TEXT}"),
    ("paypal-buyers", {"key": "B-THERE"}, "key: is there already"),
    ("paypal-buyers", {"currency": "eur"}, f"currency: {CURRENCY}"),
    ("paypal-buyers", {"start": "1.2.2026"}, "start: must be a date such as 2026-11-23"),
    ("paypal-buyers", {"expiry": "2026-02-30"}, "expiry: must be a date such as 2026-11-23"),
    ("paypal-buyers", {"interface": "soap"}, "interface: must be rest or classic"),
    ("paypal-buyers", {"key": "PA-7TQ40011", "interface": "rest"}, "interface: must be classic, as the key begins with PA-"),
    ("paypal-buyers", {"max_total": "5", "currency": ""}, "max_total: needs the currency"),
    ("paypal-buyers", {"max_per_day": "5.001", "currency": "EUR"}, "max_per_day: EUR has 2 decimals at PayPal"),
    ("paypal-buyers", {"max_total": "5", "used_total": "6", "currency": "EUR"}, "used_total: must be at most max_total"),
    ("bango-sellers", {"seller": "dev:1"}, "seller: is there already"),
    ("bango-sellers", {"seller": "dev:9"}, "seller: there is no seller with this uuid"),
    ("bango-sellers", {"package_id": 50021}, "package_id: is there already"),
    ("bango-sellers", {"package_id": "x"}, f"package_id: {COUNT}"),
    ("bango-sellers", {"finance_person_id": None}, f"finance_person_id: {COUNT}"),
    ("bango-sellers", {"sbi_expires": "2099-01-01"}, f"sbi_expires: {MOMENT}"),
    ("bango-products", {"package_id": 50029}, "package_id: there is no seller bango with this package_id"),
    ("bango-products", {"package_id": 0}, "package_id: there is no seller bango with this package_id"),
    ("bango-products", {"seller_product": "pub:9"}, "seller_product: there is no product with this public_id"),
    ("bango-products", {"bango_id": "7" * 51}, "bango_id: must have at most 50 characters"),
    ("transactions", {"uuid": ""}, "uuid: FIELD_REQUIRED"),
    ("transactions", {"uuid": "x" * 201}, "uuid: must have at most 200 characters"),
    ("transactions", {"uuid": "pay:1"}, "uuid: is there already"),
    ("transactions", {"status": None}, f"status: must be one of {STATUSES}"),
    ("transactions", {"status": "done"}, f"status: must be one of {STATUSES}"),
    ("transactions", {"status": True}, f"status: must be one of {STATUSES}"),
    ("transactions", {"type": 5}, f"type: must be one of {TYPES}"),
    ("transactions", {"type": "chargeback"}, f"type: must be one of {TYPES}"),
    ("transactions", {"provider": 3}, "provider: must be one of 0, 1, 2, 4, paypal, bango, reference, braintree"),
    ("transactions", {"amount": "3,00"}, "amount: must be a decimal number"),
    ("transactions", {"amount": "NaN"}, "amount: must be a decimal number"),
    ("transactions", {"amount": "1e3"}, "amount: must be a decimal number"),
    ("transactions", {"captured_amount": "-1"}, "captured_amount: must not be negative"),
    ("transactions", {"refunded_amount": "1"}, "refunded_amount: needs captured_amount"),
    ("transactions", {"currency": "eur"}, f"currency: {CURRENCY}"),
    ("transactions", {"currency": "XXX"}, f"currency: {CURRENCY}"),
    ("transactions", {"buyer": "shop:9"}, "buyer: there is no buyer with this uuid"),
    ("transactions", {"seller": "dev:9"}, "seller: there is no seller with this uuid"),
    ("transactions", {"seller_product": "ext:1"}, "seller_product: there is no product with this public_id"),
    ("transactions", {"related": "no"}, "related: there is no transaction with this uuid, and none earlier in the file"),
    ("transactions", {"related": "pay:new"}, "related: there is no transaction with this uuid, and none earlier in the file"),
    ("transactions", {"provider": 0, "uid_pay": "U-1"}, "provider and uid_pay: is there already"),
    ("transactions", {"provider": 0, "taken_id": "T-1"}, "provider and taken_id: is there already"),
    ("transactions", {"provider": 0, "uid_support": "S-1"}, "provider and uid_support: is there already"),
    ("transactions", {"outcome": "unknown"}, "outcome: must be one of none, succeeded, declined, not_sent"),
    ("transactions", {"outcome": "pending"}, "outcome: must be one of none, succeeded, declined, not_sent"),
    ("transactions", {"relations": []}, "relations: is read-only"),
    ("transactions", {"notes": "x" * 16_385}, "notes: must have at most 16384 characters"),
    ("transactions", {"pay_url": "a\x00b"}, f"pay_url: {NUL}"),
]  # fmt: skip


@pytest.fixture
def world(shop: Marketplace, tmp_path: Path) -> Path:
    """A buyer, seller, product and payment that are there already, and the folder of the test."""
    there = {
        "buyers": [{"uuid": "shop:1"}, {"uuid": "shop:2"}],
        "sellers": [{"uuid": "dev:1"}, {"uuid": "dev:2"}],
        "products": [{"seller": "dev:1", "external_id": "ext:1", "public_id": "pub:1"}],
        "paypal-sellers": [{"seller": "dev:1", "city": "Oslo"}],
        "paypal-buyers": [{"buyer": "shop:1", "key": "B-THERE", "currency": "NOK"}],
        "bango-sellers": [GOOD["bango-sellers"] | {"seller": "dev:1", "package_id": 50021}],
        "transactions": [
            {"uuid": "pay:1", "status": 1, "provider": 0, "uid_pay": "U-1", "taken_id": "T-1", "uid_support": "S-1"}
        ],
    }
    for kind, rows in there.items():
        brought(kind, json_lines(tmp_path / f"{kind}-there.jsonl", rows))
    return tmp_path


def counts() -> dict[str, int]:
    return {name: kind.model._default_manager.count() for name, kind in KINDS.items()} | {
        "imports": Import.objects.count()
    }


def refused(kind: str, file: Path, *options: str) -> Ended:
    before = counts()
    ended = bring(kind, file, *options)
    assert ended.status == 1, ended
    assert counts() == before
    return ended


@pytest.mark.parametrize("kind", KINDS)
def test_the_line_that_the_others_differ_from_is_good(world: Path, kind: str) -> None:
    brought(kind, json_lines(world / f"{kind}.jsonl", [GOOD[kind]]))


def test_each_bad_value_is_told_with_its_line_and_column(world: Path) -> None:
    """After a good line, where two can be good."""
    for kind in KINDS:
        wrong = [(values, said) for name, values, said in WRONG if name == kind]
        for number, (values, said) in enumerate(wrong):
            good = [GOOD[kind] | {"uuid": "a good one"}] if "uuid" in GOOD[kind] else []
            file = json_lines(world / f"{kind}-{number}.jsonl", [*good, GOOD[kind] | values])

            ended = refused(kind, file)

            assert ended.said == [f"line {len(good) + 1}: {said}"], (kind, values)


def test_an_amount_has_no_more_digits_than_its_currency(world: Path) -> None:
    rows = [
        {"uuid": "a", "status": 1, "amount": "1.50", "currency": "JPY"},
        {"uuid": "b", "status": 1, "amount": "1.505"},
        {"uuid": "c", "status": 1, "captured_amount": "1.505", "currency": "EUR"},
        {"uuid": "d", "status": 1, "amount": "1" * 13, "currency": "EUR"},
        {"uuid": "e", "status": 1, "amount": "1.500", "currency": "EUR"},
    ]

    said = refused("transactions", json_lines(world / "t.jsonl", rows)).said

    places = [line.split(": ")[:2] for line in said]
    assert places == [["line 1", "amount"], ["line 2", "amount"], ["line 3", "captured_amount"], ["line 4", "amount"]]


def test_a_line_tells_of_everything_that_is_wrong_with_it(world: Path) -> None:
    rows = [{"uuid": "", "email": 5, "active": 0, "nonsense": 1}]

    assert refused("buyers", json_lines(world / "b.jsonl", rows)).said == [
        "line 1: uuid: FIELD_REQUIRED",
        "line 1: active: must be true or false",
        "line 1: email: must be a text",
        "line 1: nonsense: there is no such column",
    ]


@pytest.mark.parametrize(
    ("kind", "first", "second", "column"),
    [
        ("buyers", {"uuid": "a"}, {"uuid": "a"}, "uuid"),
        ("sellers", {"uuid": "a"}, {"uuid": "a"}, "uuid"),
        ("products", {"external_id": "a", "public_id": "a"}, {"external_id": "b", "public_id": "a"}, "public_id"),
        (
            "products",
            {"external_id": "a", "public_id": "a"},
            {"external_id": "a", "public_id": "b"},
            "seller and external_id",
        ),
        ("paypal-sellers", {}, {}, "seller"),
        ("paypal-buyers", {}, {}, "buyer"),
        ("transactions", {"uuid": "a"}, {"uuid": "a"}, "uuid"),
        (
            "transactions",
            {"uuid": "a", "provider": "bango", "uid_pay": "U"},
            {"uuid": "b", "provider": 1, "uid_pay": "U"},
            "provider and uid_pay",
        ),
        (
            "transactions",
            {"uuid": "a", "provider": 0, "uid_support": "U"},
            {"uuid": "b", "provider": 0, "uid_support": "U"},
            "provider and uid_support",
        ),
    ],
)
def test_what_only_one_line_may_say_is_not_said_twice(
    world: Path, kind: str, first: dict[str, Any], second: dict[str, Any], column: str
) -> None:
    file = json_lines(world / "twice.jsonl", [GOOD[kind] | first, GOOD[kind] | second])

    assert refused(kind, file).said == [f"line 2: {column}: is the same as in line 1"]


def test_lines_that_are_far_apart_are_compared_as_well(world: Path) -> None:
    rows = [{"uuid": f"buyer {number}"} for number in range(2500)]

    ended = refused("buyers", json_lines(world / "b.jsonl", [*rows, {"uuid": "buyer 3"}]))

    assert ended.said == ["line 2501: uuid: is the same as in line 4"]


def test_what_differs_between_providers_may_be_the_same(world: Path) -> None:
    same = {"status": 1, "uid_pay": "U-1", "uid_support": "S-1"}
    rows = [{"uuid": "a", "provider": 1, **same}, {"uuid": "b", "provider": 2, **same}, {"uuid": "c", **same}]
    of_engine = {"provider": 0, "outcome": "succeeded", "uid_support": "S-1", "status": 1}
    rows += [{"uuid": "d", **of_engine}, {"uuid": "e", **of_engine}]

    brought("transactions", json_lines(world / "t.jsonl", rows))


def test_only_the_first_bad_lines_are_told_and_all_are_counted(world: Path) -> None:
    file = json_lines(world / "b.jsonl", [{"uuid": ""}] * 2000)

    ended = refused("buyers", file, "--errors", "3")

    assert ended.said == [f"line {number}: uuid: FIELD_REQUIRED" for number in (1, 2, 3)]
    assert "2,000 of 2,000 lines are bad" in ended.remarks
    assert "nothing was written" in ended.remarks


def test_no_value_of_a_bad_line_is_told(world: Path) -> None:
    private = "ada@example.net-4111111111111111"
    rows = [
        {"uuid": private * 10, "email": [private], "pin": private, "created": private, "active": private},
        {"uuid": "shop:1", "email": private},
        {"uuid": private},
        {"uuid": private},
    ]

    ended = refused("buyers", json_lines(world / "b.jsonl", rows), "--skip-existing")

    assert len(ended.said) == 7
    assert "ada" not in "".join(ended.said) + ended.remarks
    assert not Buyer.objects.filter(uuid=private).exists()


def test_csv_is_held_to_the_same_rules(world: Path) -> None:
    file = world / "b.csv"
    file.write_text('uuid,email,active,pin\nnew,,,\n,x,,\nx,y,maybe,12345\nshop:1,,,\n"a\nb",,,\nnew,,,\nlast\n')

    assert refused("buyers", file).said == [
        "line 3: uuid: FIELD_REQUIRED",
        "line 4: active: must be true or false",
        "line 4: pin: PIN_4_NUMBERS_LONG",
        "line 5: uuid: is there already",
        "line 8: uuid: is the same as in line 2",
        "line 9: has 1 cells, and the first line 4",
    ]


def test_a_key_is_one_buyers_alone(world: Path) -> None:
    """By it that person is charged, whoever buys."""
    brought("buyers", json_lines(world / "b.jsonl", [{"uuid": "shop:3"}]))
    rows = [{"buyer": uuid, "key": "B-7TQ40011"} for uuid in ("shop:2", "shop:3")]

    assert refused("paypal-buyers", json_lines(world / "k.jsonl", rows)).said == [
        "line 2: key: is the same as in line 1"
    ]


def test_many_buyers_may_have_no_key(world: Path) -> None:
    brought("buyers", json_lines(world / "b.jsonl", [{"uuid": "shop:3"}, {"uuid": "shop:4"}]))
    rows = [{"buyer": "shop:2"}, {"buyer": "shop:3", "key": None}, {"buyer": "shop:4", "key": ""}]

    brought("paypal-buyers", json_lines(world / "k.jsonl", rows))
