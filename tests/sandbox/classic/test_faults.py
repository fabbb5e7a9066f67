"""Trouble on the way to the classic interface and back."""

import pytest
import urllib3
from tests.sandbox.classic.client import KEYS, PARTNER, Classic, chain, simple

LOST = (urllib3.exceptions.ProtocolError, urllib3.exceptions.TimeoutError)


@pytest.mark.parametrize("fault", ["timeout_after", "disconnect_after", "truncated_after"])
def test_a_lost_answer_hides_that_the_payment_was_made(classic: Classic, fault: str) -> None:
    key = classic.preapproved()
    classic.sandbox.fault("classic_pay", fault, delay_ms=100)
    with pytest.raises(LOST):
        classic.pay(preapprovalKey=key, trackingId="lost")
    assert classic.details(trackingId="lost")["status"] == "COMPLETED"
    assert classic.pay(preapprovalKey=key, trackingId="lost").error == "579042"
    (first, _) = classic.sandbox.requests("classic_pay")
    assert (first["request_id"], first["status"], first["fault"]) == ("lost", None, fault)


@pytest.mark.parametrize(
    ("fault", "status", "error"),
    [
        ("error_500", 500, "500000"),
        ("error_503", 503, "500000"),
        ("rate_limit_429", 429, "500000"),
        ("stored_500", 500, "500000"),
        ("issue:579024", 200, "579024"),
    ],
)
def test_a_failing_answer_means_that_nothing_was_done(classic: Classic, fault: str, status: int, error: str) -> None:
    classic.sandbox.fault("classic_pay", fault)
    answer = classic.pay(trackingId="failed")
    assert (answer.reply.status, answer.ack, answer.error) == (status, "Failure", error)
    assert classic.details(trackingId="failed").error == "579051"


def test_garbage_comes_instead_of_pairs(classic: Classic) -> None:
    classic.sandbox.fault("classic_payment_details", "garbage_after")
    assert classic.details("AP-X").reply.text.startswith("<!DOCTYPE html>")


def test_each_interface_has_errors_of_its_own(classic: Classic) -> None:
    for operation, fault in (("classic_pay", "issue:INSTRUMENT_DECLINED"), ("create_order", "issue:579024")):
        reply = classic.sandbox.control("POST", "faults", {"operation": operation, "fault": fault})
        assert reply.status == 400


@pytest.mark.parametrize("body", ["\ud800".encode("utf-8", "surrogatepass"), b"&".join([b"a=b"] * 1_001)])
def test_a_body_that_is_none_is_refused(classic: Classic, body: bytes) -> None:
    assert "errorId=580001" in classic.sandbox.send("POST", "/paypal/AdaptivePayments/Pay", body).text


def test_a_fault_can_be_meant_for_one_receivers_requests(classic: Classic) -> None:
    pay_key = classic.paid(chain(), trackingId="struck")
    classic.sandbox.fault("any", "error_503", count=0, account=PARTNER)
    assert classic.details(pay_key).reply.status == 503
    assert classic.details(trackingId="struck").reply.status == 503
    assert classic.pay(chain()).reply.status == 503
    assert classic.pay(simple()).ack == "Success"
    looked_up = classic.call("AdaptiveAccounts/GetVerifiedStatus", emailAddress=PARTNER, matchCriteria="NONE")
    assert looked_up.reply.status == 503


def test_a_request_can_bring_its_own_fault(classic: Classic) -> None:
    headers = {**KEYS, "Sandbox_Fault": "issue:579024"}
    assert classic.call("AdaptivePayments/PaymentDetails", headers, payKey="AP-X").error == "579024"
    headers["Sandbox_Fault"] = "issue:TRANSACTION_REFUSED"
    assert classic.call("AdaptivePayments/PaymentDetails", headers, payKey="AP-X").error == "580022"
