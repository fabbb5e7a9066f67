"""Packages and products at the simulated Bango: what a seller is, how it changes, and what is refused with which code."""

from typing import Any

import pytest
from tests.sandbox.bango.client import PACKAGE, Bango

UNKNOWN = "1"
IN_ORDER = (
    *(
        "adminEmailAddress",
        "supportEmailAddress",
        "financeEmailAddress",
        "paypalEmailAddress",
        "vendorName",
        "companyName",
    ),
    *("address1", "address2", "addressCity", "addressState", "addressZipCode", "addressPhone", "addressFax"),
    *("vatNumber", "countryIso", "currencyIso"),
)
LISTENER = {"eventNotificationUsername": "u", "eventNotificationPassword": "p"}
BANK = {
    "bankAccountPayeeName": "Ada",
    "bankAccountNumber": "12345678",
    "bankAccountCode": "20-00-00",
    "bankAccountIban": "GB33BUKB20201555555555",
    "bankName": "Bank",
    "bankAddress1": "1 Street",
    "bankAddress2": "",
    "bankAddressCity": "London",
    "bankAddressState": "",
    "bankAddressZipCode": "N1",
    "bankAddressIso": "GBR",
}
ADDRESS = {
    "vendorName": "Ada & Co",
    "address1": "2 Byron Street",
    "addressCity": "Nottingham",
    "addressState": "Notts",
    "addressZipCode": "NG1",
    "addressPhone": "0115 2",
    "countryIso": "GBR",
    "homePageURL": "https://ada.example/",
}


def test_a_package_has_three_persons_and_is_read_as_it_was_made(bango: Bango) -> None:
    optional = {"address2": "Flat 2", "addressFax": "0115 9", "vatNumber": "GB1"}
    url = {"homePageURL": "http://ada.example", "eventNotificationURL": "https://market.example/event"}
    fields = {**PACKAGE, **optional}
    made = bango.ask("CreatePackage", **{name: fields[name] for name in IN_ORDER}, **url, **LISTENER)
    persons = {made[f"{role}PersonId"] for role in ("admin", "support", "finance")}
    assert len(persons) == 3
    assert all(made[f"{role}PersonPassword"] for role in ("admin", "support", "finance"))
    read = bango.ask("GetPackage", packageId=made["packageId"])
    assert {name: read[name] for name in {**fields, **url}} == {**fields, **url}
    assert (read["eventNotificationEnabled"], read["sbiAgreementAccepted"]) == ("true", "false")
    assert "eventNotificationPassword" not in read.values


def test_of_a_package_what_is_empty_is_absent(bango: Bango) -> None:
    read = bango.ask("GetPackage", packageId=bango.package())
    assert not {"address2", "addressFax", "vatNumber", "homePageURL", "eventNotificationURL"} & read.values.keys()
    assert read["acceptedSBIAgreement"] == "0001-01-01T00:00:00"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"adminEmailAddress": "ada"}, "INVALID_ADMINEMAILADDRESS"),
        ({"paypalEmailAddress": None}, "INVALID_PAYPALEMAILADDRESS"),
        ({"vendorName": " "}, "INVALID_VENDORNAME"),
        ({"address1": "x" * 255}, "INVALID_ADDRESS1"),
        ({"countryIso": "GB"}, "INVALID_COUNTRYISO"),
        ({"countryIso": "PRK"}, "INVALID_COUNTRYISO"),
        ({"currencyIso": "JPY"}, "INVALID_CURRENCYISO"),
        ({"homePageURL": "ada.example"}, "INVALID_URL"),
        ({"eventNotificationURL": "ftp://ada.example"}, "INVALID_EVENTNOTIFICATIONURL"),
    ],
)
def test_a_field_that_makes_no_sense_is_named_by_the_code(bango: Bango, change: dict[str, Any], code: str) -> None:
    refused = bango.ask("CreatePackage", **{**PACKAGE, **change})
    assert (refused.code, refused["packageId"]) == (code, "0")
    assert refused["responseMessage"]
    assert bango.state()["packages"] == []


@pytest.mark.parametrize("country", ["KOS", "SCG", "ESP"])
def test_bango_has_countries_of_its_own(bango: Bango, country: str) -> None:
    assert bango.package(countryIso=country)


@pytest.mark.parametrize("role", ["Support", "Finance"])
def test_another_email_address_is_another_person_and_the_same_one_is_refused(bango: Bango, role: str) -> None:
    made = bango.ask("CreatePackage", **PACKAGE)
    operation, package = f"Update{role}EmailAddress", made["packageId"]
    changed = bango.ask(operation, packageId=package, emailAddress="new@dev.example")
    assert changed["personId"] != made[f"{role.lower()}PersonId"]
    again = bango.ask(operation, packageId=package, emailAddress="new@dev.example")
    assert (again.code, again["personId"]) == ("INVALID_PERSON", "0")
    assert bango.ask(operation, packageId=package, emailAddress="new").code == "INVALID_EMAILADDRESS"
    emails = bango.ask("GetEmailAddresses", packageId=package)
    assert emails[f"{role.lower()}EmailAddress"] == "new@dev.example"
    assert emails[f"{role.lower()}PersonId"] == changed["personId"]
    assert emails["adminPersonId"] == made["adminPersonId"]


def test_the_address_is_changed_as_a_whole(bango: Bango) -> None:
    package = bango.package(homePageURL="https://old.example")
    assert bango.ask("UpdateAddressDetails", packageId=package, **ADDRESS).code == "OK"
    read = bango.ask("GetPackage", packageId=package)
    assert {name: read[name] for name in ADDRESS} == ADDRESS
    assert read["companyName"] == PACKAGE["companyName"]
    for change, code in (
        ({"countryIso": "XXX"}, "INVALID_COUNTRYISO"),
        ({"homePageURL": "nowhere"}, "INVALID_URL"),
        ({"addressPhone": ""}, "INVALID_ADDRESSPHONE"),
    ):
        assert bango.ask("UpdateAddressDetails", packageId=package, **{**ADDRESS, **change}).code == code


def test_a_vat_number_is_set_and_deleted_once(bango: Bango) -> None:
    package = bango.package()
    assert bango.ask("DeleteVATNumber", packageId=package).code == "VAT_NUMBER_DOES_NOT_EXIST"
    assert bango.ask("SetVATNumber", packageId=package, vatNumber="").code == "INVALID_VATNUMBER"
    assert bango.ask("SetVATNumber", packageId=package, vatNumber="GB1").code == "OK"
    assert bango.ask("GetPackage", packageId=package)["vatNumber"] == "GB1"
    assert bango.ask("DeleteVATNumber", packageId=package).code == "OK"
    assert bango.ask("DeleteVATNumber", packageId=package).code == "VAT_NUMBER_DOES_NOT_EXIST"


def test_bank_details_are_given_once_and_shown_nowhere(bango: Bango) -> None:
    package = bango.package()
    for change, code in (
        ({"bankAddressIso": "GB"}, "INVALID_COUNTRYISO"),
        ({"bankAccountNumber": "", "bankAccountIban": ""}, "INVALID_BANKACCOUNTNUMBER"),
        ({"bankAccountIban": "x" * 35}, "INVALID_BANKACCOUNTIBAN"),
        ({"bankName": ""}, "INVALID_BANKNAME"),
    ):
        assert bango.ask("CreateBankDetails", packageId=package, **{**BANK, **change}).code == code
    assert bango.ask("CreateBankDetails", packageId=package, **{**BANK, "bankAccountNumber": ""}).code == "OK"
    assert bango.ask("CreateBankDetails", packageId=package, **BANK).code == "BANK_DETAILS_EXIST"
    assert BANK["bankAccountIban"] not in bango.control("GET", "state").text


def test_a_login_token_is_for_a_person_of_the_package(bango: Bango) -> None:
    made = bango.ask("CreatePackage", **PACKAGE)
    person = {"personId": made["adminPersonId"], "emailAddress": PACKAGE["adminEmailAddress"]}
    first = bango.ask("GetAutoAuthenticationLoginToken", packageId=made["packageId"], **person)
    second = bango.ask("GetAutoAuthenticationLoginToken", packageId=made["packageId"], **person)
    assert first.code == "OK"
    assert first["authenticationToken"] != second["authenticationToken"]
    assert first["tokenExpiry"].endswith("Z")
    for wrong in ({"personId": made["supportPersonId"]}, {"emailAddress": "sue@dev.example"}):
        refused = bango.ask("GetAutoAuthenticationLoginToken", packageId=made["packageId"], **{**person, **wrong})
        assert refused.code == "INVALID_PERSON"


def test_the_agreement_is_accepted_for_a_year(bango: Bango) -> None:
    package = bango.package()
    text = bango.ask("GetSBIAgreement", packageId=package)
    assert "SELF-BILLING AGREEMENT\n" in text["sbiAgreement"]
    assert text["sbiAgreementValidFrom"] == "2013-01-01T00:00:00Z"
    before = bango.ask("GetAcceptedSBIAgreement", packageId=package)
    assert (before.code, before["sbiAgreementAccepted"]) == ("OK", "false")
    assert bango.ask("AcceptSBIAgreement", packageId=package).code == "OK"
    assert bango.ask("AcceptSBIAgreement", packageId=package).code == "SBI_ALREADY_ACCEPTED"
    accepted = bango.ask("GetAcceptedSBIAgreement", packageId=package)
    assert accepted["sbiAgreementAccepted"] == "true"
    (shown,) = bango.state()["packages"]
    assert accepted["acceptedSBIAgreement"] == shown["acceptedSBIAgreement"]
    assert accepted["sbiAgreementExpires"] == shown["sbiAgreementExpires"]
    bango.advance(365 * 86400)
    assert bango.ask("GetAcceptedSBIAgreement", packageId=package)["sbiAgreementAccepted"] == "false"
    assert bango.ask("AcceptSBIAgreement", packageId=package).code == "OK"


@pytest.mark.parametrize(
    ("operation", "fields"),
    [
        ("GetPackage", {}),
        ("UpdateSupportEmailAddress", {"emailAddress": "a@b.example"}),
        ("UpdateFinanceEmailAddress", {"emailAddress": "a@b.example"}),
        ("UpdateAddressDetails", ADDRESS),
        ("SetVATNumber", {"vatNumber": "1"}),
        ("DeleteVATNumber", {}),
        ("CreateBankDetails", BANK),
        ("CreateBangoNumber", {"name": "Chess", "categoryId": 1}),
        ("GetEmailAddresses", {}),
        ("GetAutoAuthenticationLoginToken", {"personId": 1, "emailAddress": "a@b.example"}),
        ("GetSBIAgreement", {}),
        ("AcceptSBIAgreement", {}),
        ("GetAcceptedSBIAgreement", {}),
    ],
)
def test_an_unknown_package_is_refused_everywhere(bango: Bango, operation: str, fields: dict[str, Any]) -> None:
    assert bango.ask(operation, packageId=UNKNOWN, **fields).code == "INVALID_PACKAGEID"


def test_a_product_gets_a_number_of_its_own(bango: Bango) -> None:
    package = bango.package()
    first, second = bango.number(package), bango.number(package)
    assert first != second
    shown = {each["bango"]: each["packageId"] for each in bango.state()["numbers"]}
    assert shown == {first: package, second: package}
    for change, code in (
        ({"name": "x" * 101}, "INVALID_NAME"),
        ({"name": ""}, "INVALID_NAME"),
        ({"categoryId": 0}, "INVALID_CATEGORYID"),
    ):
        fields = {"packageId": package, "name": "Chess", "categoryId": 1, **change}
        assert bango.ask("CreateBangoNumber", **fields).code == code


def test_a_number_becomes_premium_once(bango: Bango) -> None:
    number = bango.number()
    for change, code in (
        ({"price": "0"}, "INVALID_PRICE"),
        ({"price": "0.999"}, "INVALID_PRICE"),
        ({"currencyIso": "XYZ"}, "INVALID_CURRENCYISO"),
        ({"bango": UNKNOWN}, "NO_BANGO_EXISTS"),
    ):
        fields = {"bango": number, "price": "0.99", "currencyIso": "USD", **change}
        assert bango.ask("MakePremiumPerAccess", **fields).code == code
    assert bango.ask("MakePremiumPerAccess", bango=number, price="0.990", currencyIso="USD").code == "OK"
    again = bango.ask("MakePremiumPerAccess", bango=number, price="1.99", currencyIso="USD")
    assert again.code == "BANGO_ALREADY_PREMIUM_ENABLED"
    assert bango.state()["numbers"][0]["premium"] == "0.99 USD"


def test_a_number_is_rated_in_each_scheme(bango: Bango) -> None:
    number = bango.number()
    assert bango.ask("UpdateRating", bango=number, ratingScheme="GLOBAL", rating="UNIVERSAL").code == "OK"
    assert bango.ask("UpdateRating", bango=number, ratingScheme="USA", rating="GENERAL").code == "OK"
    assert bango.ask("UpdateRating", bango=number, ratingScheme="EU", rating="GENERAL").code == "INVALID_RATING_SCHEME"
    assert bango.ask("UpdateRating", bango=number, ratingScheme="USA", rating="PG").code == "INVALID_RATING"
    assert bango.ask("UpdateRating", bango=UNKNOWN, ratingScheme="USA", rating="PG").code == "NO_BANGO_EXISTS"
    assert bango.state()["numbers"][0]["ratings"] == {"GLOBAL": "UNIVERSAL", "USA": "GENERAL"}
