"""GET /v1/reporting/transactions: what happened, some hours late."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from tests.sandbox.client import SELLER, Reply, Sandbox, assertion, money, order, unit, with_fee

from solitude_sandbox.clock import stamp
from solitude_sandbox.paypal.times import REPORT_LAG

REPORT = "/v1/reporting/transactions"
SLOW_SELLER = "slowrefund-x@shop.example"


def _ask(sandbox: Sandbox, **query: object) -> Reply:
    """The report of the last 30 days, unless the test says something else."""
    now = datetime.fromisoformat(sandbox.control("GET", "clock").json["now"])
    span = {"start_date": stamp(now - timedelta(days=30)), "end_date": stamp(now)}
    asked = {key: value for key, value in {**span, **query}.items() if value is not None}
    sandbox.forget_token()  # the clock may have moved past its life
    return sandbox.api("GET", f"{REPORT}?{urlencode(asked)}")


def _rows(sandbox: Sandbox, **query: object) -> list[Any]:
    reply = _ask(sandbox, **query)
    assert reply.status == 200, reply.text
    return [detail["transaction_info"] for detail in reply.json.get("transaction_details", [])]


def test_a_sale_a_refund_and_a_reversal_are_listed_with_what_they_refer_to(sandbox: Sandbox) -> None:
    capture = sandbox.paid_capture(order(unit("100.00", custom_id="ours-1", invoice_id="inv-1", **with_fee("20.00"))))
    refund = sandbox.refund(capture["id"], {"amount": money("50.00"), "custom_id": "ours-2"}).json
    sandbox.resolve(sandbox.dispute(capture["id"])["dispute_id"], "RESOLVED_BUYER_FAVOUR")
    (reversal,) = sandbox.state()["reversals"]
    sandbox.advance(hours=3)
    rows = _rows(sandbox)
    shown = [
        (
            row["transaction_id"],
            row["transaction_event_code"],
            row["paypal_reference_id_type"],
            row["paypal_reference_id"],
            row["transaction_amount"]["value"],
            row.get("fee_amount", {}).get("value"),
            row["transaction_status"],
            row["custom_field"],
        )
        for row in rows
    ]
    order_id = capture["supplementary_data"]["related_ids"]["order_id"]
    assert shown == [
        (capture["id"], "T0006", "ODR", order_id, "100.00", "-3.98", "S", "ours-1"),
        (refund["id"], "T1107", "TXN", capture["id"], "-50.00", "1.99", "S", "ours-2"),
        (reversal["id"], "T1106", "TXN", capture["id"], "-100.00", None, "S", "ours-1"),
    ]
    assert rows[0]["invoice_id"] == "inv-1"
    assert rows[0]["transaction_initiation_date"] == capture["create_time"]


def test_a_transaction_appears_three_hours_late(sandbox: Sandbox) -> None:
    sandbox.paid_capture()
    sandbox.advance(minutes=179)
    reply = _ask(sandbox)
    assert reply.json["total_items"] == 0
    assert "transaction_details" not in reply.json
    now = datetime.fromisoformat(sandbox.control("GET", "clock").json["now"])
    refreshed = datetime.fromisoformat(reply.json["last_refreshed_datetime"])
    assert timedelta() <= now - REPORT_LAG - refreshed < timedelta(minutes=1)
    assert reply.json["end_date"] == reply.json["last_refreshed_datetime"]
    sandbox.advance(minutes=1)
    assert len(_rows(sandbox)) == 1


def test_the_state_that_is_shown_is_late_too(sandbox: Sandbox) -> None:
    capture = sandbox.paid_capture(funding="review")
    sandbox.advance(hours=5)
    sandbox.control("POST", "review", {"capture": capture["id"], "decision": "accept"})

    def statuses() -> list[str]:
        return [row["transaction_status"] for row in _rows(sandbox, balance_affecting_records_only="N")]

    assert statuses() == ["P"]
    sandbox.advance(hours=3)
    assert statuses() == ["S"]
    (row,) = _rows(sandbox)
    assert row["transaction_updated_date"] > row["transaction_initiation_date"]


def test_what_moved_no_money_is_listed_on_demand_only(sandbox: Sandbox) -> None:
    captures = {funding: sandbox.paid_capture(funding=funding)["id"] for funding in ("review", "capture_declined")}
    sandbox.advance(hours=3)
    assert _rows(sandbox) == []
    rows = _rows(sandbox, balance_affecting_records_only="N")
    assert {row["transaction_id"]: row["transaction_status"] for row in rows} == {
        captures["review"]: "P",
        captures["capture_declined"]: "D",
    }
    assert all("fee_amount" not in row for row in rows)


def test_an_echeck_refund_is_pending_until_it_clears(sandbox: Sandbox) -> None:
    capture = sandbox.paid_capture(order(unit(seller=SLOW_SELLER)))
    sandbox.refund(capture["id"], seller=SLOW_SELLER)
    sandbox.advance(hours=4)
    assert [row["transaction_status"] for row in _rows(sandbox)] == ["S", "P"]
    sandbox.advance(days=3)
    assert [row["transaction_status"] for row in _rows(sandbox)] == ["S", "S"]


def test_only_the_span_that_was_asked_for_is_listed_whatever_its_time_zone(sandbox: Sandbox) -> None:
    old = sandbox.paid_capture()["id"]
    sandbox.advance(days=10)
    sandbox.forget_token()
    new = sandbox.paid_capture()["id"]
    sandbox.advance(hours=3)
    now = datetime.fromisoformat(sandbox.control("GET", "clock").json["now"])
    assert [row["transaction_id"] for row in _rows(sandbox)] == [old, new]
    east = (now - timedelta(hours=4)).strftime("%Y-%m-%dT%H:%M:%S+00:00")
    assert [row["transaction_id"] for row in _rows(sandbox, start_date=east)] == [new]
    as_new_york = (now - timedelta(hours=4 + 5)).strftime("%Y-%m-%dT%H:%M:%S.5-05:00")
    assert [row["transaction_id"] for row in _rows(sandbox, end_date=as_new_york)] == [old]


@pytest.mark.parametrize(
    ("query", "issue"),
    [
        ({"start_date": None}, "MISSING_REQUIRED_PARAMETER"),
        ({"end_date": None}, "MISSING_REQUIRED_PARAMETER"),
        ({"start_date": "2026-01-01"}, "INVALID_PARAMETER_SYNTAX"),
        ({"start_date": "2026-01-01T00:00:00"}, "INVALID_PARAMETER_SYNTAX"),
        ({"start_date": "2026-01-01T00:00:00+0100"}, "INVALID_PARAMETER_SYNTAX"),
        ({"start_date": "2026-02-30T00:00:00Z"}, "INVALID_PARAMETER_VALUE"),
        ({"start_date": "0001-01-01T00:00:00+14:00"}, "INVALID_PARAMETER_VALUE"),
        ({"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-02-01T00:00:01Z"}, "INVALID_PARAMETER_VALUE"),
        ({"start_date": "2026-01-02T00:00:00Z", "end_date": "2026-01-01T00:00:00Z"}, "INVALID_PARAMETER_VALUE"),
        ({"page_size": 501}, "INVALID_PARAMETER_VALUE"),
        ({"page": 0}, "INVALID_PARAMETER_VALUE"),
        ({"fields": "gossip"}, "INVALID_PARAMETER_VALUE"),
        ({"balance_affecting_records_only": "yes"}, "INVALID_PARAMETER_VALUE"),
    ],
)
def test_a_report_that_makes_no_sense_is_refused(sandbox: Sandbox, query: dict[str, Any], issue: str) -> None:
    reply = _ask(sandbox, **query)
    assert (reply.status, reply.issue) == (400, issue)


def test_a_plus_that_was_not_escaped_is_a_space_and_refused(sandbox: Sandbox) -> None:
    end = quote("2026-01-02T00:00:00Z")
    reply = sandbox.api("GET", f"{REPORT}?start_date=2026-01-01T00:00:00+01:00&end_date={end}")
    assert reply.issue == "INVALID_PARAMETER_SYNTAX"


def test_31_days_are_not_too_many(sandbox: Sandbox) -> None:
    assert _ask(sandbox, start_date="2026-01-01T00:00:00Z", end_date="2026-02-01T00:00:00Z").status == 200


def test_a_long_report_comes_in_pages(sandbox: Sandbox) -> None:
    captures = [sandbox.paid_capture()["id"] for _ in range(5)]
    sandbox.advance(hours=3)
    first = _ask(sandbox, page_size=2)
    assert (first.json["page"], first.json["total_items"], first.json["total_pages"]) == (1, 5, 3)
    found, reply = [], first
    while True:
        found += [detail["transaction_info"]["transaction_id"] for detail in reply.json["transaction_details"]]
        if "next" not in {link["rel"] for link in reply.json["links"]}:
            break
        reply = sandbox.api("GET", reply.link("next").removeprefix(sandbox.paypal))
    assert found == captures
    assert {link["rel"] for link in reply.json["links"]} == {"self", "first", "prev"}
    assert _rows(sandbox, page_size=2, page=4) == []


def test_fields_and_filters_choose_what_is_listed(sandbox: Sandbox) -> None:
    capture = sandbox.paid_capture(buyer="anna@home.example")
    refund = sandbox.refund(capture["id"]).json
    sandbox.advance(hours=3)
    details = _ask(sandbox, fields="payer_info").json["transaction_details"]
    assert [set(detail) for detail in details] == [{"payer_info"}, {"payer_info"}]
    assert details[0]["payer_info"]["email_address"] == "anna@home.example"
    assert set(_ask(sandbox, fields="all").json["transaction_details"][0]) == {"transaction_info", "payer_info"}
    for query, wanted in [
        ({"transaction_type": "T1107"}, [refund["id"]]),
        ({"transaction_id": capture["id"]}, [capture["id"]]),
        ({"transaction_status": "P"}, []),
        ({"transaction_currency": "EUR"}, []),
    ]:
        assert [row["transaction_id"] for row in _rows(sandbox, **query)] == wanted


def test_an_assertion_asks_for_one_sellers_transactions(sandbox: Sandbox) -> None:
    mine = sandbox.paid_capture()["id"]
    sandbox.paid_capture(order(unit(seller="two@shop.example")))
    sandbox.advance(hours=3)
    now = datetime.fromisoformat(sandbox.control("GET", "clock").json["now"])
    query = urlencode({"start_date": stamp(now - timedelta(days=1)), "end_date": stamp(now)})
    reply = sandbox.api("GET", f"{REPORT}?{query}", PayPal_Auth_Assertion=assertion(SELLER))
    assert [each["transaction_info"]["transaction_id"] for each in reply.json["transaction_details"]] == [mine]


def test_a_report_can_fail(sandbox: Sandbox) -> None:
    sandbox.fault("report", "rate_limit_429", retry_after_s=9)
    assert _ask(sandbox).headers["Retry-After"] == "9"
    assert [entry["status"] for entry in sandbox.requests("report")] == [429]


def test_the_partners_balances_are_those_of_now(sandbox: Sandbox) -> None:
    sandbox.paid_capture(order(unit("20.00", **with_fee("5.00"))))
    sandbox.paid_capture(order(unit("900", "JPY", **with_fee("100", "JPY"))))

    shown = sandbox.api("GET", "/v1/reporting/balances").json["balances"]

    assert [(each["currency"], each["total_balance"]["value"]) for each in shown] == [("JPY", "100"), ("USD", "5.00")]
    (one,) = sandbox.api("GET", "/v1/reporting/balances?currency_code=JPY").json["balances"]
    assert one == shown[0]
    assert (
        sandbox.api("GET", "/v1/reporting/balances?as_of_time=2050-01-01T00:00:00Z").issue == "INVALID_PARAMETER_VALUE"
    )
