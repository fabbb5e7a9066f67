"""Pay, PaymentDetails and ExecutePayment."""

import pytest
from tests.sandbox.classic.client import KEYS, PARTNER, Classic, chain, receiver, simple
from tests.sandbox.client import CANCEL_URL, RETURN_URL, SELLER, unit, with_fee


def test_a_payment_waits_for_its_sender_and_is_made_when_he_approves(classic: Classic) -> None:
    answer = classic.pay(simple("10.00"), memo="An app", trackingId="ours-1")
    assert (answer.ack, answer["paymentExecStatus"]) == ("Success", "CREATED")
    assert answer["payKey"].startswith("AP-")
    assert answer["responseEnvelope.correlationId"] == answer.reply.headers["PayPal-Debug-Id"]
    waiting = classic.details(answer["payKey"])
    assert (waiting["status"], waiting.part(0, "transactionId")) == ("CREATED", None)
    assert classic.sandbox.approve(answer["payKey"], buyer="anna@home.example").json["location"] == RETURN_URL
    done = classic.details(answer["payKey"])
    assert (done["status"], done["senderEmail"], done["memo"]) == ("COMPLETED", "anna@home.example", "An app")
    assert done.part(0, "transactionStatus") == "COMPLETED"
    assert done.part(0, "receiver.email") == SELLER
    assert classic.sandbox.balance(SELLER) == "9.16"  # 3.49 % and 0.49
    assert classic.sandbox.balance("anna@home.example") == "-10.00"


def test_a_payment_is_found_by_each_of_its_names(classic: Classic) -> None:
    pay_key = classic.paid(trackingId="ours-2")
    shown = classic.details(pay_key)
    names = {
        "trackingId": "ours-2",
        "transactionId": str(shown.part(0, "transactionId")),
    }
    for name, value in names.items():
        assert classic.details(**{name: value})["payKey"] == pay_key
    sender_id = str(shown.part(0, "senderTransactionId"))
    assert classic.details(transactionId=sender_id)["payKey"] == pay_key


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"payKey": "AP-UNKNOWN"}, "589018"),
        ({"trackingId": "unknown"}, "579051"),
        ({"transactionId": "UNKNOWN"}, "589052"),
        ({}, "580029"),
    ],
)
def test_what_is_not_known_is_an_error_with_http_200(classic: Classic, fields: dict[str, str], error: str) -> None:
    answer = classic.details(**fields)
    assert (answer.reply.status, answer.ack, answer.error) == (200, "Failure", error)


@pytest.mark.parametrize(
    ("fees_payer", "seller", "partner"),
    [
        ("", "6.27", "2.41"),  # each of what it keeps
        ("PRIMARYRECEIVER", "6.16", "3.00"),
        ("SECONDARYONLY", "7.00", "2.16"),
    ],
)
def test_in_a_chain_the_first_pays_the_others(classic: Classic, fees_payer: str, seller: str, partner: str) -> None:
    classic.paid(chain("10.00", "3.00"), feesPayer=fees_payer)
    assert (classic.sandbox.balance(SELLER), classic.sandbox.balance(PARTNER)) == (seller, partner)
    assert classic.sandbox.balance("buyer@sandbox.example") == "-10.00"


def test_parallel_receivers_are_paid_by_the_sender(classic: Classic) -> None:
    pay_key = classic.paid(receiver(0, SELLER, "10.00") | receiver(1, PARTNER, "2.00"), feesPayer="SENDER")
    assert (classic.sandbox.balance(SELLER), classic.sandbox.balance(PARTNER)) == ("10.00", "2.00")
    assert classic.sandbox.balance("buyer@sandbox.example") == "-13.40"
    assert classic.details(pay_key).part(1, "receiver.primary") == "false"


def test_a_delayed_chain_pays_the_others_on_demand(classic: Classic) -> None:
    pay_key = classic.paid(chain(), actionType="PAY_PRIMARY")
    assert classic.details(pay_key)["status"] == "INCOMPLETE"
    assert PARTNER not in str(classic.sandbox.state()["accounts"]) or classic.sandbox.balance(PARTNER) == "0"
    executed = classic.call("AdaptivePayments/ExecutePayment", payKey=pay_key)
    assert executed["paymentExecStatus"] == "COMPLETED"
    assert classic.sandbox.balance(PARTNER) == "2.41"
    assert classic.call("AdaptivePayments/ExecutePayment", payKey=pay_key).error == "529038"


def test_a_tracking_id_is_used_once(classic: Classic) -> None:
    first = classic.pay(trackingId="once")
    again = classic.pay(trackingId="once")
    assert (again.ack, again.error, again["error(0).parameter(0)"]) == ("Failure", "579042", "once")
    assert classic.details(trackingId="once")["payKey"] == first["payKey"]


def test_a_refused_payment_leaves_its_tracking_id_free(classic: Classic) -> None:
    assert classic.pay(simple("-1"), trackingId="free").error == "580022"
    assert classic.pay(trackingId="free").ack == "Success"


def test_an_invoice_is_paid_once_in_either_interface(classic: Classic) -> None:
    classic.paid(simple(invoiceId="invoice-7"))
    assert classic.pay(simple(invoiceId="invoice-7")).error == "580026"
    assert classic.sandbox.paid({"intent": "CAPTURE", "purchase_units": [unit(invoice_id="invoice-7")]}).issue == (
        "DUPLICATE_INVOICE_ID"
    )


@pytest.mark.parametrize(
    ("receivers", "fields", "error"),
    [
        (simple(), {"currencyCode": "XXX"}, "580022"),
        (simple(), {"currencyCode": "JPY"}, "589023"),
        (simple("1.005"), {}, "589023"),
        (simple("0"), {}, "580022"),
        (simple("1e2"), {}, "580022"),
        (simple(paymentType="DIGITALGOODS"), {"preapprovalKey": "PA-X"}, "560027"),
        (simple(), {"preapprovalKey": "PA-X"}, "589019"),
        (simple(), {"actionType": "STEAL"}, "580022"),
        (simple(), {"actionType": "PAY_PRIMARY"}, "580022"),
        (simple(), {"returnUrl": "/return"}, "580028"),
        (simple(), {"cancelUrl": ""}, "580029"),
        (simple(), {"trackingId": "x" * 128}, "580022"),
        (simple(), {"feesPayer": "SECONDARYONLY"}, "580022"),
        (simple(seller="no address"), {}, "589039"),
        (simple(seller="nobody-x@shop.example"), {}, "589039"),
        (simple(seller="unverified-x@shop.example"), {}, "569042"),
        (simple(seller="restricted-x@shop.example"), {}, "520009"),
        (simple(seller="closed-x@shop.example"), {}, "559044"),
        (chain("10.00", "10.01"), {}, "579017"),
        (receiver(0, SELLER, "1.00") | receiver(1, SELLER, "1.00"), {}, "579040"),
        ({}, {}, "580029"),
        ({key: value for n in range(7) for key, value in receiver(n, f"{n}@a.example", "1").items()}, {}, "579007"),
    ],
)
def test_what_makes_no_sense_is_refused(
    classic: Classic, receivers: dict[str, str], fields: dict[str, str], error: str
) -> None:
    answer = classic.pay(receivers, **fields)
    assert (answer.reply.status, answer.ack, answer.error) == (200, "Failure", error)
    assert classic.sandbox.state()["payments"] == []


@pytest.mark.parametrize(
    ("header", "value", "error"),
    [
        ("X_PAYPAL_SECURITY_USERID", "somebody", "520003"),
        ("X_PAYPAL_SECURITY_PASSWORD", "wrong", "520003"),
        ("X_PAYPAL_SECURITY_SIGNATURE", "", "520003"),
        ("X_PAYPAL_APPLICATION_ID", "APP-OTHER", "560022"),
        ("X_PAYPAL_REQUEST_DATA_FORMAT", "JSON", "580001"),
    ],
)
def test_only_who_has_the_keys_may_call(classic: Classic, header: str, value: str, error: str) -> None:
    answer = classic.call("AdaptivePayments/PaymentDetails", {**KEYS, header: value}, payKey="AP-X")
    assert (answer.reply.status, answer.error) == (200, error)


def test_yen_have_no_decimals(classic: Classic) -> None:
    pay_key = classic.paid(simple("500"), currencyCode="JPY")
    assert classic.details(pay_key).part(0, "receiver.amount") == "500"
    assert classic.sandbox.balance(SELLER, "JPY") == "434"


def test_a_pay_key_that_nobody_approves_expires(classic: Classic) -> None:
    pay_key = classic.pay()["payKey"]
    classic.sandbox.advance(hours=3)
    assert classic.details(pay_key)["status"] == "EXPIRED"
    assert classic.sandbox.approve(pay_key).status == 410


def test_cancelling_leaves_the_payment_open(classic: Classic) -> None:
    pay_key = classic.pay()["payKey"]
    assert classic.sandbox.approve(pay_key, action="cancel").json["location"] == CANCEL_URL
    assert classic.details(pay_key)["status"] == "CREATED"
    assert classic.sandbox.approve(pay_key).status == 200
    assert classic.sandbox.approve(pay_key).status == 410


def test_funding_that_is_declined_pays_nobody(classic: Classic) -> None:
    pay_key = classic.pay()["payKey"]
    assert classic.sandbox.approve(pay_key, funding="declined").status == 400
    assert classic.details(pay_key)["status"] == "CREATED"
    assert classic.sandbox.approve(pay_key, funding="capture_declined").status == 200
    failed = classic.details(pay_key)
    assert (failed["status"], failed.part(0, "transactionStatus")) == ("ERROR", "FAILED")
    assert classic.sandbox.balance(SELLER) == "0"


@pytest.mark.parametrize(
    ("decision", "status", "part", "balance"),
    [("accept", "COMPLETED", "COMPLETED", "9.16"), ("deny", "ERROR", "DENIED", "0")],
)
def test_a_review_ends_one_way_or_the_other(
    classic: Classic, decision: str, status: str, part: str, balance: str
) -> None:
    pay_key = classic.paid(funding="review")
    waiting = classic.details(pay_key)
    assert (waiting["status"], waiting.part(0, "transactionStatus")) == ("PENDING", "PENDING")
    assert classic.sandbox.control("POST", "review", {"payment": pay_key, "decision": decision}).status == 200
    ended = classic.details(pay_key)
    assert (ended["status"], ended.part(0, "transactionStatus")) == (status, part)
    assert classic.sandbox.balance(SELLER) == balance


def test_nobody_pays_himself(classic: Classic) -> None:
    pay_key = classic.pay()["payKey"]
    assert "different accounts" in classic.sandbox.approve(pay_key, buyer=SELLER).json["error"]


def test_both_interfaces_share_the_accounts(classic: Classic) -> None:
    classic.paid(simple("10.00"))
    classic.sandbox.paid_capture({"intent": "CAPTURE", "purchase_units": [unit("10.00", **with_fee("1.00"))]})
    assert classic.sandbox.balance(SELLER) == "17.32"
