"""A PIN at purchase: the token of a PIN just given is good for one payment of this buyer by this client, for a short time."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone
from tests.buyers.pinned import NEW, RIGHT, WRONG, confirm, let_pass, lock, pinned, reset_confirm
from tests.generic.test_encryption import everything
from tests.payments.world import nothing_happens, paypal_away, written
from tests.support.environment import CLIENTS
from tests.support.marketplace import Answer, Marketplace
from tests.support.simulator import Simulator
from tests.web.parallel import at_once

from solitude.buyers.models import Buyer, PinToken
from solitude.configuration import ALL_CLIENTS
from solitude.transactions.models import Transaction
from solitude.web import purge

ALL, THIS, OTHER = {ALL_CLIENTS}, {"marketplace"}, {"rotating"}


@pytest.fixture
def required(settings: Any) -> None:
    settings.SOLITUDE_REQUIRE_PIN = frozenset(ALL)


@pytest.fixture
def buyer(shop: Marketplace) -> dict[str, Any]:
    return pinned(shop)


def token_of(shop: Marketplace, buyer: dict[str, Any], pin: str = RIGHT) -> str:
    answer = shop.post("/generic/verify_pin/", {"uuid": buyer["uuid"], "pin": pin})
    assert answer["valid"] is True
    return str(answer["pin_token"])


def pay(shop: Marketplace, app_id: str, buyer: dict[str, Any], token: Any = None, **more: Any) -> Answer:
    return shop.pay(app_id, user_id=buyer["uuid"], **({} if token is None else {"pin_token": token}), **more)


def refused(answer: Answer) -> str:
    assert answer.status == 403, answer
    assert list(answer.json) == ["detail", "code"]
    return str(answer["code"])


# --- when it is needed -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clients", "needed"), [(ALL, True), (THIS, True), (THIS | OTHER, True), (OTHER, False), (set(), False)]
)
def test_the_setting_says_whose_payments_need_one(
    shop: Marketplace,
    paypal: Simulator,
    app_id: str,
    buyer: dict[str, Any],
    settings: Any,
    clients: set[str],
    needed: bool,
) -> None:
    settings.SOLITUDE_REQUIRE_PIN = frozenset(clients)
    if not needed:
        assert pay(shop, app_id, buyer).status == 201
        return
    with nothing_happens(paypal):
        assert refused(pay(shop, app_id, buyer)) == "pin_required"
        assert refused(pay(shop, app_id, buyer, "")) == "pin_required"
    assert pay(shop, app_id, buyer, token_of(shop, buyer)).status == 201


@pytest.mark.usefixtures("required")
def test_a_buyer_without_a_pin_needs_none_and_neither_does_a_new_one(shop: Marketplace, app_id: str) -> None:
    assert pay(shop, app_id, shop.buyer()).status == 201
    assert pay(shop, app_id, {"uuid": "nobody yet"}).status == 201


@pytest.mark.usefixtures("required")
def test_a_pin_that_is_not_confirmed_protects_as_well(
    shop: Marketplace, paypal: Simulator, app_id: str, buyer: dict[str, Any]
) -> None:
    """Otherwise one wrong confirmation, which takes no knowledge, would open the purse."""
    confirm(shop, buyer, WRONG)
    assert shop.get(buyer["resource_uri"])["pin_confirmed"] is False
    with nothing_happens(paypal):
        assert refused(pay(shop, app_id, buyer)) == "pin_required"


@pytest.mark.usefixtures("required")
def test_a_preapproved_payment_needs_one_too(shop: Marketplace, app_id: str, preapproved: str) -> None:
    (buyer,) = shop.get(f"/generic/buyer/?uuid={preapproved}")["objects"]
    shop.patch(buyer["resource_uri"], {"pin": RIGHT, "pin_confirmed": True})
    assert refused(pay(shop, app_id, buyer, use_preapproval=True)) == "pin_required"
    assert pay(shop, app_id, buyer, token_of(shop, buyer), use_preapproval=True)["status"] == "completed"


@pytest.mark.usefixtures("required")
def test_what_is_wrong_with_the_form_is_told_first(shop: Marketplace, app_id: str, buyer: dict[str, Any]) -> None:
    assert pay(shop, app_id, buyer, amount="x").status == 400


@pytest.mark.parametrize("token", [7, True, [], {}, "x" * 256, "a\x00b"])
def test_a_token_that_is_no_text_is_400(shop: Marketplace, app_id: str, buyer: dict[str, Any], token: Any) -> None:
    answer = pay(shop, app_id, buyer, token)
    assert (answer.status, list(answer.json)) == (400, ["pin_token"])


# --- what it is good for ---------------------------------------------------------------------------------------------


def test_only_a_valid_pin_gives_one(shop: Marketplace, buyer: dict[str, Any]) -> None:
    unconfirmed = shop.buyer(pin=RIGHT)
    locked = pinned(shop)
    lock(shop, locked)
    tries = [(buyer, WRONG), (unconfirmed, RIGHT), (locked, RIGHT), (shop.buyer(), RIGHT)]
    for who, pin in tries:
        answer = shop.post("/generic/verify_pin/", {"uuid": who["uuid"], "pin": pin})
        assert set(answer.json) == {"valid", "locked", "uuid", "pin"}
    for call in ("confirm", "reset_confirm"):
        assert "pin_token" not in shop.post(f"/generic/{call}_pin/", {"uuid": buyer["uuid"], "pin": RIGHT}).json
    assert PinToken.objects.count() == 0


def test_it_says_how_long_it_is_good(shop: Marketplace, buyer: dict[str, Any], settings: Any) -> None:
    for life_s in (120, 30):
        settings.SOLITUDE_PIN_TOKEN_LIFE_S = life_s
        answer = shop.post("/generic/verify_pin/", {"uuid": buyer["uuid"], "pin": RIGHT})
        (row,) = PinToken.objects.order_by("-pk")[:1]
        left = row.expires - timezone.now()
        assert timedelta(seconds=life_s - 30) < left <= timedelta(seconds=life_s + 1)
        assert answer["pin_token_expires"] == row.expires.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_it_is_good_once(shop: Marketplace, paypal: Simulator, app_id: str, buyer: dict[str, Any]) -> None:
    token = token_of(shop, buyer)
    assert pay(shop, app_id, buyer, token).status == 201
    with nothing_happens(paypal):
        assert refused(pay(shop, app_id, buyer, token)) == "pin_token_invalid"


def test_of_ten_that_use_it_at_once_one_may(shop: Marketplace, app_id: str, buyer: dict[str, Any]) -> None:
    token = token_of(shop, buyer)
    answers = at_once(10, lambda _: pay(Marketplace(), app_id, buyer, token))
    assert sorted(answer.status for answer in answers) == [201] + [403] * 9
    assert Transaction.objects.count() == 1


def test_it_is_good_for_its_buyer_only(
    shop: Marketplace, paypal: Simulator, app_id: str, buyer: dict[str, Any]
) -> None:
    token = token_of(shop, buyer)
    for other in (pinned(shop), shop.buyer(), {"uuid": "nobody yet"}):
        with nothing_happens(paypal):
            assert refused(pay(shop, app_id, other, token)) == "pin_token_invalid"
    assert pay(shop, app_id, buyer, token).status == 201


def test_it_is_good_for_its_client_only(
    shop: Marketplace, paypal: Simulator, app_id: str, buyer: dict[str, Any]
) -> None:
    other = Marketplace("rotating", str(CLIENTS["rotating"][0]))  # type: ignore[index]
    token = token_of(shop, buyer)
    with nothing_happens(paypal):
        assert refused(pay(other, app_id, buyer, token)) == "pin_token_invalid"
    assert pay(other, app_id, buyer, token_of(other, buyer)).status == 201


def test_it_is_good_for_its_time_only(shop: Marketplace, paypal: Simulator, app_id: str, buyer: dict[str, Any]) -> None:
    token = token_of(shop, buyer)
    PinToken.objects.update(expires=F("expires") - timedelta(seconds=121))
    with nothing_happens(paypal):
        assert refused(pay(shop, app_id, buyer, token)) == "pin_token_invalid"


@pytest.mark.parametrize("required", [ALL, set()])
def test_an_invented_one_is_refused_also_where_none_is_needed(
    shop: Marketplace, paypal: Simulator, app_id: str, buyer: dict[str, Any], settings: Any, required: set[str]
) -> None:
    settings.SOLITUDE_REQUIRE_PIN = frozenset(required)
    token = token_of(shop, buyer)
    (row,) = PinToken.objects.all()
    for invented in ("x", token + "x", token[:-1], row.token_hash, "\u20ac" * 255):
        with nothing_happens(paypal):
            assert refused(pay(shop, app_id, buyer, invented)) == "pin_token_invalid"


# --- what ends it ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"pin": NEW},
        {"pin": RIGHT},
        {"pin": None},
        {"pin": ""},
    ],
)
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_another_pin_or_none_ends_it(
    shop: Marketplace, app_id: str, buyer: dict[str, Any], change: dict[str, Any], method: str
) -> None:
    token, other = token_of(shop, buyer), pinned(shop)
    untouched = token_of(shop, other)
    body = {"uuid": buyer["uuid"], **change}
    assert (shop.put if method == "PUT" else shop.patch)(buyer["resource_uri"], body).status == 200
    assert refused(pay(shop, app_id, buyer, token)) == "pin_token_invalid"
    assert pay(shop, app_id, other, untouched).status == 201


def test_a_reset_ends_it_and_a_new_pin_that_is_not_confirmed_does_not(
    shop: Marketplace, app_id: str, buyer: dict[str, Any]
) -> None:
    first, second = token_of(shop, buyer), token_of(shop, buyer)
    shop.patch(buyer["resource_uri"], {"new_pin": NEW})
    assert pay(shop, app_id, buyer, first).status == 201
    assert reset_confirm(shop, buyer, NEW)
    assert refused(pay(shop, app_id, buyer, second)) == "pin_token_invalid"


def test_a_change_that_was_refused_ends_nothing(shop: Marketplace, app_id: str, buyer: dict[str, Any]) -> None:
    token = token_of(shop, buyer)
    shop.buyer("taken")
    assert shop.patch(buyer["resource_uri"], {"pin": NEW}, **{"If-Match": '"stale"'}).status == 412
    assert shop.patch(buyer["resource_uri"], {"pin": NEW, "uuid": "taken"}).status == 400
    assert pay(shop, app_id, buyer, token).status == 201


# --- payments that do not come about ---------------------------------------------------------------------------------


@pytest.mark.usefixtures("required")
@pytest.mark.parametrize(
    "wrong", [{"amount": "x"}, {"currency": "XXX"}, {"app_id": "nothing"}, {"return_url": "https://evil.example/"}]
)
def test_a_payment_that_was_refused_before_its_intent_uses_none(
    shop: Marketplace, app_id: str, buyer: dict[str, Any], wrong: dict[str, Any]
) -> None:
    token = token_of(shop, buyer)
    assert pay(shop, wrong.pop("app_id", app_id), buyer, token, **wrong).status == 400
    assert pay(shop, app_id, buyer, token).status == 201


@pytest.mark.usefixtures("required")
def test_a_payment_that_paypal_refused_has_used_it(
    shop: Marketplace, paypal: Simulator, app_id: str, buyer: dict[str, Any]
) -> None:
    token = token_of(shop, buyer)
    paypal.fault("create_order", "issue:PAYEE_ACCOUNT_RESTRICTED")
    assert pay(shop, app_id, buyer, token).status == 422
    assert refused(pay(shop, app_id, buyer, token)) == "pin_token_invalid"


@pytest.mark.usefixtures("required")
@pytest.mark.parametrize("first", [201, 422, 504])
def test_a_repeat_under_the_same_key_needs_no_other(
    shop: Marketplace, paypal: Simulator, app_id: str, buyer: dict[str, Any], first: int
) -> None:
    token, key = token_of(shop, buyer), {"Idempotency-Key": "order-501"}
    if first == 422:
        paypal.fault("create_order", "issue:PAYEE_ACCOUNT_RESTRICTED")
    if first == 504:
        paypal.fault("create_order", "disconnect_after")
    assert pay(shop, app_id, buyer, token, headers=key).status == first
    before = written()["Transaction"]
    again = pay(shop, app_id, buyer, token, headers=key)
    assert again.status == (201 if first == 504 else first)
    assert written()["Transaction"] == before == 1


@pytest.mark.usefixtures("required")
def test_a_repeat_of_what_was_not_sent_needs_no_other_but_another_payment_does(
    shop: Marketplace, app_id: str, buyer: dict[str, Any]
) -> None:
    token, key = token_of(shop, buyer), {"Idempotency-Key": "order-502"}
    with paypal_away():
        assert pay(shop, app_id, buyer, token, headers=key).status == 502
    assert refused(pay(shop, app_id, buyer, token)) == "pin_token_invalid"
    assert pay(shop, app_id, buyer, token, headers=key).status == 201
    assert refused(pay(shop, app_id, buyer, token, headers={"Idempotency-Key": "order-503"})) == "pin_token_invalid"


@pytest.mark.usefixtures("required")
def test_a_refusal_for_want_of_a_pin_is_not_kept_and_opens_nothing(
    shop: Marketplace, app_id: str, buyer: dict[str, Any]
) -> None:
    key = {"Idempotency-Key": "order-504"}
    for _ in range(3):
        answer = pay(shop, app_id, buyer, headers=key)
        assert refused(answer) == "pin_required"
        assert "Idempotency-Replayed" not in answer.headers
    assert Transaction.objects.count() == 0


# --- how it is kept --------------------------------------------------------------------------------------------------


def test_no_table_holds_it(shop: Marketplace, app_id: str, buyer: dict[str, Any]) -> None:
    used, kept = token_of(shop, buyer), token_of(shop, buyer)
    pay(shop, app_id, buyer, used, headers={"Idempotency-Key": "k"})
    assert PinToken.objects.count() == 1
    for values in everything().values():
        assert not any(token in value for token in (used, kept) for value in values)


def test_those_that_are_over_are_forgotten_a_bounded_number_at_a_time(
    shop: Marketplace, buyer: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purge, "ROWS_MAX", 10)
    row = Buyer.objects.get()
    past, future = timezone.now() - timedelta(seconds=5), timezone.now() + timedelta(seconds=100)
    PinToken.objects.bulk_create(
        PinToken(token_hash=f"{expires}-{number}", buyer=row, client="marketplace", expires=expires)
        for expires in (past, future)
        for number in range(15)
    )
    purge.purge()
    assert PinToken.objects.count() == 20
    purge.purge()
    purge.purge()
    assert set(PinToken.objects.values_list("expires", flat=True)) == {future}


def test_a_lock_leaves_the_tokens_that_were_given_before(shop: Marketplace, app_id: str, buyer: dict[str, Any]) -> None:
    """Whoever guesses cannot stop the payment of the one who has just given the PIN."""
    token = token_of(shop, buyer)
    lock(shop, buyer)
    assert pay(shop, app_id, buyer, token).status == 201
    let_pass(buyer, 301)
    assert json.loads(shop.get(buyer["resource_uri"]).text)["pin_is_locked_out"] is False
