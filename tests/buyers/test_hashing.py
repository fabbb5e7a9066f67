"""How a PIN is kept: dear to guess, bound to its row and to a key that is not in the database, and renewed when those change."""

import logging
import threading
import time
import uuid
from typing import Any

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type
from tests.buyers.conftest import Counting
from tests.buyers.pinned import RIGHT, WRONG, confirm, lock, pinned, reset_confirm, verify
from tests.support.marketplace import Marketplace
from tests.vault.rings import ring_of, with_new_key

from solitude.buyers import hashing
from solitude.buyers.models import Buyer
from solitude.turns import Turns, turn
from solitude.vault import hashes
from solitude.vault.current import use_ring

ROW, OTHER_ROW = uuid.UUID(int=7), uuid.UUID(int=8)


@pytest.fixture
def dear(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the cost of production."""
    cost = {"time_cost": hashing.PASSES, "memory_cost": hashing.MEMORY_KIB, "parallelism": hashing.LANES}
    monkeypatch.setattr(hashing, "_hasher", PasswordHasher(**cost))


@pytest.mark.usefixtures("dear")
def test_a_pin_is_kept_as_argon2id_at_its_cost() -> None:
    kept = hashing.kept_form(RIGHT, ROW)
    key_id, _, encoded = kept.partition(":")
    found = extract_parameters(encoded)
    assert (found.type, found.time_cost, found.memory_cost, found.parallelism) == (Type.ID, 2, 19_456, 1)
    assert (found.salt_len, found.hash_len) == (16, 32)
    assert key_id == hashes.keyed_hash("any", "", purpose=hashing.PEPPER).partition(":")[0]
    assert hashing.is_right(RIGHT, ROW, kept)
    assert not hashing.is_right(WRONG, ROW, kept)
    assert not hashing.is_right(RIGHT, ROW, None)
    assert not hashing.is_outdated(kept)


def test_the_house_hashes_at_that_cost(cheap: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert (hashing._hasher.time_cost, hashing._hasher.memory_cost, hashing._hasher.parallelism) == (2, 19_456, 1)


def test_nobody_has_the_same_hash() -> None:
    assert len({hashing.kept_form(RIGHT, ROW) for _ in range(3)}) == 3


def test_a_hash_is_of_its_row_only() -> None:
    assert not hashing.is_right(RIGHT, OTHER_ROW, hashing.kept_form(RIGHT, ROW))


def test_a_hash_copied_to_another_buyer_is_no_pin_there(shop: Marketplace) -> None:
    mine, theirs = pinned(shop), pinned(shop, pin=WRONG)
    (copied,) = Buyer.objects.filter(pk=mine["resource_pk"]).values_list("pin", flat=True)
    Buyer.objects.filter(pk=theirs["resource_pk"]).update(pin=copied)
    assert verify(shop, theirs, RIGHT) == (False, False)


def test_without_the_key_of_the_house_a_hash_fits_nothing() -> None:
    kept = hashing.kept_form(RIGHT, ROW)
    with use_ring(ring_of("k1")):
        assert not hashing.is_right(RIGHT, ROW, kept)
    for text in (RIGHT, f"{ROW}:{RIGHT}"):
        with pytest.raises(Exception, match="match"):
            hashing._hasher.verify(kept.partition(":")[2], text)


@pytest.mark.parametrize("call", [verify, confirm, reset_confirm])
def test_a_pin_under_an_older_key_goes_on_and_is_renewed_when_it_was_right(shop: Marketplace, call: Any) -> None:
    old = ring_of("k1")
    with use_ring(old):
        buyer = pinned(shop, new_pin=RIGHT)
    with use_ring(with_new_key(old, "k2")):
        row = Buyer.objects.filter(pk=buyer["resource_pk"])
        call(shop, buyer, WRONG)
        shop.patch(buyer["resource_uri"], {"pin_confirmed": True})
        assert row.get().pin.startswith("k1:")  # type: ignore[union-attr]
        counter = row.get().counter

        assert call(shop, buyer, RIGHT) in (True, (True, False))

        renewed = row.get()
        assert str(renewed.pin).startswith("k2:")
        assert renewed.counter <= counter + 1
        assert verify(shop, buyer, RIGHT) == (True, False)


def test_a_pin_at_yesterdays_cost_is_renewed(shop: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    buyer = pinned(shop)
    monkeypatch.setattr(hashing, "_hasher", PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    assert verify(shop, buyer, RIGHT) == (True, False)
    assert "m=16,t=2,p=1" in str(Buyer.objects.get().pin)
    assert verify(shop, buyer, RIGHT) == (True, False)


def test_a_pin_whose_key_is_gone_is_wrong_and_the_log_says_why(
    shop: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(hashing.log, "error", lambda event, **more: told.append({"event": event, **more}))
    with use_ring(ring_of("gone")):
        buyer = pinned(shop)
    with use_ring(ring_of("k9")):
        assert verify(shop, buyer, RIGHT) == (False, False)
    assert told == [{"event": "pin_key_missing", "key_id": "gone"}]


# --- the same work in every case -------------------------------------------------------------------------------------

CASES = {
    "right": {"pin": RIGHT, "pin_confirmed": True, "new_pin": RIGHT},
    "wrong": {"pin": WRONG, "pin_confirmed": True, "new_pin": WRONG},
    "unconfirmed": {"pin": RIGHT},
    "unconfirmed and wrong": {"pin": WRONG},
    "no pin": {"pin_confirmed": True},
    "inactive": {"pin": RIGHT, "pin_confirmed": True, "active": False},
}


@pytest.mark.parametrize("call", ["confirm", "verify", "reset_confirm"])
@pytest.mark.parametrize("case", [*CASES, "locked", "unknown", "closed"])
def test_one_pin_is_compared_whatever_there_is_to_compare_with(
    shop: Marketplace, cheap: Counting, call: str, case: str
) -> None:
    if case in CASES:
        buyer = shop.buyer(**CASES[case])
    elif case == "locked":
        lock(shop, buyer := pinned(shop))
    else:
        buyer = pinned(shop)
        shop.post(f"{buyer['resource_uri']}close/", {})
    uuid_ = "nobody" if case == "unknown" else buyer["uuid"]
    cheap.count = 0

    answer = shop.post(f"/generic/{call}_pin/", {"uuid": uuid_, "pin": RIGHT})

    assert cheap.count == 1
    assert answer.status == (404 if case in ("unknown", "closed") else 200)


@pytest.mark.parametrize("uuid_", ["nobody", "shop:known"])
def test_a_bad_pin_is_compared_with_nothing_whether_the_buyer_exists_or_not(
    shop: Marketplace, cheap: Counting, uuid_: str
) -> None:
    pinned(shop, buyer_uuid="shop:known")
    cheap.count = 0
    assert shop.post("/generic/verify_pin/", {"uuid": uuid_, "pin": "12"}).status in (404, 422)
    assert cheap.count == 0


def test_what_stands_for_nobody_costs_what_a_pin_costs() -> None:
    parameters = [extract_parameters(text) for text in (hashing._of_nobody(), hashing._hasher.hash("x"))]
    assert parameters[0] == parameters[1]


# --- not too many at once --------------------------------------------------------------------------------------------


class Slow(Counting):
    """Keeps count of how many are at it at the same time, and in which threads."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.most, self.lock, self.leave = 0, 0, threading.Lock(), threading.Event()
        self.threads: set[str] = set()

    def wait_for(self, at_it: int) -> None:
        deadline = time.monotonic() + 10
        while self.now < at_it and time.monotonic() < deadline:
            time.sleep(0.01)

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
            self.threads.add(threading.current_thread().name)
        self.leave.wait(20)
        with self.lock:
            self.now -= 1
        return super().hash(password, salt=salt)


def test_a_process_hashes_a_few_pins_at_once_and_the_rest_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow()
    monkeypatch.setattr(hashing, "_hasher", slow)
    threads = [threading.Thread(target=hashing.kept_form, args=(RIGHT, ROW)) for _ in range(12)]
    for thread in threads:
        thread.start()
    slow.wait_for(hashing.HASHES_AT_ONCE)
    slow.leave.set()
    for thread in threads:
        thread.join(20)
    assert (slow.most, slow.count, slow.now) == (hashing.HASHES_AT_ONCE, 12, 0)
    # What the C library keeps of the memory of one that is over, it keeps for its thread.
    assert len(slow.threads) == hashing.HASHES_AT_ONCE


def test_while_a_pin_is_hashed_others_have_the_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    slow, turns = Slow(), Turns(1, 2)
    monkeypatch.setattr(hashing, "_hasher", slow)

    def keep() -> None:
        with turn(turns, 20):
            hashing.kept_form(RIGHT, ROW)

    keeping = threading.Thread(target=keep)
    keeping.start()
    slow.wait_for(1)
    try:
        with turn(turns, 10):
            assert slow.now == 1
    finally:
        slow.leave.set()
        keeping.join(20)
    assert slow.count == 1


def test_a_client_is_told_when_too_many_wait_and_nothing_is_counted(
    shop: Marketplace, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    buyer = pinned(shop)
    monkeypatch.setattr(hashing, "_room", threading.BoundedSemaphore(1))
    monkeypatch.setattr(hashing, "WAIT_MAX_S", 0.01)
    with hashing._room, caplog.at_level(logging.ERROR):
        answer = shop.post("/generic/verify_pin/", {"uuid": buyer["uuid"], "pin": WRONG})
    assert (answer.status, answer["code"], answer.headers["Retry-After"]) == (503, "busy", "1")
    assert shop.get(buyer["resource_uri"])["pin_failures"] == 0
