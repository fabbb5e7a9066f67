"""What a sale comes to when it does not go well: refused, not sent, or not known; and how the truth is found later."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.test import override_settings
from tests.braintree.world import AMOUNT, SALE, card, codes, product, run_worker, sell, sold
from tests.payments.passing import after
from tests.payments.world import end_leases
from tests.support.braintree import BraintreeSimulator
from tests.support.free_port import free_port
from tests.support.marketplace import Answer, Marketplace

from solitude.payments.models import ProviderCall
from solitude.transactions.models import Transaction

pytestmark = pytest.mark.long

PENDING, COMPLETED, CHECKED, RECEIVED, FAILED, CANCELLED, STARTED, ERRORED = range(8)
# The gateway has done it, and nobody here understands what it says.
LOST = (
    "disconnect_after",
    "truncated_after",
    "garbage_after",
    "timeout_after",
    "issue:document_type",
    "issue:other_status",
)
NOT_DONE = ("error_500", "error_503", "disconnect_before", "issue:gateway_timeout", "issue:request_timeout")


@pytest.fixture
def public_id(shop: Marketplace, braintree: BraintreeSimulator) -> str:
    return product(shop)


def state(answer: Answer) -> tuple[int, str, str | None]:
    row = Transaction.objects.get(uuid=answer["uuid"])
    return row.status, row.outcome, row.status_reason


@pytest.mark.parametrize(
    ("behaviour", "told", "reason"),
    [
        ("declined", {"__all__": [{"code": "2000", "message": "Do Not Honor"}]}, "2000"),
        ("gateway_rejected", {"__all__": [{"code": "fraud", "message": "Gateway Rejected: fraud"}]}, "fraud"),
        ("cvv", {"cvv": [{"code": "cvv", "message": "Gateway Rejected: cvv"}]}, "cvv"),
        ("failed", {"__all__": [{"code": "3000", "message": "Processor Network Unavailable - Try Again"}]}, "3000"),
    ],
)
def test_what_the_bank_or_the_gateway_refuses_is_told_and_failed(
    shop: Marketplace, braintree: BraintreeSimulator, behaviour: str, told: dict[str, Any], reason: str
) -> None:
    answer = sell(shop, braintree, nonce=braintree.nonce(behaviour=behaviour))

    assert (answer.status, answer["braintree"]) == (422, told)
    assert state(answer) == (FAILED, "declined", reason)
    row = shop.transaction(answer["transaction"])
    assert (row["uid_support"], row["captured_amount"]) == (braintree.transactions()[0]["id"], None)


def test_all_validation_errors_are_told_by_their_attributes(
    shop: Marketplace, braintree: BraintreeSimulator, public_id: str
) -> None:
    with override_settings(SOLITUDE_BRAINTREE_MERCHANT_ACCOUNTS={"USD": "nobody's"}):
        answer = sell(shop, braintree, nonce="nobody-has-made-this", product_id=public_id)

    assert (answer.status, codes(answer, "braintree")) == (
        422,
        {"payment_method_nonce": ["91565"], "merchant_account_id": ["91513"]},
    )
    assert state(answer)[:2] == (FAILED, "declined")


def test_a_refusal_is_kept_under_its_key(shop: Marketplace, braintree: BraintreeSimulator, public_id: str) -> None:
    def pay() -> Answer:
        body = {"amount": "2000.00", "nonce": "fake-valid-nonce", "product_id": public_id}
        return shop.post(SALE, body, **{"Idempotency-Key": "refused"})

    first, again = pay(), pay()

    assert (first.status, first.json) == (again.status, again.json)
    assert codes(first, "braintree") == {"__all__": ["2000"]}
    assert len(braintree.calls("sale")) == 1


def test_a_card_that_braintree_has_no_more_is_switched_off(
    shop: Marketplace, braintree: BraintreeSimulator, public_id: str
) -> None:
    kept = card(shop, braintree)
    braintree.reset()

    answer = sell(shop, braintree, paymethod=kept["resource_uri"], product_id=public_id)

    assert codes(answer, "braintree") == {"payment_method_token": ["91518"]}
    assert shop.get(kept["resource_uri"])["active"] is False


def test_a_card_that_is_declined_this_time_stays(
    shop: Marketplace, braintree: BraintreeSimulator, public_id: str
) -> None:
    kept = card(shop, braintree, behaviour="declined_later")

    answer = sell(shop, braintree, paymethod=kept["resource_uri"], product_id=public_id)

    assert codes(answer, "braintree") == {"__all__": ["2001"]}
    assert shop.get(kept["resource_uri"])["active"] is True


@pytest.mark.parametrize("fault", ["issue:authentication", "issue:authorization", "issue:upgrade_required"])
def test_keys_that_are_refused_are_our_fault_and_raise_an_alarm(
    shop: Marketplace, braintree: BraintreeSimulator, public_id: str, fault: str, security_events: list[str]
) -> None:
    braintree.fault("sale", fault)

    answer = sell(shop, braintree, product_id=public_id)

    assert (answer.status, answer["code"]) == (502, "provider_configuration")
    assert state(answer) == (ERRORED, "not_sent", "provider_configuration")
    assert any("Provider refuses our credentials" in line for line in security_events)


def test_without_a_merchant_nothing_is_asked(shop: Marketplace, braintree: BraintreeSimulator, public_id: str) -> None:
    with override_settings(SOLITUDE_BRAINTREE_MERCHANT_ID=""):
        answer = sell(shop, braintree, product_id=public_id)

    assert (answer.status, answer["code"]) == (502, "provider_configuration")


def test_a_gateway_that_is_busy_has_done_nothing(
    shop: Marketplace, braintree: BraintreeSimulator, public_id: str
) -> None:
    braintree.fault("sale", "rate_limit_429", retry_after_s=7)

    answer = sell(shop, braintree, product_id=public_id, key="busy", nonce=(nonce := braintree.nonce()))

    assert (answer.status, answer["code"], answer.headers["Retry-After"]) == (503, "provider_busy", "7")
    assert state(answer)[:2] == (ERRORED, "not_sent")
    again = sell(shop, braintree, product_id=public_id, key="busy", nonce=nonce)
    assert again.status == 200
    assert again["mozilla"]["generic"]["uuid"] != answer["uuid"]


@contextmanager
def away() -> Iterator[None]:
    with override_settings(SOLITUDE_BRAINTREE_URL=f"http://127.0.0.1:{free_port()}/braintree"):
        yield


def test_where_nobody_is_nothing_was_sent(shop: Marketplace, braintree: BraintreeSimulator, public_id: str) -> None:
    with away():
        answer = sell(shop, braintree, product_id=public_id)

    assert (answer.status, answer["code"]) == (502, "provider_unreachable")
    assert state(answer)[:2] == (ERRORED, "not_sent")


@pytest.mark.parametrize("fault", LOST)
def test_a_sale_whose_answer_is_lost_is_found_by_our_key(
    shop: Marketplace, braintree: BraintreeSimulator, public_id: str, fault: str
) -> None:
    braintree.fault("sale", fault)

    answer = sell(shop, braintree, product_id=public_id)

    assert (answer.status, answer["code"]) == (504, "outcome_unknown")
    assert state(answer)[:2] == (PENDING, "unknown")
    run_worker()
    row = shop.transaction(answer["transaction"])
    assert (row["status"], row["captured_amount"]) == (CHECKED, AMOUNT)
    assert row["uid_support"] == braintree.transactions()[0]["id"]
    assert len(braintree.calls("sale")) == 1


@pytest.mark.parametrize("fault", ["issue:other_amount", "issue:other_currency"])
def test_an_answer_of_another_amount_is_not_believed(
    shop: Marketplace, braintree: BraintreeSimulator, public_id: str, fault: str
) -> None:
    braintree.fault("sale", fault)

    answer = sell(shop, braintree, product_id=public_id)

    assert answer.status == 504
    assert state(answer) == (PENDING, "unknown", "not_understood")


@pytest.mark.parametrize("fault", NOT_DONE)
def test_a_sale_that_is_not_found_is_given_up_when_its_time_is_over_and_never_sent_again(
    shop: Marketplace, braintree: BraintreeSimulator, public_id: str, fault: str
) -> None:
    braintree.fault("sale", fault)
    answer = sell(shop, braintree, product_id=public_id, key="lost", nonce=(nonce := braintree.nonce()))
    assert answer.status == 504

    run_worker()
    assert state(answer)[:2] == (PENDING, "unknown")
    with after(hours=1, minutes=1):
        run_worker()

        assert state(answer) == (CANCELLED, "declined", "ABANDONED")
    assert len(braintree.calls("sale")) == 1
    repeated = sell(shop, braintree, product_id=public_id, key="lost", nonce=nonce)
    assert (repeated.status, codes(repeated, "braintree")) == (422, {"__all__": ["ABANDONED"]})


def test_a_refusal_whose_answer_is_lost_is_found_as_it_was(
    shop: Marketplace, braintree: BraintreeSimulator, public_id: str
) -> None:
    nonce = braintree.nonce(behaviour="cvv")
    braintree.fault("sale", "disconnect_after")
    lost = sell(shop, braintree, nonce=nonce, product_id=public_id, key="lost")

    again = sell(shop, braintree, nonce=nonce, product_id=public_id, key="lost")

    assert (lost.status, again.status) == (504, 422)
    assert again["braintree"] == {"cvv": [{"code": "cvv", "message": "Gateway Rejected: cvv"}]}
    assert again["uuid"] == lost["uuid"]


def test_the_same_key_asks_what_became_of_it(shop: Marketplace, braintree: BraintreeSimulator, public_id: str) -> None:
    nonce = braintree.nonce()
    braintree.fault("sale", "disconnect_after")
    lost = sell(shop, braintree, nonce=nonce, product_id=public_id, key="lost")

    again = sell(shop, braintree, nonce=nonce, product_id=public_id, key="lost")

    assert (lost.status, again.status) == (504, 200)
    assert again["mozilla"]["generic"]["uuid"] == lost["uuid"]
    assert len(braintree.transactions()) == 1


@pytest.mark.parametrize("fault", [None, "disconnect_after"])
@pytest.mark.parametrize("later", ["processor_declined", "failed", "gateway_rejected", "authorization_expired"])
def test_a_sale_that_its_bank_has_not_answered_is_not_known_until_it_does(
    shop: Marketplace, braintree: BraintreeSimulator, public_id: str, fault: str | None, later: str
) -> None:
    nonce = braintree.nonce(behaviour="slow")
    if fault:
        braintree.fault("sale", fault)
    lost = sell(shop, braintree, nonce=nonce, product_id=public_id, key="slow")
    again = sell(shop, braintree, nonce=nonce, product_id=public_id, key="slow")
    run_worker()

    assert [(answer.status, answer["code"]) for answer in (lost, again)] == [(504, "outcome_unknown")] * 2
    assert state(lost)[:2] == (PENDING, "unknown")
    braintree.bank_says(braintree.transactions()[0]["id"], later)
    run_worker()

    assert state(lost)[:2] == (FAILED, "declined")
    row = shop.transaction(lost["transaction"])
    assert (row["captured_amount"], row["refunded_amount"]) == (None, None)
    assert "transaction.checked" not in shop.event_types()
    assert sell(shop, braintree, nonce=nonce, product_id=public_id, key="slow").status == 422
    assert len(braintree.calls("sale")) == 1


def test_a_sale_that_its_bank_gives_at_last_is_paid(
    shop: Marketplace, braintree: BraintreeSimulator, public_id: str
) -> None:
    lost = sell(shop, braintree, nonce=braintree.nonce(behaviour="slow"), product_id=public_id)
    braintree.bank_says(braintree.transactions()[0]["id"], "authorized")

    checked = shop.post("/payments/check/", {"uuid": lost["uuid"]})

    assert checked.status == 201
    row = shop.transaction(lost["transaction"])
    assert (row["status"], row["captured_amount"], row["refunded_amount"]) == (CHECKED, AMOUNT, "0.00")


@pytest.mark.parametrize("by", ["worker", "check"])
@pytest.mark.parametrize(
    ("later", "why"),
    [
        ("processor_declined", "processor_declined 2000"),
        ("failed", "failed"),
        ("gateway_rejected", "gateway_rejected fraud"),
        ("authorization_expired", "authorization_expired"),
    ],
)
def test_a_sale_that_was_taken_and_is_refused_before_it_is_settled_has_failed(
    shop: Marketplace, braintree: BraintreeSimulator, public_id: str, later: str, why: str, by: str
) -> None:
    payment = sold(shop, braintree, product_id=public_id)
    braintree.bank_says(payment["uid_support"], later)

    if by == "check":
        shop.post("/payments/check/", {"uuid": payment["uuid"]})
    else:
        run_worker()

    row = shop.transaction(payment["resource_uri"])
    assert (row["status"], row["outcome"], row["status_reason"]) == (FAILED, "declined", why)
    assert (row["captured_amount"], row["refunded_amount"]) == (None, None)


def test_a_search_that_fails_says_nothing(shop: Marketplace, braintree: BraintreeSimulator, public_id: str) -> None:
    braintree.fault("sale", "disconnect_after")
    answer = sell(shop, braintree, product_id=public_id)
    braintree.fault("search_ids", "error_500")

    with after(hours=2):
        end_leases()
        run_worker()
        assert state(answer)[0] == CHECKED
    looked = ProviderCall.objects.get(transaction__uuid=answer["uuid"], operation="pay")
    assert looked.tries == 3
