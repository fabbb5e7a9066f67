"""`/bango/notification/`: what a buyer brings back from Bango's page, which Bango must confirm."""

from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.bango.paying import (
    CANCELLED,
    COMPLETED,
    EUR,
    EVENT_PASSWORD,
    FAILED,
    PENDING,
    USD,
    BangoShop,
    bango_away,
    state,
)
from tests.payments.passing import age, make_due
from tests.support.bango import form, returned
from tests.support.statsd import Daemon
from tests.web.parallel import at_once

from solitude.events.models import Event
from solitude.payments import notifications, recovery
from solitude.payments.contract import Notice
from solitude.payments.models import Notification, ProviderCall
from solitude.providers.bango import networks, redirect, signature
from solitude.providers.bango.countries import COUNTRIES
from solitude.transactions.models import Transaction

UUID = "web:order-77"
EXPIRY_S = 1800
CONFIRMED = "Transaction change success"


def begun(till: BangoShop, **more: Any) -> str:
    """The page of a payment with this uuid."""
    return str(till.begun(transaction_uuid=UUID, **more)["pay_url"])


def test_a_buyer_who_has_paid_is_believed_when_bango_says_so(till: BangoShop, security_events: list[str]) -> None:
    page = begun(till)
    location = till.bango.pay(page, network="USA_TMOBILE")

    answer = till.bring(location)

    assert (answer.status, answer.text) == (204, "")
    assert state(UUID) == (COMPLETED, "succeeded", None)
    row, transaction = Transaction.objects.get(uuid=UUID), returned(location)["BangoTransactionId"]
    assert (row.uid_support, row.taken_id, row.region, row.carrier) == (transaction, transaction, "USA", "TMOBILE")
    assert (str(row.amount), row.currency, row.captured_amount) == ("2.1000", "EUR", row.amount)
    assert len(till.bango.calls("CheckToken")) == 1
    (line,) = security_events
    assert f"|/bango/notification/|{CONFIRMED}|7|" in line
    assert "cs6Label=old cs6=pending cs7Label=new cs7=completed" in line
    assert till.shop.event_types()[-1] == "transaction.completed"


def test_a_buyer_who_cancels_ends_the_payment(till: BangoShop) -> None:
    page = begun(till)

    assert till.bring(till.bango.cancel(page)).status == 204

    assert state(UUID) == (CANCELLED, "declined", "CANCEL")
    assert till.shop.event_types()[-1] == "transaction.cancelled"


@pytest.mark.parametrize("code", ["INSUFFICIENT_FUNDS", "INTERNAL_ERROR"])
def test_whatever_else_bango_says_has_failed(till: BangoShop, code: str) -> None:
    page = begun(till)

    assert till.bring(till.bango.fail(page, code)).status == 204

    assert state(UUID) == (FAILED, "declined", code)
    assert Transaction.objects.get(uuid=UUID).taken_id is None


@pytest.mark.parametrize(("how", "counted"), [("pay", "completed"), ("cancel", "cancelled"), ("fail", "failed")])
def test_what_became_of_it_is_counted(till: BangoShop, daemon: Daemon, how: str, counted: str) -> None:
    page = begun(till)

    till.bring(getattr(till.bango, how)(page))

    heard = ""
    while "bango.notification." not in heard:
        heard = daemon.hears()
    assert f"bango.notification.{counted}:1|c" in heard


def test_of_several_prices_the_buyers_choice_is_in_the_books(till: BangoShop) -> None:
    page = begun(till, prices=[EUR, USD])

    assert till.bring(till.bango.pay(page, currency="USD")).status == 204

    row = Transaction.objects.get(uuid=UUID)
    assert (str(row.amount), row.currency, row.captured_amount) == ("2.9900", "USD", row.amount)


def test_a_form_without_amount_currency_and_network_does(till: BangoShop) -> None:
    page = begun(till, prices=[EUR, USD])

    assert till.bring(till.bango.pay(page, currency="USD"), amount=None, currency=None, network=None).status == 204

    row = Transaction.objects.get(uuid=UUID)
    assert (str(row.amount), row.currency, row.region, row.carrier) == ("2.9900", "USD", None, None)


@pytest.mark.parametrize("how", ["pay", "cancel", "fail"])
def test_an_empty_amount_counts_as_none(till: BangoShop, how: str) -> None:
    page = begun(till)

    answer = till.bring(getattr(till.bango, how)(page), amount="", currency="", network="")

    assert (answer.status, answer.text) == (204, "")
    row = Transaction.objects.get(uuid=UUID)
    assert row.status == {"pay": COMPLETED, "cancel": CANCELLED, "fail": FAILED}[how]
    assert row.captured_amount == (row.amount if how == "pay" else None)


# --- what is not believed ------------------------------------------------------------------------------------------


def test_what_bango_says_otherwise_is_tampering(till: BangoShop, security_events: list[str]) -> None:
    page, failed_page = begun(till), till.begun()["pay_url"]
    location, failed = till.bango.pay(page), till.bango.fail(failed_page)
    others = {
        "bango_response_message": "Done",
        "bango_trans_id": "4711",
        "amount": "0.01",
        "currency": "USD",
        "bango_response_code": "OK",
    }
    for field, other in others.items():
        answer = till.bring(failed if field == "bango_response_code" else location, **{field: other})

        assert (answer.status, answer.json) == (400, {"__all__": [f"{field} is not what Bango says."]})
    assert set(Transaction.objects.values_list("status", flat=True)) == {PENDING}
    assert sum("|Bango token tampering|3|" in line for line in security_events) == len(others)
    # What is true is not shut out by it.
    assert [till.bring(one).status for one in (location, failed)] == [204, 204]


def test_a_token_of_another_payment_proves_nothing(till: BangoShop) -> None:
    other = form(till.bango.pay(till.begun()["pay_url"]))
    begun(till)
    row = Transaction.objects.get(uuid=UUID)

    said = other | {"moz_transaction": UUID, "moz_signature": signature.sign(UUID)}
    answer = till.hand_on(said)

    assert answer.json == {"__all__": ["moz_signature is not what Bango says."]}
    row.refresh_from_db()
    assert row.status == PENDING


def test_a_token_that_bango_does_not_know_proves_nothing(till: BangoShop, security_events: list[str]) -> None:
    page = begun(till)

    answer = till.bring(till.bango.pay(page), bango_token="f" * 32)

    assert (answer.status, answer.json) == (400, {"__all__": ["Invalid Bango token: Bango does not know it."]})
    assert state(UUID)[0] == PENDING
    assert any("|Bango token tampering|3|" in line for line in security_events)


@pytest.mark.parametrize("uuid", [UUID, "web:nobody"])
def test_without_our_signature_nobody_learns_which_payments_there_are(till: BangoShop, uuid: str) -> None:
    page = begun(till)

    answer = till.bring(till.bango.pay(page), moz_transaction=uuid, moz_signature="0" * 64)

    assert (answer.status, answer.json) == (400, {"moz_signature": ["Signature did not match."]})
    assert state(UUID)[0] == PENDING
    assert till.bango.calls("CheckToken") == []


def test_a_signature_without_its_payment_is_not_found(till: BangoShop) -> None:
    page = begun(till)
    gone = "web:gone"

    answer = till.bring(till.bango.pay(page), moz_transaction=gone, moz_signature=signature.sign(gone))

    assert answer.json == {"moz_transaction": ["Transaction not found."]}


def test_what_is_required_is_named(till: BangoShop) -> None:
    said = form(till.bango.pay(begun(till)))

    for field in said.keys() - {"amount", "currency", "network"}:
        without = {name: value for name, value in said.items() if name != field}
        assert till.hand_on(without).json == {field: ["FIELD_REQUIRED"]}
        assert till.hand_on(without | {field: ""}).json == {field: ["FIELD_REQUIRED"]}
    assert Notification.objects.count() == 0


def test_a_price_that_was_not_offered_is_refused(till: BangoShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bango itself says it: whatever went wrong there, it is not what the marketplace sold."""
    page = begun(till)
    location = till.bango.pay(page)
    check = redirect._check

    def cheaper(token: str) -> redirect.Told | None:
        told = check(token)
        assert told
        assert told.price
        dearer = replace(told, price=told.price / 2)
        redirect._last.set(dearer)
        return dearer

    with monkeypatch.context() as patch:
        patch.setattr(redirect, "_check", cheaper)
        answer = till.bring(location, amount=None)

    assert (answer.status, answer.json) == (400, {"amount": ["Bango tells another amount than was agreed."]})
    assert state(UUID) == (PENDING, "pending", None)


def test_without_the_check_of_tokens_the_signature_alone_counts(till: BangoShop) -> None:
    page = begun(till)

    with override_settings(SOLITUDE_BANGO_CHECK_TOKEN=False):
        forged = till.bring(till.bango.pay(page), moz_signature="0" * 64)
        answer = till.hand_on(
            {
                "moz_signature": signature.sign(UUID),
                "moz_transaction": UUID,
                "billing_config_id": "1",
                "bango_response_code": "OK",
                "bango_response_message": "Success",
                "bango_trans_id": "990017",
                "bango_token": "none",
                "amount": "2.1",
                "currency": "EUR",
            }
        )

    assert (forged.status, answer.status) == (400, 204)
    assert state(UUID)[0] == COMPLETED
    assert till.bango.calls("CheckToken") == []


def test_a_network_that_is_none_is_refused_but_the_payment_counts(till: BangoShop) -> None:
    for network in ("ESP", "ESP_", "XXX_ORANGE", "ESP_ORANGE_1", "_ORANGE"):
        payment = till.begun()

        answer = till.bring(till.bango.pay(payment["pay_url"]), network=network)

        assert (answer.status, list(answer.json)) == (400, ["network"]), network
        row = Transaction.objects.get(uuid=payment["uuid"])
        assert (row.status, row.region, row.carrier) == (COMPLETED, None, None)


# --- what is told late, twice, or in another order -------------------------------------------------------------------


def test_what_is_completed_already_is_refused(till: BangoShop) -> None:
    location = till.bango.pay(begun(till))
    assert till.bring(location).status == 204
    before = Transaction.objects.get(uuid=UUID).counter

    assert till.bring(location).json == {"moz_transaction": ["Transaction is completed."]}

    assert Transaction.objects.get(uuid=UUID).counter == before


def test_what_comes_too_late_is_refused_and_true_all_the_same(till: BangoShop) -> None:
    location = till.bango.pay(begun(till))
    age(seconds=EXPIRY_S + 1)

    assert till.bring(location).json == {"moz_transaction": ["Transaction is too old."]}

    assert state(UUID)[0] == COMPLETED


def test_who_cancels_may_come_again_and_pay(till: BangoShop) -> None:
    page = begun(till)
    cancelled = till.bango.cancel(page)
    till.bring(cancelled)
    till.bring(till.bango.fail(page))
    assert state(UUID) == (CANCELLED, "declined", "CANCEL")

    assert till.bring(till.bango.pay(page)).status == 204

    assert state(UUID) == (COMPLETED, "succeeded", None)
    assert till.shop.event_types()[-1] == "transaction.corrected"
    assert till.bring(cancelled).json == {"moz_transaction": ["Transaction is completed."]}
    assert state(UUID)[0] == COMPLETED


def test_an_attempt_before_the_one_that_paid_is_no_news(till: BangoShop, security_events: list[str]) -> None:
    """The buyer gave up on one screen and paid on another; what the first one says comes last."""
    page = begun(till)
    cancelled, paid = till.bango.cancel(page), till.bango.pay(page)
    assert till.bring(paid).status == 204
    security_events.clear()

    assert till.bring(cancelled).json == {"moz_transaction": ["Transaction is completed."]}

    assert state(UUID) == (COMPLETED, "succeeded", None)
    assert Notification.objects.order_by("-pk")[0].state == "ignored"
    assert security_events == []


def test_a_cancellation_that_is_brought_again_changes_nothing(till: BangoShop) -> None:
    location = till.bango.cancel(begun(till))
    assert [till.bring(location).status for _ in range(2)] == [204, 204]
    assert till.shop.event_types().count("transaction.cancelled") == 1


def test_of_two_payments_that_are_cancelled_each_is(till: BangoShop) -> None:
    """By a redirect of its own, whatever Bango calls their transactions."""
    first, second = till.begun(), till.begun()
    with override_settings(SOLITUDE_BANGO_CHECK_TOKEN=False):
        for payment in (first, second):
            assert till.bring(till.bango.cancel(payment["pay_url"]), bango_trans_id="0").status == 204

    assert [state(payment["uuid"])[0] for payment in (first, second)] == [CANCELLED, CANCELLED]


def test_a_payment_that_expired_here_is_corrected(till: BangoShop) -> None:
    location = till.bango.pay(begun(till))
    age(seconds=EXPIRY_S + 60 + 241)
    make_due()
    recovery.follow_up()
    assert state(UUID) == (CANCELLED, "pending", "EXPIRED")

    assert till.bring(location).json == {"moz_transaction": ["Transaction is too old."]}

    assert state(UUID) == (COMPLETED, "succeeded", None)
    assert till.shop.event_types()[-1] == "transaction.corrected"


def test_who_does_not_come_back_is_waited_for_as_long_as_the_page_lives(till: BangoShop) -> None:
    begun(till)
    age(seconds=EXPIRY_S + 60)
    make_due()
    recovery.follow_up()
    assert state(UUID)[0] == PENDING


def test_the_same_brought_by_many_at_once_is_entered_once(till: BangoShop) -> None:
    location = till.bango.pay(begun(till))

    answers = at_once(4, lambda _: BangoShop.of(type(till.shop)(), till).bring(location))

    # Who finds somebody else at it is asked to come again; who finds it done is told so.
    assert {answer.status for answer in answers} <= {204, 400, 503}
    assert 204 in {answer.status for answer in answers}
    assert till.shop.event_types().count("transaction.completed") == 1


# --- while Bango cannot be asked -----------------------------------------------------------------------------------


def test_what_bango_cannot_confirm_now_it_confirms_later(till: BangoShop) -> None:
    """Also when the buyer is never seen again."""
    for fault in ("away", "error_500", "garbage_after", "issue:INTERNAL_ERROR"):
        payment = till.begun()
        location = till.bango.pay(payment["pay_url"])
        if fault != "away":
            till.bango.fault("CheckToken", fault)
        with bango_away() if fault == "away" else nullcontext():
            answer = till.bring(location)
        assert (answer.status, answer["code"], answer.headers["Retry-After"]) == (503, "bango_unreachable", "5")
        assert state(payment["uuid"]) == (PENDING, "pending", None)

        Notification.objects.update(next_try_at="2020-01-01T00:00:00Z")
        assert notifications.handle_due() == 1

        assert state(payment["uuid"]) == (COMPLETED, "succeeded", None)
        assert Transaction.objects.get(uuid=payment["uuid"]).carrier == "ORANGE"


def test_what_is_brought_again_meanwhile_is_taken_in(till: BangoShop) -> None:
    location = till.bango.pay(begun(till))
    till.bango.fault("CheckToken", "error_503")
    assert till.bring(location).status == 503

    assert till.bring(location).status == 204

    assert Notification.objects.count() == 1


class Died(BaseException):
    """The process is gone."""


def test_what_was_confirmed_when_the_process_died_is_read_again(
    till: BangoShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process knows nothing of what Bango said: it asks again, and waits while Bango cannot be asked."""
    location = till.bango.pay(begun(till, prices=[EUR, USD]), currency="USD")

    def die(*_: object) -> Notice:
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr(notifications, "_apply", die)
        with pytest.raises(Died):
            till.bring(location)
    redirect._last.set(None)
    row = Notification.objects.get()
    assert row.event_id is not None

    def due() -> None:
        Notification.objects.update(leased_until=None, next_try_at="2020-01-01T00:00:00Z")

    due()
    with bango_away():
        assert notifications.handle_due() == 1
    assert state(UUID)[0] == PENDING
    due()
    assert notifications.handle_due() == 1

    found = Transaction.objects.get(uuid=UUID)
    assert (found.status, str(found.amount), found.currency) == (COMPLETED, "2.9900", "USD")


# --- secrets -------------------------------------------------------------------------------------------------------


def test_what_proves_a_return_is_in_no_log_and_nowhere_in_the_clear(
    till: BangoShop, caplog: pytest.LogCaptureFixture, security_events: list[str]
) -> None:
    location = till.bango.pay(begun(till, user_uuid="canary-user-77"))
    secrets = [returned(location)[name] for name in ("Token", "MozSignature")] + ["canary-user-77", EVENT_PASSWORD]
    caplog.set_level("DEBUG")

    till.bango.fault("CheckToken", "error_503")
    till.bring(location)
    till.bring(location, bango_trans_id="1")
    till.bring(location)
    till.event(till.bango.told()[0])
    till.event(till.bango.told()[0], password=EVENT_PASSWORD + "x")

    # By the tables, because the models open what is sealed in them.
    kept = []
    with connection.cursor() as cursor:
        for model in (ProviderCall, Notification, Transaction, Event):
            cursor.execute(f"SELECT * FROM {model._meta.db_table}")  # noqa: S608
            kept += [str(row) for row in cursor.fetchall()]
    shown = till.shop.get(
        f"{till.shop.get(f'/generic/transaction/?uuid={UUID}')['objects'][0]['resource_uri']}timeline/"
    )
    seen = [caplog.text, *security_events, *kept, shown.text]
    assert len(kept) > 4
    assert [secret for secret in secrets for text in seen if secret in text] == []


# --- networks ------------------------------------------------------------------------------------------------------


@settings(max_examples=30)
@given(st.sampled_from(COUNTRIES), st.text(st.characters(exclude_characters="_"), min_size=1, max_size=40))
def test_a_network_is_a_country_and_a_carrier(region: str, carrier: str) -> None:
    assert networks.read(f"{region}_{carrier}") == (region, carrier)
    assert networks.read(f"{region.lower()}_{carrier}") is None
    assert networks.read(f"{region}_{carrier}_") is None


@settings(max_examples=50)
@given(st.text(max_size=40))
def test_no_network_is_read_out_of_anything_else(text: str) -> None:
    found = networks.read(text)
    assert found is None or (found[0] in COUNTRIES and "_".join(found) == text)
