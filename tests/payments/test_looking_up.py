"""What can no longer be repeated is looked up: PayPal's report for payments, its lists for refunds and stored credentials."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import override_settings
from tests.payments.passing import after, age, make_due
from tests.payments.world import Elsewhere, call_of, nothing_happens
from tests.support.marketplace import Answer, Marketplace
from tests.support.simulator import Simulator

from solitude.payments import calls, leases, recovery, registry
from solitude.payments.contract import Call, Operation, Outcome, Reason, Result
from solitude.payments.models import ProviderCall
from solitude.providers.paypal.models import BuyerPaypal
from solitude.providers.paypal.rest import report
from solitude.providers.paypal.rest.refunds import Refunds
from solitude.providers.paypal.rest.wire import Failed, Reply
from solitude.transactions.models import Transaction

pytestmark = pytest.mark.long

PENDING, COMPLETED, FAILED, CANCELLED = 0, 1, 4, 5
NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


@pytest.fixture
def lost(shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str) -> Answer:
    """A payment that PayPal took, whose answer never came."""
    paypal.fault("create_order", "disconnect_after")
    return shop.pay(app_id, user_id=preapproved, use_preapproval=True)


@pytest.fixture
def never_made(shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str) -> Answer:
    """A payment that PayPal did not take, and nobody knows."""
    paypal.fault("create_order", "disconnect_before")
    return shop.pay(app_id, user_id=preapproved, use_preapproval=True)


def recover() -> tuple[int, str, str | None]:
    """One try, whose time has come; where it leads: what stays unknown is no move, so it is the call that says why."""
    pk = ProviderCall.objects.get(outcome__in=("none", "unknown")).pk
    make_due()
    assert recovery.run_once() == 1
    row, call = Transaction.objects.get(type=0), ProviderCall.objects.get(pk=pk)
    return row.status, row.outcome, call.reason_code if call.outcome == "unknown" else row.status_reason


def statuses(paypal: Simulator, operation: str) -> list[int | None]:
    """What the calls of an operation were answered; not those with a token that had ended, which were made again."""
    return [request["status"] for request in paypal.calls(operation) if request["status"] != 401]


# --- a payment -----------------------------------------------------------------------------------------------------


def test_a_payment_is_repeated_only_for_a_while(shop: Marketplace, paypal: Simulator, never_made: Answer) -> None:
    """A repeat may charge for the first time: the buyer who asked an hour ago does not expect it any more."""
    with after(seconds=3605):
        assert recover() == (PENDING, "unknown", "NOT_IN_REPORT_YET")

    assert len(paypal.calls("create_order")) == 1
    assert paypal.captured() == []


@override_settings(SOLITUDE_RESEND_MAX_S=6 * 3600)
def test_a_payment_is_not_repeated_when_paypal_may_have_forgotten_its_key(
    shop: Marketplace, paypal: Simulator, lost: Answer
) -> None:
    """Nor a little before: the repeat takes its time, and our clocks are not PayPal's."""
    with after(hours=5, minutes=55):
        recover()

    assert len(paypal.calls("create_order")) == len(paypal.captured()) == 1
    assert Transaction.objects.get().status == COMPLETED


@override_settings(SOLITUDE_RESEND_MAX_S=6 * 3600)
def test_a_payment_may_be_repeated_while_paypal_remembers_its_key(
    shop: Marketplace, paypal: Simulator, lost: Answer
) -> None:
    with after(hours=5, minutes=45):
        assert recover() == (COMPLETED, "succeeded", None)

    assert (len(paypal.calls("create_order")), len(paypal.captured())) == (2, 1)


@pytest.mark.parametrize("fault", ["lost", "never_made"])
def test_a_payment_is_never_repeated_after_a_setting_that_says_so(
    shop: Marketplace, paypal: Simulator, fault: str, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue(fault)
    with override_settings(SOLITUDE_RESEND_MAX_S=0), after(seconds=2):
        assert recover() == (PENDING, "unknown", "NOT_IN_REPORT_YET")

    assert len(paypal.calls("create_order")) == 1


def test_a_payment_is_unknown_while_the_report_lags(shop: Marketplace, paypal: Simulator, lost: Answer) -> None:
    with after(hours=2, minutes=55):
        assert recover() == (PENDING, "unknown", "NOT_IN_REPORT_YET")
        # What PayPal cannot know yet it is not asked for.
        assert paypal.calls("report") == []

    assert len(paypal.calls("create_order")) == 1


def test_a_payment_that_was_taken_is_found_in_the_report(shop: Marketplace, paypal: Simulator, lost: Answer) -> None:
    with after(hours=3, minutes=5):
        assert recover() == (COMPLETED, "succeeded", None)
        assert shop.check(uuid=lost["uuid"])["status"] == "COMPLETED"

    (capture,) = paypal.captured()
    row = Transaction.objects.get()
    assert (row.taken_id, row.captured_amount) == (capture["id"], row.amount)
    assert len(paypal.calls("create_order")) == 1
    # The money can go back, as that of any payment.
    assert shop.refund(uuid=lost["uuid"])["status"] == "COMPLETED"


@pytest.mark.parametrize(
    ("funding", "ended"),
    [
        ("review", (PENDING, "pending", "PENDING_REVIEW")),
        ("capture_declined", (FAILED, "declined", "CAPTURE_DECLINED")),
    ],
)
def test_what_moved_no_money_is_found_as_well(
    shop: Marketplace, paypal: Simulator, app_id: str, funding: str, ended: tuple[int, str, str]
) -> None:
    asked = shop.preapproval(shop.buyer()["uuid"])
    paypal.approve(asked["paypal_url"], funding=funding)
    shop.put(asked["resource_uri"], {})
    paypal.fault("create_order", "disconnect_after")
    shop.pay(app_id, user_id=asked["uuid"], use_preapproval=True)

    with after(hours=4):
        assert recover() == ended


def test_a_payment_that_is_found_refunded_brings_its_refund(shop: Marketplace, paypal: Simulator, lost: Answer) -> None:
    """The seller saw money that we did not know of, and gave it back."""
    Elsewhere(paypal).refund("1.00")

    with after(hours=4):
        assert recover() == (COMPLETED, "succeeded", None)

    assert shop.transaction(lost["transaction"])["refunded_amount"] == "1.00"
    assert Transaction.objects.get(type=1).status == COMPLETED


def test_a_payment_that_the_report_does_not_list_is_unknown_for_a_day(
    shop: Marketplace, paypal: Simulator, never_made: Answer
) -> None:
    with after(hours=24, minutes=55):
        assert recover() == (PENDING, "unknown", "NOT_IN_REPORT_YET")
    assert statuses(paypal, "report") == [200]


def test_a_payment_that_the_report_does_not_list_after_a_day_was_not_charged(
    shop: Marketplace, paypal: Simulator, never_made: Answer
) -> None:
    with after(hours=25, minutes=5):
        assert recover() == (CANCELLED, "declined", "NOT_CHARGED")
        assert shop.check(uuid=never_made["uuid"])["status"] == "CANCELLED"

    assert shop.event_types()[-1] == "transaction.cancelled"
    assert (len(paypal.calls("create_order")), paypal.captured()) == (1, [])


@pytest.mark.parametrize("left", ["never_made", "never_taken"])
def test_what_a_report_proves_counts_though_it_took_longer_to_read_than_a_lease(
    shop: Marketplace, paypal: Simulator, request: pytest.FixtureRequest, left: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever takes the call over meanwhile reads the same report for as long, and would be overtaken in its turn."""
    request.getfixturevalue(left)
    find = report.find

    def dawdle(*args: Any) -> report.Found:
        make_due()
        call = ProviderCall.objects.get(outcome__in=("none", "unknown"))
        assert leases.take(calls.uncertain(), call.pk, **leases.TAKEN_OVER)
        return find(*args)

    monkeypatch.setattr(report, "find", dawdle)
    with after(hours=30, minutes=5):
        assert recover()[:2] == (CANCELLED, "declined")


def test_an_order_that_nobody_approved_was_not_charged(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    """The buyer never learnt where to go."""
    paypal.fault("create_order", "disconnect_after")
    shop.pay(app_id)

    with after(hours=26):
        assert recover() == (CANCELLED, "declined", "NOT_CHARGED")


@pytest.mark.parametrize("fault", ["error_500", "error_503", "rate_limit_429", "truncated_after", "garbage_after"])
@pytest.mark.parametrize("what", ["lost", "never_made"])
def test_a_report_that_cannot_be_read_proves_nothing(
    shop: Marketplace, paypal: Simulator, fault: str, what: str, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue(what)
    paypal.fault("report", fault, count=0)

    with after(days=3):
        assert recover()[:2] == (PENDING, "unknown")
        assert paypal.calls("report")

    assert ProviderCall.objects.get(operation="pay").outcome == "unknown"


def test_a_payment_whose_order_cannot_be_read_stays_unknown(shop: Marketplace, paypal: Simulator, lost: Answer) -> None:
    paypal.fault("get_order", "error_500")
    with after(days=2):
        assert recover()[:2] == (PENDING, "unknown")
        assert recover() == (COMPLETED, "succeeded", None)


def test_a_payment_is_found_on_the_last_of_many_pages(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        assert shop.pay(app_id, user_id=preapproved, use_preapproval=True)["status"] == "completed"
    paypal.fault("create_order", "disconnect_after")
    lost = shop.pay(app_id, user_id=preapproved, use_preapproval=True)
    monkeypatch.setattr(report, "PAGE_ROWS", 1)

    with after(hours=4):
        make_due()
        assert recovery.run_once() == 1

    assert Transaction.objects.get(uuid=lost["uuid"]).status == COMPLETED
    assert statuses(paypal, "report") == [200] * 5


def test_a_repeat_that_is_refused_for_who_asks_proves_nothing(
    shop: Marketplace, paypal: Simulator, lost: Answer
) -> None:
    """Our permission was taken away, after the payment."""
    paypal.fault("create_order", "issue:PERMISSION_DENIED")

    assert recover() == (PENDING, "unknown", "PERMISSION_DENIED")
    assert recover() == (COMPLETED, "succeeded", None)

    assert len(paypal.captured()) == 1


def test_a_repeat_that_is_refused_for_what_it_asks_ends_the_payment(
    shop: Marketplace, paypal: Simulator, never_made: Answer
) -> None:
    paypal.fault("create_order", "issue:PAYEE_ACCOUNT_RESTRICTED")

    assert recover() == (FAILED, "declined", "PAYEE_ACCOUNT_RESTRICTED")


# --- a capture -----------------------------------------------------------------------------------------------------


@pytest.fixture
def taken(shop: Marketplace, paypal: Simulator, app_id: str) -> Answer:
    """A payment that PayPal took, whose answer never came, and whose order PayPal does not find any more."""
    begun = shop.pay(app_id)
    paypal.approve(begun["pay_url"])
    paypal.fault("capture_order", "disconnect_after")
    assert shop.check(uuid=begun["uuid"]).status == 504
    paypal.fault("get_order", "issue:INVALID_RESOURCE_ID", count=0)
    return begun


@pytest.fixture
def never_taken(shop: Marketplace, paypal: Simulator, app_id: str) -> Answer:
    """A payment whose capture never arrived, so that PayPal let the order expire, and nobody knows."""
    begun = shop.pay(app_id)
    paypal.approve(begun["pay_url"])
    paypal.fault("capture_order", "disconnect_before")
    assert shop.check(uuid=begun["uuid"]).status == 504
    return begun


def test_a_capture_whose_order_is_gone_is_unknown_while_the_report_lags(
    shop: Marketplace, paypal: Simulator, taken: Answer
) -> None:
    with after(hours=2, minutes=55):
        assert recover() == (PENDING, "unknown", "NOT_IN_REPORT_YET")

    assert len(paypal.calls("capture_order")) == 1


def test_a_capture_whose_order_is_gone_is_found_in_the_report(
    shop: Marketplace, paypal: Simulator, taken: Answer
) -> None:
    with after(hours=3, minutes=5):
        assert recover() == (COMPLETED, "succeeded", None)
        assert shop.check(uuid=taken["uuid"])["status"] == "COMPLETED"

    (capture,) = paypal.captured()
    row = Transaction.objects.get()
    assert (row.taken_id, row.captured_amount, row.uid_pay) == (capture["id"], row.amount, taken["paykey"])
    assert shop.refund(uuid=taken["uuid"])["status"] == "COMPLETED"


def test_a_capture_whose_order_is_gone_and_that_the_report_does_not_list_is_unknown_for_a_day(
    shop: Marketplace, paypal: Simulator, never_taken: Answer
) -> None:
    with after(hours=29, minutes=55):
        assert recover() == (PENDING, "unknown", "NOT_IN_REPORT_YET")

    assert statuses(paypal, "report") == [200]


def test_a_capture_whose_order_is_gone_and_that_the_report_does_not_list_after_a_day_took_nothing(
    shop: Marketplace, paypal: Simulator, never_taken: Answer
) -> None:
    with after(hours=30, minutes=5):
        assert recover() == (CANCELLED, "declined", "EXPIRED")
        assert shop.check(uuid=never_taken["uuid"])["status"] == "EXPIRED"

    assert (len(paypal.calls("capture_order")), paypal.captured()) == (1, [])


@pytest.mark.parametrize("fault", ["error_500", "issue:PERMISSION_DENIED", "rate_limit_429", "garbage_after"])
def test_a_capture_is_unknown_while_neither_order_nor_report_can_be_read(
    shop: Marketplace, paypal: Simulator, taken: Answer, fault: str
) -> None:
    paypal.fault("report", fault, count=0)

    with after(days=3):
        assert recover()[:2] == (PENDING, "unknown")


def test_a_payment_that_is_listed_and_whose_order_is_gone_is_read_by_its_capture(
    shop: Marketplace, paypal: Simulator, lost: Answer
) -> None:
    paypal.fault("get_order", "issue:INVALID_RESOURCE_ID", count=0)

    with after(hours=3, minutes=5):
        assert recover() == (COMPLETED, "succeeded", None)

    (capture,) = paypal.captured()
    row = Transaction.objects.get()
    assert (row.taken_id, row.captured_amount, row.uid_pay) == (
        capture["id"], row.amount, paypal.state()["orders"][0]["id"],
    )  # fmt: skip


# --- what ended wrongly is corrected -------------------------------------------------------------------------------


def test_a_payment_that_was_not_charged_and_is_told_as_charged_is_corrected(
    shop: Marketplace, paypal: Simulator, lost: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PayPal's report missed it; its notification did not."""
    with monkeypatch.context() as patch, after(hours=26):
        patch.setattr(report, "find", lambda *_: report.Found(is_absent=True))
        assert recover() == (CANCELLED, "declined", "NOT_CHARGED")
    (event,) = paypal.told("PAYMENT.CAPTURE.COMPLETED")

    told = shop.forward(event)

    assert (told["status"], told["action"]) == ("OK", "PAYMENT")
    row = Transaction.objects.get()
    assert (row.status, row.captured_amount, row.taken_id) == (COMPLETED, row.amount, paypal.captured()[0]["id"])
    assert shop.event_types()[-1] == "transaction.corrected"
    assert shop.refund(uuid=lost["uuid"])["status"] == "COMPLETED"


def test_a_payment_that_was_not_charged_is_corrected_by_a_look_up_that_comes_late(
    shop: Marketplace, paypal: Simulator, lost: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two workers ask, the slower one with the true report in its hands."""
    find = report.find

    def overtaken(*args: Any) -> report.Found:
        found = find(*args)
        monkeypatch.setattr(report, "find", lambda *_: report.Found(is_absent=True))
        assert recover() == (CANCELLED, "declined", "NOT_CHARGED")
        return found

    monkeypatch.setattr(report, "find", overtaken)
    with after(hours=26):
        assert recover() == (COMPLETED, "succeeded", None)

    assert shop.event_types()[-1] == "transaction.corrected"
    assert len(paypal.captured()) == 1


# --- reading the report --------------------------------------------------------------------------------------------


def reply(body: Any, status: int = 200) -> Reply:
    return Reply(status, body, understood=True, correlation_id="", retry_after_s=None, exchanges=())


def row(key: str = "another", value: str = "2.49", **more: Any) -> dict[str, Any]:
    info = {"custom_field": key, "transaction_amount": {"value": value, "currency_code": "EUR"}, **more}
    return {"transaction_info": info}


def sale(key: str, order: str = "ORDER1") -> dict[str, Any]:
    return row(key, paypal_reference_id=order, paypal_reference_id_type="ODR", transaction_id="CAPTURE1")


def look(*pages: Any, days: float = 2, gets: list[str] | None = None) -> report.Found:
    """Looks for "ours", which was sent two days ago, in a report of these pages."""
    answers = iter(pages)

    def get(path: str) -> Any:
        if gets is not None:
            gets.append(path)
        return next(answers)

    since = NOW - timedelta(days=days)
    return report.find(get, "ours", since, since + timedelta(hours=1), NOW)


def page(*rows: dict[str, Any], pages: Any = 1) -> Reply:
    return reply({"transaction_details": list(rows), "total_pages": pages})


def test_every_page_is_read() -> None:
    gets: list[str] = []

    found = look(page(row(), pages=3), page(row(), pages=3), page(sale("ours"), pages=3), gets=gets)

    assert (found.order, found.is_absent) == ("ORDER1", False)
    asked = [parse_qs(urlsplit(path).query) for path in gets]
    assert [query["page"] for query in asked] == [["1"], ["2"], ["3"]]
    assert {query["balance_affecting_records_only"][0] for query in asked} == {"N"}
    assert (asked[0]["start_date"], asked[0]["end_date"]) == (["2026-11-26T10:00:00Z"], ["2026-11-26T15:00:00Z"])


def test_what_is_on_no_page_is_absent() -> None:
    found = look(page(row(), pages=2), page(row(), pages=2))

    assert (found.order, found.is_absent) == ("", True)


def test_a_report_without_a_row_has_no_page() -> None:
    assert look(reply({"transaction_details": [], "total_pages": 0})).is_absent
    # By PayPal's own file it has not even an empty list.
    assert look(reply({"total_items": 0, "total_pages": 0})).is_absent


def test_an_invoice_is_a_reference_too() -> None:
    details = row("", invoice_id="ours", paypal_reference_id="ORDER1", paypal_reference_id_type="ODR")

    assert look(page(details)).order == "ORDER1"


def test_money_that_went_back_is_not_the_payment() -> None:
    """A refund may carry the payment's reference, and stand before it."""
    assert look(page(row("ours", value="-2.49", paypal_reference_id="CAPTURE1"), sale("ours"))).order == "ORDER1"


def test_a_payment_that_names_no_order_is_found_by_its_capture() -> None:
    gets: list[str] = []
    capture = reply({"id": "CAPTURE1", "supplementary_data": {"related_ids": {"order_id": "ORDER1"}}})

    found = look(page(row("ours", transaction_id="CAPTURE1")), capture, gets=gets)

    assert (found.order, gets[-1]) == ("ORDER1", "/v2/payments/captures/CAPTURE1")


@pytest.mark.parametrize(
    "capture",
    [
        Failed(sent=True, reason="timeout", exchanges=()),
        reply({}, 404),
        reply({"supplementary_data": {"related_ids": []}}),
        reply({"supplementary_data": {"related_ids": {"order_id": "../../v1/oauth2"}}}),
    ],
)
def test_a_payment_that_is_listed_is_never_absent(capture: Any) -> None:
    found = look(page(row("ours", transaction_id="CAPTURE1")), capture)

    assert (found.order, found.is_absent) == ("", False)


@pytest.mark.parametrize(
    "answer",
    [
        Failed(sent=True, reason="timeout", exchanges=()),
        Failed(sent=False, reason="busy", exchanges=()),
        reply({"name": "INTERNAL_SERVER_ERROR"}, 500),
        reply({"name": "NOT_AUTHORIZED"}, 403),
        reply({}),
        reply({"transaction_details": []}),
        reply({"transaction_details": [], "total_pages": "1"}),
        reply({"transaction_details": [], "total_pages": None}),
        reply({"transaction_details": {"transaction_info": {}}, "total_pages": 1}),
        reply({"total_pages": 1}),
        reply({"total_pages": 0}),
        reply({"total_pages": 0, "total_items": 1}),
        reply({"total_pages": 0, "total_items": False}),
        reply({"transaction_details": None, "total_pages": 1}),
        reply({"transaction_details": [None], "total_pages": 1}),
        reply({"transaction_details": [{}], "total_pages": 1}),
        reply({"transaction_details": [{"transaction_info": []}], "total_pages": 1}),
        reply({"transaction_details": [row()], "total_pages": 0}),
        reply({"transaction_details": [row()], "total_pages": -1}),
        reply({"transaction_details": [row()], "total_pages": True}),
        reply({"transaction_details": [{"transaction_info": {"custom_field": "ours"}}], "total_pages": 1}),
    ],
)
def test_a_report_that_does_not_say_what_a_report_says_proves_no_absence(answer: Any) -> None:
    assert not look(answer).is_absent


def test_a_second_page_that_does_not_come_proves_no_absence() -> None:
    assert not look(page(row(), pages=2), reply({}, 500)).is_absent


def test_a_report_without_end_is_given_up() -> None:
    gets: list[str] = []

    found = look(*[page(row(), pages=10**9) for _ in range(report.PAGES_MAX)], gets=gets)

    assert (found.is_absent, len(gets)) == (False, report.PAGES_MAX)


def test_a_report_that_is_older_than_the_payment_proves_no_absence() -> None:
    """PayPal says how far it knows."""
    for refreshed, is_absent in (("2026-11-26T12:59:59Z", False), ("2026-11-26T13:00:01+0000", True), ("soon", False)):
        report_so_far = {"transaction_details": [row()], "total_pages": 1, "last_refreshed_datetime": refreshed}
        assert look(reply(report_so_far)).is_absent == is_absent


def test_a_refund_of_it_proves_that_it_was_made() -> None:
    assert not look(page(row("ours", value="-2.49"))).is_absent


def test_absence_is_proved_a_day_after_it_could_last_have_been_made() -> None:
    assert not look(page(row()), days=1 + 0.9 / 24).is_absent
    assert look(page(row()), days=1 + 1.1 / 24).is_absent


# --- refunds -------------------------------------------------------------------------------------------------------


def lost_refund(shop: Marketplace, paypal: Simulator, payment: dict[str, Any], fault: str, **more: Any) -> Answer:
    paypal.fault("refund", fault)
    answer = shop.refund(uuid=payment["uuid"], **more)
    assert answer.status == 504
    return answer


def test_a_refund_is_repeated_while_paypal_remembers_it(
    shop: Marketplace, paypal: Simulator, paid: dict[str, Any]
) -> None:
    answer = lost_refund(shop, paypal, paid, "disconnect_after")

    with after(days=44):
        recover()

    assert shop.transaction(answer["transaction"])["status"] == COMPLETED
    assert statuses(paypal, "refund") == [None, 200]
    assert len(paypal.state()["refunds"]) == 1


def test_a_refund_that_paypal_may_have_forgotten_is_looked_up(
    shop: Marketplace, paypal: Simulator, paid: dict[str, Any]
) -> None:
    answer = lost_refund(shop, paypal, paid, "disconnect_after", amount="1.00")

    with after(days=45, minutes=1):
        recover()

    (made,) = paypal.state()["refunds"]
    row = Transaction.objects.get(type=1)
    assert (row.status, row.uid_pay, row.uuid) == (COMPLETED, made["id"], answer["uuid"])
    assert len(paypal.calls("refund")) == 1
    assert shop.transaction(paid["transaction"])["refunded_amount"] == "1.00"


def test_a_refund_that_paypal_may_have_forgotten_and_does_not_list_was_not_made(
    shop: Marketplace, paypal: Simulator, paid: dict[str, Any]
) -> None:
    answer = lost_refund(shop, paypal, paid, "disconnect_before")

    with after(days=45, minutes=1):
        recover()
        # One that was sent in the last moment may still come to be listed.
        assert shop.transaction(answer["transaction"])["status"] == PENDING
        age(hours=1)
        recover()
        row = shop.transaction(answer["transaction"])
        assert (row["status"], row["status_reason"]) == (FAILED, "NOT_FOUND_AT_PROVIDER")
        # What it held of the payment is free again.
        assert shop.refund(uuid=paid["uuid"])["status"] == "COMPLETED"

    assert len(paypal.state()["refunds"]) == 1


def test_a_refund_that_cannot_be_looked_up_stays_unknown(
    shop: Marketplace, paypal: Simulator, paid: dict[str, Any]
) -> None:
    answer = lost_refund(shop, paypal, paid, "disconnect_after")
    with after(days=46):
        paypal.fault("get_order", "error_500")
        recover()
        assert shop.transaction(answer["transaction"])["status"] == PENDING
        recover()
        assert shop.transaction(answer["transaction"])["status"] == COMPLETED

    assert len(paypal.calls("refund")) == 1


@pytest.mark.parametrize("issue", ["PERMISSION_DENIED", "INVALID_RESOURCE_ID"])
def test_a_refund_whose_repeat_is_refused_for_who_asks_is_looked_up(
    shop: Marketplace, paypal: Simulator, paid: dict[str, Any], issue: str
) -> None:
    answer = lost_refund(shop, paypal, paid, "disconnect_after")
    paypal.fault("refund", f"issue:{issue}")

    recover()

    assert shop.transaction(answer["transaction"])["status"] == COMPLETED
    assert len(paypal.state()["refunds"]) == 1


def test_a_refund_that_may_not_be_repeated_and_is_not_listed_was_not_made(
    shop: Marketplace, paypal: Simulator, paid: dict[str, Any]
) -> None:
    answer = lost_refund(shop, paypal, paid, "disconnect_before")
    paypal.fault("refund", "issue:PERMISSION_DENIED", count=0)
    recover()
    assert shop.transaction(answer["transaction"])["status"] == PENDING

    with after(hours=1, minutes=1):
        recover()

    assert shop.transaction(answer["transaction"])["status"] == FAILED


# --- stored credentials --------------------------------------------------------------------------------------------


def lost_credential(shop: Marketplace, paypal: Simulator, fault: str) -> Answer:
    asked = shop.preapproval(shop.buyer()["uuid"])
    paypal.approve(asked["paypal_url"])
    paypal.fault("payment_token", fault)
    assert shop.put(asked["resource_uri"], {}).status == 504
    return asked


def test_a_credential_that_paypal_may_have_forgotten_is_found_by_its_customer(
    shop: Marketplace, paypal: Simulator
) -> None:
    asked = lost_credential(shop, paypal, "disconnect_after")

    with after(hours=3, minutes=1):
        make_due()
        assert recovery.run_once() == 1
        assert shop.put(asked["resource_uri"], {}).status == 202

    (token,) = paypal.state()["payment_tokens"]
    assert BuyerPaypal.objects.get().key == token["id"]
    assert len(paypal.calls("payment_token")) == 1


def test_a_credential_that_was_not_made_is_made_after_a_look(shop: Marketplace, paypal: Simulator) -> None:
    lost_credential(shop, paypal, "disconnect_before")

    with after(hours=3, minutes=1):
        make_due()
        assert recovery.run_once() == 1

    (token,) = paypal.state()["payment_tokens"]
    assert BuyerPaypal.objects.get().key == token["id"]
    assert len(paypal.calls("get_setup_token")) == 1


def test_a_credential_whose_consent_has_expired_was_not_made(shop: Marketplace, paypal: Simulator) -> None:
    lost_credential(shop, paypal, "disconnect_before")

    with after(days=4):
        make_due()
        assert recovery.run_once() == 1

    call = ProviderCall.objects.get(operation="store_credential")
    assert (call.outcome, call.reason_code) == ("declined", "EXPIRED")
    assert len(paypal.calls("payment_token")) == 1


def test_a_credential_that_cannot_be_looked_up_stays_unknown(shop: Marketplace, paypal: Simulator) -> None:
    lost_credential(shop, paypal, "disconnect_after")
    with after(hours=4):
        for operation in ("get_setup_token", "list_payment_tokens"):
            paypal.fault(operation, "error_500")
            make_due()
            recovery.run_once()
            assert ProviderCall.objects.get(operation="store_credential").outcome == "unknown"
        make_due()
        recovery.run_once()

    assert BuyerPaypal.objects.get().key
    assert len(paypal.calls("payment_token")) == 1


def test_a_question_that_paypal_may_have_forgotten_is_given_up(shop: Marketplace, paypal: Simulator) -> None:
    """Nobody was ever sent there, and PayPal lets it expire."""
    paypal.fault("setup_token", "disconnect_after")
    shop.preapproval(shop.buyer()["uuid"])

    with after(hours=3, minutes=1):
        make_due()
        with nothing_happens(paypal):
            assert recovery.run_once() == 1

    call = ProviderCall.objects.get()
    assert (call.outcome, call.reason_code) == ("declined", "ABANDONED")


# --- an error that PayPal remembers --------------------------------------------------------------------------------


def test_an_error_that_paypal_remembers_for_a_payment_ends_as_not_charged(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str
) -> None:
    paypal.fault("create_order", "stored_500")
    answer = shop.pay(app_id, user_id=preapproved, use_preapproval=True)
    assert (answer.status, recover()) == (504, (PENDING, "unknown", "INTERNAL_SERVER_ERROR"))

    with after(hours=26):
        assert recover() == (CANCELLED, "declined", "NOT_CHARGED")
    assert (paypal.captured(), len(paypal.calls("create_order"))) == ([], 2)


def test_an_error_that_paypal_remembers_for_a_capture_ends_with_the_money(
    shop: Marketplace, paypal: Simulator, app_id: str
) -> None:
    payment = shop.pay(app_id)
    paypal.approve(payment["pay_url"])
    paypal.fault("capture_order", "stored_500")
    assert shop.check(uuid=payment["uuid"]).status == 504

    recover()
    assert call_of(payment["transaction"], "capture").outcome == "unknown"

    # A while later the operation ends as not done, and the follow-up takes the money by another one.
    age(minutes=15)
    recover()
    assert call_of(payment["transaction"], "capture").outcome == "declined"
    make_due()
    assert recovery.follow_up() == 1

    assert Transaction.objects.get().status == COMPLETED
    assert len(paypal.captured()) == 1


@pytest.mark.parametrize("to_the_repeat", ["error_500", "issue:PERMISSION_DENIED"])
def test_a_capture_that_paypal_does_while_it_does_not_do_the_repeat_is_found(
    shop: Marketplace, paypal: Simulator, app_id: str, to_the_repeat: str
) -> None:
    """Its gateway gives up waiting for what is behind it, or refuses who asks, after it has let the first one in: that is done a moment
    after we have looked."""
    payment = shop.pay(app_id)
    paypal.approve(payment["pay_url"])
    paypal.fault("capture_order", "disconnect_before")
    assert shop.check(uuid=payment["uuid"]).status == 504
    paypal.fault("capture_order", to_the_repeat)

    assert recover()[:2] == (PENDING, "unknown")
    told = shop.cancel(uuid=payment["uuid"])
    Elsewhere(paypal).capture(payment["paykey"])

    assert (told.status, told["code"]) == (504, "outcome_unknown")
    recover()
    assert Transaction.objects.get().status == COMPLETED
    assert len(paypal.captured()) == 1


def test_a_capture_whose_repeat_is_refused_for_who_asks_is_not_done_when_the_order_still_looks_the_same(
    shop: Marketplace, paypal: Simulator, app_id: str
) -> None:
    payment = shop.pay(app_id)
    paypal.approve(payment["pay_url"])
    paypal.fault("capture_order", "disconnect_before")
    assert shop.check(uuid=payment["uuid"]).status == 504
    paypal.fault("capture_order", "issue:PERMISSION_DENIED")
    recover()

    age(minutes=15)
    recover()

    assert call_of(payment["transaction"], "capture").outcome == "declined"
    assert (Transaction.objects.get().status, statuses(paypal, "capture_order")) == (PENDING, [None, 403])


def test_a_refund_that_paypal_makes_while_it_answers_with_an_error_is_not_made_twice(
    shop: Marketplace, paypal: Simulator, paid: dict[str, Any]
) -> None:
    """For an hour nobody reached PayPal, and then its gateway gives up waiting for what is behind it."""
    lost_refund(shop, paypal, paid, "disconnect_before", amount="1.00")
    age(hours=1, minutes=1)
    paypal.fault("refund", "error_500")
    call = call_of(Transaction.objects.get(type=1).resource_uri, "refund")

    recover()
    again = shop.refund(uuid=paid["uuid"], amount="2.00")
    registry.provider("paypal").perform(Call(Operation.REFUND, call.key, call.intended, call.ids))
    recover()

    assert (again.status, again["refundable"]) == (409, "1.49")
    assert [refund["amount"]["value"] for refund in paypal.state()["refunds"]] == ["1.00"]
    assert shop.transaction(paid["transaction"])["refunded_amount"] == "1.00"
    assert len(paypal.calls("refund")) == 3


def test_a_refund_that_was_sent_again_without_an_answer_after_an_error_is_waited_for_from_then_on(
    shop: Marketplace, paypal: Simulator, paid: dict[str, Any]
) -> None:
    answer = lost_refund(shop, paypal, paid, "disconnect_before")
    paypal.fault("refund", "error_500")
    recover()
    age(minutes=59)
    paypal.fault("refund", "disconnect_before")
    recover()

    age(minutes=2)
    recover()
    assert shop.transaction(answer["transaction"])["status"] == PENDING
    age(minutes=59)
    recover()
    assert shop.transaction(answer["transaction"])["status"] == FAILED
    assert len(paypal.calls("refund")) == 3


def test_an_error_that_paypal_remembers_for_a_refund_ends_after_an_hour(
    shop: Marketplace, paypal: Simulator, paid: dict[str, Any]
) -> None:
    answer = lost_refund(shop, paypal, paid, "stored_500")
    recover()
    assert shop.transaction(answer["transaction"])["status"] == PENDING

    with after(hours=1, minutes=1):
        recover()
    row = shop.transaction(answer["transaction"])
    assert (row["status"], row["status_reason"]) == (FAILED, "NOT_FOUND_AT_PROVIDER")
    assert shop.refund(uuid=paid["uuid"])["status"] == "COMPLETED"
    assert len(paypal.state()["refunds"]) == 1


def test_an_error_that_paypal_remembers_for_a_credential_ends_with_the_credential(
    shop: Marketplace, paypal: Simulator
) -> None:
    lost_credential(shop, paypal, "stored_500")
    make_due()
    recovery.run_once()
    assert ProviderCall.objects.get(operation="store_credential").outcome == "unknown"

    with after(hours=3, minutes=1):
        make_due()
        recovery.run_once()

    assert BuyerPaypal.objects.get().key == paypal.state()["payment_tokens"][0]["id"]


def test_a_refund_that_is_failed_and_turns_out_done_is_corrected(
    shop: Marketplace, paypal: Simulator, paid: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = lost_refund(shop, paypal, paid, "disconnect_after")
    not_listed = Result(Outcome.DECLINED, reason=Reason("NOT_FOUND_AT_PROVIDER"))
    monkeypatch.setattr(Refunds, "find", lambda *_: not_listed)
    recover()
    assert shop.transaction(answer["transaction"])["status"] == FAILED
    (event,) = paypal.told("PAYMENT.CAPTURE.REFUNDED")

    assert shop.forward(event)["status"] == "OK"

    assert shop.transaction(answer["transaction"])["status"] == COMPLETED
    assert shop.transaction(paid["transaction"])["refunded_amount"] == "2.49"
    assert shop.event_types()[-1] == "refund.corrected"
