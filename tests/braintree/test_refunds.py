"""What was sold is settled, goes back in parts, or is given up before."""

from collections import Counter
from typing import Any

import pytest
from tests.braintree.world import (
    AMOUNT,
    REFUND,
    VOID,
    codes,
    product,
    run_worker,
    sell,
    settled,
    sold,
)
from tests.payments.passing import after
from tests.sandbox.braintree.client import gateway
from tests.support.braintree import BraintreeSimulator
from tests.support.marketplace import Answer, Marketplace
from tests.web.parallel import at_once

from solitude.transactions.models import Transaction, Type

pytestmark = [pytest.mark.usefixtures("braintree"), pytest.mark.long]
PENDING, COMPLETED, CHECKED, RECEIVED, FAILED, CANCELLED, STARTED, ERRORED = range(8)


def refund(shop: Marketplace, payment: dict[str, Any], amount: str = "", key: str = "", **more: Any) -> Answer:
    body = {"uuid": payment["uuid"], **more} | ({"amount": amount} if amount else {})
    return shop.post(REFUND, body, **({"Idempotency-Key": key} if key else {}))


def now(shop: Marketplace, payment: dict[str, Any]) -> tuple[int, str | None, str | None]:
    row = shop.transaction(payment["resource_uri"])
    return row["status"], row["captured_amount"], row["refunded_amount"]


# --- settlement ---


def test_a_sale_ends_completed_when_it_is_settled(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    payment = sold(shop, braintree)
    run_worker()
    assert now(shop, payment) == (CHECKED, AMOUNT, "0.00")

    braintree.settle(payment["uid_support"])
    run_worker()

    assert now(shop, payment) == (COMPLETED, AMOUNT, "0.00")
    assert shop.event_types()[-2:] == ["transaction.checked", "transaction.completed"]
    looked = len(braintree.calls("find_transaction"))
    run_worker()
    assert len(braintree.calls("find_transaction")) == looked


def test_a_settlement_that_is_declined_leaves_no_money(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    payment = sold(shop, braintree)
    braintree.settle(payment["uid_support"], good=False)

    run_worker()

    assert now(shop, payment) == (FAILED, None, None)
    assert shop.transaction(payment["resource_uri"])["status_reason"] == "settlement_declined 4001"
    assert refund(shop, payment)["code"] == "not_captured"


def test_a_sale_under_a_key_that_came_to_nothing_later_is_told_as_refused(
    shop: Marketplace, braintree: BraintreeSimulator
) -> None:
    braintree.fault("sale", "disconnect_after")
    given = {"nonce": braintree.nonce(), "product_id": product(shop), "key": "later"}
    assert sell(shop, braintree, **given).status == 504
    run_worker()
    braintree.settle(braintree.transactions()[0]["id"], good=False)
    run_worker()

    again = sell(shop, braintree, **given)

    assert (again.status, codes(again, "braintree")) == (422, {"__all__": ["settlement_declined 4001"]})


def test_a_look_up_that_fails_changes_nothing(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    payment = sold(shop, braintree)
    braintree.settle(payment["uid_support"])
    for fault in ("error_500", "garbage_after", "issue:document_type", "issue:other_amount", "issue:authentication"):
        braintree.fault("find_transaction", fault)
        run_worker()
        assert now(shop, payment) == (CHECKED, AMOUNT, "0.00"), fault

    run_worker()

    assert now(shop, payment)[0] == COMPLETED


# --- refunds ---


def test_a_refund_is_a_transaction_of_its_own(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    payment = settled(shop, braintree)

    answer = refund(shop, payment, reason="It came too late")

    assert (answer.status, answer["braintree"]) == (201, {})
    back = answer["mozilla"]["generic"]
    there = braintree.transaction(payment["uid_support"])
    assert (back["type"], back["status"], back["amount"], back["related"]) == (
        Type.REFUND,
        COMPLETED,
        AMOUNT,
        payment["resource_uri"],
    )
    assert (back["uid_pay"], back["notes"]) == (there["refund_ids"][0], "It came too late")
    assert now(shop, payment) == (COMPLETED, AMOUNT, AMOUNT)


def test_parts_go_back_until_nothing_is_left(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    payment = settled(shop, braintree, amount="10.00")

    parts = [refund(shop, payment, part)["mozilla"]["generic"]["amount"] for part in ("3.33", "0.01", "")]
    over = refund(shop, payment, "0.01")

    assert parts == ["3.33", "0.01", "6.66"]
    assert (over.status, over["code"], over["refundable"]) == (409, "refund_exceeds_captured", "0.00")
    assert now(shop, payment) == (COMPLETED, "10.00", "10.00")


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({"uuid": ""}, {"uuid": ["required"]}),
        ({"uuid": "nobody-knows"}, {"uuid": ["does_not_exist"]}),
        ({"amount": "x"}, {"amount": ["invalid"]}),
        ({"amount": "0"}, {"amount": ["invalid"]}),
        ({"amount": "-1"}, {"amount": ["invalid"]}),
        ({"amount": "1.001"}, {"amount": ["invalid"]}),
        ({"reason": "x" * 256}, {"reason": ["max_length"]}),
    ],
)
def test_a_form_that_is_wrong_gives_nothing_back_whatever_state_was_seen(
    shop: Marketplace, braintree: BraintreeSimulator, change: dict[str, Any], refused: dict[str, list[str]]
) -> None:
    payment = settled(shop, braintree)

    answer = shop.post(REFUND, {"uuid": payment["uuid"]} | change, **{"If-Match": '"another"'})

    assert (answer.status, codes(answer)) == (422, refused)
    assert braintree.calls("refund") == []


def test_a_payment_of_another_provider_is_not_known_here(shop: Marketplace, paid: dict[str, str]) -> None:
    for path in (REFUND, VOID):
        assert codes(shop.post(path, {"uuid": paid["uuid"]})) == {"uuid": ["does_not_exist"]}


def test_a_refund_is_no_payment(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    back = refund(shop, settled(shop, braintree))["mozilla"]["generic"]

    assert codes(refund(shop, back)) == {"uuid": ["does_not_exist"]}


def test_what_is_not_settled_braintree_does_not_give_back(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    payment = sold(shop, braintree)

    answer = refund(shop, payment)

    assert (answer.status, codes(answer, "braintree")) == (422, {"base": ["91506"]})
    assert Transaction.objects.get(uuid=answer["uuid"]).status == FAILED
    assert now(shop, payment) == (CHECKED, AMOUNT, "0.00")


def test_what_was_refused_at_first_was_not_taken(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    failed = sell(shop, braintree, nonce=braintree.nonce(behaviour="declined"))

    assert (refund(shop, failed.json)["code"], refund(shop, failed.json)["refundable"]) == ("not_captured", "0.00")


def test_five_refunds_at_once_give_back_what_there_is(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    payment = settled(shop, braintree, amount="10.00")

    answers = at_once(5, lambda _: refund(shop, payment, "4.00"))

    assert Counter(answer.status for answer in answers) == {201: 2, 409: 3}
    assert now(shop, payment) == (COMPLETED, "10.00", "8.00")
    assert braintree.transaction(payment["uid_support"])["left"] == "2.00"


@pytest.mark.parametrize("fault", ["disconnect_after", "garbage_after", "issue:other_amount"])
def test_a_refund_whose_answer_is_lost_is_found_by_our_key(
    shop: Marketplace, braintree: BraintreeSimulator, fault: str
) -> None:
    payment = settled(shop, braintree)
    braintree.fault("refund", fault)
    lost = refund(shop, payment, "5.00", key="lost")
    assert (lost.status, lost["code"]) == (504, "outcome_unknown")
    assert refund(shop, payment, "7.01")["code"] == "refund_exceeds_captured"

    again = refund(shop, payment, "5.00", key="lost")

    assert (again.status, again["mozilla"]["generic"]["uuid"]) == (201, lost["uuid"])
    assert now(shop, payment) == (COMPLETED, AMOUNT, "5.00")
    assert len(braintree.calls("refund")) == 1


def test_a_refund_that_never_arrived_was_not_made_in_the_end(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    payment = settled(shop, braintree)
    braintree.fault("refund", "disconnect_before")
    lost = refund(shop, payment)

    with after(hours=2):
        run_worker()

        assert now(shop, payment) == (COMPLETED, AMOUNT, "0.00")
    assert Transaction.objects.get(uuid=lost["uuid"]).status == FAILED
    assert refund(shop, payment).status == 201


def test_what_went_back_elsewhere_is_found_when_ours_is_refused(
    shop: Marketplace, braintree: BraintreeSimulator
) -> None:
    payment = settled(shop, braintree, amount="10.00")
    assert gateway(braintree.url).transaction.refund(payment["uid_support"], "8.00").is_success

    answer = refund(shop, payment, "5.00")

    assert (answer.status, codes(answer, "braintree")) == (422, {"amount": ["91521"]})
    assert now(shop, payment) == (COMPLETED, "10.00", "8.00")
    assert refund(shop, payment, "2.00").status == 201


def test_what_went_back_elsewhere_before_we_knew_that_it_was_settled_is_seen_with_that(
    shop: Marketplace, braintree: BraintreeSimulator
) -> None:
    payment = sold(shop, braintree)
    braintree.settle(payment["uid_support"])
    assert gateway(braintree.url).transaction.refund(payment["uid_support"], "2.00").is_success

    run_worker()

    assert now(shop, payment) == (COMPLETED, AMOUNT, "2.00")


# --- voids ---


def test_what_was_given_up_elsewhere_is_cancelled_here(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    payment = sold(shop, braintree)
    assert gateway(braintree.url).transaction.void(payment["uid_support"]).is_success

    run_worker()

    assert now(shop, payment) == (CANCELLED, None, None)
    assert shop.post(VOID, {"uuid": payment["uuid"]})["code"] == "not_voidable"


def test_what_is_not_settled_is_given_up(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    payment = sold(shop, braintree)

    answer = shop.post(VOID, {"uuid": payment["uuid"]})

    assert answer.status == 201
    given_up = answer["mozilla"]["generic"]
    assert (given_up["uuid"], given_up["status"], given_up["captured_amount"]) == (payment["uuid"], CANCELLED, None)
    assert braintree.transaction(payment["uid_support"])["status"] == "voided"
    again = shop.post(VOID, {"uuid": payment["uuid"]})
    assert (again.status, again.json) == (201, answer.json)
    assert len(braintree.calls("void")) == 1


def test_what_is_settled_is_not_given_up(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    payment = sold(shop, braintree)
    braintree.settle(payment["uid_support"])

    refused = shop.post(VOID, {"uuid": payment["uuid"]})

    assert (refused.status, codes(refused, "braintree")) == (422, {"base": ["91504"]})
    assert now(shop, payment) == (COMPLETED, AMOUNT, "0.00")
    again = shop.post(VOID, {"uuid": payment["uuid"]})
    assert (again.status, again["code"]) == (409, "not_voidable")


@pytest.mark.parametrize("fault", ["disconnect_after", "disconnect_before", "garbage_after", "error_503"])
def test_a_void_without_an_answer_is_done_once_more(
    shop: Marketplace, braintree: BraintreeSimulator, fault: str
) -> None:
    payment = sold(shop, braintree)
    braintree.fault("void", fault)
    assert shop.post(VOID, {"uuid": payment["uuid"]})["code"] == "outcome_unknown"
    assert now(shop, payment) == (CHECKED, AMOUNT, "0.00")

    run_worker()

    assert now(shop, payment) == (CANCELLED, None, None)
    assert braintree.transaction(payment["uid_support"])["status"] == "voided"


def test_of_many_voids_at_once_one_is_sent(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    payment = sold(shop, braintree)

    answers = at_once(6, lambda _: shop.post(VOID, {"uuid": payment["uuid"]}))

    assert {answer.status for answer in answers} <= {201, 504}
    assert now(shop, payment)[0] == CANCELLED
    assert len(braintree.calls("void")) == 1


def test_a_payment_that_the_client_keeps_itself_is_not_given_up(
    shop: Marketplace, braintree: BraintreeSimulator
) -> None:
    kept = shop.post("/generic/transaction/", {"uuid": "own:1", "provider": 4, "status": 2})
    assert kept.status == 201, kept

    refused = shop.post(VOID, {"uuid": "own:1"})

    assert (refused.status, refused["code"]) == (409, "not_voidable")
    assert braintree.calls("void") == []


def test_a_void_of_what_the_client_has_not_seen_is_not_sent(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    payment = sold(shop, braintree)

    answer = shop.post(VOID, {"uuid": payment["uuid"]}, **{"If-Match": '"another"'})

    assert answer.status == 412
    assert braintree.calls("void") == []
