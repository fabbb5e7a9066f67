"""Every operation of Bango's, asked of the simulator over the wire as the house asks it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import override_settings
from tests.bango.soap import reply
from tests.support.bango import BangoSimulator, form

from solitude.providers.bango.soap.wire import Failed, Reply, Wire, wire

Asking = Callable[..., Reply]
OFFER = {
    "typeFilter": ["OPERATOR", "PSMS", "INTERNET", "CARD"],
    "priceList": [{"amount": Decimal("2.10"), "currency": "EUR"}, {"amount": Decimal("1E+3"), "currency": "HUF"}],
    "externalTransactionId": "solitude:77",
    "pageTitle": "Zoë & Söhne <3",
    "configurationOptions": [
        ("APPLICATION_CATEGORY_ID", 18),
        ("BILLING_CONFIGURATION_TIME_OUT", 1860),
        ("REDIRECT_URL_ONSUCCESS", "https://shop.example/paid?a=1&b=2"),
        ("REDIRECT_URL_ONERROR", "https://shop.example/failed"),
        ("REQUEST_SIGNATURE", "5ec7e7"),
    ],
}
SELLER = {
    "adminEmailAddress": "ann@dev.example",
    "supportEmailAddress": "sue@dev.example",
    "financeEmailAddress": "fay@dev.example",
    "paypalEmailAddress": "pay@dev.example",
    "vendorName": "Zoë & Söhne",
    "companyName": "Zoë & Söhne GmbH",
    "address1": "Lindenstraße 5",
    "addressCity": "Berlin",
    "addressState": "Berlin",
    "addressZipCode": "10969",
    "addressPhone": "+49301234567",
    "countryIso": "DEU",
    "currencyIso": "EUR",
    "homePageURL": "https://dev.example/",
}
ADDRESS = {
    **{name: value for name, value in SELLER.items() if name.startswith("address")},
    "vendorName": "Zoë",
    "countryIso": "AUT",
}
BANK = {
    "bankAccountPayeeName": "Zoë",
    "bankAccountIban": "DE89370400440532013000",
    "bankAccountCode": "COBADEFFXXX",
    "bankName": "A bank",
    "bankAddress1": "Bankstraße 1",
    "bankAddressZipCode": "10969",
    "bankAddressIso": "DEU",
}


@pytest.fixture
def ask(bango: BangoSimulator) -> Asking:
    """Asks for an operation, whose answer must be understood; with `code`, which must be what it says."""

    def ask(operation: str, code: str = "OK", **fields: Any) -> Reply:
        found = reply(wire().ask(operation, fields))
        assert (operation, found.code, bool(found.message)) == (operation, code, True)
        return found

    return ask


@pytest.fixture
def package(ask: Asking) -> dict[str, Any]:
    """What Bango says of a new package."""
    return dict(ask("CreatePackage", **SELLER).values)


@pytest.fixture
def number(ask: Asking, package: dict[str, Any]) -> str:
    """The Bango number of a product that can be sold."""
    of = {"packageId": package["packageId"]}
    bango = str(ask("CreateBangoNumber", **of, name="Star Map", categoryId=1).values["bango"])
    ask("MakePremiumPerAccess", bango=bango, price=Decimal("0.99"), currencyIso="USD")
    ask("UpdateRating", bango=bango, ratingScheme="GLOBAL", rating="UNIVERSAL")
    return bango


def test_a_seller_is_set_up_changed_and_read(ask: Asking, package: dict[str, Any]) -> None:
    of = {"packageId": package["packageId"]}

    told = ask("GetPackage", **of).values
    assert {name: told[name] for name in SELLER} == SELLER
    assert (told["address2"], told["sbiAgreementAccepted"]) == (None, False)

    for role in ("Support", "Finance"):
        changed = ask(f"Update{role}EmailAddress", **of, emailAddress=f"new-{role}@dev.example".lower())
        assert changed.values["personId"] != package[f"{role.lower()}PersonId"]
    ask("UpdateAddressDetails", **of, **ADDRESS)
    ask("SetVATNumber", **of, vatNumber="ATU12345678")
    told = ask("GetPackage", **of).values
    assert (told["supportEmailAddress"], told["vatNumber"]) == ("new-support@dev.example", "ATU12345678")
    assert (told["vendorName"], told["countryIso"]) == ("Zoë", "AUT")
    ask("DeleteVATNumber", **of)
    ask("DeleteVATNumber", "VAT_NUMBER_DOES_NOT_EXIST", **of)
    ask("CreateBankDetails", **of, **BANK)

    people = ask("GetEmailAddresses", **of).values
    assert people["adminEmailAddress"] == SELLER["adminEmailAddress"]
    login = {"personId": people["adminPersonId"], "emailAddress": people["adminEmailAddress"]}
    told = ask("GetAutoAuthenticationLoginToken", **of, **login).values
    assert told["authenticationToken"]
    assert told["tokenExpiry"].tzinfo is not None


def test_the_agreement_is_read_accepted_and_lasts(ask: Asking, package: dict[str, Any]) -> None:
    of = {"packageId": package["packageId"]}

    text = ask("GetSBIAgreement", **of).values
    assert "\n" in text["sbiAgreement"]
    assert isinstance(text["sbiAgreementValidFrom"], datetime)
    ask("AcceptSBIAgreement", **of)
    ask("AcceptSBIAgreement", "SBI_ALREADY_ACCEPTED", **of)
    told = ask("GetAcceptedSBIAgreement", **of).values
    assert told["sbiAgreementAccepted"] is True
    assert told["sbiAgreementExpires"] - told["acceptedSBIAgreement"] > timedelta(days=300)


def test_a_buyer_pays_the_token_is_checked_and_the_payment_refunded(
    ask: Asking, number: str, bango: BangoSimulator
) -> None:
    offered = ask("CreateBillingConfiguration", bango=number, **OFFER).values
    said = form(bango.pay(bango.page(offered["billingConfigurationId"]), currency="EUR"))

    told = ask("CheckToken", token=said["bango_token"])
    assert (told.values["Signature"], told.values["MerchantTransactionId"]) == ("5ec7e7", "solitude:77")
    assert str(told.values["BangoTransactionId"]) == said["bango_trans_id"]
    assert (told.values["Price"], told.values["Currency"]) == (Decimal("2.10"), "EUR")

    wanted = {"bango": number, "transactionId": int(said["bango_trans_id"]), "refundType": "OPERATOR"}
    bango.refunds(pending=True)
    refund = ask("DoRefund", "PENDING", **wanted, externalTransactionId="r1").values["refundTransactionId"]
    asked = {"bango": number, "refundTransactionId": refund}
    ask("GetRefundStatus", "PENDING", **asked)
    bango.settle_refund(refund)
    ask("GetRefundStatus", **asked)
    ask("DoRefund", "ALREADY_REFUNDED", **wanted, externalTransactionId="r2")


def test_of_a_token_that_nobody_was_given_nothing_is_said(bango: BangoSimulator) -> None:
    found = reply(wire().ask("CheckToken", {"token": "made-up"}))

    assert (found.code, found.values["Signature"], found.values["Price"]) == ("", None, 0)


@pytest.mark.parametrize(
    ("fault", "sent"),
    [
        ("timeout_before", True),
        ("disconnect_after", True),
        ("truncated_after", True),
        ("garbage_after", True),
        ("error_500", True),
        ("error_503", True),
        ("rate_limit_429", False),
    ],
)
def test_an_answer_that_is_none_leaves_open_what_happened(bango: BangoSimulator, fault: str, sent: bool) -> None:
    bango.fault("CreatePackage", fault)

    with override_settings(SOLITUDE_BANGO_TIMEOUT_MS=300):
        found = Wire().ask("CreatePackage", SELLER)

    assert isinstance(found, Failed)
    assert found.sent is sent
    assert reply(wire().ask("CreatePackage", SELLER)).is_ok
