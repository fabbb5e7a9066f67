"""Braintree's webhooks: proved, kept, entered once, and answered again in the same way."""

import hashlib
import hmac
import io
from base64 import encodebytes

import pytest
from django.test import override_settings
from tests.braintree.subscribing import (
    CANCELED,
    CHARGED,
    MONTH_S,
    NOT_CHARGED,
    PAST_DUE,
    PRICE,
    TRANSACTIONS,
    WEBHOOK,
    charges,
    pass_all_on,
    pass_on,
    plan,
    statuses,
    subscribe,
    subscribed,
)
from tests.braintree.world import card, codes, run_worker, settled
from tests.payments.passing import after
from tests.support.braintree import PRIVATE_KEY, PUBLIC_KEY, BraintreeSimulator
from tests.support.marketplace import Marketplace
from tests.support.written import everything_kept
from tests.web.parallel import at_once

from solitude.payments.models import Dispute, Notification
from solitude.providers.braintree.api.webhook import SIGNATURE_MAX_CHARS
from solitude.transactions.models import Status, Transaction

pytestmark = pytest.mark.long

CHALLENGE = "0123456789abcdef0123"


def signed(document: str, private_key: str = PRIVATE_KEY, public_key: str = PUBLIC_KEY) -> dict[str, str]:
    """A webhook with these keys. The key of the HMAC is the digest of the private one:
    https://developer.paypal.com/braintree/docs/guides/webhooks/parse"""
    payload = encodebytes(document.encode()).decode()
    key = hashlib.sha1(private_key.encode(), usedforsecurity=False).digest()
    made = hmac.new(key, payload.encode(), hashlib.sha1).hexdigest()
    return {"bt_signature": f"{public_key}|{made}", "bt_payload": payload}


def notification(kind: str, subject: str) -> str:
    return (
        f'<notification><kind>{kind}</kind><timestamp type="datetime">2026-11-28T18:00:00Z</timestamp>'
        f"<subject>{subject}</subject></notification>"
    )


# --- the challenge ---


def test_the_challenge_is_answered_with_what_only_we_can_make_of_it(
    shop: Marketplace, braintree: BraintreeSimulator
) -> None:
    answer = shop.get(f"{WEBHOOK}?bt_challenge={CHALLENGE}")

    key = hashlib.sha1(PRIVATE_KEY.encode(), usedforsecurity=False).digest()
    made = hmac.new(key, CHALLENGE.encode(), hashlib.sha1).hexdigest()
    assert (answer.status, answer.json) == (200, f"{PUBLIC_KEY}|{made}")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "required"),
        ("?bt_challenge=", "required"),
        ("?bt_challenge=zz", "invalid"),
        (f"?bt_challenge={'a' * 33}", "invalid"),
    ],
)
def test_what_is_no_challenge_is_not_answered(shop: Marketplace, query: str, code: str) -> None:
    answer = shop.get(f"{WEBHOOK}{query}")

    assert (answer.status, codes(answer)) == (422, {"bt_challenge": [code]})


def test_without_keys_no_challenge_is_answered(shop: Marketplace) -> None:
    with override_settings(SOLITUDE_BRAINTREE_MERCHANT_ID=""):
        answer = shop.get(f"{WEBHOOK}?bt_challenge={CHALLENGE}")

    assert (answer.status, answer["code"]) == (502, "provider_configuration")


# --- forged ---


def test_both_fields_are_needed(shop: Marketplace) -> None:
    assert codes(shop.post(WEBHOOK, {})) == {"bt_signature": ["required"], "bt_payload": ["required"]}


def tampered(told: dict[str, str]) -> list[dict[str, str]]:
    signature, payload = told["bt_signature"], told["bt_payload"]
    document = notification(CHARGED, "<subscription><id>x</id></subscription>")
    return [
        {"bt_signature": signature, "bt_payload": encodebytes(document.encode()).decode()},
        {"bt_signature": f"{PUBLIC_KEY}|{'0' * 40}", "bt_payload": payload},
        {"bt_signature": "nobody|" + signature.rpartition("|")[2], "bt_payload": payload},
        {"bt_signature": "nothing", "bt_payload": payload},
        {"bt_signature": "a|b|c", "bt_payload": payload},
        {"bt_signature": f"{PUBLIC_KEY}|ü", "bt_payload": payload},
        {"bt_signature": "ü" * SIGNATURE_MAX_CHARS, "bt_payload": payload},
        {"bt_signature": signature, "bt_payload": payload + "ü"},
        {"bt_signature": signature, "bt_payload": "<xml>"},
        signed(document, private_key="another"),
        signed("no xml"),
        signed(f"<!DOCTYPE a [<!ENTITY b 'c'>]>{document}"),
        signed(notification(CHARGED, "")),
        signed("<other/>"),
    ]


@pytest.mark.parametrize("which", range(13))
def test_what_is_not_proved_or_not_understood_changes_nothing(
    shop: Marketplace, braintree: BraintreeSimulator, which: int
) -> None:
    subscribed(shop, braintree)
    told = tampered(braintree.told(CHARGED)[0])[which]

    answer = pass_on(shop, told)

    assert (answer.status, codes(answer)) == (422, {"__all__": ["invalid"]})
    assert not Transaction.objects.exists()
    assert Notification.objects.get().state == Notification.State.REFUSED


def test_a_pair_of_another_key_may_stand_beside_ours(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    subscribed(shop, braintree)
    told = braintree.told(CHARGED)[0]

    assert pass_on(shop, {**told, "bt_signature": f"other|{'0' * 40}&{told['bt_signature']}"}).status == 200


def test_without_keys_nothing_is_refused_and_the_next_delivery_tells(
    shop: Marketplace, braintree: BraintreeSimulator
) -> None:
    subscribed(shop, braintree)
    told = braintree.told(CHARGED)[0]
    with override_settings(SOLITUDE_BRAINTREE_MERCHANT_ID=""):
        refused = pass_on(shop, told)

    run_worker()

    assert (refused.status, refused["code"]) == (502, "provider_configuration")
    assert pass_on(shop, told).status == 200
    assert statuses(shop) == [Status.CHECKED]


def test_neither_signature_nor_payload_is_logged_or_kept_in_clear(
    shop: Marketplace, braintree: BraintreeSimulator, log_lines: io.StringIO
) -> None:
    subscribed(shop, braintree)
    told = braintree.told(CHARGED)[0]
    pass_on(shop, told)
    pass_on(shop, {**told, "bt_signature": f"{PUBLIC_KEY}|{'0' * 40}"})

    secrets = (told["bt_signature"].rpartition("|")[2], told["bt_payload"].partition("\n")[0])
    for where, text in (("the log", log_lines.getvalue()), ("the database", everything_kept())):
        assert [secret for secret in secrets if secret in text] == [], where


# --- charges ---


def test_a_charge_becomes_a_transaction_of_its_own(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    made = subscribed(shop, braintree)

    answer = pass_on(shop, braintree.told(CHARGED)[0])

    assert (answer.status, answer["braintree"]) == (200, {"kind": CHARGED})
    told, (row,) = answer["mozilla"], charges(shop)
    assert told["transaction"]["generic"] == row
    assert (row["status"], row["amount"], row["currency"], row["provider"]) == (Status.CHECKED, PRICE, "USD", 4)
    assert row["uid_support"] == braintree.transactions()[0]["id"]
    assert (row["uid_pay"], row["captured_amount"], row["status_reason"]) == (None, PRICE, "submitted_for_settlement")
    assert row["uuid"].startswith("bt-")
    assert row["buyer"] == told["buyer"]["resource_uri"]
    assert row["seller_product"] == made["seller_product"] == told["product"]["resource_uri"]
    assert row["seller"] == told["product"]["seller"]
    assert told["subscription"] == made
    assert told["paymethod"]["resource_uri"] == made["paymethod"]
    assert told["buyer"]["pin"] is False


def test_what_braintree_says_of_the_period_is_kept_beside_it(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    made = subscribed(shop, braintree)

    pass_all_on(shop, braintree, CHARGED)

    (kept,) = shop.get(TRANSACTIONS)["objects"]
    there = braintree.subscriptions()[0]
    assert kept["kind"] == CHARGED
    assert (kept["subscription"], kept["paymethod"]) == (made["resource_uri"], made["paymethod"])
    assert kept["next_billing_date"] == there["next_billing_date"]
    assert kept["next_billing_period_amount"] == PRICE
    assert kept["billing_period_start_date"] < kept["billing_period_end_date"] < kept["next_billing_date"]


def test_a_webhook_that_comes_again_is_answered_again_and_enters_nothing(
    shop: Marketplace, braintree: BraintreeSimulator
) -> None:
    subscribed(shop, braintree)
    told = braintree.told(CHARGED)[0]

    first, again = pass_on(shop, told), pass_on(shop, told)

    assert (first.status, first.json) == (again.status, again.json)
    assert len(charges(shop)) == 1


def test_the_same_under_another_signature_is_the_same(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    subscribed(shop, braintree)
    told = braintree.told(CHARGED)[0]
    first = pass_on(shop, told)

    again = pass_on(shop, {**told, "bt_signature": f"{told['bt_signature']}&other|{'0' * 40}"})

    assert (first.status, first.json) == (again.status, again.json)
    assert Notification.objects.exclude(event_id=None).count() == 1


def test_each_month_is_charged_told_and_settled(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    subscribed(shop, braintree)
    for _ in range(3):
        braintree.advance(MONTH_S)

    answers = pass_all_on(shop, braintree)
    run_worker()

    assert {answer.status for answer in answers} == {200, 204}
    assert len(braintree.transactions()) == len(charges(shop)) == 4
    # All but the last one, which was taken less than a day ago.
    assert statuses(shop).count(Status.COMPLETED) >= 3
    assert {row["amount"] for row in charges(shop)} == {PRICE}


def test_a_charge_that_is_not_settled_in_the_end_has_failed(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    subscribed(shop, braintree)
    pass_all_on(shop, braintree, CHARGED)
    braintree.settle(charges(shop)[0]["uid_support"], good=False)

    run_worker()

    (row,) = charges(shop)
    assert (row["status"], row["captured_amount"]) == (Status.FAILED, None)
    assert row["status_reason"].startswith("settlement_declined")


def test_a_later_webhook_moves_a_charge_that_an_earlier_one_told(
    shop: Marketplace, braintree: BraintreeSimulator
) -> None:
    made = subscribed(shop, braintree)
    pass_all_on(shop, braintree, CHARGED)
    braintree.settle(charges(shop)[0]["uid_support"], good=False)

    answer = pass_on(shop, braintree.tell(CANCELED, made["provider_id"]))

    assert answer.status == 200
    assert answer["mozilla"]["transaction"]["generic"]["status"] == Status.FAILED
    assert statuses(shop) == [Status.FAILED]


def test_a_charge_that_the_bank_refuses_is_told_as_failed_and_why(
    shop: Marketplace, braintree: BraintreeSimulator
) -> None:
    made = subscribed(shop, braintree)
    pass_all_on(shop, braintree)
    braintree.card_becomes(braintree.methods()[0]["token"], "declined_later")
    last = braintree.events()[-1]["number"]
    braintree.advance(MONTH_S)

    answer = pass_on(shop, braintree.told(NOT_CHARGED, after=last)[0])

    told = answer["mozilla"]["transaction"]
    assert (answer.status, answer["braintree"]["kind"]) == (200, NOT_CHARGED)
    assert (told["generic"]["status"], told["braintree"]["kind"]) == (Status.FAILED, NOT_CHARGED)
    assert told["generic"]["status_reason"] == "processor_declined 2001"
    assert answer["mozilla"]["subscription"]["active"] is True
    assert answer["mozilla"]["subscription"]["resource_uri"] == made["resource_uri"]


def test_what_is_told_of_a_subscription_s_being_late_enters_nothing(
    shop: Marketplace, braintree: BraintreeSimulator
) -> None:
    made = subscribed(shop, braintree)

    answer = pass_on(shop, braintree.tell(PAST_DUE, made["provider_id"]))

    assert (answer.status, answer.json) == (204, None)
    assert not charges(shop)


def test_statuses_that_are_not_to_be_recorded_are_passed_over(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    subscribed(shop, braintree)

    with override_settings(SOLITUDE_BRAINTREE_TRANSACTION_STATUSES=("settled",)):
        answer = pass_on(shop, braintree.told(CHARGED)[0])

    assert (answer.status, answer["mozilla"]["transaction"], answer["mozilla"]["paymethod"]) == (200, None, None)
    assert not charges(shop)


# --- the subscription ---


def test_one_that_is_cancelled_at_braintree_is_over_here(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    made = subscribed(shop, braintree)
    braintree.cancel(made["provider_id"])

    answer = pass_on(shop, braintree.told(CANCELED)[0])

    assert (answer.status, answer["mozilla"]["subscription"]["active"]) == (200, False)
    # It was charged, and nothing about it has failed.
    assert answer["mozilla"]["transaction"] is None


def test_a_charge_sets_one_active_again_that_was_only_switched_off_here(
    shop: Marketplace, braintree: BraintreeSimulator
) -> None:
    made = subscribed(shop, braintree)
    shop.patch(made["resource_uri"], {"active": False})

    assert pass_on(shop, braintree.told(CHARGED)[0])["mozilla"]["subscription"]["active"] is True


def test_a_charge_that_is_told_late_does_not_bring_back_what_has_ended(
    shop: Marketplace, braintree: BraintreeSimulator
) -> None:
    made = subscribed(shop, braintree)
    braintree.cancel(made["provider_id"])
    pass_on(shop, braintree.told(CANCELED)[0])

    assert pass_on(shop, braintree.told(CHARGED)[0])["mozilla"]["subscription"]["active"] is False


def test_one_that_is_not_known_yet_is_answered_500_and_kept_until_it_is(
    shop: Marketplace, braintree: BraintreeSimulator
) -> None:
    owned, of = card(shop, braintree), plan(shop, braintree)
    braintree.fault("create_subscription", "disconnect_after")
    assert subscribe(shop, owned["resource_uri"], of).status == 504
    told = braintree.told(CHARGED)[0]

    early = pass_on(shop, told)
    # First the subscription is found, then what was told of it is entered.
    run_worker()
    run_worker()

    assert (early.status, early.json) == (500, {"error": "UnknownSubscription"})
    assert statuses(shop) == [Status.CHECKED]
    assert pass_on(shop, told).status == 200


def test_one_that_never_becomes_known_is_an_orphan(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    subject = '<subscription><id>nobody-knows</id><transactions type="array"/></subscription>'
    told = signed(notification(CHARGED, subject))
    assert pass_on(shop, told).status == 500

    with after(days=4):
        run_worker()

    assert Notification.objects.get().state == Notification.State.ORPHAN
    assert "notification.orphan" in shop.event_types()
    assert pass_on(shop, told).status == 500


def test_a_charge_of_another_amount_is_passed_over_and_the_end_is_entered(
    shop: Marketplace, braintree: BraintreeSimulator
) -> None:
    made = subscribed(shop, braintree)
    pass_all_on(shop, braintree, CHARGED)
    uid = charges(shop)[0]["uid_support"]
    other = (
        f'<subscription><id>{made["provider_id"]}</id><transactions type="array"><transaction><id>{uid}</id>'
        "<type>sale</type><status>settled</status><amount>99.00</amount><currency-iso-code>USD</currency-iso-code>"
        "</transaction></transactions></subscription>"
    )

    answer = pass_on(shop, signed(notification(CANCELED, other)))

    assert answer.status == 200
    assert shop.get(made["resource_uri"])["active"] is False
    assert (charges(shop)[0]["status"], charges(shop)[0]["amount"]) == (Status.CHECKED, PRICE)


def test_many_deliveries_at_once_make_one_transaction(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    made = subscribed(shop, braintree)
    told = [*braintree.told(CHARGED), braintree.tell(CHARGED, made["provider_id"])]

    answers = at_once(8, lambda number: pass_on(Marketplace(), told[number % 2]))
    run_worker()

    assert {answer.status for answer in answers} <= {200, 503}
    assert statuses(shop) == [Status.CHECKED]


# --- disputes and the rest ---


def test_a_dispute_is_opened_in_our_books_and_takes_the_money_back_when_it_is_lost(
    shop: Marketplace, braintree: BraintreeSimulator
) -> None:
    payment = settled(shop, braintree)
    dispute = braintree.dispute(payment["uid_support"])

    opened = pass_all_on(shop, braintree)[-1]
    braintree.resolve(dispute, won=False)
    lost = pass_on(shop, braintree.told()[-1])

    assert (opened.status, lost.status) == (204, 204)
    assert Dispute.objects.get().resolved == "for_buyer"
    (reversal,) = shop.transaction(payment["resource_uri"])["relations"]
    assert (reversal["type"], reversal["amount"]) == (2, payment["amount"])


def test_a_dispute_that_is_won_leaves_the_money_where_it_is(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    payment = settled(shop, braintree)
    braintree.resolve(braintree.dispute(payment["uid_support"]), won=True)

    pass_all_on(shop, braintree)

    assert Dispute.objects.get().resolved == "for_seller"
    assert shop.transaction(payment["resource_uri"])["relations"] == []


@pytest.mark.parametrize("kind", ["check", "disbursement"])
def test_whatever_else_is_told_is_of_no_concern(shop: Marketplace, braintree: BraintreeSimulator, kind: str) -> None:
    payment = settled(shop, braintree)

    answer = pass_on(shop, braintree.tell(kind, payment["uid_support"] if kind == "disbursement" else ""))

    assert answer.status == 204
    assert Notification.objects.get().state == Notification.State.IGNORED
