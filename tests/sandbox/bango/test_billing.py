"""What can be offered to a buyer at the simulated Bango, and what is refused with which code."""

from typing import Any

import pytest
from tests.sandbox.bango.client import ON_ERROR, ON_SUCCESS, Bango, options, prices, types
from tests.sandbox.client import Sandbox

URLS = {"REDIRECT_URL_ONSUCCESS": ON_SUCCESS, "REDIRECT_URL_ONERROR": ON_ERROR}


def test_an_offer_is_kept_as_it_was_made(bango: Bango) -> None:
    product = bango.number()
    more = options(**URLS, MOZ_USER_ID="user:1", APPLICATION_SIZE_KB="379", BILLING_CONFIGURATION_TIME_OUT="60")
    offer = bango.offer(product, externalTransactionId="web:5", configurationOptions=more)
    (shown,) = bango.state()["configurations"]
    assert offer.code == "OK"
    assert shown["billingConfigurationId"] == int(offer["billingConfigurationId"])
    assert (shown["status"], shown["bango"], shown["externalTransactionId"]) == ("OPEN", product, "web:5")
    assert shown["priceList"] == ["2.10 EUR"]
    assert shown["typeFilter"] == ["CARD", "INTERNET", "OPERATOR", "PSMS"]
    assert shown["configurationOptions"]["APPLICATION_SIZE_KB"] == "379"
    bango.advance(60)
    assert bango.state()["configurations"][0]["status"] == "EXPIRED"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"bango": "1"}, "NO_BANGO_EXISTS"),
        ({"pageTitle": ""}, "INVALID_PAGETITLE"),
        ({"externalTransactionId": None}, "INVALID_EXTERNALTRANSACTIONID"),
        ({"priceList": []}, "INVALID_PRICELIST"),
        ({"priceList": prices(("1.00", "JPY"))}, "INVALID_CURRENCY"),
        ({"priceList": prices(("0", "EUR"))}, "INVALID_AMOUNT"),
        ({"priceList": prices(("1.001", "EUR"))}, "INVALID_AMOUNT"),
        ({"typeFilter": types("CASH")}, "INVALID_TYPEFILTER"),
        ({"configurationOptions": options(REDIRECT_URL_ONSUCCESS=ON_SUCCESS)}, "REQUIRED_CONFIGURATION_MISSING"),
        ({"configurationOptions": options(REDIRECT_URL_ONERROR=ON_ERROR)}, "REQUIRED_CONFIGURATION_MISSING"),
        ({"configurationOptions": options(**URLS | {"REDIRECT_URL_ONERROR": "no"})}, "INVALID_PARAMETER"),
        ({"configurationOptions": options(**URLS, APPLICATION_LOGO_URL="no")}, "INVALID_PARAMETER"),
        ({"configurationOptions": options(**URLS, APPLICATION_SIZE_KB="0")}, "INVALID_PARAMETER"),
        ({"configurationOptions": options(**URLS, BILLING_CONFIGURATION_TIME_OUT="soon")}, "INVALID_PARAMETER"),
        ({"configurationOptions": options(**URLS, **{f"X{each}": "1" for each in range(50)})}, "INVALID_PARAMETER"),
    ],
)
def test_an_offer_that_makes_no_sense_is_refused(bango: Bango, change: dict[str, Any], code: str) -> None:
    refused = bango.offer(**{"bango": bango.number(), **change})
    assert (refused.code, refused["billingConfigurationId"]) == (code, "0")
    assert bango.state()["configurations"] == []


def test_two_prices_in_one_currency_make_bango_fail(bango: Bango) -> None:
    failed = bango.offer(priceList=prices(("1.00", "EUR"), ("2.00", "EUR")))
    assert failed.reply.status == 500
    assert failed.faultstring.startswith("Server was unable to process request.")
    assert bango.state()["configurations"] == []


def test_without_a_filter_everything_is_allowed(bango: Bango, sandbox: Sandbox) -> None:
    number = bango.offer(typeFilter=None)["billingConfigurationId"]
    assert "card</option>" in sandbox.send("GET", bango.page(number)).text


def test_a_buyer_is_the_same_user_at_bango_whatever_is_bought(bango: Bango) -> None:
    def user(name: str) -> str:
        more = options(**URLS, MOZ_USER_ID=name)
        said = bango.pay(bango.offer(configurationOptions=more)["billingConfigurationId"])
        return bango.ask("CheckToken", token=said["Token"])["BangoUserId"]

    assert user("user:1") == user("user:1") != user("user:2")
