"""What the provider tells moves our payment once, by whichever way it comes, and only if the provider has said it."""

from typing import Any

import pytest
from tests.reference.world import (
    SHOP,
    URLS,
    away,
    call_of,
    configured,
    nothing_happens,
    of,
    pay,
    provider,
    query_of,
    tell,
    written,
)
from tests.support.marketplace import Answer, Marketplace
from tests.support.zippy import ZippySimulator
from tests.web.parallel import at_once

from solitude.payments import notifications, recovery
from solitude.payments.contract import Verdict
from solitude.payments.models import Notification
from solitude.providers.reference.inbound import Notices
from solitude.transactions.models import Status, Transaction

FORGED = {"result": "FAIL", "reason": "signature mismatch"}


@pytest.fixture
def payment(shop: Marketplace, zippy: ZippySimulator, sold: str) -> Answer:
    return pay(shop, sold)


def states(shop: Marketplace) -> list[str]:
    return [kind for kind in shop.event_types() if kind.startswith("transaction.")]


@pytest.mark.parametrize("way", ["redirect", "notice"])
def test_a_payment_that_was_made_is_completed(
    shop: Marketplace, zippy: ZippySimulator, payment: Answer, way: str
) -> None:
    back = zippy.pay(payment["pay_url"])
    assert back.startswith(f"{SHOP}/paid?")
    qs = query_of(back) if way == "redirect" else zippy.told()[0]["signed_notice"]

    answer = tell(shop, qs)

    names = {"transaction": payment["transaction"], "uuid": payment["uuid"]}
    assert (answer.status, answer.json) == (200, {"result": "OK", "reason": "", **names})
    paid = of(shop, payment)
    assert (paid["status"], paid["captured_amount"], paid["amount"]) == (Status.COMPLETED, "1.25", "1.25")
    assert states(shop) == ["transaction.started", "transaction.pending", "transaction.completed"]


def test_both_ways_together_are_one_event(shop: Marketplace, zippy: ZippySimulator, payment: Answer) -> None:
    back = query_of(zippy.pay(payment["pay_url"]))
    notice = zippy.told()[0]["signed_notice"]
    assert notice == back

    answers = at_once(4, lambda number: tell(Marketplace(), (back, notice)[number % 2]))

    assert [(answer.status, answer["result"], answer["uuid"]) for answer in answers] == [
        (200, "OK", payment["uuid"])
    ] * 4
    assert Notification.objects.count() == 1
    assert tell(shop, back)["result"] == "OK"
    assert states(shop) == ["transaction.started", "transaction.pending", "transaction.completed"]


@pytest.mark.parametrize("error", ["CC_ERROR", "DIR_BILL_ERROR"])
def test_a_payment_that_failed_is_failed_with_the_providers_word(
    shop: Marketplace, zippy: ZippySimulator, payment: Answer, error: str
) -> None:
    back = zippy.fail(payment["pay_url"], error)
    assert back.startswith(f"{SHOP}/failed?")
    assert tell(shop, query_of(back))["result"] == "OK"
    failed = of(shop, payment)
    assert (failed["status"], failed["status_reason"], failed["captured_amount"]) == (Status.FAILED, error, None)


def test_what_the_shops_own_url_has_before_it_is_left_out(shop: Marketplace, zippy: ZippySimulator, sold: str) -> None:
    payment = pay(shop, sold, success_url=f"{SHOP}/paid?order=7&lang=nl")
    qs = query_of(zippy.pay(payment["pay_url"]))
    assert qs.startswith("order=7&lang=nl&ext_transaction_id=")
    assert tell(shop, f"?{qs}")["result"] == "OK"
    assert of(shop, payment)["status"] == Status.COMPLETED


def test_a_forged_one_moves_nothing_and_the_real_one_still_does(
    shop: Marketplace, zippy: ZippySimulator, payment: Answer, security_events: list[str]
) -> None:
    key = call_of(payment).key
    forged = f"ext_transaction_id={key}&sig=0:{'0' * 64}"
    assert tell(shop, forged).json == FORGED
    assert any("Notification refused: signature mismatch" in line for line in security_events)
    failed = query_of(zippy.fail(payment["pay_url"]))
    for changed in (failed.replace("&error=CC_ERROR", ""), failed.replace("CC_ERROR", "CC_OTHER"), failed + "0"):
        assert tell(shop, changed).json == FORGED
    assert of(shop, payment)["status"] == Status.PENDING
    assert tell(shop, failed)["result"] == "OK"
    assert of(shop, payment)["status"] == Status.FAILED


def test_what_one_payment_was_told_is_no_good_for_another(
    shop: Marketplace, zippy: ZippySimulator, sold: str, payment: Answer
) -> None:
    other = pay(shop, sold)
    qs = query_of(zippy.pay(payment["pay_url"]))
    assert tell(shop, qs.replace(call_of(payment).key, call_of(other).key)).json == FORGED
    assert of(shop, other)["status"] == Status.PENDING


def test_what_a_forgotten_key_has_signed_is_not_believed_and_a_rotated_one_is(
    shop: Marketplace, zippy: ZippySimulator, sold: str, payment: Answer
) -> None:
    qs = query_of(zippy.pay(payment["pay_url"]))
    old = zippy.keys()[-1]
    zippy.rotate_keys()
    assert tell(shop, qs)["result"] == "OK"
    other = pay(shop, sold)
    qs = query_of(zippy.pay(other["pay_url"]))
    zippy.forget_key(old)
    assert tell(shop, qs)["result"] == "OK"
    assert of(shop, other)["status"] == Status.COMPLETED


def test_what_is_no_notice_is_refused_in_the_providers_words(shop: Marketplace, zippy: ZippySimulator) -> None:
    before = written()
    for qs in ("", "nothing", "ext_transaction_id=1", "ext_transaction_id=1&sig=x", "&sig=0:", "sig=0:aa"):
        answer = tell(shop, qs)
        assert (answer.status, set(answer.json)) == (409, {"error_message"}), qs
    assert shop.post("/provider/reference/notices/", {}).status == 409
    assert written() == before


def test_a_notice_about_a_payment_that_is_not_ours_is_answered_and_moves_nothing(
    shop: Marketplace, zippy: ZippySimulator, sold: str
) -> None:
    """A marketplace that made the provider's transaction by itself."""
    body = {"product_id": "p-12", "region": "214", "carrier": "ESP_ORANGE", "price": "1.25", "currency": "EUR"}
    own = body | {"pay_method": "CARD", "ext_transaction_id": "web:91", **URLS}
    made = shop.post("/provider/reference/transactions/", own)
    before = written()
    qs = query_of(zippy.pay(f"{zippy.url}/payment/start?tx={made['token']}"))
    assert tell(shop, qs).json == {"result": "OK", "reason": ""}
    assert tell(shop, qs + "0").json == FORGED
    assert written() == before
    with away():
        assert (tell(shop, qs).status, tell(shop, qs)["code"]) == (502, "provider_unreachable")


def test_one_that_cannot_be_proved_now_is_kept_and_the_worker_goes_on(
    shop: Marketplace, zippy: ZippySimulator, payment: Answer
) -> None:
    qs = query_of(zippy.pay(payment["pay_url"]))
    with away():
        kept = tell(shop, qs)
    assert (kept.status, kept["code"]) == (502, "provider_unreachable")
    assert of(shop, payment)["status"] == Status.PENDING
    Notification.objects.update(next_try_at="2020-01-01T00:00:00Z")
    assert notifications.handle_due() == 1
    assert of(shop, payment)["status"] == Status.COMPLETED


@pytest.mark.parametrize("fault", ["error_500", "garbage_after", "disconnect_after"])
def test_a_provider_that_does_not_say_is_asked_again_with_the_next_delivery(
    shop: Marketplace, zippy: ZippySimulator, payment: Answer, fault: str
) -> None:
    qs = query_of(zippy.pay(payment["pay_url"]))
    zippy.fault("verify_notice", fault)
    assert tell(shop, qs).status == 502
    assert of(shop, payment)["status"] == Status.PENDING
    assert tell(shop, qs)["result"] == "OK"
    assert of(shop, payment)["status"] == Status.COMPLETED


def test_one_that_comes_before_the_answer_to_our_own_call_ends_that(
    shop: Marketplace, zippy: ZippySimulator, sold: str
) -> None:
    """The provider did the work and its answer was lost; whoever else has the token pays."""
    zippy.fault("create_transaction", "disconnect_after")
    lost = pay(shop, sold)
    (theirs,) = zippy.state()["transactions"]
    qs = query_of(zippy.pay(f"{zippy.url}/payment/start?tx={theirs['token']}"))
    assert tell(shop, qs)["uuid"] == lost["uuid"]
    assert (of(shop, lost)["status"], of(shop, lost)["captured_amount"]) == (Status.COMPLETED, "1.25")


def test_money_that_came_after_a_payment_was_given_up_is_recorded(
    shop: Marketplace, zippy: ZippySimulator, payment: Answer, settings: Any
) -> None:
    settings.SOLITUDE_REFERENCE_PAYMENT_LIFE_S = 0
    Transaction.objects.update(follow_up_at="2020-01-01T00:00:00Z")
    recovery.follow_up(1)
    assert of(shop, payment)["status"] == Status.CANCELLED
    assert tell(shop, query_of(zippy.pay(payment["pay_url"])))["result"] == "OK"
    assert of(shop, payment)["status"] == Status.COMPLETED
    assert states(shop)[-2:] == ["transaction.cancelled", "transaction.corrected"]


def test_the_name_in_the_path_must_be_the_payments_provider(
    shop: Marketplace, zippy: ZippySimulator, second: ZippySimulator, payment: Answer, security_events: list[str]
) -> None:
    """Another provider can sign what it likes with its own keys, and says itself that it is genuine."""
    shop.post(
        "/provider/second/sellers/", {"uuid": "s-2", "name": "Bo", "email": "bo@shop.example", "status": "ACTIVE"}
    )
    shop.post("/provider/second/products/", {"uuid": "p-2", "name": "Map", "external_id": "e-2", "seller_id": "s-2"})
    key = call_of(payment).key
    body = {"product_id": "p-2", "region": "214", "carrier": "ESP_ORANGE", "price": "0.01", "currency": "EUR"}
    own = body | {"pay_method": "CARD", "ext_transaction_id": key, **URLS}
    made = shop.post("/provider/second/transactions/", own)
    qs = query_of(second.pay(f"{second.url}/payment/start?tx={made['token']}"))

    crossed = tell(shop, qs, "second")

    assert (crossed.status, crossed.json) == (200, {"result": "FAIL", "reason": "transaction of another provider"})
    assert any("another one's payment" in line for line in security_events)
    assert tell(shop, qs)["result"] == "FAIL"
    assert of(shop, payment)["status"] == Status.PENDING
    assert tell(shop, qs, "nobody").status == 404


def test_a_failure_that_is_told_after_the_money_came_is_a_contradiction(
    shop: Marketplace, zippy: ZippySimulator, payment: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tell(shop, query_of(zippy.pay(payment["pay_url"])))["result"] == "OK"
    monkeypatch.setattr(Notices, "verify", lambda *_: (Verdict.GENUINE, ""))
    answer = tell(shop, f"ext_transaction_id={call_of(payment).key}&error=CC_ERROR&sig=0:aa")
    assert (answer["result"], answer["reason"]) == ("OK", "mismatch")
    assert of(shop, payment)["status"] == Status.COMPLETED


def test_a_key_that_the_provider_does_not_take_is_told_to_operators(
    shop: Marketplace, zippy: ZippySimulator, payment: Answer, security_events: list[str]
) -> None:
    qs = query_of(zippy.pay(payment["pay_url"]))
    with configured(reference=provider(zippy.url, secret="not-the-secret-of-it")):
        assert tell(shop, qs).status == 502
    assert any("Provider refuses our credentials" in line for line in security_events)
    assert tell(shop, qs)["result"] == "OK"


def test_too_long_a_query_is_refused(shop: Marketplace, zippy: ZippySimulator) -> None:
    with nothing_happens(zippy):
        assert list(tell(shop, "a" * 8193).json) == ["qs"]
