"""The life of a PIN, row by row of the contract's table (generic.md 1.3) with its mends.

P = PIN stored, C = confirmed, F = failures, L = locked at, W = was locked out, N = new PIN stored, R = needs reset.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from tests.buyers.pinned import (
    CALLS,
    LENGTH_S,
    LIMIT,
    NEW,
    RIGHT,
    WRONG,
    confirm,
    give,
    let_pass,
    lock,
    pinned,
    reset_confirm,
    state,
    verify,
)
from tests.support.marketplace import Marketplace, encoded

from solitude.buyers.models import Buyer

LOCKED_OUT, KNOCKED = "Locked out account: ", "Attempted access to locked out account: "


def changed(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    return {name: after[name] for name in after if after[name] != before[name]}


def events_of(lines: list[str], buyer: dict[str, Any]) -> list[tuple[str, str]]:
    """Name and severity of the security events about a buyer."""
    return [(fields[5], fields[6]) for line in lines if buyer["uuid"] in (fields := line.split("|"))[5]]


# --- setting it ------------------------------------------------------------------------------------------------------


def test_create_with_pin_stores_it_unconfirmed(shop: Marketplace) -> None:
    made = shop.buyer(pin=RIGHT)
    assert (made["pin"], made["pin_confirmed"], made["new_pin"]) == (True, False, False)
    assert confirm(shop, made, RIGHT)


@pytest.mark.parametrize("confirmed", [True, False])
def test_patch_pin_replaces_it_and_leaves_confirmation_failures_lock_and_past(
    shop: Marketplace, confirmed: bool
) -> None:
    buyer = pinned(shop)
    lock(shop, buyer)
    shop.patch(buyer["resource_uri"], {"pin_confirmed": confirmed})
    before = state(shop, buyer)

    assert shop.patch(buyer["resource_uri"], {"pin": NEW}).status == 200

    assert state(shop, buyer) == before
    assert (before["pin_failures"], before["pin_is_locked_out"], before["pin_was_locked_out"]) == (LIMIT, True, True)
    let_pass(buyer, LENGTH_S + 1)
    assert verify(shop, buyer, NEW) == (confirmed, False)


def test_put_pin_replaces_it_and_resets_what_it_omits(shop: Marketplace) -> None:
    buyer = pinned(shop, needs_pin_reset=True, pin_was_locked_out=True)
    verify(shop, buyer, WRONG)
    before = state(shop, buyer)

    assert shop.put(buyer["resource_uri"], {"uuid": buyer["uuid"], "pin": NEW}).status == 200

    reset = {"pin_confirmed": False, "needs_pin_reset": False, "pin_was_locked_out": False}
    assert changed(before, state(shop, buyer)) == reset
    assert confirm(shop, buyer, NEW)


@pytest.mark.parametrize("nothing", [None, ""])
def test_patch_pin_null_removes_it_and_verify_then_always_fails_and_counts(shop: Marketplace, nothing: Any) -> None:
    buyer = pinned(shop)
    before = state(shop, buyer)

    assert shop.patch(buyer["resource_uri"], {"pin": nothing}).status == 200

    assert changed(before, state(shop, buyer)) == {"pin": False}
    assert verify(shop, buyer, RIGHT) == (False, False)
    assert state(shop, buyer)["pin_failures"] == 1


def test_patch_needs_pin_reset_is_a_flag_for_clients(shop: Marketplace) -> None:
    buyer = pinned(shop)
    before = state(shop, buyer)
    assert shop.patch(buyer["resource_uri"], {"needs_pin_reset": True})["needs_pin_reset"] is True
    assert changed(before, state(shop, buyer)) == {"needs_pin_reset": True}
    assert verify(shop, buyer, RIGHT) == (True, False)


@pytest.mark.parametrize("needs_reset", [True, False])
def test_patch_new_pin_stores_it_whether_a_reset_is_needed_or_not(shop: Marketplace, needs_reset: bool) -> None:
    buyer = pinned(shop, needs_pin_reset=needs_reset)
    before = state(shop, buyer)
    assert shop.patch(buyer["resource_uri"], {"new_pin": NEW})["new_pin"] is True
    assert changed(before, state(shop, buyer)) == {"new_pin": True}
    assert verify(shop, buyer, RIGHT) == (True, False)
    shop.patch(buyer["resource_uri"], {"new_pin": None})
    assert state(shop, buyer) == before


# --- confirm ---------------------------------------------------------------------------------------------------------


def test_confirm_right_confirms_and_leaves_failures_and_past(shop: Marketplace) -> None:
    buyer = pinned(shop, pin_was_locked_out=True)
    confirm(shop, buyer, WRONG)
    before = state(shop, buyer)
    assert (before["pin_confirmed"], before["pin_failures"]) == (False, 1)

    assert confirm(shop, buyer, RIGHT)

    assert changed(before, state(shop, buyer)) == {"pin_confirmed": True}


def test_confirm_wrong_takes_the_confirmation_back_and_is_counted(shop: Marketplace) -> None:
    buyer = pinned(shop)
    before = state(shop, buyer)
    assert not confirm(shop, buyer, WRONG)
    assert changed(before, state(shop, buyer)) == {"pin_confirmed": False, "pin_failures": 1}


def test_confirm_wrong_once_too_often_locks(shop: Marketplace, security_events: list[str]) -> None:
    buyer = pinned(shop)
    assert [confirm(shop, buyer, WRONG) for _ in range(LIMIT)] == [False] * LIMIT
    after = state(shop, buyer)
    assert (after["pin_failures"], after["pin_is_locked_out"], after["pin_was_locked_out"]) == (LIMIT, True, True)
    assert events_of(security_events, buyer) == [(LOCKED_OUT + buyer["uuid"], "1")]


def test_confirm_while_locked_is_false_for_the_right_pin_as_well(shop: Marketplace, security_events: list[str]) -> None:
    buyer = pinned(shop, pin_confirmed=False)
    for _ in range(LIMIT):
        confirm(shop, buyer, WRONG)
    before = state(shop, buyer)

    assert not confirm(shop, buyer, RIGHT)
    assert not confirm(shop, buyer, WRONG)

    assert state(shop, buyer) == before
    assert events_of(security_events, buyer)[1:] == [(KNOCKED + buyer["uuid"], "1")] * 2


# --- verify ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pin", [RIGHT, WRONG])
@pytest.mark.parametrize("locked", [True, False])
def test_verify_unconfirmed_does_nothing_and_does_not_look_at_the_lock(
    shop: Marketplace, security_events: list[str], pin: str, locked: bool
) -> None:
    buyer = pinned(shop)
    if locked:
        lock(shop, buyer)
    shop.patch(buyer["resource_uri"], {"pin_confirmed": False})
    before, told = state(shop, buyer), len(security_events)

    assert verify(shop, buyer, pin) == (False, False)

    assert state(shop, buyer) == before
    assert before["pin_is_locked_out"] is locked
    assert len(security_events) == told


@pytest.mark.parametrize("pin", [RIGHT, WRONG])
def test_verify_while_locked_does_nothing_but_tell(shop: Marketplace, security_events: list[str], pin: str) -> None:
    buyer = pinned(shop)
    lock(shop, buyer)
    before = state(shop, buyer)

    assert verify(shop, buyer, pin) == (False, True)

    assert state(shop, buyer) == before
    assert events_of(security_events, buyer) == [(LOCKED_OUT + buyer["uuid"], "1"), (KNOCKED + buyer["uuid"], "1")]


def test_verify_right_clears_failures_and_past(shop: Marketplace) -> None:
    buyer = pinned(shop, pin_was_locked_out=True)
    verify(shop, buyer, WRONG)
    before = state(shop, buyer)

    assert verify(shop, buyer, RIGHT) == (True, False)

    assert changed(before, state(shop, buyer)) == {"pin_failures": 0, "pin_was_locked_out": False}


def test_verify_wrong_below_the_limit_is_counted(shop: Marketplace, security_events: list[str]) -> None:
    buyer = pinned(shop)
    before = state(shop, buyer)
    for failures in range(1, LIMIT):
        assert verify(shop, buyer, WRONG) == (False, False)
        assert changed(before, state(shop, buyer)) == {"pin_failures": failures}
    assert security_events == []


def test_verify_wrong_at_the_limit_locks_and_says_so(shop: Marketplace, security_events: list[str]) -> None:
    buyer = pinned(shop)
    before = state(shop, buyer)
    assert [verify(shop, buyer, WRONG) for _ in range(LIMIT)] == [(False, False)] * (LIMIT - 1) + [(False, True)]
    locked = {"pin_failures": LIMIT, "pin_is_locked_out": True, "pin_was_locked_out": True}
    assert changed(before, state(shop, buyer)) == locked
    assert events_of(security_events, buyer) == [(LOCKED_OUT + buyer["uuid"], "1")]


def test_the_limit_is_a_setting(shop: Marketplace, settings: Any) -> None:
    settings.SOLITUDE_PIN_FAILURES = 2
    buyer = pinned(shop)
    assert [verify(shop, buyer, WRONG) for _ in range(2)] == [(False, False), (False, True)]


# --- reset-confirm ---------------------------------------------------------------------------------------------------


def test_reset_confirm_while_locked_does_nothing_but_tell(shop: Marketplace, security_events: list[str]) -> None:
    buyer = pinned(shop, new_pin=NEW)
    lock(shop, buyer)
    before = state(shop, buyer)

    assert not reset_confirm(shop, buyer, NEW)

    assert state(shop, buyer) == before
    assert events_of(security_events, buyer)[1:] == [(KNOCKED + buyer["uuid"], "1")]


@pytest.mark.parametrize("confirmed", [True, False])
def test_reset_confirm_right_puts_the_new_pin_in_place(shop: Marketplace, confirmed: bool) -> None:
    buyer = pinned(shop, new_pin=NEW, needs_pin_reset=True, pin_was_locked_out=True)
    verify(shop, buyer, WRONG)
    shop.patch(buyer["resource_uri"], {"pin_confirmed": confirmed})

    assert reset_confirm(shop, buyer, NEW)

    assert state(shop, buyer) == {
        "pin": True,
        "new_pin": False,
        "pin_confirmed": True,
        "pin_failures": 1,
        "pin_is_locked_out": False,
        "pin_was_locked_out": False,
        "needs_pin_reset": False,
    }
    assert verify(shop, buyer, RIGHT) == (False, False)
    assert verify(shop, buyer, NEW) == (True, False)


@pytest.mark.parametrize("new_pin", [NEW, None])
@pytest.mark.parametrize("pin", [RIGHT, WRONG])
def test_reset_confirm_that_differs_or_without_new_pin_is_counted(
    shop: Marketplace, new_pin: str | None, pin: str
) -> None:
    buyer = pinned(shop, new_pin=new_pin)
    before = state(shop, buyer)
    assert not reset_confirm(shop, buyer, pin)
    assert changed(before, state(shop, buyer)) == {"pin_failures": 1}


def test_reset_confirm_wrong_once_too_often_locks(shop: Marketplace, security_events: list[str]) -> None:
    buyer = pinned(shop, new_pin=NEW)
    assert [reset_confirm(shop, buyer, WRONG) for _ in range(LIMIT)] == [False] * LIMIT
    assert state(shop, buyer)["pin_is_locked_out"]
    assert events_of(security_events, buyer) == [(LOCKED_OUT + buyer["uuid"], "1")]


# --- the lock --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("last", CALLS)
def test_the_three_calls_have_one_count_and_one_lock(shop: Marketplace, last: str) -> None:
    buyer = pinned(shop, new_pin=NEW)
    for call in ("verify", "reset_confirm", "verify", "confirm"):
        give(shop, call, buyer, WRONG)
    shop.patch(buyer["resource_uri"], {"pin_confirmed": True})
    assert state(shop, buyer)["pin_failures"] == LIMIT - 1

    give(shop, last, buyer, WRONG)

    assert state(shop, buyer)["pin_is_locked_out"]
    shop.patch(buyer["resource_uri"], {"pin_confirmed": True})
    assert verify(shop, buyer, RIGHT) == (False, True)
    assert not confirm(shop, buyer, RIGHT)
    assert not reset_confirm(shop, buyer, NEW)


@pytest.mark.parametrize(("passed_s", "locked"), [(LENGTH_S - 10, True), (LENGTH_S + 1, False)])
def test_a_lock_ends_when_more_than_its_length_has_passed(shop: Marketplace, passed_s: int, locked: bool) -> None:
    buyer = pinned(shop)
    lock(shop, buyer)
    let_pass(buyer, passed_s)
    assert state(shop, buyer)["pin_is_locked_out"] is locked
    assert verify(shop, buyer, RIGHT) == (not locked, locked)


def test_a_lock_of_a_day_and_a_second_ago_is_over(shop: Marketplace) -> None:
    """The old server looked at the seconds of the elapsed time and forgot the days."""
    buyer = pinned(shop)
    lock(shop, buyer)
    let_pass(buyer, 86_400 + 1)
    assert not state(shop, buyer)["pin_is_locked_out"]
    assert verify(shop, buyer, RIGHT) == (True, False)


def test_the_length_of_a_lock_is_a_setting(shop: Marketplace, settings: Any) -> None:
    settings.SOLITUDE_PIN_FAILURE_LENGTH_S = 30
    buyer = pinned(shop)
    lock(shop, buyer)
    let_pass(buyer, 31)
    assert verify(shop, buyer, RIGHT) == (True, False)


@pytest.mark.parametrize("look", ["detail", "list"])
def test_a_look_at_a_lock_that_is_over_shows_none_and_writes_nothing(shop: Marketplace, look: str) -> None:
    buyer = pinned(shop)
    lock(shop, buyer)
    locked = shop.get(buyer["resource_uri"])
    let_pass(buyer, LENGTH_S + 1)
    before = Buyer.objects.values().get()

    if look == "detail":
        seen = shop.get(buyer["resource_uri"], **{"If-None-Match": locked.headers["ETag"]})
        shown = seen.json
    else:
        seen = shop.get("/generic/buyer/")
        (shown,) = seen["objects"]

    assert seen.status == 200, "what time has changed is another answer, with another tag"
    assert (shown["pin_failures"], shown["pin_is_locked_out"], shown["pin_was_locked_out"]) == (0, False, True)
    assert Buyer.objects.values().get() == before
    assert shop.get(buyer["resource_uri"], **{"If-Match": locked.headers["ETag"]}).status == 200


@pytest.mark.parametrize("write", ["put", "patch", *CALLS])
def test_the_next_write_clears_a_lock_that_is_over(shop: Marketplace, write: str) -> None:
    buyer = pinned(shop, new_pin=NEW)
    lock(shop, buyer)
    let_pass(buyer, LENGTH_S + 1)

    if write in CALLS:
        give(shop, write, buyer, WRONG)
    else:
        body = {"uuid": buyer["uuid"], "pin_was_locked_out": True}
        shown = shop.send(write.upper(), buyer["resource_uri"], encoded(body))
        assert (shown["pin_failures"], shown["pin_is_locked_out"], shown["pin_was_locked_out"]) == (0, False, True)

    row = Buyer.objects.get(pk=buyer["resource_pk"])
    assert (row.pin_locked_at, row.pin_failures) == (None, int(write in CALLS))
    assert row.pin_was_locked_out, "that it was is remembered"


def test_the_lock_is_by_the_clock_of_the_database(shop: Marketplace) -> None:
    """And not by that of a server, of which there are several."""
    buyer = pinned(shop)
    with time_machine.travel(datetime.now(UTC) - timedelta(hours=1)):
        lock(shop, buyer)
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=1)):
        assert verify(shop, buyer, RIGHT) == (False, True)
        assert state(shop, buyer)["pin_is_locked_out"]
    let_pass(buyer, LENGTH_S + 1)
    assert verify(shop, buyer, RIGHT) == (True, False)


@pytest.mark.parametrize("call", CALLS)
def test_an_inactive_buyer_is_like_any_other(shop: Marketplace, call: str) -> None:
    buyer = pinned(shop, new_pin=RIGHT, active=False)
    answer = give(shop, call, buyer, RIGHT)
    assert answer.json.get("valid", answer.json.get("confirmed")) is True
