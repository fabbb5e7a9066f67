"""What follows a payment, asked for by its uuid alone: each provider does it in its own way, or cannot, and says so."""

from typing import Any

import pytest
from tests.bango.paying import BangoShop
from tests.braintree import world
from tests.reference import world as reference
from tests.support.braintree import BraintreeSimulator
from tests.support.marketplace import Answer, Marketplace
from tests.support.simulator import Simulator
from tests.support.zippy import ZippySimulator
from tests.web.parallel import at_once

from solitude.payments.contract import Operation
from solitude.payments.models import ProviderCall
from solitude.transactions.models import Transaction, Type


def not_possible(answer: Answer, field: str = "uuid") -> bool:
    return answer.status == 422 and answer["payments"][field][0]["code"] == "not_possible"


def refund(shop: Marketplace, uuid: str, **more: Any) -> Answer:
    return shop.post("/payments/refund/", {"uuid": uuid, **more})


def test_a_check_takes_what_the_buyer_has_approved(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    begun = shop.pay(app_id)
    waits = shop.post("/payments/check/", {"uuid": begun["uuid"]})
    assert (waits.status, waits["status"], waits["pay_url"]) == (201, "created", begun["pay_url"])
    paypal.approve(begun["pay_url"])
    taken = shop.post("/payments/check/", {"uuid": begun["uuid"]})
    assert (taken["status"], taken["provider"], taken["captured_amount"]) == ("completed", "paypal", "2.49")
    assert (taken["pay_url"], taken["refunded_amount"]) == (None, "0.00")


def test_a_check_shows_a_payment_that_waits_for_its_buyer_whatever_its_client_wrote(
    shop: Marketplace, paypal: Simulator, app_id: str
) -> None:
    begun, held = shop.pay(app_id), shop.pay(app_id)
    assert shop.patch(begun["transaction"], {"status_reason": "the buyer has called"}).status < 300
    paypal.fault("any", "error_503")

    waits = shop.post("/payments/check/", {"uuid": begun["uuid"]})

    assert (waits.status, waits["status"], waits["pay_url"]) == (201, "created", begun["pay_url"])
    paypal.approve(held["pay_url"], funding="review")
    assert shop.post("/payments/check/", {"uuid": held["uuid"]})["status"] == "pending"


def test_a_payment_of_paypals_goes_back_in_parts(shop: Marketplace, paid: dict[str, Any]) -> None:
    part = refund(shop, paid["uuid"], amount="1.00", reason="Sorry")
    assert (part.status, part["status"], part["amount"], part["related"]) == (
        201,
        "completed",
        "1.00",
        paid["transaction"],
    )
    rest = refund(shop, paid["uuid"])
    assert (rest["amount"], rest["provider"]) == ("1.49", "paypal")
    more = refund(shop, paid["uuid"])
    assert (more.status, more["code"], more["refundable"]) == (409, "refund_exceeds_captured", "0.00")


def test_a_payment_of_bangos_goes_back_as_a_whole_and_once(till: BangoShop) -> None:
    paid = till.paid()
    assert not_possible(refund(till.shop, paid["uuid"], amount="1.00"), "amount")
    whole = refund(till.shop, paid["uuid"])
    assert (whole.status, whole["status"], whole["amount"], whole["provider"]) == (201, "completed", "2.10", "bango")
    assert refund(till.shop, paid["uuid"]).status == 409


def test_the_check_of_a_refund_says_where_it_stands(shop: Marketplace, paid: dict[str, Any]) -> None:
    gone = refund(shop, paid["uuid"])
    checked = shop.post("/payments/check/", {"uuid": gone["uuid"]})
    assert (checked["status"], checked["related"]) == ("completed", paid["transaction"])


def test_a_provider_that_gives_nothing_back_is_not_asked_to(
    shop: Marketplace, zippy: ZippySimulator, sold: str
) -> None:
    begun = reference.pay(shop, sold)
    with reference.nothing_happens(zippy):
        assert not_possible(refund(shop, begun["uuid"]))


@pytest.mark.parametrize("what", ["refund", "void", "cancel"])
def test_only_a_payment_is_followed_by_that(shop: Marketplace, paid: dict[str, Any], what: str) -> None:
    gone = refund(shop, paid["uuid"])
    answer = shop.post(f"/payments/{what}/", {"uuid": gone["uuid"]})
    assert (answer.status, answer.json) == (400, {"uuid": ["must be that of a payment"]})


def test_a_payment_is_given_up_until_its_buyer_approves(shop: Marketplace, app_id: str, paid: dict[str, Any]) -> None:
    begun = shop.pay(app_id)
    assert shop.post("/payments/cancel/", {"uuid": begun["uuid"]})["status"] == "cancelled"
    assert shop.post("/payments/cancel/", {"uuid": paid["uuid"]})["status"] == "completed"


def test_what_is_settled_at_once_cannot_be_voided(shop: Marketplace, paid: dict[str, Any]) -> None:
    assert not_possible(shop.post("/payments/void/", {"uuid": paid["uuid"]}))


@pytest.mark.parametrize("what", ["check", "cancel", "refund", "void"])
def test_what_a_client_keeps_itself_no_provider_is_asked_about(shop: Marketplace, what: str) -> None:
    kept = shop.post("/generic/transaction/", {"uuid": "web:1", "provider": 0, "amount": "1.00", "currency": "EUR"})
    assert kept.status == 201
    assert not_possible(shop.post(f"/payments/{what}/", {"uuid": "web:1"}))
    assert shop.post(f"/payments/{what}/", {"uuid": "nobody's"}).status == 404
    assert not ProviderCall.objects.exists()


def test_a_card_payment_is_voided_until_it_is_settled_and_refunded_after_that(
    shop: Marketplace, braintree: BraintreeSimulator
) -> None:
    payment = world.settled(shop, braintree)
    refused = shop.post("/payments/void/", {"uuid": payment["uuid"]})
    assert (refused.status, refused["code"]) == (409, "not_voidable")
    gone = refund(shop, payment["uuid"], amount="5.00")
    assert (gone.status, gone["amount"], gone["provider"]) == (201, "5.00", "braintree")
    (theirs,) = [one for one in braintree.state()["transactions"] if one["type"] == "credit"]
    assert theirs["amount"] == "5.00"


def test_one_void_under_way_is_not_begun_again(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    payment = world.sold(shop, braintree)
    answers = at_once(4, lambda _: Marketplace().post("/payments/void/", {"uuid": payment["uuid"]}))
    assert {answer.status for answer in answers} <= {201, 504}
    assert ProviderCall.objects.filter(operation=Operation.VOID).count() == 1
    assert shop.post("/payments/void/", {"uuid": payment["uuid"]})["status"] == "cancelled"


def test_the_same_key_refunds_once(shop: Marketplace, paid: dict[str, Any]) -> None:
    body = {"uuid": paid["uuid"], "amount": "1.00"}
    first, again = (shop.post("/payments/refund/", body, **{"Idempotency-Key": "r-1"}) for _ in range(2))
    assert (again.status, again.json, again.headers["Idempotency-Replayed"]) == (201, first.json, "true")
    assert Transaction.objects.filter(type=Type.REFUND).count() == 1


def test_a_refund_whose_answer_is_lost_is_found_by_its_key(
    shop: Marketplace, paypal: Simulator, paid: dict[str, Any]
) -> None:
    paypal.fault("refund", "disconnect_after")
    body = {"uuid": paid["uuid"]}
    lost = shop.post("/payments/refund/", body, **{"Idempotency-Key": "r-1"})
    assert (lost.status, lost["code"]) == (504, "outcome_unknown")
    found = shop.post("/payments/refund/", body, **{"Idempotency-Key": "r-1"})
    assert (found.status, found["status"], found["uuid"]) == (201, "completed", lost["uuid"])


def test_a_refund_that_the_provider_refuses_is_told_in_its_words(
    shop: Marketplace, paypal: Simulator, paid: dict[str, Any]
) -> None:
    paypal.fault("refund", "issue:REFUND_NOT_ALLOWED")
    answer = refund(shop, paid["uuid"])
    assert answer.status == 422
    assert answer["paypal"]["__all__"][0]["code"]


def test_a_refund_without_a_part_of_the_currency_is_refused(shop: Marketplace, paid: dict[str, Any]) -> None:
    for amount in ("0", "-1", "1.001"):
        assert list(refund(shop, paid["uuid"], amount=amount).json) == ["amount"]


def test_an_amount_that_is_wrong_is_told_before_a_state_that_is_no_more(
    shop: Marketplace, paid: dict[str, Any]
) -> None:
    for amount, status in (("0", 400), ("1.00", 412)):
        body = {"uuid": paid["uuid"], "amount": amount}
        assert shop.post("/payments/refund/", body, **{"If-Match": '"another"'}).status == status
