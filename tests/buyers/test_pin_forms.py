"""What the three PIN calls take and refuse, and the forms of both (generic.md 1.2, overall.md 5)."""

from typing import Any

import pytest
from tests.buyers.pinned import CALLS, NEW, RIGHT, WRONG, lock, pinned
from tests.support.marketplace import Marketplace

from solitude.buyers.models import Buyer

PATHS = [f"/generic/{call}_pin/" for call in CALLS]
REQUIRED, TOO_LONG, NO_DIGITS = "required", "PIN_4_NUMBERS_LONG", "PIN_ONLY_NUMBERS"


def refused(answer: Any) -> dict[str, tuple[str, str]]:
    """Code and message by field, of a 422 in the newer form."""
    assert answer.status == 422, answer
    assert list(answer.json) == ["mozilla"]
    found = {}
    for field, errors in answer["mozilla"].items():
        (error,) = errors
        assert list(error) == ["code", "message"]
        found[field] = (error["code"], error["message"])
    return found


def test_the_answers_are_those_of_the_contract(shop: Marketplace) -> None:
    buyer = pinned(shop, new_pin=NEW)
    given = {"uuid": buyer["uuid"], "pin": RIGHT}
    assert shop.post("/generic/confirm_pin/", given).json == {"confirmed": True, "uuid": buyer["uuid"]}
    verified = shop.post("/generic/verify_pin/", given).json
    assert set(verified) == {"valid", "locked", "uuid", "pin", "pin_token", "pin_token_expires"}
    assert (verified["valid"], verified["locked"], verified["uuid"], verified["pin"]) == (
        True,
        False,
        buyer["uuid"],
        True,
    )
    given["pin"] = WRONG
    assert shop.post("/generic/verify_pin/", given).json == {
        "valid": False,
        "locked": False,
        "uuid": buyer["uuid"],
        "pin": True,
    }
    given["pin"] = NEW
    assert shop.post("/generic/reset_confirm_pin/", given).json == {"confirmed": True, "uuid": buyer["uuid"]}


def test_verify_says_whether_there_is_a_pin_and_never_which(shop: Marketplace) -> None:
    without = shop.buyer(pin_confirmed=True)
    assert shop.post("/generic/verify_pin/", {"uuid": without["uuid"], "pin": RIGHT})["pin"] is False
    buyer = pinned(shop)
    answer = shop.post("/generic/verify_pin/", {"uuid": buyer["uuid"], "pin": RIGHT})
    kept = Buyer.objects.get(pk=buyer["resource_pk"]).pin
    assert answer["pin"] is True
    assert str(kept) not in answer.text
    assert "argon2" not in answer.text


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("missing", ["left out", None, ""])
def test_a_missing_field_is_required(shop: Marketplace, path: str, missing: Any) -> None:
    buyer = pinned(shop)
    whole = {"uuid": buyer["uuid"], "pin": RIGHT}
    for field in whole:
        given = {name: value for name, value in whole.items() if name != field}
        if missing != "left out":
            given[field] = missing
        assert refused(shop.post(path, given)) == {field: (REQUIRED, "This field is required.")}
    assert sorted(refused(shop.post(path, {}))) == ["pin", "uuid"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("pin", "word"),
    [
        ("7x", TOO_LONG),
        ("123", TOO_LONG),
        ("12345", TOO_LONG),
        (" 042", NO_DIGITS),
        ("042x", NO_DIGITS),
        ("-123", NO_DIGITS),
        ("\u0661\u0662\u0663\u0664", NO_DIGITS),
        ("1\x00\x00\x00", NO_DIGITS),
        ("x" * 100_000, TOO_LONG),
        (420, TOO_LONG),
        (10**40, TOO_LONG),
        (-420, NO_DIGITS),
        (True, NO_DIGITS),
        (1.5, NO_DIGITS),
        ([], NO_DIGITS),
        (["0420"], NO_DIGITS),
        ({}, NO_DIGITS),
    ],
)
def test_a_bad_pin_is_invalid_and_its_length_is_looked_at_first(
    shop: Marketplace, path: str, pin: Any, word: str
) -> None:
    buyer = pinned(shop)
    assert refused(shop.post(path, {"uuid": buyer["uuid"], "pin": pin})) == {"pin": ("invalid", word)}
    assert shop.get(buyer["resource_uri"])["pin_failures"] == 0


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("uuid", [True, 1.5, [], {}, ["a"], "x" * 256, "a\x00b", 10**300])
def test_a_uuid_that_could_be_none_is_invalid(shop: Marketplace, path: str, uuid: Any) -> None:
    assert refused(shop.post(path, {"uuid": uuid, "pin": "x"})) == {
        "uuid": ("invalid", "must be a text of at most 255 characters"),
        "pin": ("invalid", TOO_LONG),
    }


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("pin", [RIGHT, "x", None, 7, []])
def test_an_unknown_uuid_is_404_whatever_the_pin(shop: Marketplace, path: str, pin: Any) -> None:
    answer = shop.post(path, {"uuid": "nobody", "pin": pin})
    assert (answer.status, list(answer.json)) == (404, ["detail"])


@pytest.mark.parametrize("path", PATHS)
def test_numbers_are_taken_as_their_digits(shop: Marketplace, path: str) -> None:
    shop.buyer("8812", pin="1234", pin_confirmed=True, new_pin="1234")
    answer = shop.post(path, {"uuid": 8812, "pin": 1234})
    assert answer.json.get("confirmed", answer.json.get("valid")) is True
    assert answer["uuid"] == "8812"


@pytest.mark.parametrize("path", PATHS)
def test_other_fields_are_ignored(shop: Marketplace, path: str) -> None:
    buyer = pinned(shop, new_pin=RIGHT)
    given = {"uuid": buyer["uuid"], "pin": RIGHT, "pin_failures": -3, "locked": False, "x": [1]}
    assert shop.post(path, given).status == 200


@pytest.mark.parametrize("path", PATHS)
def test_the_calls_are_posts(shop: Marketplace, path: str) -> None:
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        answer = shop.send(method, path)
        assert (answer.status, answer.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize("path", PATHS)
def test_the_slash_may_be_left_out_and_nothing_may_follow(shop: Marketplace, path: str) -> None:
    buyer = pinned(shop)
    assert shop.post(path.rstrip("/"), {"uuid": buyer["uuid"], "pin": RIGHT}).status == 200
    assert shop.post(f"{path}x/", {"uuid": buyer["uuid"], "pin": RIGHT}).status == 404


@pytest.mark.parametrize("path", PATHS)
def test_an_idempotency_key_does_not_count_so_every_try_does(shop: Marketplace, path: str) -> None:
    buyer = pinned(shop)
    for key in ("one", "one", "", "x" * 300):
        answer = shop.post(path, {"uuid": buyer["uuid"], "pin": WRONG}, **{"Idempotency-Key": key})
        assert answer.status == 200
        assert "Idempotency-Replayed" not in answer.headers
        shop.patch(buyer["resource_uri"], {"pin_confirmed": True})
    assert shop.get(buyer["resource_uri"])["pin_failures"] == 4
    # Another request under the same key is none that was reused.
    again = shop.post(path, {"uuid": buyer["uuid"], "pin": RIGHT}, **{"Idempotency-Key": "one"})
    assert again.status == 200


@pytest.mark.parametrize("path", PATHS)
def test_if_match_is_not_evaluated(shop: Marketplace, path: str) -> None:
    buyer = pinned(shop)
    assert shop.post(path, {"uuid": buyer["uuid"], "pin": RIGHT}, **{"If-Match": '"stale"'}).status == 200


@pytest.mark.parametrize("path", PATHS)
def test_a_try_that_changes_something_changes_the_tag(shop: Marketplace, path: str) -> None:
    buyer = pinned(shop)
    before = shop.get(buyer["resource_uri"]).headers["ETag"]
    shop.post(path, {"uuid": buyer["uuid"], "pin": WRONG})
    assert shop.get(buyer["resource_uri"]).headers["ETag"] != before


def test_no_pin_and_no_hash_reaches_a_log(shop: Marketplace, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        buyer = pinned(shop, pin="8426", new_pin="7531")
        for path in PATHS:
            shop.post(path, {"uuid": buyer["uuid"], "pin": "8426"})
            shop.post(path, {"uuid": buyer["uuid"], "pin": "9753"})
            shop.post(path, {"uuid": "nobody", "pin": "9753"})
        shop.patch(buyer["resource_uri"], {"pin": "84261"})
        lock(shop, pinned(shop))
    said = "\n".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    assert "Locked out account" in said
    for secret in ("'8426'", "'7531'", "'9753'", "84261", "argon2"):
        assert secret not in said


@pytest.mark.parametrize("path", PATHS)
def test_a_form_that_is_not_as_expected_is_one_security_event_with_names_alone(
    shop: Marketplace, path: str, security_events: list[str]
) -> None:
    given = {"uuid": "canary\x01-1", "amount": "canary-2", "token": "canary-3"}

    assert shop.post(path, given).status == 404

    (line,) = security_events
    assert line.startswith(f"CEF:0|Mozilla|paranoia|0|{path}|Form not as expected|5|")
    assert "cs5Label=extra cs5=amount, token cs6Label=missing cs6=pin cs7Label=control characters cs7=uuid" in line
    assert "canary" not in line


def test_a_form_as_it_should_be_is_none(shop: Marketplace, security_events: list[str]) -> None:
    buyer = pinned(shop)
    security_events.clear()
    assert shop.post(PATHS[0], {"uuid": buyer["uuid"], "pin": RIGHT}).status == 200
    assert security_events == []


def test_however_many_fields_a_form_has_the_event_is_short(shop: Marketplace, security_events: list[str]) -> None:
    shop.post(PATHS[0], {"uuid": "u", "pin": RIGHT} | {f"{'x' * 1000}{number}": 1 for number in range(1000)})
    (line,) = security_events
    assert len(line) < 2000
