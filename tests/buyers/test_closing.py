"""Closing an account, case by case of the contract's table (generic.md 1.5): the person is forgotten, the books are kept."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.buyers.pinned import NEW, RIGHT, lock, pinned, verify
from tests.payments.world import end_leases, nothing_happens, paypal_away, written
from tests.support.marketplace import Answer, Marketplace
from tests.support.simulator import Simulator
from tests.web.parallel import at_once

from solitude.buyers import closing
from solitude.buyers.closing import Hook
from solitude.buyers.models import Buyer, PinToken
from solitude.events.models import Event
from solitude.payments import recovery
from solitude.payments.models import ProviderCall
from solitude.providers.paypal.models import BuyerPaypal, Preapproval
from solitude.transactions.models import Transaction

PATHS = ("/generic/buyer/{}/close/", "/generic/generic/buyer/{}/close/")


def close(shop: Marketplace, buyer: dict[str, Any], path: str = PATHS[0], **headers: str) -> Answer:
    return shop.post(path.format(buyer["resource_pk"]), {}, **headers)


def living_keys(paypal: Simulator) -> list[str]:
    return [token["id"] for token in paypal.state()["payment_tokens"] if not token["deleted"]]


def told(shop: Marketplace, *types: str) -> list[dict[str, Any]]:
    return [event for event in shop.get("/events/?limit=1000")["events"] if event["type"] in types]


@pytest.fixture
def known(shop: Marketplace, preapproved: str) -> dict[str, Any]:
    """A buyer of whom everything is known that can be."""
    (buyer,) = shop.get(f"/generic/buyer/?uuid={preapproved}")["objects"]
    person = {"email": "ada@buyer.example", "locale": "nl", "pin": RIGHT, "new_pin": NEW, "pin_confirmed": True}
    shown = shop.patch(buyer["resource_uri"], person | {"needs_pin_reset": True})
    assert shown.status == 200
    return dict(shown.json)


@pytest.fixture
def hooks() -> Iterator[dict[str, Hook]]:
    """The hooks, which a test may add to."""
    before = dict(closing._hooks)
    yield closing._hooks
    closing._hooks.clear()
    closing._hooks.update(before)


# --- an active buyer -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PATHS)
def test_an_active_buyer_is_closed_and_nothing_is_left_of_the_person(
    shop: Marketplace, known: dict[str, Any], path: str
) -> None:
    lock(shop, known)

    answer = close(shop, known, path)

    assert (answer.status, answer.text) == (204, "")
    shown = shop.get(known["resource_uri"]).json
    assert shown["uuid"].startswith("anonymised-uuid:")
    assert len(shown["uuid"]) == len("anonymised-uuid:") + 36
    assert {name: value for name, value in shown.items() if name not in ("uuid", "resource_pk", "resource_uri")} == {
        "active": False,
        "authenticated": True,
        "email": "",
        "locale": None,
        "pin": False,
        "new_pin": False,
        "pin_confirmed": False,
        "pin_failures": 0,
        "pin_is_locked_out": False,
        "pin_was_locked_out": False,
        "needs_pin_reset": False,
        "paypal": shown["paypal"],
    }
    row = Buyer.objects.get(pk=known["resource_pk"])
    assert (row.email_hash, row.pin, row.new_pin, row.pin_locked_at) == ("", None, None, None)
    assert shop.get("/generic/buyer/?email=ada@buyer.example")["objects"] == []
    assert shop.get(f"/generic/buyer/?uuid={known['uuid']}")["objects"] == []


def test_what_was_paid_stays_in_the_books(shop: Marketplace, paypal: Simulator, paid: dict[str, Any]) -> None:
    (buyer,) = shop.get("/generic/buyer/?uuid=8812")["objects"]
    before = shop.transaction(paid["transaction"])
    assert close(shop, buyer).status == 204
    assert shop.transaction(paid["transaction"]) == before
    assert before["buyer"] == buyer["resource_uri"]
    # And the money can still go back.
    assert shop.refund(uuid=paid["uuid"])["status"] == "COMPLETED"


def test_the_feed_tells_it_in_the_same_commit_and_without_the_name(shop: Marketplace, known: dict[str, Any]) -> None:
    close(shop, known)
    (event,) = told(shop, "buyer.closed")
    assert event["resource_uri"] == known["resource_uri"]
    assert event["uuid"] == shop.get(known["resource_uri"])["uuid"]
    assert known["uuid"] not in str(event)
    assert known["email"] not in str(event)


def test_a_closed_buyer_cannot_pay_nor_be_charged(shop: Marketplace, known: dict[str, Any], app_id: str) -> None:
    token = shop.post("/generic/verify_pin/", {"uuid": known["uuid"], "pin": RIGHT})["pin_token"]
    close(shop, known)
    assert PinToken.objects.count() == 0
    closed = shop.get(known["resource_uri"])["uuid"]
    answer = shop.pay(app_id, user_id=closed, use_preapproval=True, pin_token=token)
    assert (answer.status, answer.json) == (400, {"user_id": ["inactive"]})
    # Under the old name somebody new begins.
    assert shop.pay(app_id, user_id=known["uuid"], use_preapproval=True)["status"] == "created"
    assert shop.pay(app_id, user_id=known["uuid"], pin_token=token).status == 403


def test_the_name_is_free_again_and_closing_again_gives_another_one(shop: Marketplace) -> None:
    names = set()
    for _ in range(3):
        buyer = pinned(shop, buyer_uuid="shop:1")
        assert close(shop, buyer).status == 204
        names.add(shop.get(buyer["resource_uri"])["uuid"])
    assert len(names) == 3


# --- everybody else --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("case", ["closed", "deactivated", "unknown", "anonymised and active again"])
def test_anybody_else_is_404_and_nothing_happens(
    shop: Marketplace, paypal: Simulator, known: dict[str, Any], path: str, case: str
) -> None:
    buyer = known
    if case in ("closed", "anonymised and active again"):
        assert close(shop, buyer).status == 204
    if case == "deactivated":
        shop.patch(buyer["resource_uri"], {"active": False})
    if case == "anonymised and active again":
        assert shop.patch(buyer["resource_uri"], {"active": True}).status == 200
    if case == "unknown":
        buyer = known | {"resource_pk": "9" * 18}
    before = shop.get(known["resource_uri"]).json

    with nothing_happens(paypal):
        answer = close(shop, buyer, path)

    assert (answer.status, list(answer.json)) == (404, ["detail"])
    assert shop.get(known["resource_uri"]).json == before


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_it_is_a_post(shop: Marketplace, path: str, method: str) -> None:
    buyer = shop.buyer()
    answer = shop.send(method, path.format(buyer["resource_pk"]))
    assert (answer.status, answer.headers["Allow"]) == (405, "POST")
    assert shop.get(buyer["resource_uri"])["active"] is True


@pytest.mark.parametrize("pk", ["x", "-1", ""])
def test_what_is_no_number_is_no_path(shop: Marketplace, pk: str) -> None:
    for path in PATHS:
        assert shop.post(path.format(pk), {}).status == 404


def test_a_body_is_not_needed_and_if_match_not_evaluated(shop: Marketplace) -> None:
    buyer = shop.buyer()
    assert shop.send("POST", f"{buyer['resource_uri']}close/", **{"If-Match": '"stale"'}).status == 204


def test_of_ten_that_close_at_once_one_does(shop: Marketplace, known: dict[str, Any]) -> None:
    answers = at_once(10, lambda _: close(Marketplace(), known))
    assert sorted(answer.status for answer in answers) == [204] + [404] * 9
    assert len(told(shop, "buyer.closed")) == 1
    assert ProviderCall.objects.filter(operation="delete_credential").count() == 1


def test_under_one_key_it_has_one_answer(shop: Marketplace) -> None:
    buyer, key = shop.buyer(), {"Idempotency-Key": "close-1"}
    first, again = close(shop, buyer, **key), close(shop, buyer, **key)
    assert (first.status, first.text, again.status, again.text) == (204, "", 204, "")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(told(shop, "buyer.closed")) == 1


# --- the providers ---------------------------------------------------------------------------------------------------


def test_what_paypal_can_charge_with_is_forgotten_here_and_deleted_there(
    shop: Marketplace, paypal: Simulator, known: dict[str, Any]
) -> None:
    waiting = shop.preapproval(known["uuid"])
    row = BuyerPaypal.objects.get()
    assert living_keys(paypal) == [row.key]

    assert close(shop, known).status == 204

    row.refresh_from_db()
    assert (row.key, row.key_hash, row.currency, row.start, row.expiry) == (None, "", None, None, None)
    assert not Preapproval.objects.exists()
    assert shop.put(waiting["resource_uri"], {}).status == 404
    assert living_keys(paypal) == []
    (event,) = told(shop, "preapproval.revoked")
    assert (event["uuid"], event["reason"]) == (known["uuid"], "closed")


def test_a_buyer_whom_paypal_does_not_know_is_closed_without_a_call(shop: Marketplace, paypal: Simulator) -> None:
    buyer = pinned(shop)
    assert close(shop, buyer).status == 204
    assert paypal.state()["requests"] == []
    assert not ProviderCall.objects.exists()


def test_when_paypal_is_away_the_account_is_closed_and_the_worker_deletes_later(
    shop: Marketplace, paypal: Simulator, known: dict[str, Any]
) -> None:
    with paypal_away():
        assert close(shop, known).status == 204
    assert BuyerPaypal.objects.get().key is None
    assert len(living_keys(paypal)) == 1
    end_leases()
    ProviderCall.objects.update(next_try_at=Buyer.objects.get().created)

    recovery.run_once()

    assert living_keys(paypal) == []


def test_a_key_that_paypal_was_about_to_make_is_deleted_when_it_is_known(shop: Marketplace, paypal: Simulator) -> None:
    buyer = pinned(shop)
    asked = shop.preapproval(buyer["uuid"])
    paypal.approve(asked["paypal_url"])
    paypal.fault("payment_token", "disconnect_after")
    assert shop.put(asked["resource_uri"], {}).status == 504
    assert len(living_keys(paypal)) == 1

    assert close(shop, buyer).status == 204
    for _ in range(3):
        end_leases()
        ProviderCall.objects.update(next_try_at=Buyer.objects.get().created)
        recovery.run_once(10)

    assert living_keys(paypal) == []
    assert not BuyerPaypal.objects.filter(key__isnull=False).exists()


@pytest.mark.parametrize("known_before", ["ours first", "theirs first"])
def test_a_hook_that_fails_leaves_the_account_open(
    shop: Marketplace, paypal: Simulator, known: dict[str, Any], hooks: dict[str, Hook], known_before: str
) -> None:
    def break_(_: Buyer) -> None:
        raise LookupError("a provider's trouble")

    broken = Hook(break_, lambda pk: None)
    others = dict(hooks)
    hooks.clear()
    hooks.update({"broken": broken, **others} if known_before == "theirs first" else {**others, "broken": broken})
    before, rows = shop.get(known["resource_uri"]).json, written()

    answer = close(shop, known)

    assert (answer.status, answer.json) == (500, {"error": "LookupError"})
    assert (shop.get(known["resource_uri"]).json, written()) == (before, rows)
    assert not Event.objects.filter(type="buyer.closed").exists()
    assert len(living_keys(paypal)) == 1
    assert verify(shop, known, RIGHT) == (True, False)


def test_a_provider_that_cannot_be_told_does_not_undo_it_nor_stop_the_others(
    shop: Marketplace, hooks: dict[str, Hook], caplog: pytest.LogCaptureFixture
) -> None:
    def break_(_: int) -> None:
        raise LookupError("a provider's trouble")

    reached: list[int] = []
    hooks["broken"] = Hook(lambda buyer: None, break_)
    hooks["other"] = Hook(lambda buyer: None, reached.append)
    buyer = pinned(shop)
    with caplog.at_level("ERROR"):
        assert close(shop, buyer).status == 204
    assert reached == [buyer["resource_pk"]]
    assert "closing_not_told" in caplog.text
    assert shop.get(buyer["resource_uri"])["active"] is False
    assert Transaction.objects.count() == 0
