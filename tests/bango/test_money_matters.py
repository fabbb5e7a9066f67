"""What Bango has to know before money is made: the bank account, prices, ratings; and how a seller gets into Bango's own pages."""

import pytest
from tests.bango.world import BANK, bango_product, left_out, package
from tests.support.bango import BangoSimulator
from tests.support.marketplace import Answer, Marketplace

from solitude.providers.bango.countries import COUNTRIES, CURRENCIES
from solitude.providers.bango.models import ProductBango

BANK_PATH, PREMIUM, RATING, LOGIN = "/bango/bank/", "/bango/premium/", "/bango/rating/", "/bango/login/"
IBAN = "NL91ABNA0417164300"
RATED = {"ratingScheme": "GLOBAL", "rating": "UNIVERSAL"}


def is_refused_at(answer: Answer, *fields: str) -> bool:
    return (answer.status, sorted(answer.json)) == (400, sorted(fields))


def test_a_bank_account_goes_to_bango_and_only_its_end_comes_back(shop: Marketplace, bango: BangoSimulator) -> None:
    path = package(shop)["resource_uri"]
    answer = shop.post(BANK_PATH, {**BANK, "seller_bango": path, "bankAccountIban": IBAN, "bankAddress2": None})
    assert answer.status == 200
    assert answer.json == {
        **BANK,
        "seller_bango": path,
        "bankAccountNumber": "*****4300",
        "bankAccountIban": "**************4300",
        "bankAddress2": "",
        "bankAddressCity": "",
        "bankAddressState": "",
    }
    assert bango.state()["packages"][0]["bankDetails"] is True
    again = shop.post(BANK_PATH, {**BANK, "seller_bango": path})
    assert (again["__bango__"], is_refused_at(again, "__all__", "__bango__", "__type__")) == (
        "BANK_DETAILS_EXIST",
        True,
    )


def test_of_a_short_account_number_nothing_is_shown(shop: Marketplace, bango: BangoSimulator) -> None:
    answer = shop.post(BANK_PATH, {**BANK, "seller_bango": package(shop)["resource_uri"], "bankAccountNumber": 1234567})
    assert (answer.status, answer["bankAccountNumber"], answer["bankAccountIban"]) == (200, "*******", "")


def test_an_account_needs_a_number_or_an_iban(shop: Marketplace, bango: BangoSimulator) -> None:
    body = {**left_out(BANK, "bankAccountNumber"), "seller_bango": package(shop)["resource_uri"]}
    answer = shop.post(BANK_PATH, body)
    assert answer.json == {"__all__": ["needs a bankAccountNumber or a bankAccountIban"]}
    assert shop.post(BANK_PATH, {**body, "bankAccountIban": IBAN}).status == 200


def test_each_text_of_an_account_has_its_length(shop: Marketplace, bango: BangoSimulator) -> None:
    body = {**BANK, "seller_bango": package(shop)["resource_uri"]}
    limits = {"bankAccountNumber": 20, "bankAccountCode": 20, "bankAccountIban": 34}
    limits |= {f"bankAddress{name}": 50 for name in ("1", "2", "City", "State", "ZipCode")}
    limits |= {"bankAccountPayeeName": 50, "bankName": 50}
    for name, most in limits.items():
        answer = shop.post(BANK_PATH, {**body, name: "9" * (most + 1)})
        assert answer.json == {name: [f"must have at most {most} characters"]}
    for name in left_out(BANK, "bankAccountNumber"):
        assert shop.post(BANK_PATH, left_out(body, name)).json == {name: ["FIELD_REQUIRED"]}
    assert bango.calls("CreateBankDetails") == []
    assert shop.post(BANK_PATH, {**body, **{name: "9" * most for name, most in limits.items()}}).status == 200


def test_the_country_of_a_bank_is_one_of_bangos(shop: Marketplace, bango: BangoSimulator) -> None:
    assert len(COUNTRIES) == len(set(COUNTRIES)) == 249
    assert {"NLD", "USA", "KOS", "SCG"} <= set(COUNTRIES)
    assert not {"IRN", "PRK", "NL"} & set(COUNTRIES)
    body = {**BANK, "seller_bango": package(shop)["resource_uri"]}
    for wrong in ("IRN", "NL", "nld", ["NLD"], 528):
        assert is_refused_at(shop.post(BANK_PATH, {**body, "bankAddressIso": wrong}), "bankAddressIso")
    bango.fault("CreateBankDetails", "issue:INVALID_COUNTRYISO")
    refused = shop.post(BANK_PATH, body)
    assert is_refused_at(refused, "bankAddressIso", "__bango__", "__type__")


def test_a_product_is_made_premium_once(shop: Marketplace, bango: BangoSimulator) -> None:
    product = bango_product(shop)
    body = {"seller_product_bango": product["resource_uri"], "currencyIso": "EUR", "price": "0.99"}
    made, again = shop.post(PREMIUM, body), shop.post(PREMIUM, body)
    assert (made.status, made.json) == (200, {**body, "bango": product["bango_id"]})
    assert (again.status, again.json) == (204, None)
    assert bango.state()["numbers"][0]["premium"] == "0.99 EUR"


def test_nothing_is_said_of_a_price_but_that_it_is_a_number(shop: Marketplace, bango: BangoSimulator) -> None:
    body = {"seller_product_bango": bango_product(shop)["resource_uri"], "currencyIso": "EUR", "price": 1}
    for wrong in ("1,00", "", None, True, "NaN", "1e3"):
        assert is_refused_at(shop.post(PREMIUM, {**body, "price": wrong}), "price"), wrong
    refused = shop.post(PREMIUM, {**body, "price": -1})
    assert (refused.status, refused["__bango__"]) == (400, "INVALID_PRICE"), "Bango judges it"
    assert shop.post(PREMIUM, body)["price"] == "1"


@pytest.mark.parametrize(
    "price", ["1e400", "1e12", '"1000000000000"', f'"{"9" * 64}"', f'"0.{"1" * 64}"', '"0.0000000000001"']
)
def test_a_price_of_more_digits_than_bango_can_read_is_refused_before_it_is_asked(
    shop: Marketplace, bango: BangoSimulator, price: str
) -> None:
    path = bango_product(shop)["resource_uri"]

    refused = shop.send(
        "POST", PREMIUM, f'{{"seller_product_bango":"{path}","price":{price},"currencyIso":"EUR"}}'.encode()
    )

    assert (refused.status, refused.json) == (
        400,
        {"price": ["must have at most 12 digits on either side of the point"]},
    )
    assert bango.calls("MakePremiumPerAccess") == []


def test_the_currency_of_a_price_is_one_of_bangos(shop: Marketplace, bango: BangoSimulator) -> None:
    assert len(CURRENCIES) == len(set(CURRENCIES)) == 23
    body = {"seller_product_bango": bango_product(shop)["resource_uri"], "price": "1.00"}
    for wrong in ("JPY", "eur", 978):
        assert is_refused_at(shop.post(PREMIUM, {**body, "currencyIso": wrong}), "currencyIso")
    for code in ("INVALID_COUNTRYISO", "INVALID_CURRENCYISO"):
        bango.fault("MakePremiumPerAccess", f"issue:{code}")
        refused = shop.post(PREMIUM, {**body, "currencyIso": "ZAR"})
        assert is_refused_at(refused, "currencyIso", "__bango__", "__type__")


def test_a_product_is_rated(shop: Marketplace, bango: BangoSimulator) -> None:
    product = bango_product(shop)
    body = {"seller_product_bango": product["resource_uri"], **RATED}
    assert shop.post(RATING, body).json == {**body, "bango": product["bango_id"]}
    assert bango.state()["numbers"][0]["ratings"] == {"GLOBAL": "UNIVERSAL"}
    assert shop.post(RATING, {**body, "rating": "18+"}).json == {
        "rating": ["must be one of GLOBAL, UNIVERSAL, RESTRICTED, GENERAL"]
    }
    assert shop.post(RATING, {**body, "ratingScheme": None}).json == {"ratingScheme": ["FIELD_REQUIRED"]}
    for code, field in (("INVALID_RATING", "rating"), ("INVALID_RATING_SCHEME", "ratingScheme")):
        bango.fault("UpdateRating", f"issue:{code}")
        assert is_refused_at(shop.post(RATING, body), field, "__bango__", "__type__")


@pytest.mark.parametrize("path", [PREMIUM, RATING, "/bango/status/"])
def test_a_product_without_a_number_is_refused(shop: Marketplace, bango: BangoSimulator, path: str) -> None:
    product = bango_product(shop)
    ProductBango.objects.update(bango_id="")
    body = {"seller_product_bango": product["resource_uri"], **RATED, "price": "1.00", "currencyIso": "EUR"}
    expected = {"seller_product_bango": [f"Empty bango_id for: {product['resource_pk']}"]}
    assert (shop.post(path, body).json, shop.get(path).status in (200, 405)) == (expected, True)
    assert is_refused_at(
        shop.post(path, {**body, "seller_product_bango": "/bango/product/999/"}), "seller_product_bango"
    )
    assert is_refused_at(shop.post(path, left_out(body, "seller_product_bango")), "seller_product_bango")


def test_a_seller_is_let_into_bangos_pages(shop: Marketplace, bango: BangoSimulator) -> None:
    made = package(shop)
    answer = shop.post(LOGIN, {"packageId": made["package_id"]})
    assert answer.status == 200
    assert answer.json == {
        "authentication_token": answer["authentication_token"],
        "person_id": made["admin_person_id"],
        "email_address": "admin@studio.example",
    }
    assert (len(answer["authentication_token"]) > 10, answer.headers["Cache-Control"]) == (True, "no-store")
    unknown = shop.post(LOGIN, {"packageId": 1})
    assert (unknown.status, unknown["__bango__"]) == (400, "INVALID_PACKAGEID")
    for wrong in ({}, {"packageId": "x"}, {"packageId": made["resource_uri"]}):
        assert is_refused_at(shop.post(LOGIN, wrong), "packageId")


def test_what_bango_did_has_one_answer_under_a_key(shop: Marketplace, bango: BangoSimulator) -> None:
    product = bango_product(shop)["resource_uri"]
    body = {"seller_product_bango": product, "currencyIso": "EUR", "price": "0.99"}
    for status in (200, 204):
        key = {"Idempotency-Key": f"premium-{status}"}
        first, again = shop.post(PREMIUM, body, **key), shop.post(PREMIUM, body, **key)
        assert (first.status, again.status, again.json) == (status, status, first.json)
        assert again.headers["Idempotency-Replayed"] == "true"
    assert len(bango.calls("MakePremiumPerAccess")) == 2
