"""A buyer pays on Bango's page, or does not; what the return says is what Bango says when it is asked."""

from xml.etree import ElementTree

import pytest
from tests.sandbox.bango.client import DIRECT, ON_ERROR, ON_SUCCESS, Bango, options, prices, types
from tests.sandbox.client import Sandbox


def test_who_pays_is_sent_to_success_with_all_that_the_marketplace_must_know(bango: Bango) -> None:
    offered = bango.offer(externalTransactionId="web:77")
    number = offered["billingConfigurationId"]
    location = bango.click(number, network="ESP_ORANGE").headers["Location"]
    assert location.startswith(f"{ON_SUCCESS}&ResponseCode=OK&")
    (payment,) = bango.state()["payments"]
    said = dict(part.split("=", 1) for part in location.partition("?")[2].split("&"))
    assert said == {
        "cart": "7",
        "ResponseCode": "OK",
        "ResponseMessage": "Success",
        "BangoTransactionId": str(payment["transactionId"]),
        "MerchantTransactionId": "web%3A77",
        "MozSignature": "5ig",
        "Token": said["Token"],
        "BillingConfigurationId": number,
        "price": "2.10",
        "currency": "EUR",
        "network": "ESP_ORANGE",
    }


def test_the_token_says_the_same_as_the_return(bango: Bango) -> None:
    said = bango.pay(bango.offer()["billingConfigurationId"], network="DEU_TMOBILE")
    checked = bango.ask("CheckToken", token=said["Token"])
    assert {name: checked[name] for name in ("ResponseCode", "ResponseMessage", "MerchantTransactionId")} == {
        name: said[name] for name in ("ResponseCode", "ResponseMessage", "MerchantTransactionId")
    }
    assert checked["Signature"] == said["MozSignature"]
    assert checked["BangoTransactionId"] == said["BangoTransactionId"]
    assert (checked["Price"], checked["Currency"]) == ("2.10", "EUR")
    assert (checked["networkId"], checked["paymentMethodId"]) == ("DEU_TMOBILE", "OPERATOR")
    # The type of the method, and so what is in it, belongs to another service.
    assert ElementTree.fromstring(checked.reply.text).findtext(f".//{{{DIRECT[1]}}}networkId") == "DEU_TMOBILE"  # noqa: S314


def test_an_unknown_token_says_nothing_at_all(bango: Bango) -> None:
    checked = bango.ask("CheckToken", token="guessed")
    assert checked.values == {"BangoUserId": "0", "BangoTransactionId": "0", "Price": "0"}


def test_who_cancels_is_sent_to_error_and_may_come_back_and_pay(bango: Bango) -> None:
    number = bango.offer()["billingConfigurationId"]
    location = bango.click(number, action="cancel").headers["Location"]
    assert location.startswith(f"{ON_ERROR}?ResponseCode=CANCEL&")
    assert "price=" not in location
    assert bango.pay(number)["ResponseCode"] == "OK"


@pytest.mark.parametrize("code", ["INSUFFICIENT_FUNDS", "INTERNAL_ERROR"])
def test_a_failure_is_told_by_its_code_and_brings_no_event(bango: Bango, code: str) -> None:
    said = bango.pay(bango.offer()["billingConfigurationId"], action="fail", failure=code)
    assert said["ResponseCode"] == code
    assert bango.ask("CheckToken", token=said["Token"]).code == code
    assert bango.events() == []


def test_what_is_paid_cannot_be_paid_again(bango: Bango) -> None:
    number = bango.offer()["billingConfigurationId"]
    bango.pay(number)
    assert bango.click(number).status == 410
    assert len(bango.state()["payments"]) == 1


def test_an_offer_ends_when_its_time_is_out(bango: Bango) -> None:
    more = options(
        REDIRECT_URL_ONSUCCESS=ON_SUCCESS, REDIRECT_URL_ONERROR=ON_ERROR, BILLING_CONFIGURATION_TIME_OUT="1860"
    )
    number = bango.offer(configurationOptions=more)["billingConfigurationId"]
    bango.advance(1859)
    assert bango.click(number, action="fail").status == 302
    bango.advance(1)
    assert bango.click(number).status == 410


def test_an_unknown_offer_is_not_found(bango: Bango, sandbox: Sandbox) -> None:
    assert sandbox.send("GET", bango.page("1")).status == 404
    assert sandbox.send("GET", bango.page("x" * 50)).status == 404


def test_the_buyer_chooses_among_the_prices(bango: Bango, sandbox: Sandbox) -> None:
    number = bango.offer(priceList=prices(("2.10", "EUR"), ("9.00", "PLN")))["billingConfigurationId"]
    page = sandbox.send("GET", bango.page(number)).text
    assert "2.10 EUR" in page
    assert "9.00 PLN" in page
    assert bango.click(number, currency="USD").status == 400
    said = bango.pay(number, currency="PLN")
    assert (said["price"], said["currency"]) == ("9.00", "PLN")


def test_only_who_may_pay_by_card_is_asked_for_one(bango: Bango, sandbox: Sandbox) -> None:
    micro = bango.offer(typeFilter=types("OPERATOR", "PSMS", "INTERNET"))["billingConfigurationId"]
    assert "card</option>" not in sandbox.send("GET", bango.page(micro)).text
    assert bango.click(micro, network="CARD").status == 400
    said = bango.pay(bango.offer()["billingConfigurationId"], network="CARD")
    assert "network" not in said
    assert bango.ask("CheckToken", token=said["Token"])["paymentMethodId"] == "CARD"


def test_the_page_shows_what_is_bought_and_of_whom(bango: Bango, sandbox: Sandbox) -> None:
    number = bango.offer(pageTitle="<b>Chess</b>")["billingConfigurationId"]
    page = sandbox.send("GET", bango.page(number))
    assert page.status == 200
    assert "&lt;b&gt;Chess&lt;/b&gt;" in page.text
    assert "Ada&#39;s Apps &amp; Games" in page.text
    assert "ESP_ORANGE" in page.text


def test_the_click_can_be_made_without_the_page(bango: Bango) -> None:
    number = bango.offer()["billingConfigurationId"]
    answer = bango.control("POST", "pay", {"configuration": number, "network": "USA_TMOBILE"})
    assert answer.json["location"].startswith(ON_SUCCESS)
    assert bango.control("POST", "pay", {"configuration": number}).status == 410
    assert bango.control("POST", "pay", {"configuration": 1}).status == 404
