"""`/bango/event/`: what Bango tells from server to server, under a password, as XML."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.bango.paying import CANCELLED, COMPLETED, EUR, EVENT_PASSWORD, FAILED, PENDING, USD, BangoShop, state
from tests.payments.passing import age, make_due
from tests.support.bango import returned
from tests.support.marketplace import Answer, Marketplace
from tests.web.parallel import at_once

from solitude.payments import notifications, recovery
from solitude.payments.contract import Action, NotUnderstood, Seen
from solitude.payments.models import Notification
from solitude.providers.bango import events
from solitude.transactions.models import Transaction

UUID = "web:order-77"
DAY_S = 24 * 3600
NOT_FOUND = "Transaction not found, aborting."
ITEMS = {
    "userId": "200900467",
    "status": "OK",
    "bango": "7710042",
    "paymentAmount": "2.10",
    "paymentCurrency": "EUR",
    "transId": "990017",
    "externalCPTransID": UUID,
}


def xml(action: str | None = "PAYMENT", **items: str | None) -> str:
    """An event as Bango writes it; an item that is None is left out."""
    given = {name: value for name, value in (ITEMS | items).items() if value is not None}
    data = "".join(f'<item name="{name}" value="{value}"/>' for name, value in given.items())
    told = "" if action is None else f"<action>{action}</action>"
    event = f"<event><id>1</id>{told}<data>{data}</data></event>"
    return f'<bangoEvents version="1.0"><packageId>50021</packageId><eventList>{event}</eventList></bangoEvents>'


def told(till: BangoShop, **more: Any) -> dict[str, str]:
    """The event of a payment that its buyer has made without coming back from it."""
    currency = more.pop("currency", "")
    till.bango.pay(till.begun(transaction_uuid=UUID, **more)["pay_url"], currency=currency)
    (event,) = till.bango.told()
    return event


def of_this(till: BangoShop, **items: str | None) -> Answer:
    """An event about what this shop sells."""
    return till.event({"notification": xml(**{"bango": till.product.bango_id, **items})})


def test_a_buyer_who_never_came_back_is_known_as_paid(till: BangoShop, security_events: list[str]) -> None:
    event = told(till)

    answer = till.event(event)

    assert (answer.status, answer.text) == (204, "")
    row = Transaction.objects.get(uuid=UUID)
    (payment,) = till.bango.state()["payments"]
    assert state(UUID) == (COMPLETED, "succeeded", None)
    assert row.taken_id == row.uid_support == str(payment["transactionId"])
    assert row.captured_amount == row.amount
    (line,) = security_events
    assert "|/bango/event/|Transaction change success|7|" in line
    assert "cs6=pending cs7Label=new cs7=completed" in line


def test_an_event_says_which_price_the_buyer_chose(till: BangoShop) -> None:
    assert till.event(told(till, prices=[EUR, USD], currency="USD")).status == 204

    row = Transaction.objects.get(uuid=UUID)
    assert (str(row.amount), row.currency, row.captured_amount) == ("2.9900", "USD", row.amount)


def test_what_is_known_already_is_no_news(till: BangoShop, security_events: list[str]) -> None:
    event = told(till)
    (payment,) = till.bango.state()["payments"]
    assert till.event(event).status == 204
    before = Transaction.objects.get(uuid=UUID).counter
    security_events.clear()

    assert till.event(event).status == 204
    # Another message about the same payment.
    assert of_this(till, transId=str(payment["transactionId"])).status == 204

    assert Transaction.objects.get(uuid=UUID).counter == before
    assert security_events == []


def test_the_buyers_return_adds_what_an_event_does_not_say(till: BangoShop) -> None:
    """Which of the prices, and Bango's number of the payment, without which it could not be refunded."""
    begun = till.begun(transaction_uuid=UUID, prices=[EUR, USD])
    location = till.bango.pay(begun["pay_url"], currency="USD")
    assert of_this(till, transId=None, paymentAmount=None).status == 204
    assert state(UUID)[0] == COMPLETED
    assert till.refund(uuid=UUID).json == {"uuid": ["Bango has not told yet what it calls the payment"]}

    assert till.bring(location).json == {"moz_transaction": ["Transaction is completed."]}

    row = Transaction.objects.get(uuid=UUID)
    assert (str(row.amount), row.currency, row.captured_amount) == ("2.9900", "USD", row.amount)
    assert row.taken_id == row.uid_support == returned(location)["BangoTransactionId"]
    assert (row.region, row.carrier) == ("ESP", "ORANGE")
    assert till.refund(uuid=UUID).status == 200


@pytest.mark.parametrize("how", ["cancel", "fail"])
def test_money_that_moved_after_all_is_a_correction(till: BangoShop, how: str) -> None:
    page = till.begun(transaction_uuid=UUID)["pay_url"]
    till.bring(getattr(till.bango, how)(page))
    assert state(UUID)[0] in (CANCELLED, FAILED)
    till.bango.pay(page)

    assert till.event(till.bango.told()[0]).status == 204

    assert state(UUID) == (COMPLETED, "succeeded", None)
    assert till.shop.event_types()[-1] == "transaction.corrected"


def test_an_event_that_names_bangos_transaction_alone_is_about_the_payment_that_has_it(till: BangoShop) -> None:
    till.bring(till.bango.fail(till.begun(transaction_uuid=UUID)["pay_url"]))
    known = Transaction.objects.get(uuid=UUID)
    assert known.status == FAILED
    assert known.uid_support

    assert of_this(till, transId=known.uid_support, externalCPTransID=None).status == 204

    assert state(UUID) == (COMPLETED, "succeeded", None)
    assert Transaction.objects.get(uuid=UUID).taken_id == known.uid_support


def test_an_event_that_names_a_transaction_of_several_payments_is_about_none(till: BangoShop) -> None:
    for _ in range(2):
        till.bring(till.bango.fail(till.begun()["pay_url"]))
    Transaction.objects.update(uid_support="990017")

    assert of_this(till, externalCPTransID=None).json == {"notification": [NOT_FOUND]}


def test_an_event_is_true_after_days(till: BangoShop) -> None:
    event = told(till)
    age(seconds=3 * DAY_S)
    make_due()
    recovery.follow_up()
    assert state(UUID)[0] == CANCELLED

    assert till.event(event).status == 204

    assert state(UUID)[0] == COMPLETED


def test_a_return_and_an_event_at_once_pay_once(till: BangoShop) -> None:
    location = till.bango.pay(till.begun(transaction_uuid=UUID)["pay_url"])
    (event,) = till.bango.told()

    def tell(number: int) -> Answer:
        other = BangoShop.of(type(till.shop)(), till)
        return other.event(event) if number % 2 else other.bring(location)

    answers = at_once(4, tell)

    assert {answer.status for answer in answers} <= {204, 400, 503}
    assert state(UUID) == (COMPLETED, "succeeded", None)
    assert till.shop.event_types().count("transaction.completed") == 1
    assert Transaction.objects.count() == 1


# --- what is not known, or not so ----------------------------------------------------------------------------------


def test_an_event_may_be_ahead_of_its_payment(till: BangoShop) -> None:
    """It is refused as the contract has it, but not forgotten."""
    early = of_this(till)
    assert (early.status, early.json) == (400, {"notification": [NOT_FOUND]})
    till.begun(transaction_uuid=UUID)

    Notification.objects.update(next_try_at="2020-01-01T00:00:00Z")
    assert notifications.handle_due() == 1

    assert state(UUID)[0] == COMPLETED
    assert of_this(till).status == 204


def test_an_event_about_nothing_stays_unknown(till: BangoShop) -> None:
    for _ in range(2):
        assert of_this(till).json == {"notification": [NOT_FOUND]}
    age(days=4)
    assert of_this(till).json == {"notification": [NOT_FOUND]}
    assert Notification.objects.get().state == "orphan"


def test_what_another_product_was_paid_for_moves_nothing(till: BangoShop, security_events: list[str]) -> None:
    till.begun(transaction_uuid=UUID)

    answer = of_this(till, bango="1")

    assert (answer.status, answer.json) == (400, {"notification": ["It contradicts what is known: receiver."]})
    assert state(UUID) == (PENDING, "pending", None)
    assert any("Notification refused: mismatch:receiver" in line for line in security_events)


@pytest.mark.parametrize("items", [{"paymentAmount": "2.54"}, {"paymentAmount": "0.01", "paymentCurrency": "USD"}])
def test_a_payment_that_is_told_with_another_amount_is_paid_as_it_was_billed_and_an_alarm(
    till: BangoShop, items: dict[str, str], security_events: list[str]
) -> None:
    till.begun(transaction_uuid=UUID)

    assert of_this(till, **items).status == 204

    row = Transaction.objects.get(uuid=UUID)
    assert state(UUID) == (COMPLETED, "succeeded", None)
    assert (str(row.amount), row.currency, row.captured_amount) == ("2.1000", "EUR", row.amount)
    (alarm,) = (line for line in security_events if "A payment is told with another amount" in line)
    assert f"cs6={UUID}" in alarm
    age(seconds=3 * DAY_S)
    make_due()
    recovery.follow_up()
    assert state(UUID)[0] == COMPLETED


@pytest.mark.parametrize(
    ("items", "billed"),
    [
        ({"paymentAmount": "3.55", "paymentCurrency": "USD"}, ("2.9900", "USD")),
        ({"paymentAmount": "9.99", "paymentCurrency": "SEK"}, (None, "")),
    ],
)
def test_of_several_prices_another_amount_tells_the_currency_at_most(
    till: BangoShop, items: dict[str, str], billed: tuple[str | None, str]
) -> None:
    begun = till.begun(transaction_uuid=UUID, prices=[EUR, USD])
    location = till.bango.pay(begun["pay_url"], currency="USD")

    assert of_this(till, transId=returned(location)["BangoTransactionId"], **items).status == 204

    row = Transaction.objects.get(uuid=UUID)
    assert row.status == COMPLETED
    assert (row.amount and str(row.amount), row.currency) == billed
    till.bring(location)
    row.refresh_from_db()
    assert (str(row.amount), row.currency, row.captured_amount) == ("2.9900", "USD", row.amount)


def test_an_amount_that_is_none_counts_as_not_told(till: BangoShop) -> None:
    till.begun(transaction_uuid=UUID)

    assert of_this(till, paymentAmount="2,10").status == 204

    row = Transaction.objects.get(uuid=UUID)
    assert (row.status, row.captured_amount) == (COMPLETED, row.amount)


def test_another_transaction_of_bangos_for_a_paid_payment_is_refused(till: BangoShop) -> None:
    till.paid(transaction_uuid=UUID)

    assert of_this(till).json == {"notification": ["It contradicts what is known: capture."]}


NO_EVENTS = [
    ("", "XML parse error"),
    ("<bangoEvents>", "XML parse error"),
    ("<other/>", "XML parse error"),
    (f'<!DOCTYPE b [<!ENTITY e "OK">]>{xml()}', "XML parse error"),
    ("<bangoEvents/>", "Action is required"),
    (xml(action=None), "Action is required"),
    (xml(action=""), "Action is required"),
    (xml(action="REFUND"), "Action invalid: REFUND"),
    (
        "<bangoEvents><eventList><event><action>PAYMENT</action></event></eventList></bangoEvents>",
        "Data is required",
    ),
    (xml(transId=None, externalCPTransID=""), "No transaction is named"),
    (xml(status="FAILED"), "Unspecified state: FAILED"),
    (xml(status=None), "Unspecified state: "),
    (xml(action="A" * 300), f"Action invalid: {'A' * 64}"),
]


def test_what_is_no_event_is_refused_with_why(till: BangoShop) -> None:
    till.begun(transaction_uuid=UUID)
    for notification, said in NO_EVENTS:
        answer = till.event({"notification": notification})

        assert (answer.status, answer.json) == (400, {"notification": [said]})
    assert state(UUID) == (PENDING, "pending", None)


def test_without_the_right_password_nothing_is_even_kept(till: BangoShop) -> None:
    event = told(till)
    for pair in (("sandbox-event-user", "wrong"), ("wrong", EVENT_PASSWORD), ("", ""), ("", EVENT_PASSWORD + "1")):
        answer = till.event(event, username=pair[0], password=pair[1])

        assert (answer.status, answer.json) == (400, {"__all__": ["Auth incorrect"]})
    assert Notification.objects.count() == 0
    assert state(UUID)[0] == PENDING


def test_where_no_password_is_set_nothing_passes(till: BangoShop, settings: Any) -> None:
    settings.SOLITUDE_BANGO_BASIC_AUTH_USER = settings.SOLITUDE_BANGO_BASIC_AUTH_PASSWORD = ""

    assert till.event(told(till), username="", password="").json == {"__all__": ["Auth incorrect"]}


def test_what_is_required_is_named(shop: Marketplace) -> None:
    body = {"notification": xml(), "username": "u", "password": "p"}
    for field in body:
        without = {name: value for name, value in body.items() if name != field}
        assert shop.post("/bango/event/", without).json == {field: ["FIELD_REQUIRED"]}


# --- how an event is read ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", ["", "\ufeff", "\u00ef\u00bb\u00bf"])
@pytest.mark.parametrize("head", ["", '<?xml version="1.0" encoding="utf-16"?>'])
def test_an_event_is_read_whatever_it_begins_with(mark: str, head: str) -> None:
    notice = events.read(mark + head + xml())

    assert (notice.action, notice.uuid, notice.payees) == (Action.PAYMENT, UUID, ("7710042",))
    assert notice.ids == {"support": "990017", "capture": "990017"}
    assert notice.payment
    assert notice.payment.state == Seen.PAID
    assert str(notice.amount) == "2.10 EUR"


def test_only_the_first_event_counts() -> None:
    first, second = xml(), xml(transId="990018")
    both = first.replace(
        "</eventList>", second[second.index("<event>") : second.index("</eventList>")] + "</eventList>"
    )

    assert events.read(both).ids["capture"] == "990017"


def test_events_that_say_the_same_have_the_same_id() -> None:
    """Bango's own number counts in its package alone."""
    assert events.read(xml()).event_id == events.read(xml(userId="1")).event_id
    assert events.read(xml()).event_id != events.read(xml(transId="990018")).event_id


@settings(max_examples=50)
@given(st.text(max_size=80))
def test_whatever_is_brought_is_an_event_or_is_not_understood(text: str) -> None:
    for notification in (text, f"<bangoEvents>{text}</bangoEvents>", xml(action="PAYMENT", paymentAmount=None) + text):
        with suppress(NotUnderstood):
            assert events.read(notification).action == Action.PAYMENT
