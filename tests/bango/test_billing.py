"""`/bango/billing/`: a payment begins on Bango's page, once under its uuid."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from tests.bango.paying import (
    CANCELLED,
    CHECKED,
    COMPLETED,
    ERRORED,
    EUR,
    FAILED,
    PENDING,
    RECEIVED,
    STARTED,
    USD,
    BangoShop,
    bango_away,
    state,
)
from tests.support.marketplace import Answer, Marketplace
from tests.support.simulator import CANCEL_URL, RETURN_URL
from tests.web.parallel import at_once

from solitude.outbound.limits import InProgress
from solitude.payments import calls
from solitude.payments.models import ProviderCall
from solitude.providers.bango import requests, signature
from solitude.transactions.models import Transaction

UUID = "web:order-77"
NOT_NEW = "must be new, or that of a payment that is received, or that could not be sent"
WEB_URL = "must be an http or https URL of at most 2000 ASCII characters"


def configurations(till: BangoShop) -> list[dict[str, Any]]:
    return list(till.bango.state()["configurations"])


def options_of(till: BangoShop) -> dict[str, str]:
    (configuration,) = configurations(till)
    return dict(configuration["configurationOptions"])


def kept(shop: Marketplace, **more: Any) -> Answer:
    """A transaction that its client keeps as the old server's clients did."""
    made = shop.post("/generic/transaction/", {"uuid": UUID, "status": RECEIVED, **more})
    assert made.status == 201, made
    return made


def test_a_payment_begins_on_bangos_page(till: BangoShop) -> None:
    answer = till.billing(transaction_uuid=UUID)

    (configuration,) = configurations(till)
    number = configuration["billingConfigurationId"]
    assert (answer.status, answer.json) == (
        200,
        {
            "responseCode": "OK",
            "responseMessage": "Success",
            "billingConfigurationId": number,
            "transaction": answer["transaction"],
            "uuid": UUID,
            "pay_url": f"{till.bango.url}/mozpayments/?bcid={number}",
        },
    )
    shown = till.shop.transaction(answer["transaction"])
    assert (shown["status"], shown["outcome"], shown["provider"], shown["type"]) == (PENDING, "pending", 1, 0)
    assert (shown["uid_pay"], shown["pay_url"]) == (str(number), answer["pay_url"])
    assert (shown["amount"], shown["currency"], shown["captured_amount"]) == ("2.10", "EUR", None)
    assert shown["seller_product"] == till.product.seller_product.resource_uri
    assert shown["seller"] == till.product.seller_product.seller.resource_uri
    assert till.shop.event_types()[-2:] == ["transaction.started", "transaction.pending"]


def test_bango_is_told_what_is_paid_for_and_by_whom(till: BangoShop) -> None:
    till.begun(transaction_uuid=UUID, application_size=388_096, icon_url="https://shop.example/icon.png")

    (configuration,) = configurations(till)
    assert configuration["externalTransactionId"] == UUID
    assert (configuration["bango"], configuration["pageTitle"]) == (till.product.bango_id, "Star Map")
    assert configuration["priceList"] == ["2.10 EUR"]
    assert options_of(till) == {
        "APPLICATION_CATEGORY_ID": "18",
        "APPLICATION_SIZE_KB": "379",
        "BILLING_CONFIGURATION_TIME_OUT": "1860",
        "REDIRECT_URL_ONSUCCESS": RETURN_URL,
        "REDIRECT_URL_ONERROR": CANCEL_URL,
        "REQUEST_SIGNATURE": signature.sign(UUID),
        "MOZ_USER_ID": "shop:8812",
        "APPLICATION_LOGO_URL": "https://shop.example/icon.png",
    }


def test_who_buys_and_the_icon_are_told_only_where_that_is_wanted(till: BangoShop, settings: Any) -> None:
    settings.SOLITUDE_BANGO_SEND_USER_ID = settings.SOLITUDE_BANGO_ICON_URLS = False

    till.begun(icon_url="https://shop.example/icon.png")

    assert {"MOZ_USER_ID", "APPLICATION_LOGO_URL", "APPLICATION_SIZE_KB"}.isdisjoint(options_of(till))


def test_an_empty_icon_is_none(till: BangoShop) -> None:
    till.begun(icon_url="", application_size="")

    assert {"APPLICATION_LOGO_URL", "APPLICATION_SIZE_KB"}.isdisjoint(options_of(till))


def test_a_size_is_told_in_whole_kilobytes(till: BangoShop) -> None:
    told = {300: "1", 0: "1", 2047: "1", "2048": "2"}
    for size in told:
        till.begun(application_size=size)

    options = [one["configurationOptions"]["APPLICATION_SIZE_KB"] for one in configurations(till)]
    assert sorted(options) == sorted(told.values())


def test_a_card_may_pay_where_one_price_lets_it(till: BangoShop) -> None:
    """Also one that is dropped, because another one has its currency already."""
    till.begun(prices=[EUR | {"method": 0}, USD | {"method": 0}])
    till.begun(prices=[EUR | {"method": 0}, EUR | {"method": 1}])

    with_card, micro = sorted(configurations(till), key=lambda one: len(one["typeFilter"]), reverse=True)
    assert micro["typeFilter"] == ["INTERNET", "OPERATOR", "PSMS"]
    assert with_card["typeFilter"] == ["CARD", "INTERNET", "OPERATOR", "PSMS"]


def test_of_several_prices_the_first_of_each_currency_is_offered(till: BangoShop) -> None:
    answer = till.begun(prices=[EUR, USD, EUR | {"price": "9.99"}])

    (configuration,) = configurations(till)
    assert configuration["priceList"] == ["2.10 EUR", "2.99 USD"]
    shown = till.shop.transaction(answer["transaction"])
    assert (shown["amount"], shown["currency"]) == (None, "")


def test_a_known_buyer_stands_in_the_transaction(till: BangoShop) -> None:
    buyer = till.shop.buyer("shop:77")

    known, stranger = till.begun(user_uuid="shop:77"), till.begun(user_uuid="shop:nobody")

    assert till.shop.transaction(known["transaction"])["buyer"] == buyer["resource_uri"]
    assert till.shop.transaction(stranger["transaction"])["buyer"] is None


def test_a_buyer_needs_a_pin_token_where_the_clients_buyers_do(till: BangoShop, settings: Any) -> None:
    settings.SOLITUDE_REQUIRE_PIN = frozenset([till.shop.key])
    till.shop.buyer("shop:77", pin="0420")

    refused = till.billing(user_uuid="shop:77")
    assert (refused.status, refused["code"], configurations(till)) == (403, "pin_required", [])
    pin = {"uuid": "shop:77", "pin": "0420"}
    till.shop.post("/generic/confirm_pin/", pin)
    token = till.shop.post("/generic/verify_pin/", pin)["pin_token"]
    assert till.billing(user_uuid="shop:77", pin_token=token).status == 200


def test_no_page_is_named_where_nobody_has_said_where_it_is(till: BangoShop, settings: Any) -> None:
    settings.SOLITUDE_BANGO_PAY_URL = ""

    answer = till.begun()

    assert answer["pay_url"] is None
    assert till.shop.transaction(answer["transaction"])["pay_url"] is None


# --- whose transaction ---------------------------------------------------------------------------------------------


def test_what_a_client_keeps_as_received_is_taken_over(till: BangoShop) -> None:
    own = kept(
        till.shop, notes="n", carrier="ORANGE", region="ESP", source="web", uid_pay="mine", pay_url="https://x.y/"
    )

    answer = till.begun(transaction_uuid=UUID)

    assert answer["transaction"] == own["resource_uri"]
    shown = till.shop.transaction(answer["transaction"])
    assert (shown["status"], shown["uid_pay"]) == (PENDING, str(answer["billingConfigurationId"]))
    assert (shown["pay_url"], shown["provider"], shown["amount"]) == (answer["pay_url"], 1, "2.10")
    assert [shown[name] for name in ("notes", "carrier", "region", "source")] == ["n", "ORANGE", "ESP", "web"]
    assert till.shop.event_types()[-2:] == ["transaction.started", "transaction.pending"]


def test_a_client_that_used_to_keep_it_may_say_what_is_so_already(till: BangoShop) -> None:
    kept(till.shop)
    answer = till.begun(transaction_uuid=UUID)
    same = {"status": PENDING, "provider": 1, "uid_pay": answer["billingConfigurationId"]}

    assert till.shop.patch(answer["transaction"], same).status == 200
    assert till.shop.patch(answer["transaction"], same | {"status": COMPLETED}).status == 400

    assert state(UUID)[0] == PENDING


def test_what_a_client_keeps_in_another_status_is_not_new(till: BangoShop) -> None:
    for status in (PENDING, COMPLETED, CHECKED, FAILED, CANCELLED, STARTED, ERRORED):
        own = kept(till.shop, status=status, uuid=f"web:{status}")

        assert till.billing(transaction_uuid=own["uuid"]).json == {"transaction_uuid": [NOT_NEW]}

        assert state(own["uuid"])[0] == status
    assert configurations(till) == []


def test_what_another_provider_has_is_not_new(till: BangoShop) -> None:
    kept(till.shop, provider=2)

    assert till.billing(transaction_uuid=UUID).json == {"transaction_uuid": [NOT_NEW]}


def test_a_payment_is_begun_once(till: BangoShop) -> None:
    till.begun(transaction_uuid=UUID)

    assert till.billing(transaction_uuid=UUID).json == {"transaction_uuid": [NOT_NEW]}

    assert len(configurations(till)) == 1


@pytest.mark.parametrize("is_kept", [False, True])
def test_of_several_that_begin_it_at_once_one_does(till: BangoShop, *, is_kept: bool) -> None:
    if is_kept:
        kept(till.shop)

    answers = at_once(4, lambda _: BangoShop.of(Marketplace(), till).billing(transaction_uuid=UUID))

    assert sorted(answer.status for answer in answers) == [200, 400, 400, 400]
    assert len(configurations(till)) == Transaction.objects.count() == ProviderCall.objects.count() == 1


# --- what is wrong with a request ----------------------------------------------------------------------------------

REQUIRED = ["FIELD_REQUIRED"]
WRONG: dict[str, tuple[dict[str, Any], dict[str, list[str]]]] = {
    "no product": ({"seller_product_bango": None}, {"seller_product_bango": REQUIRED}),
    "unknown product": (
        {"seller_product_bango": "/bango/product/999999/"},
        {"seller_product_bango": ["must be the path of a product at Bango"]},
    ),
    "no title": ({"pageTitle": ""}, {"pageTitle": REQUIRED}),
    "a title that no XML holds": (
        {"pageTitle": "Star\x02Map"},
        {"pageTitle": ["has characters that Bango cannot be told"]},
    ),
    "no prices": ({"prices": None}, {"prices": REQUIRED}),
    "empty prices": ({"prices": []}, {"prices": ["This field is required."]}),
    "prices that are no list": ({"prices": {"price": 1}}, {"prices": ["Invalid list."]}),
    "too many prices": ({"prices": [EUR] * 101}, {"prices": ["must be at most 100 prices"]}),
    "a price that is none": ({"prices": [EUR | {"price": "x"}]}, {"prices": ["must be a decimal number"]}),
    "nothing to pay": ({"prices": [EUR | {"price": 0}]}, {"prices": ["must be greater than zero"]}),
    "less than a cent": (
        {"prices": [EUR | {"price": "2.105"}]},
        {"prices": ["The amount has more than 2 digits after the decimal point."]},
    ),
    "a method that is none": ({"prices": [EUR | {"method": 3}]}, {"prices": ["must be one of 0, 1, 2"]}),
    "a currency that Bango does not take": (
        {"prices": [EUR | {"currency": "JPY"}]},
        {"prices": ["is not one that Bango takes"]},
    ),
    "no success URL": ({"redirect_url_onsuccess": None}, {"redirect_url_onsuccess": REQUIRED}),
    "no URL": ({"redirect_url_onerror": "javascript:alert(1)"}, {"redirect_url_onerror": [WEB_URL]}),
    "an icon that is no URL": ({"icon_url": "icon.png"}, {"icon_url": [WEB_URL]}),
    "no uuid": ({"transaction_uuid": None}, {"transaction_uuid": REQUIRED}),
    "a uuid that is not ASCII": (
        {"transaction_uuid": "web:\u00e9"},
        {"transaction_uuid": ["must be at most 200 printable ASCII characters"]},
    ),
    "a long uuid": (
        {"transaction_uuid": "w" * 201},
        {"transaction_uuid": ["must be at most 200 printable ASCII characters"]},
    ),
    "no buyer": ({"user_uuid": None}, {"user_uuid": REQUIRED}),
    "a size below nothing": ({"application_size": -1}, {"application_size": ["must be a whole number of bytes"]}),
}


def test_a_field_that_is_wrong_is_named_and_nothing_happens(till: BangoShop) -> None:
    for what, (fields, said) in WRONG.items():
        answer = till.billing(**fields)

        assert (answer.status, answer.json) == (400, said), what
    assert (Transaction.objects.count(), configurations(till)) == (0, [])


def test_a_product_without_a_number_cannot_be_paid_for(till: BangoShop) -> None:
    till.product.change(bango_id="")

    assert till.billing().json == {"seller_product_bango": [f"Empty bango_id for: {till.product.pk}"]}


def test_who_is_inactive_neither_sells_nor_buys(till: BangoShop) -> None:
    buyer = till.shop.buyer("shop:77")
    till.shop.patch(buyer["resource_uri"], {"active": False})
    assert till.billing(user_uuid="shop:77").json == {"user_uuid": ["inactive"]}

    till.product.seller_product.seller.change(active=False)
    assert till.billing().json == {"seller_product_bango": ["inactive"]}
    assert configurations(till) == []


def test_what_is_for_trying_out_is_not_sold(till: BangoShop) -> None:
    till.product.seller_product.change(access=2)

    assert till.billing().json == {"seller_product_bango": ["simulate"]}


# --- what Bango says -----------------------------------------------------------------------------------------------


def test_what_bango_refuses_is_told_in_its_words_and_the_payment_failed(till: BangoShop) -> None:
    till.bango.fault("CreateBillingConfiguration", "issue:NO_BANGO_EXISTS", count=2)

    answer = till.billing({"Idempotency-Key": "k-1"}, transaction_uuid=UUID)

    row = Transaction.objects.get(uuid=UUID)
    assert (answer.status, answer.json) == (
        400,
        {
            "seller_product_bango": ["No such Bango number"],
            "__bango__": "NO_BANGO_EXISTS",
            "__type__": "bango",
            "transaction": row.resource_uri,
            "uuid": UUID,
        },
    )
    assert state(UUID) == (FAILED, "declined", "NO_BANGO_EXISTS")
    again = till.billing({"Idempotency-Key": "k-1"}, transaction_uuid=UUID)
    assert (again.status, again.json, again.headers["Idempotency-Replayed"]) == (400, answer.json, "true")
    assert till.billing(transaction_uuid=UUID).json == {"transaction_uuid": [NOT_NEW]}
    till.bango.clear_faults()
    till.bango.fault("CreateBillingConfiguration", "issue:INVALID_PARAMETER")
    assert till.billing()["__all__"] == ["A parameter is invalid"]


@pytest.mark.parametrize(
    ("code", "error"),
    [("ACCESS_DENIED", "AuthError"), ("INTERNAL_ERROR", "BangoError"), ("SERVICE_UNAVAILABLE", "BangoError")],
)
def test_after_trouble_at_bango_the_payment_may_begin_again(till: BangoShop, code: str, error: str) -> None:
    till.bango.fault("CreateBillingConfiguration", f"issue:{code}")

    answer = till.billing({"Idempotency-Key": "k-1"}, transaction_uuid=UUID)

    row = Transaction.objects.get(uuid=UUID)
    assert (answer.status, answer.json) == (500, {"error": error, "transaction": row.resource_uri, "uuid": UUID})
    assert state(UUID) == (ERRORED, "not_sent", code)
    assert till.billing({"Idempotency-Key": "k-1"}, transaction_uuid=UUID).status == 200
    assert state(UUID) == (PENDING, "pending", None)
    assert Transaction.objects.count() == 1


def _away(till: BangoShop, _: Any) -> Answer:
    with bango_away():
        return till.billing(transaction_uuid=UUID)


def _without_password(till: BangoShop, settings: Any) -> Answer:
    settings.SOLITUDE_BANGO_PASSWORD = ""
    try:
        return till.billing(transaction_uuid=UUID)
    finally:
        settings.SOLITUDE_BANGO_PASSWORD = "sandbox-bango-password"


def _busy(till: BangoShop, _: Any) -> Answer:
    till.bango.fault("CreateBillingConfiguration", "rate_limit_429")
    return till.billing(transaction_uuid=UUID)


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [
        (_away, 502, "provider_unreachable"),
        (_without_password, 502, "provider_configuration"),
        (_busy, 503, "provider_busy"),
    ],
)
def test_what_could_not_be_sent_is_charged_nowhere_and_begins_again(
    till: BangoShop,
    settings: Any,
    how: Callable[[BangoShop, Any], Answer],
    status: int,
    code: str,
) -> None:
    answer = how(till, settings)

    assert (answer.status, answer["code"], answer["uuid"]) == (status, code, UUID)
    assert state(UUID) == (ERRORED, "not_sent", code)
    begun = till.begun(transaction_uuid=UUID)
    assert begun["transaction"] == answer["transaction"]
    assert till.shop.event_types()[-2:] == ["transaction.started", "transaction.pending"]


def test_without_room_nothing_is_written(till: BangoShop, monkeypatch: pytest.MonkeyPatch) -> None:
    full = InProgress(1)
    monkeypatch.setattr(calls, "_in_progress", full)
    with full:
        answer = till.billing()

    assert (answer.status, answer["code"]) == (503, "busy")
    assert Transaction.objects.count() == 0


def test_the_same_key_is_answered_the_same(till: BangoShop) -> None:
    first = till.billing({"Idempotency-Key": "k-1"}, transaction_uuid=UUID)
    again = till.billing({"Idempotency-Key": "k-1"}, transaction_uuid=UUID)
    other = till.billing({"Idempotency-Key": "k-1"}, transaction_uuid="web:other")

    assert (again.status, again.json, again.headers["Idempotency-Replayed"]) == (200, first.json, "true")
    assert (other.status, other["code"]) == (422, "idempotency_key_reused")
    assert len(configurations(till)) == 1


# --- the signature -------------------------------------------------------------------------------------------------


def test_a_signature_is_that_of_its_uuid_alone() -> None:
    signed = signature.sign(UUID)

    assert len(signed) == 64
    assert int(signed, 16)
    assert signature.sign(UUID) == signed
    assert signature.is_signed(UUID, signed)
    assert not signature.is_signed("web:order-78", signed)
    assert not signature.is_signed(UUID, signed[:-1])
    assert not signature.is_signed(UUID, "\u00e9" * 64)


def test_an_amount_goes_out_with_the_digits_of_its_currency(till: BangoShop) -> None:
    till.begun(prices=[{"price": Decimal("3"), "currency": "GBP", "method": 0}])

    call = ProviderCall.objects.get()
    assert [price["amount"] for price in requests.billing(call.intended)["priceList"]] == [Decimal("3.00")]
