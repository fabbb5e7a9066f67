"""Customers and cards at Braintree: made there once, kept here, and deleted."""

import base64
import json
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings
from tests.braintree.world import (
    BUYERS,
    CUSTOMER,
    DELETE,
    PAYMETHOD,
    PAYMETHODS,
    TOKEN,
    card,
    codes,
    customer,
    run_worker,
)
from tests.payments.passing import after
from tests.support.braintree import BraintreeSimulator
from tests.support.marketplace import Answer, Marketplace
from tests.web.parallel import at_once

from solitude.buyers.models import Buyer
from solitude.payments import apply, registry
from solitude.payments.contract import Call, Result
from solitude.payments.models import ProviderCall
from solitude.providers.braintree import asking
from solitude.providers.braintree.models import BuyerBraintree, PaymentMethod

pytestmark = pytest.mark.usefixtures("braintree")


def add(shop: Marketplace, buyer: str, nonce: str, key: str = "") -> Answer:
    headers = {"Idempotency-Key": key} if key else {}
    return shop.post(PAYMETHOD, {"buyer_uuid": buyer, "nonce": nonce}, **headers)


def cards_of(buyer: str) -> int:
    return PaymentMethod.objects.filter(braintree_buyer__buyer__uuid=buyer, active=True).count()


def test_a_client_token_is_for_the_gateways_own_script(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    answer = shop.post(TOKEN, {})

    assert answer.status == 200
    assert json.loads(base64.b64decode(answer["token"]))["version"] == 2
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_customer_has_no_name_there(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    buyer = shop.buyer(email="ann@buyer.example")

    made = shop.post(CUSTOMER, {"uuid": buyer["uuid"]})

    assert made.status == 201
    (there,) = braintree.customers()
    assert "ann@" not in json.dumps(braintree.state())
    assert made["braintree"]["id"] == there["id"]
    assert set(made["braintree"]) == {"id", "created_at", "updated_at"}
    kept = made["mozilla"]
    assert (kept["buyer"], kept["braintree_id"], kept["active"]) == (buyer["resource_uri"], there["id"], True)
    assert shop.get(made.headers["Location"]).json == kept


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "required"),
        ({"uuid": ""}, "required"),
        ({"uuid": "x" * 256}, "max_length"),
        ({"uuid": []}, "invalid"),
        ({"uuid": "no"}, "does_not_exist"),
    ],
)
def test_whom_nobody_knows_is_no_customer(
    shop: Marketplace, braintree: BraintreeSimulator, body: Any, code: str
) -> None:
    answer = shop.post(CUSTOMER, body)

    assert (answer.status, codes(answer)) == (422, {"uuid": [code]})
    assert braintree.customers() == []


def test_a_buyer_is_one_customer_active_or_not(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    uuid = customer(shop)
    assert codes(shop.post(CUSTOMER, {"uuid": uuid})) == {"uuid": ["already_exists"]}

    shop.patch(f"{BUYERS}{BuyerBraintree.objects.get().pk}/", {"active": False})

    assert codes(shop.post(CUSTOMER, {"uuid": uuid})) == {"uuid": ["already_exists"]}
    assert len(braintree.customers()) == 1


def test_a_buyer_whose_account_is_closed_is_none(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    buyer = shop.buyer(active=False)

    assert codes(shop.post(CUSTOMER, {"uuid": buyer["uuid"]})) == {"uuid": ["inactive"]}


def test_of_many_at_once_one_makes_the_buyers_customer(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    uuid = shop.buyer()["uuid"]

    answers = at_once(6, lambda _: shop.post(CUSTOMER, {"uuid": uuid}))

    assert sorted(answer.status for answer in answers) == [201] + [422] * 5
    assert BuyerBraintree.objects.count() == 1


@pytest.mark.parametrize("fault", ["disconnect_after", "error_500", "garbage_after", "issue:document_type"])
def test_a_customer_whose_answer_is_lost_is_made_anew(
    shop: Marketplace, braintree: BraintreeSimulator, fault: str
) -> None:
    uuid = shop.buyer()["uuid"]
    braintree.fault("create_customer", fault)

    lost = shop.post(CUSTOMER, {"uuid": uuid})

    assert (lost.status, lost["code"]) == (502, "provider_unreachable")
    assert shop.post(CUSTOMER, {"uuid": uuid}).status == 201


def test_a_customer_that_braintree_refuses_is_told_in_its_words(
    shop: Marketplace, braintree: BraintreeSimulator
) -> None:
    uuid = shop.buyer()["uuid"]
    braintree.fault("create_customer", "issue:91609")

    answer = shop.post(CUSTOMER, {"uuid": uuid})

    assert (answer.status, codes(answer, "braintree")) == (422, {"base": ["91609"]})
    assert not BuyerBraintree.objects.exists()


def test_a_card_is_kept_by_what_may_be_seen_of_it(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    buyer = customer(shop)

    made = add(shop, buyer, braintree.nonce("mastercard"))

    assert made.status == 201
    (there,) = braintree.methods()
    assert made["braintree"]["token"] == there["token"]
    assert set(made["braintree"]) == {"token", "created_at", "updated_at"}
    kept = made["mozilla"]
    assert (kept["provider_id"], kept["type"], kept["type_name"], kept["truncated_id"], kept["active"]) == (
        there["token"],
        1,
        "MasterCard",
        "4444",
        True,
    )
    assert shop.get(made.headers["Location"]).json == kept
    assert made.headers["ETag"] == shop.get(made.headers["Location"]).headers["ETag"]


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({"buyer_uuid": None}, {"buyer_uuid": ["required"]}),
        ({"buyer_uuid": "nobody"}, {"buyer_uuid": ["does_not_exist"]}),
        ({"buyer_uuid": "x" * 256}, {"buyer_uuid": ["max_length"]}),
        ({"nonce": None}, {"nonce": ["required"]}),
        ({"nonce": ""}, {"nonce": ["required"]}),
        ({"nonce": "x" * 256}, {"nonce": ["max_length"]}),
        ({"nonce": {"a": 1}}, {"nonce": ["invalid"]}),
    ],
)
def test_a_card_needs_a_customer_and_a_nonce(
    shop: Marketplace, braintree: BraintreeSimulator, change: dict[str, Any], refused: dict[str, list[str]]
) -> None:
    body = {"buyer_uuid": customer(shop), "nonce": "fake-valid-nonce"} | change

    answer = shop.post(PAYMETHOD, {name: value for name, value in body.items() if value is not None})

    assert (answer.status, codes(answer)) == (422, refused)
    assert braintree.calls("create_method") == []


def test_who_is_no_customer_yet_keeps_no_card(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    assert codes(add(shop, str(shop.buyer()["uuid"]), "fake-valid-nonce")) == {"buyer_uuid": ["does_not_exist"]}


@pytest.mark.parametrize(
    ("nonce", "refused"),
    [
        ("fake-processor-declined-visa-nonce", {"__all__": ["2000"]}),
        ("fake-gateway-rejected-fraud-nonce", {"__all__": ["fraud"]}),
        ("fake-consumed-nonce", {"payment_method_nonce": ["93107"]}),
        ("fake-luhn-invalid-nonce", {"number": ["81715"]}),
        ("nobody-has-made-this", {"payment_method_nonce": ["93108"]}),
    ],
)
def test_what_the_gateway_or_the_bank_refuses_is_not_kept(
    shop: Marketplace, braintree: BraintreeSimulator, nonce: str, refused: dict[str, list[str]]
) -> None:
    buyer = customer(shop)

    answer = add(shop, buyer, nonce)

    assert (answer.status, codes(answer, "braintree")) == (422, refused)
    assert cards_of(buyer) == 0


@pytest.mark.parametrize("fault", ["", "disconnect_after"])
def test_what_is_no_card_is_not_kept_anywhere(shop: Marketplace, braintree: BraintreeSimulator, fault: str) -> None:
    buyer = customer(shop)
    if fault:
        braintree.fault("delete_method", fault)

    answer = add(shop, buyer, "fake-paypal-billing-agreement-nonce", key="paypal")
    if fault:
        assert (answer.status, answer["code"]) == (504, "outcome_unknown")
        with after(hours=2):
            run_worker()
        answer = add(shop, buyer, "fake-paypal-billing-agreement-nonce", key="paypal")

    assert answer.status == 422
    assert braintree.methods() == []
    assert not PaymentMethod.objects.exists()


def test_no_more_cards_than_may_be_however_many_are_added_at_once(
    shop: Marketplace, braintree: BraintreeSimulator
) -> None:
    buyer = customer(shop)
    card(shop, braintree, buyer)
    nonces = [braintree.nonce() for _ in range(6)]

    with override_settings(SOLITUDE_BRAINTREE_MAX_METHODS=3):
        answers = at_once(6, lambda number: add(shop, buyer, nonces[number]))
        full = add(shop, buyer, braintree.nonce())

    assert sorted(answer.status for answer in answers) == [201] * 2 + [422] * 4
    assert codes(full) == {"buyer_uuid": ["max_size"]}
    assert cards_of(buyer) == len(braintree.methods()) == 3


def test_a_card_that_was_deleted_makes_room(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    buyer = customer(shop)
    first = card(shop, braintree, buyer)

    with override_settings(SOLITUDE_BRAINTREE_MAX_METHODS=1):
        assert add(shop, buyer, braintree.nonce()).status == 422
        assert shop.post(DELETE, {"paymethod": first["resource_uri"]}).status == 204
        assert add(shop, buyer, braintree.nonce()).status == 201


@pytest.mark.parametrize("fault", ["disconnect_after", "truncated_after", "garbage_after"])
def test_a_card_whose_answer_is_lost_is_found_by_our_key(
    shop: Marketplace, braintree: BraintreeSimulator, fault: str
) -> None:
    buyer, nonce = customer(shop), braintree.nonce()
    braintree.fault("create_method", fault)
    lost = add(shop, buyer, nonce, key="lost")
    assert (lost.status, lost["code"]) == (504, "outcome_unknown")

    run_worker()

    assert cards_of(buyer) == 1
    again = add(shop, buyer, nonce, key="lost")
    assert (again.status, again["braintree"]["token"]) == (201, braintree.methods()[0]["token"])
    assert len(braintree.calls("create_method")) == 1


def test_a_card_that_never_arrived_is_given_up_in_the_end(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    buyer, nonce = customer(shop), braintree.nonce()
    braintree.fault("create_method", "disconnect_before")
    assert add(shop, buyer, nonce, key="lost").status == 504

    with after(hours=2):
        run_worker()
        again = add(shop, buyer, nonce, key="lost")

    assert (again.status, codes(again, "braintree")) == (422, {"__all__": ["ABANDONED"]})
    assert cards_of(buyer) == 0


class Died(BaseException):
    """The process is gone: nothing that cleans up may run for it."""


@pytest.mark.parametrize("moment", ["before sending", "after the answer", "while recording"])
def test_a_process_that_dies_while_a_card_is_kept_leaves_it_to_the_worker(
    shop: Marketplace, braintree: BraintreeSimulator, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    buyer, provider, result = customer(shop), registry.provider("braintree"), apply.result
    perform = provider.perform

    def die(call: Call) -> Result:
        if moment == "after the answer":
            perform(call)
        raise Died

    def die_recording(call: ProviderCall, found: Result) -> None:
        result(call, found)
        raise Died

    with monkeypatch.context() as patch:
        if moment == "while recording":
            patch.setattr(apply, "result", die_recording)
        else:
            patch.setattr(provider, "perform", die)
        with pytest.raises(Died):
            add(shop, buyer, braintree.nonce())

    with after(hours=2):
        run_worker()

    assert cards_of(buyer) == len(braintree.methods()) == (0 if moment == "before sending" else 1)
    assert not ProviderCall.objects.filter(outcome="none").exists()


def test_a_key_stands_for_one_card(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    buyer, nonce = customer(shop), braintree.nonce()

    first, again = (add(shop, buyer, nonce, key="once") for _ in range(2))

    assert (first.status, again.status) == (201, 201)
    assert (again.json, again.tag_and_place) == (first.json, first.tag_and_place)
    assert len(braintree.methods()) == 1


def test_the_card_of_a_buyer_who_has_left_meanwhile_is_deleted_again(
    shop: Marketplace, braintree: BraintreeSimulator
) -> None:
    buyer = customer(shop)
    braintree.fault("create_method", "disconnect_after")
    add(shop, buyer, braintree.nonce())
    Buyer.objects.filter(uuid=buyer).update(active=False)

    run_worker()
    run_worker()

    assert cards_of(buyer) == 0
    assert braintree.methods() == []


def test_a_deleted_card_stays_and_is_active_no_more(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    kept = card(shop, braintree)

    answer = shop.post(DELETE, {"paymethod": kept["resource_uri"]})

    assert (answer.status, answer.text) == (204, "")
    assert shop.get(kept["resource_uri"])["active"] is False
    assert braintree.methods() == []


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        ({}, {"paymethod": ["required"], "__all__": ["required"]}),
        ({"paymethod": None}, {"paymethod": ["required"], "__all__": ["required"]}),
        ({"paymethod": f"{PAYMETHODS}999/"}, {"paymethod": ["does_not_exist"]}),
        ({"paymethod": f"{BUYERS}1/"}, {"paymethod": ["does_not_exist"]}),
    ],
)
def test_what_is_no_card_cannot_be_deleted(
    shop: Marketplace, braintree: BraintreeSimulator, body: Any, refused: dict[str, list[str]]
) -> None:
    answer = shop.post(DELETE, body)

    assert (answer.status, codes(answer)) == (422, refused)


def test_a_card_is_deleted_once(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    kept = card(shop, braintree)
    assert shop.post(DELETE, {"paymethod": kept["resource_uri"]}).status == 204

    again = shop.post(DELETE, {"paymethod": kept["resource_uri"]})

    assert (again.status, codes(again)) == (422, {"__all__": ["invalid"]})
    assert len(braintree.calls("delete_method")) == 1


def test_a_card_that_braintree_has_no_more_is_deleted_here(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    kept = card(shop, braintree)
    braintree.reset()

    assert shop.post(DELETE, {"paymethod": kept["resource_uri"]}).status == 204
    assert shop.get(kept["resource_uri"])["active"] is False


@pytest.mark.parametrize("fault", ["disconnect_after", "error_500", "disconnect_before"])
def test_a_deletion_without_an_answer_is_done_again_by_the_worker(
    shop: Marketplace, braintree: BraintreeSimulator, fault: str
) -> None:
    kept = card(shop, braintree)
    braintree.fault("delete_method", fault)

    lost = shop.post(DELETE, {"paymethod": kept["resource_uri"]})

    assert (lost.status, lost["code"]) == (504, "outcome_unknown")
    assert shop.get(kept["resource_uri"])["active"] is True
    run_worker()
    assert shop.get(kept["resource_uri"])["active"] is False
    assert braintree.methods() == []


def test_many_deletions_at_once_are_one(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    kept = card(shop, braintree)

    answers = at_once(6, lambda _: shop.post(DELETE, {"paymethod": kept["resource_uri"]}))

    assert {answer.status for answer in answers} <= {204, 422, 504}
    assert [answer.status for answer in answers].count(204) >= 1
    run_worker()
    assert ProviderCall.objects.filter(operation="delete_credential").count() == 1
    assert len(braintree.calls("delete_method")) == 1


@pytest.mark.long
def test_nobody_asks_the_gateway_while_a_transaction_is_open(db: None) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="no transaction may be open"):
        asking.ask("client_token", lambda gateway: gateway.client_token.generate())
