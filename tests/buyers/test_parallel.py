"""Many tries at the same time: every one counts, none is forgotten, and what was compared is what is there."""

import threading

import pytest
from tests.buyers.conftest import Counting
from tests.buyers.pinned import CALLS, LIMIT, NEW, RIGHT, WRONG, give, pinned, verify
from tests.support.marketplace import Marketplace
from tests.support.simulator import Simulator
from tests.web.parallel import at_once

from solitude.buyers import hashing
from solitude.buyers.models import Buyer, PinToken

pytestmark = pytest.mark.long

THREADS, TRIES = 20, 50


@pytest.mark.long
def test_a_thousand_wrong_guesses_at_once_lock_after_exactly_the_limit(
    shop: Marketplace, security_events: list[str]
) -> None:
    """By all three calls; a confirmation that is taken back meanwhile must not stop the count."""
    buyer = pinned(shop, new_pin=NEW)

    def guess(number: int) -> list[str]:
        own = Marketplace()
        return [give(own, CALLS[(number + n) % 2 * 2], buyer, WRONG).text for n in range(TRIES)]

    answers = [text for texts in at_once(THREADS, guess) for text in texts]

    assert len(answers) == 1000
    row = Buyer.objects.get(pk=buyer["resource_pk"])
    assert (row.pin_failures, row.pin_was_locked_out) == (LIMIT, True)
    names = [line.split("|")[5] for line in security_events]
    assert names.count(f"Locked out account: {buyer['uuid']}") == 1
    assert names.count(f"Attempted access to locked out account: {buyer['uuid']}") == 1000 - LIMIT
    shop.patch(buyer["resource_uri"], {"pin_confirmed": True})
    assert verify(shop, buyer, RIGHT) == (False, True)


def test_wrong_guesses_by_verify_at_once_lock_after_exactly_the_limit(shop: Marketplace) -> None:
    buyer = pinned(shop)

    def guess(number: int) -> list[bool]:
        return [verify(Marketplace(), buyer, WRONG)[1] for _ in range(5)]

    locked = [one for some in at_once(THREADS, guess) for one in some]

    assert locked.count(False) == LIMIT - 1
    assert Buyer.objects.get(pk=buyer["resource_pk"]).pin_failures == LIMIT


def test_fewer_wrong_guesses_at_once_than_lock_all_count(shop: Marketplace) -> None:
    buyer = pinned(shop)
    at_once(LIMIT - 1, lambda _: verify(Marketplace(), buyer, WRONG))
    assert shop.get(buyer["resource_uri"])["pin_failures"] == LIMIT - 1


class Interrupted(Counting):
    """Does something else after a PIN was compared and before that is recorded."""

    def __init__(self, shop: Marketplace, path: str, *changes: dict[str, object]) -> None:
        super().__init__()
        self.shop, self.path, self.changes = shop, path, list(changes)

    def verify(self, hash: str | bytes, password: str | bytes) -> "object":  # type: ignore[override]  # noqa: A002
        try:
            return super().verify(hash, password)
        finally:
            if self.changes:
                thread = threading.Thread(target=self.change, args=(self.changes.pop(0),))
                thread.start()
                thread.join()

    def change(self, columns: dict[str, object]) -> None:
        at_once(1, lambda _: self.shop.patch(self.path, columns))


def test_a_pin_that_was_changed_while_it_was_compared_is_compared_again(
    shop: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    buyer = pinned(shop)
    hasher = Interrupted(Marketplace(), buyer["resource_uri"], {"pin": NEW}, {"pin": WRONG})
    monkeypatch.setattr(hashing, "_hasher", hasher)

    assert verify(shop, buyer, RIGHT) == (False, False)

    assert hasher.changes == []
    assert shop.get(buyer["resource_uri"])["pin_failures"] == 1
    assert PinToken.objects.count() == 0


def test_a_pin_that_is_changed_again_and_again_is_not_compared_for_ever(
    shop: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    buyer = pinned(shop)
    changes = [{"pin": f"{number:04}"} for number in range(20)]
    hasher = Interrupted(Marketplace(), buyer["resource_uri"], *changes)
    monkeypatch.setattr(hashing, "_hasher", hasher)
    answer = shop.post("/generic/verify_pin/", {"uuid": buyer["uuid"], "pin": RIGHT})
    assert (answer.status, answer["code"]) == (503, "busy")
    assert 0 < len(hasher.changes) < len(changes)


def test_a_buyer_who_was_closed_while_the_pin_was_compared_is_unknown(
    shop: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for pin in (RIGHT, None):
        buyer = pinned(shop, pin=pin)

        class Closing(Interrupted):
            def change(self, columns: dict[str, object]) -> None:
                at_once(1, lambda _: self.shop.post(f"{self.path}close/", {}))

        monkeypatch.setattr(hashing, "_hasher", Closing(Marketplace(), buyer["resource_uri"], {}))
        answer = shop.post("/generic/verify_pin/", {"uuid": buyer["uuid"], "pin": RIGHT})
        assert answer.status == 404
        assert shop.get(buyer["resource_uri"])["pin_failures"] == 0


def test_payments_and_changes_of_the_pin_at_once_wait_for_one_another_and_none_breaks(
    shop: Marketplace, paypal: Simulator, app_id: str
) -> None:
    """A payment takes the token and then refers to the buyer; a change locks the buyer and then takes the tokens."""
    buyer = pinned(shop)

    def act(number: int) -> list[int]:
        own, statuses = Marketplace(), []
        for _ in range(5):
            if number % 2:
                # 503 where the PIN is changed again and again while it is compared.
                verified = own.post("/generic/verify_pin/", {"uuid": buyer["uuid"], "pin": RIGHT})
                assert verified.status in (200, 503)
                token = verified.json.get("pin_token", "none")
                statuses.append(own.pay(app_id, user_id=buyer["uuid"], pin_token=token).status)
            else:
                statuses.append(own.patch(buyer["resource_uri"], {"pin": RIGHT}).status)
        return statuses

    statuses = dict(enumerate(at_once(8, act)))

    assert {status for number in (0, 2, 4, 6) for status in statuses[number]} == {200}
    assert {status for number in (1, 3, 5, 7) for status in statuses[number]} <= {201, 403}
