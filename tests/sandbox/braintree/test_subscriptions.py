"""Subscriptions, as the official SDK makes, finds, changes and cancels them; months pass by the simulator's clock."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from braintree.exceptions.not_found_error import NotFoundError
from tests.sandbox.braintree.client import BRICK, DONATION, Shop, codes
from tests.support.braintree import MERCHANT_ID, PRIVATE_KEY, PUBLIC_KEY, BraintreeSimulator
from werkzeug.test import Client

from solitude_sandbox import create_app

DAY_S = 86_400


def until(fate: BraintreeSimulator, day: Any) -> None:
    """Moves the clock to noon of a day."""
    now = datetime.strptime(fate.state()["clock"]["now"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    fate.advance(int((noon - now).total_seconds()))


def kinds(fate: BraintreeSimulator) -> list[str]:
    """What was told, in short."""
    return [event["kind"].removeprefix("subscription_") for event in fate.events()]


def statuses(subscription: Any) -> list[str]:
    """Those of its transactions, the newest first."""
    return [transaction.status for transaction in subscription.transactions]


def test_the_plans_are_those_that_mozilla_sold(gateway: Any) -> None:
    plans = {plan.id: plan for plan in gateway.plan.all()}
    assert {name: plan.price for name, plan in plans.items()} == {
        BRICK: "10.00",
        "mozilla-concrete-mortar": "5.00",
        DONATION: "0.00",
    }
    brick = gateway.plan.find(BRICK)
    assert (brick.billing_frequency, brick.billing_day_of_month, brick.trial_period) == (1, None, False)
    assert (brick.currency_iso_code, brick.number_of_billing_cycles) == ("USD", None)


def test_a_subscription_is_charged_at_once(shop: Shop, gateway: Any) -> None:
    descriptor = {"name": "Mozilla*Brick", "url": "mozilla.org"}
    made = shop.subscribed(id="our-key", descriptor=descriptor)
    found = gateway.subscription.find("our-key")
    assert (found.status, found.plan_id, found.price, found.balance) == ("Active", BRICK, Decimal("10.00"), Decimal(0))
    assert (found.current_billing_cycle, found.never_expires, found.failure_count) == (1, True, 0)
    assert (found.descriptor.name, found.descriptor.url) == ("Mozilla*Brick", "mozilla.org")
    (charge,) = found.transactions
    assert (charge.status, charge.amount, charge.recurring) == ("submitted_for_settlement", Decimal("10.00"), True)
    assert (charge.subscription_id, charge.plan_id) == ("our-key", BRICK)
    assert charge.subscription_details.billing_period_start_date == made.billing_period_start_date
    assert charge.subscription_details.billing_period_end_date == made.billing_period_end_date
    assert charge.descriptor.name == "Mozilla*Brick"
    assert [event.status for event in found.status_history] == ["Active"]


def test_a_period_ends_on_the_day_before_the_next_bill(shop: Shop) -> None:
    made = shop.subscribed()
    assert made.billing_period_start_date == made.first_billing_date == made.created_at.date()
    assert made.billing_period_end_date == made.next_billing_date - timedelta(days=1) == made.paid_through_date
    assert made.next_billing_period_amount == Decimal("10.00")


def test_a_buyer_pays_what_he_has_chosen(shop: Shop) -> None:
    made = shop.subscribed(plan=DONATION, price="3.50")
    assert (made.price, made.transactions[0].amount) == (Decimal("3.50"), Decimal("3.50"))


def test_what_costs_nothing_is_not_charged(shop: Shop, fate: BraintreeSimulator) -> None:
    made = shop.subscribed(plan=DONATION)
    until(fate, made.next_billing_date)
    assert fate.transactions() == []
    assert kinds(fate) == ["billing_skipped", "went_active", "billing_skipped"]


def test_every_month_is_charged_however_far_the_clock_jumps(shop: Shop, gateway: Any, fate: BraintreeSimulator) -> None:
    made = shop.subscribed()
    fate.advance(400 * DAY_S)
    found = gateway.subscription.find(made.id)
    assert (found.current_billing_cycle, found.status) == (14, "Active")
    charged = list(reversed(found.transactions))
    assert [each.subscription_details.billing_period_start_date for each in charged[:2]] == [
        made.billing_period_start_date,
        made.next_billing_date,
    ]
    days = [each.created_at for each in charged]
    assert days == sorted(days)
    assert all(27 < (after - before).days < 32 for before, after in pairwise(days[1:]))
    assert {each.amount for each in charged} == {Decimal("10.00")}
    assert kinds(fate) == ["charged_successfully", "went_active", *["charged_successfully"] * 13]


def test_each_charge_is_made_on_the_day_on_which_it_was_due(shop: Shop, gateway: Any, fate: BraintreeSimulator) -> None:
    made = shop.subscribed()
    until(fate, made.next_billing_date - timedelta(days=1))
    assert len(gateway.subscription.find(made.id).transactions) == 1
    fate.advance(90 * DAY_S)
    newest, *_, second, _ = gateway.subscription.find(made.id).transactions
    assert second.created_at.date() == made.next_billing_date
    assert newest.created_at > second.created_at


def test_a_charge_of_a_month_ago_has_settled(shop: Shop, gateway: Any, fate: BraintreeSimulator) -> None:
    made = shop.subscribed()
    until(fate, made.next_billing_date)
    assert statuses(gateway.subscription.find(made.id)) == ["submitted_for_settlement", "settled"]


def test_a_subscription_of_three_months_ends_after_three(shop: Shop, gateway: Any, fate: BraintreeSimulator) -> None:
    made = shop.subscribed(number_of_billing_cycles=3)
    fate.advance(70 * DAY_S)
    assert gateway.subscription.find(made.id).status == "Active"
    fate.advance(400 * DAY_S)
    found = gateway.subscription.find(made.id)
    assert (found.status, len(found.transactions), found.current_billing_cycle) == ("Expired", 3, 3)
    assert kinds(fate)[-2:] == ["charged_successfully", "expired"]
    assert codes(gateway.subscription.cancel(made.id)) == [("status", "81905")]
    assert codes(gateway.subscription.update(made.id, {"price": "1.00"})) == [("base", "81910")]


def test_whoever_cannot_pay_at_once_has_no_subscription(shop: Shop, gateway: Any, fate: BraintreeSimulator) -> None:
    faithless = shop.card(fate.nonce(behaviour="declined_later"))
    refused = shop.subscribe(faithless, id="never")
    assert not refused.is_success
    assert (refused.transaction.status, refused.transaction.processor_response_code) == ("processor_declined", "2001")
    assert refused.message == "Insufficient Funds"
    with pytest.raises(NotFoundError):
        gateway.subscription.find("never")
    assert (fate.events(), len(fate.transactions())) == ([], 1)


def test_a_month_that_cannot_be_paid_makes_it_past_due_and_is_tried_twice_more(
    shop: Shop, gateway: Any, fate: BraintreeSimulator
) -> None:
    token = shop.card()
    made = shop.subscribed(token)
    fate.card_becomes(token, "declined")
    until(fate, made.next_billing_date + timedelta(days=25))
    found = gateway.subscription.find(made.id)
    assert (found.status, found.balance, found.failure_count) == ("Past Due", Decimal("10.00"), 3)
    assert (found.days_past_due, found.paid_through_date) == (25, made.paid_through_date)
    assert (found.next_bill_amount, found.next_billing_period_amount) == ("20.00", Decimal("10.00"))
    assert statuses(found) == [*["processor_declined"] * 3, "settled"]
    assert kinds(fate)[2:] == ["charged_unsuccessfully", "went_past_due", *["charged_unsuccessfully"] * 2]


def test_a_card_that_is_good_again_is_charged_at_the_next_try(
    shop: Shop, gateway: Any, fate: BraintreeSimulator
) -> None:
    token = shop.card()
    made = shop.subscribed(token)
    fate.card_becomes(token, "declined")
    until(fate, made.next_billing_date)
    fate.card_becomes(token, "good")
    until(fate, made.next_billing_date + timedelta(days=25))
    found = gateway.subscription.find(made.id)
    assert (found.status, found.balance, found.failure_count, found.days_past_due) == ("Active", 0, 0, None)
    assert statuses(found) == ["settled", "processor_declined", "settled"]
    assert kinds(fate)[-2:] == ["charged_successfully", "went_active"]


def test_what_is_owed_is_charged_with_the_next_month(shop: Shop, gateway: Any, fate: BraintreeSimulator) -> None:
    token = shop.card()
    made = shop.subscribed(token)
    fate.card_becomes(token, "declined")
    until(fate, made.next_billing_date + timedelta(days=25))
    fate.card_becomes(token, "good")
    until(fate, made.next_billing_date + timedelta(days=32))
    found = gateway.subscription.find(made.id)
    assert (found.status, found.balance, found.current_billing_cycle) == ("Active", 0, 3)
    assert (found.transactions[0].amount, found.paid_through_date) == (Decimal("20.00"), found.billing_period_end_date)


def test_another_card_of_the_same_buyer_pays_from_then_on(shop: Shop, gateway: Any, fate: BraintreeSimulator) -> None:
    customer = shop.customer()
    one, two = (shop.card(fate.nonce(card), customer_id=customer) for card in ("visa", "mastercard"))
    made = shop.subscribed(one)
    changed = gateway.subscription.update(made.id, {"payment_method_token": two}).subscription
    assert (changed.payment_method_token, changed.status, len(changed.transactions)) == (two, "Active", 1)
    until(fate, made.next_billing_date)
    cards = [each.credit_card_details.card_type for each in gateway.subscription.find(made.id).transactions]
    assert cards == ["MasterCard", "Visa"]


def test_the_card_of_another_buyer_does_not_pay(shop: Shop, gateway: Any) -> None:
    made = shop.subscribed()
    refused = gateway.subscription.update(made.id, {"payment_method_token": shop.card()})
    assert codes(refused) == [("payment_method_token", "91905")]


def test_another_price_holds_from_the_next_month(shop: Shop, gateway: Any, fate: BraintreeSimulator) -> None:
    made = shop.subscribed()
    assert gateway.subscription.update(made.id, {"price": "7.00"}).subscription.price == Decimal("7.00")
    until(fate, made.next_billing_date)
    amounts = [each.amount for each in gateway.subscription.find(made.id).transactions]
    assert amounts == [Decimal("7.00"), Decimal("10.00")]


def test_parts_of_a_month_are_not_charged(shop: Shop, gateway: Any) -> None:
    changes = {"price": "70.00", "options": {"prorate_charges": True}}
    assert codes(gateway.subscription.update(shop.subscribed().id, changes)) == [("base", "91921")]


def test_a_price_is_not_changed_while_money_is_owed(shop: Shop, gateway: Any, fate: BraintreeSimulator) -> None:
    token = shop.card()
    made = shop.subscribed(token)
    fate.card_becomes(token, "declined")
    until(fate, made.next_billing_date)
    assert codes(gateway.subscription.update(made.id, {"price": "7.00"})) == [("base", "91920")]


def test_what_is_cancelled_is_charged_no_more(shop: Shop, gateway: Any, fate: BraintreeSimulator) -> None:
    made = shop.subscribed()
    cancelled = gateway.subscription.cancel(made.id).subscription
    assert [event.status for event in cancelled.status_history] == ["Canceled", "Active"]
    fate.advance(100 * DAY_S)
    assert len(gateway.subscription.find(made.id).transactions) == 1
    assert kinds(fate)[2:] == ["canceled"]
    assert codes(gateway.subscription.cancel(made.id)) == [("status", "81905")]
    assert codes(gateway.subscription.update(made.id, {"price": "1.00"})) == [("base", "81901")]


@pytest.mark.parametrize("whole", ["card", "customer"])
def test_subscriptions_end_with_their_card(shop: Shop, gateway: Any, fate: BraintreeSimulator, whole: str) -> None:
    customer = shop.customer()
    token = shop.card(customer_id=customer)
    made, others = shop.subscribed(token), shop.subscribed()
    assert [each.id for each in gateway.payment_method.find(token).subscriptions] == [made.id]
    if whole == "card":
        gateway.payment_method.delete(token)
    else:
        gateway.customer.delete(customer)
    assert gateway.subscription.find(made.id).status == "Canceled"
    assert gateway.subscription.find(others.id).status == "Active"
    assert [event["about"] for event in fate.events() if event["kind"] == "subscription_canceled"] == [made.id]


def test_a_card_with_another_token_goes_on_paying(shop: Shop, gateway: Any, fate: BraintreeSimulator) -> None:
    token = shop.card()
    made = shop.subscribed(token)
    gateway.payment_method.update(token, {"token": "renamed"})
    until(fate, made.next_billing_date)
    found = gateway.subscription.find(made.id)
    assert (found.payment_method_token, len(found.transactions)) == ("renamed", 2)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"payment_method_token": "nobodys"}, ("payment_method_token", "91903")),
        ({"plan_id": "nothing"}, ("plan_id", "91904")),
        ({"id": "not one/of ours"}, ("id", "81906")),
        ({"price": "much"}, ("price", "81904")),
        ({"price": "99999999.00"}, ("price", "81923")),
        ({"merchant_account_id": "nobodys"}, ("merchant_account_id", "91901")),
        ({"merchant_account_id": "sandbox_eur"}, ("merchant_account_id", "91923")),
        ({"number_of_billing_cycles": 0}, ("number_of_billing_cycles", "91907")),
        ({"number_of_billing_cycles": "few"}, ("number_of_billing_cycles", "91906")),
        ({"number_of_billing_cycles": "²"}, ("number_of_billing_cycles", "91906")),
        ({"trial_period": True, "trial_duration": 1, "trial_duration_unit": "month"}, ("base", "91921")),
        ({"billing_day_of_month": 3}, ("base", "91921")),
        ({"descriptor": {"name": "Mozilla*" + "x" * 15}}, ("name", "92201")),
        ({"descriptor": {"name": "Mozilla Brick"}}, ("name", "92201")),
        ({"descriptor": {"url": "www.mozilla.org"}}, ("url", "92206")),
    ],
)
def test_what_makes_no_sense_is_refused_by_name_and_nothing_is_charged(
    shop: Shop, fate: BraintreeSimulator, fields: dict[str, Any], wrong: tuple[str, str]
) -> None:
    assert codes(shop.subscribe(shop.card(), **fields)) == [wrong]
    assert (fate.transactions(), fate.subscriptions()) == ([], [])


def test_a_name_is_used_once(shop: Shop, gateway: Any) -> None:
    one, two = shop.subscribed(id="one"), shop.subscribed(id="two")
    assert codes(shop.subscribe(id="one")) == [("id", "81902")]
    assert codes(gateway.subscription.update(two.id, {"id": one.id})) == [("id", "81902")]
    assert gateway.subscription.update(one.id, {"id": "three"}).subscription.id == "three"
    with pytest.raises(NotFoundError):
        gateway.subscription.find("one")


@pytest.mark.parametrize(("nonce", "code"), [("fake-valid-nonce", "91927"), ("fake-consumed-nonce", "91925")])
def test_only_a_card_in_the_vault_can_subscribe(shop: Shop, nonce: str, code: str) -> None:
    refused = shop.subscribe(payment_method_nonce=nonce, payment_method_token=None)
    assert codes(refused) == [("payment_method_nonce", code)]


def test_a_plan_in_euros_is_charged_by_the_account_for_euros(shop: Shop, fate: BraintreeSimulator) -> None:
    fate.plan("quarterly", price="9.00", currency_iso_code="EUR", billing_frequency=3, billing_day_of_month=31)
    made = shop.subscribed(plan="quarterly", merchant_account_id="sandbox_eur")
    assert (made.transactions[0].currency_iso_code, made.billing_day_of_month) == ("EUR", 31)
    months = (made.next_billing_date.month - made.first_billing_date.month) % 12
    assert (months, (made.next_billing_date + timedelta(days=1)).day) == (3, 1)


def test_a_plan_with_a_trial_is_subscribed_to_only_without_it(shop: Shop, fate: BraintreeSimulator) -> None:
    fate.plan("tried", price="9.00", trial_period=True)
    assert codes(shop.subscribe(plan="tried", trial_period=None)) == [("base", "91921")]
    assert shop.subscribed(plan="tried").trial_period is False


def test_the_merchant_changes_a_plan_for_who_comes_later(shop: Shop, gateway: Any, fate: BraintreeSimulator) -> None:
    early = shop.subscribed()
    fate.plan(BRICK, price="12.00")
    assert gateway.plan.find(BRICK).price == "12.00"
    assert shop.subscribed().price == Decimal("12.00")
    until(fate, early.next_billing_date)
    assert gateway.subscription.find(early.id).transactions[0].amount == Decimal("10.00")


def test_a_month_is_begun_early_by_hand_and_is_not_charged_again(
    shop: Shop, gateway: Any, fate: BraintreeSimulator
) -> None:
    made = shop.subscribed()
    fate.renew(made.id)
    until(fate, made.next_billing_date)
    found = gateway.subscription.find(made.id)
    assert (found.current_billing_cycle, len(found.transactions)) == (2, 2)
    assert found.billing_period_start_date == made.next_billing_date


def test_what_is_owed_is_tried_by_hand(shop: Shop, gateway: Any, fate: BraintreeSimulator) -> None:
    token = shop.card()
    made = shop.subscribed(token)
    fate.card_becomes(token, "declined")
    fate.renew(made.id)
    fate.card_becomes(token, "good")
    fate.retry(made.id)
    assert gateway.subscription.find(made.id).status == "Active"
    with pytest.raises(AssertionError, match="Nothing is owed"):
        fate.retry(made.id)
    fate.cancel(made.id)
    assert gateway.subscription.find(made.id).status == "Canceled"


def test_whatever_is_not_there_is_not_found(gateway: Any) -> None:
    for find in (gateway.plan.find, gateway.subscription.find, gateway.subscription.cancel):
        with pytest.raises(NotFoundError):
            find("nothing")
    with pytest.raises(NotFoundError):
        gateway.subscription.update("nothing", {"price": "1.00"})


def test_a_fault_declines_the_first_charge_with_any_code(shop: Shop, fate: BraintreeSimulator) -> None:
    fate.fault("create_subscription", "issue:2010")
    refused = shop.subscribe()
    assert refused.transaction.processor_response_code == "2010"
    assert shop.subscribe().is_success


def charges(seed: int) -> list[str]:
    """What the charges of three months are called."""
    http = Client(create_app(seed))

    def ask(path: str, body: str) -> str:
        where = f"/braintree/merchants/{MERCHANT_ID}{path}"
        return http.post(where, data=body, headers={"X-ApiVersion": "6"}, auth=(PUBLIC_KEY, PRIVATE_KEY)).text

    customer = ask("/customers", "<customer><id>ours</id></customer>")
    assert "<id>ours</id>" in customer
    fields = "<customer_id>ours</customer_id><payment_method_nonce>fake-valid-nonce</payment_method_nonce><token>card</token>"
    ask("/payment_methods", f"<payment_method>{fields}</payment_method>")
    fields = f"<payment_method_token>card</payment_method_token><plan_id>{BRICK}</plan_id>"
    ask("/subscriptions", f"<subscription>{fields}</subscription>")
    http.post("/braintree/sandbox/clock", json={"advance_s": 70 * DAY_S})
    state = http.get("/braintree/sandbox/state").json
    assert state is not None
    return [each["id"] for each in state["transactions"]]


def test_the_same_seed_gives_the_same_charges() -> None:
    first = charges(7)
    assert len(set(first)) == 3
    assert charges(7) == first != charges(8)
