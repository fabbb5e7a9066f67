"""The classic pages that a sender or a seller clicks."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.sandbox.classic.client import Classic, chain, simple
from tests.sandbox.client import CANCEL_URL, RETURN_URL, SELLER, Reply

WEBSCR = "/paypal/cgi-bin/webscr?cmd="


def _fields(page: Reply) -> set[str]:
    return set(re.findall(r' name="(\w+)"', page.text))


@pytest.mark.parametrize("path", [f"{WEBSCR}_ap-payment&paykey=", "/paypal/webapps/adaptivepayment/flow/pay?paykey="])
def test_a_payment_is_made_on_its_page(classic: Classic, path: str) -> None:
    pay_key = classic.pay(chain("12.30"), memo="A <b>bold</b> song")["payKey"]
    page = classic.sandbox.send("GET", path + pay_key)
    assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    for text in ("12.30 USD", SELLER, "A &lt;b&gt;bold&lt;/b&gt; song"):
        assert text in page.text
    assert "<script" not in page.text
    assert _fields(page) >= {"buyer", "funding", "action"}
    reply = classic.sandbox.form(path + pay_key, action="approve", funding="ok", buyer="anna@home.example")
    assert (reply.status, reply.headers["Location"]) == (302, RETURN_URL)
    shown = classic.details(pay_key)
    assert (shown["status"], shown["senderEmail"]) == ("COMPLETED", "anna@home.example")
    again = classic.sandbox.send("GET", path + pay_key)
    assert (again.status, "<form" in again.text) == (410, False)


def test_funding_that_is_declined_shows_the_page_again(classic: Classic) -> None:
    path = f"{WEBSCR}_ap-payment&paykey={classic.pay()['payKey']}"
    reply = classic.sandbox.form(path, action="approve", funding="declined")
    assert (reply.status, 'role="alert"' in reply.text) == (400, True)
    assert classic.sandbox.form(path, action="approve", funding="ok").status == 302


def test_cancelling_leads_back(classic: Classic) -> None:
    path = f"{WEBSCR}_ap-payment&paykey={classic.pay()['payKey']}"
    assert classic.sandbox.form(path, action="cancel").headers["Location"] == CANCEL_URL
    assert classic.sandbox.send("GET", path).status == 200


def test_a_pre_approval_is_made_on_its_page(classic: Classic) -> None:
    answer = classic.preapproval(
        starts=classic.today(), ends=classic.today(30), maxAmountPerPayment="15.00", memo="Games"
    )
    path = f"{WEBSCR}_ap-preapproval&preapprovalkey={answer['preapprovalKey']}"
    page = classic.sandbox.send("GET", path)
    for text in ("Games", "100.00 USD", "15.00 USD", classic.today(30)):
        assert text in page.text
    assert classic.sandbox.form(path, action="approve").headers["Location"] == RETURN_URL
    assert classic.pay(simple("1.00"), preapprovalKey=answer["preapprovalKey"]).ack == "Success"
    assert classic.sandbox.send("GET", path).status == 410


def test_a_pre_approval_for_somebody_is_for_nobody_else(classic: Classic) -> None:
    answer = classic.preapproval(starts=classic.today(), ends=classic.today(30), senderEmail="anna@home.example")
    path = f"{WEBSCR}_ap-preapproval&preapprovalkey={answer['preapprovalKey']}"
    assert classic.sandbox.form(path, action="approve", buyer="ben@home.example").status == 400
    assert classic.sandbox.form(path, action="approve", buyer="Anna@home.example").status == 302


def test_permissions_are_granted_on_a_page(classic: Classic) -> None:
    callback = "https://market.example/granted?app=5"
    fields = {"callback": callback, "scope(0)": "REFUND", "scope(1)": "ACCESS_BASIC_PERSONAL_DATA"}
    token = classic.send("Permissions/RequestPermissions", fields)["token"]
    path = f"{WEBSCR}_grant-permission&request_token={token}"
    page = classic.sandbox.send("GET", path)
    assert "Access basic personal data" in page.text
    assert _fields(page) >= {"email", "action"}
    assert classic.sandbox.form(path, action="refuse").headers["Location"] == callback
    assert classic.sandbox.form(path, action="grant", email="nonsense").status == 400
    reply = classic.sandbox.form(path, action="grant", email=SELLER)
    query = parse_qs(urlsplit(reply.headers["Location"]).query)
    assert (reply.status, query["app"], query["request_token"]) == (302, ["5"], [token])
    assert classic.sandbox.send("GET", path).status == 410


@pytest.mark.parametrize(
    "query",
    [
        "",
        "_xclick",
        "_ap-payment",
        "_ap-payment&paykey=%3Cscript%3E",
        "_ap-preapproval&preapprovalkey=x",
        "_grant-permission",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_is_not_known_is_a_page_that_says_so(classic: Classic, query: str, method: str) -> None:
    form = "application/x-www-form-urlencoded"
    reply = classic.sandbox.send(method, WEBSCR + query, "action=approve", Content_Type=form)
    assert (reply.status, "does not know" in reply.text, "<script>" in reply.text) == (404, True, False)
