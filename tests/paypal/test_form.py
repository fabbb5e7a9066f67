"""The wiki's form of a payment: what is wrong is told by the field's name, before anything is written or sent."""

import json
from decimal import Decimal
from typing import Any

import pytest
from django.test import override_settings
from tests.payments.world import call_of, nothing_happens, written
from tests.support.marketplace import Answer, Marketplace
from tests.support.simulator import CANCEL_URL, RETURN_URL, Simulator

from solitude.buyers.models import Buyer
from solitude.providers.paypal.models import BuyerPaypal
from solitude.transactions.models import Transaction


def refused(paypal: Simulator, shop: Marketplace, app_id: str, **more: Any) -> dict[str, Any]:
    """The fields that a payment is refused for; nothing was written and nothing was sent."""
    with nothing_happens(paypal):
        answer = shop.pay(app_id, **more)
    assert answer.status == 400, answer
    return dict(answer.json)


def seller_data(shop: Marketplace, seller: dict[str, Any]) -> str:
    """The path of what is kept of a seller for PayPal."""
    return str(shop.get(seller["resource_uri"])["paypal"]["resource_uri"])


def ordered(paypal: Simulator) -> dict[str, Any]:
    """The purchase unit of the only order at PayPal."""
    (order,) = paypal.state()["orders"]
    unit: dict[str, Any] = order["purchase_units"][0]
    return unit


# --- currency and amount -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("currency", ["XAU", "XXX", "eur", "EURO", "", "RUB", "KWD", "CNY", None, 978, True])
def test_a_currency_that_paypal_does_not_take(shop: Marketplace, paypal: Simulator, app_id: str, currency: Any) -> None:
    assert list(refused(paypal, shop, app_id, currency=currency)) == ["currency"]


@pytest.mark.parametrize(
    ("currency", "amount"),
    [
        ("JPY", "1.50"),
        ("JPY", "150.5"),
        ("HUF", "249.5"),
        ("HUF", "249.50"),
        ("TWD", "10.01"),
        ("EUR", "2.495"),
        ("USD", "0.1000001"),
        ("EUR", "0"),
        ("EUR", "0.00"),
        ("EUR", "-0.00"),
        ("EUR", "-2.49"),
        ("EUR", "0.09"),
        ("EUR", "5000.01"),
        ("JPY", "0"),
        ("JPY", "5001"),
        ("EUR", "1" + "0" * 12),
        ("EUR", "1" + "0" * 60),
    ],
)
def test_an_amount_that_cannot_be_paid(
    shop: Marketplace, paypal: Simulator, app_id: str, currency: str, amount: str
) -> None:
    """As a JSON number, and as a text."""
    for given in (Decimal(amount), amount):
        assert list(refused(paypal, shop, app_id, currency=currency, amount=given)) == ["amount"]


@pytest.mark.parametrize(
    "amount", ["", "2,49", "2.49 EUR", " 2.49", "1e2", "NaN", "Infinity", "0x1", "٢", True, None, [], {}]
)
def test_an_amount_that_is_no_number(shop: Marketplace, paypal: Simulator, app_id: str, amount: Any) -> None:
    assert list(refused(paypal, shop, app_id, amount=amount)) == ["amount"]


def test_a_number_with_a_huge_exponent_is_just_too_much(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    assert list(refused(paypal, shop, app_id, amount=Decimal("1E+400000"))) == ["amount"]


@pytest.mark.parametrize(
    ("currency", "amount", "at_paypal"),
    [
        ("EUR", "2.4900", "2.49"),
        ("EUR", "0.1", "0.10"),
        ("EUR", "5000", "5000.00"),
        ("JPY", "1", "1"),
        ("JPY", "150.00", "150"),
        ("JPY", "5000", "5000"),
        ("HUF", "249.0", "249"),
        ("TWD", "10.00", "10"),
        ("USD", "0.30", "0.30"),
    ],
)
def test_an_amount_goes_to_paypal_with_paypals_digits(
    shop: Marketplace, paypal: Simulator, app_id: str, currency: str, amount: str, at_paypal: str
) -> None:
    answer = shop.pay(app_id, currency=currency, amount=Decimal(amount))

    assert answer.status == 201
    assert Decimal(str(answer["amount"])) == Decimal(amount)
    assert ordered(paypal)["amount"] == {"currency_code": currency, "value": at_paypal}


def test_the_limits_are_a_setting_for_each_currency(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    from solitude.configuration import amount_limits
    from solitude.providers.paypal.forms import limits

    given = amount_limits('{"EUR": ["0.50", "20"], "JPY": [100, "200"]}')
    with override_settings(SOLITUDE_AMOUNT_LIMITS=given):
        for currency, amount in (("EUR", "0.49"), ("EUR", "20.01"), ("JPY", "99"), ("JPY", "201"), ("USD", "0.09")):
            assert list(refused(paypal, shop, app_id, currency=currency, amount=amount)) == ["amount"]
        for currency, amount in (("EUR", "0.50"), ("EUR", "20.00"), ("JPY", "100"), ("JPY", "200"), ("USD", "5000")):
            assert shop.pay(app_id, currency=currency, amount=amount).status == 201
    assert limits.limits("EUR")[0].text == "0.10"


# --- the buyer -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "user_id", [True, False, Decimal("1.0"), Decimal("31.5"), "", None, [], {}, "a" * 256, "a\x00b"]
)
def test_a_user_id_that_is_none(shop: Marketplace, paypal: Simulator, app_id: str, user_id: Any) -> None:
    assert list(refused(paypal, shop, app_id, user_id=user_id)) == ["user_id"]


def test_31_and_its_text_are_the_same_buyer(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    number, text = shop.pay(app_id, user_id=31), shop.pay(app_id, user_id="31")

    assert (number["user_id"], text["user_id"]) == (31, "31")
    assert Buyer.objects.filter(uuid="31").count() == Buyer.objects.count() == 1
    buyers = {shop.transaction(answer["transaction"])["buyer"] for answer in (number, text)}
    assert buyers == {Buyer.objects.get().resource_uri}


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"user_id": "a\x00b"}, "must not contain a NUL character"),
        ({"app_id": "\x00"}, "must not contain a NUL character"),
        ({"user_id": "a" * 256}, "must have at most 255 characters"),
        ({"user_id": 10**255}, "must have at most 255 characters"),
        ({"return_url": "https://shop.example/" + "x" * 1980}, "must have at most 2000 characters"),
        ({"cancel_url": "shop.example"}, "must be an http or https URL"),
    ],
)
def test_what_is_wrong_is_what_is_told(
    shop: Marketplace, paypal: Simulator, app_id: str, wrong: dict[str, Any], says: str
) -> None:
    assert refused(paypal, shop, **{"app_id": app_id} | wrong) == {name: [says] for name in wrong}


def test_a_user_id_larger_than_any_integer_of_a_database(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    answer = shop.pay(app_id, user_id=10**30)

    assert (answer.status, answer["user_id"]) == (201, 10**30)


def test_an_unknown_buyer_is_made_with_all_its_records(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    before = written()

    answer = shop.pay(app_id, user_id="somebody-new")

    assert written()["Buyer"] - before["Buyer"] == 1
    buyer = Buyer.objects.get(uuid="somebody-new")
    assert BuyerPaypal.objects.filter(buyer=buyer).count() == 1
    assert shop.transaction(answer["transaction"])["buyer"] == buyer.resource_uri
    assert shop.get(buyer.resource_uri)["paypal"]["key"] is False


def test_a_new_buyer_and_the_intent_are_one_commit(
    shop: Marketplace, paypal: Simulator, app_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from solitude.payments import pay

    def broken(*args: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(pay.calls, "begin", broken)
    with nothing_happens(paypal):
        assert shop.pay(app_id, user_id="somebody-new").status == 500


def test_a_known_buyer_without_paypal_data_can_pay(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    buyer = shop.buyer()["uuid"]

    answer = shop.pay(app_id, user_id=buyer, use_preapproval=True)

    assert (answer.status, answer["use_preapproval"]) == (201, False)
    assert Buyer.objects.filter(uuid=buyer).count() == 1


def test_an_inactive_buyer_cannot_pay(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    buyer = shop.buyer()["uuid"]
    Buyer.objects.filter(uuid=buyer).update(active=False)

    assert refused(paypal, shop, app_id, user_id=buyer) == {"user_id": ["inactive"]}


# --- the product ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("app_id", [True, Decimal("1.0"), "", None, [], {}, "a" * 256])
def test_an_app_id_that_is_none(shop: Marketplace, paypal: Simulator, app_id: Any) -> None:
    assert list(refused(paypal, shop, app_id)) == ["app_id"]


def test_an_app_that_nobody_sells(shop: Marketplace, paypal: Simulator) -> None:
    assert refused(paypal, shop, "nothing") == {"app_id": ["unknown"]}


def test_an_app_by_its_sellers_own_id(shop: Marketplace, paypal: Simulator) -> None:
    shop.product(external_id="5530")

    answer = shop.pay(5530)  # type: ignore[arg-type]  # the wiki has it as a number in its answers

    assert (answer.status, answer["app_id"]) == (201, 5530)


def test_an_app_id_that_two_sellers_use(shop: Marketplace, paypal: Simulator) -> None:
    shop.product(external_id="5530")
    shop.product(external_id="5530")

    assert refused(paypal, shop, "5530") == {"app_id": ["ambiguous"]}


def test_a_public_id_goes_before_anothers_external_id(shop: Marketplace, paypal: Simulator) -> None:
    shop.product("of-the-external-id@dev.example", external_id="5530")
    shop.product("of-the-public-id@dev.example", public_id="5530")

    shop.pay("5530")

    assert ordered(paypal)["payee"]["email_address"] == "of-the-public-id@dev.example"


@pytest.mark.parametrize("paypal_id", [None, "empty"])
def test_an_app_whose_seller_has_no_paypal_id(shop: Marketplace, paypal: Simulator, paypal_id: str | None) -> None:
    seller = shop.seller(paypal_id=None)
    if paypal_id:
        shop.post("/paypal/seller/", {"seller": seller["resource_uri"], "paypal_id": ""})
    app_id = shop.product(seller=seller)

    assert refused(paypal, shop, app_id) == {"app_id": ["no_paypal_id"]}


def test_an_app_of_an_inactive_seller(shop: Marketplace, paypal: Simulator) -> None:
    app_id = shop.product(seller=shop.seller(active=False))

    assert refused(paypal, shop, app_id) == {"app_id": ["inactive"]}


def test_an_app_that_is_only_simulated(shop: Marketplace, paypal: Simulator) -> None:
    assert refused(paypal, shop, shop.product(access=2)) == {"app_id": ["simulate"]}


def test_a_sellers_interface_goes_before_the_setting(shop: Marketplace, paypal: Simulator) -> None:
    seller = shop.seller()
    shop.put(seller_data(shop, seller), {"interface": "rest"})
    app_id = shop.product(seller=seller)

    with override_settings(SOLITUDE_PAYPAL_API="classic"):
        payment = shop.pay(app_id)

    assert (payment.status, call_of(payment["transaction"]).intended.interface) == (201, "rest")


def test_a_credential_of_another_interface_is_not_used(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str
) -> None:
    BuyerPaypal.objects.update(interface="classic")

    payment = shop.pay(app_id, user_id=preapproved, use_preapproval=True)

    assert (payment["use_preapproval"], payment["status"]) == (False, "created")


# --- URLs ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["return_url", "cancel_url"])
@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/paid",
        "https://shop.example.evil.net/",
        "shop.example/paid",
        "",
        None,
        5,
        [],
        "https://" + "a" * 2100,
    ],
)
def test_a_url_that_leads_elsewhere(shop: Marketplace, paypal: Simulator, app_id: str, name: str, url: Any) -> None:
    assert list(refused(paypal, shop, app_id, **{name: url})) == [name]


def test_all_that_is_wrong_is_told_at_once(shop: Marketplace, paypal: Simulator) -> None:
    fields = refused(paypal, shop, "nothing", currency="XAU", return_url="https://evil.example/", cancel_url=None)

    assert set(fields) == {"app_id", "currency", "return_url", "cancel_url"}


def test_urls_come_from_the_settings_where_the_request_has_none(
    shop: Marketplace, paypal: Simulator, app_id: str
) -> None:
    there = {"SOLITUDE_PAYPAL_RETURN_URL": RETURN_URL + "/by-setting", "SOLITUDE_PAYPAL_CANCEL_URL": CANCEL_URL}
    with override_settings(**there):
        answer = shop.pay(app_id, return_url=None, cancel_url=None)

    assert answer.status == 201
    assert paypal.approve(answer["pay_url"]).startswith(RETURN_URL + "/by-setting?token=")


def test_a_preapproved_payment_needs_no_urls(shop: Marketplace, app_id: str, preapproved: str) -> None:
    answer = shop.pay(app_id, user_id=preapproved, use_preapproval=True, return_url=None, cancel_url=None)

    assert (answer.status, answer["status"]) == (201, "completed")


def test_a_long_url_keeps_its_length(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    url = RETURN_URL + "?order=" + "7" * 1900

    assert paypal.approve(shop.pay(app_id, return_url=url)["pay_url"]).startswith(url + "&token=")


# --- which form ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"amount": 1, "currency": "EUR"},
        {"seller_product": "dev:1", "user_id": 1, "app_id": "1", "amount": 1, "currency": "EUR"},
        {"seller_product": "dev:1", "user_id": 1},
    ],
)
def test_keys_of_both_forms_or_of_neither(shop: Marketplace, paypal: Simulator, body: dict[str, Any]) -> None:
    with nothing_happens(paypal):
        answer = shop.post("/paypal/pay", body)

    assert (answer.status, list(answer.json)) == (400, ["__all__"])


@pytest.mark.parametrize("missing", ["user_id", "app_id", "amount", "currency"])
def test_a_field_that_is_missing(shop: Marketplace, paypal: Simulator, app_id: str, missing: str) -> None:
    body = {
        "user_id": 1,
        "app_id": app_id,
        "amount": 1,
        "currency": "EUR",
        "return_url": RETURN_URL,
        "cancel_url": CANCEL_URL,
    }
    del body[missing]

    with nothing_happens(paypal):
        answer = shop.post("/paypal/pay", body)

    assert (answer.status, answer.json) == (400, {missing: ["FIELD_REQUIRED"]})


@pytest.mark.parametrize("value", ["true", 1, 0, None, "no"])
def test_use_preapproval_is_true_or_false(shop: Marketplace, paypal: Simulator, app_id: str, value: Any) -> None:
    assert list(refused(paypal, shop, app_id, use_preapproval=value)) == ["use_preapproval"]


def test_both_spellings_of_the_path_answer(shop: Marketplace, app_id: str) -> None:
    def pay(path: str) -> Answer:
        body = {"user_id": 1, "app_id": app_id, "amount": "1", "currency": "EUR"}
        return shop.post(path, body | {"return_url": RETURN_URL, "cancel_url": CANCEL_URL})

    assert {pay("/paypal/pay").status, pay("/paypal/pay/").status} == {201}


def test_a_text_of_any_script_reaches_paypal(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    shop.pay(app_id, memo="Sternenkarte – 星図 " + "x" * 100)

    assert ordered(paypal)["description"].startswith("Sternenkarte – 星図 ")


def test_a_memo_is_cut_to_what_paypal_takes(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    shop.pay(app_id, memo="m" * 255)

    assert ordered(paypal)["description"] == "m" * 127


# --- the marketplace's share ---------------------------------------------------------------------------------------


def fee_of(paypal: Simulator) -> str | None:
    fees = ordered(paypal)["payment_instruction"].get("platform_fees")
    return None if fees is None else str(fees[0]["amount"]["value"])


@pytest.mark.parametrize("fee", ["2.50", "5000", "-0.01", "0.001", "NaN", "", [], True])
def test_a_share_that_cannot_be(shop: Marketplace, paypal: Simulator, app_id: str, fee: Any) -> None:
    assert list(refused(paypal, shop, app_id, platform_fee=fee)) == ["platform_fee"]


@pytest.mark.parametrize(
    ("fee", "sent"), [("0.25", "0.25"), ("0.250", "0.25"), ("2.49", "2.49"), ("0", None), (None, None)]
)
def test_a_share_goes_to_paypal_as_it_was_asked_for(
    shop: Marketplace, paypal: Simulator, app_id: str, fee: str | None, sent: str | None
) -> None:
    assert shop.pay(app_id, platform_fee=fee).status == 201
    assert fee_of(paypal) == sent


@pytest.mark.parametrize(
    ("amount", "currency", "percent", "sent"),
    [
        ("2.49", "EUR", "30", "0.75"),  # 0.747
        ("0.50", "EUR", "25", "0.12"),  # 0.125, a tie: to the even digit
        ("0.70", "EUR", "25", "0.18"),  # 0.175
        ("3.75", "EUR", "30", "1.12"),  # 1.125
        ("150", "JPY", "5", "8"),  # 7.5
        ("50", "HUF", "5", "2"),  # 2.5
        ("0.10", "EUR", "1", None),  # 0.001: nothing
        ("2.49", "EUR", "100", "2.49"),
        ("2.49", "EUR", "0", None),
    ],
)
def test_a_share_in_percent_is_rounded_half_even(
    shop: Marketplace, paypal: Simulator, app_id: str, amount: str, currency: str, percent: str, sent: str | None
) -> None:
    with override_settings(SOLITUDE_PAYPAL_PLATFORM_FEE_PERCENT=Decimal(percent)):
        assert shop.pay(app_id, amount=amount, currency=currency).status == 201

    assert fee_of(paypal) == sent


def test_a_share_that_was_asked_for_goes_before_the_setting(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    with override_settings(SOLITUDE_PAYPAL_PLATFORM_FEE_PERCENT=Decimal(30)):
        shop.pay(app_id, platform_fee="0.01")

    assert fee_of(paypal) == "0.01"


# --- what PayPal is told -------------------------------------------------------------------------------------------


def test_paypal_is_told_our_operation_and_never_the_clients_ids(
    shop: Marketplace, paypal: Simulator, app_id: str
) -> None:
    answer = shop.pay(app_id, user_id="private-buyer")

    row = Transaction.objects.get(uuid=answer["uuid"])
    call = row.calls.get()
    unit = ordered(paypal)
    assert unit["custom_id"] == unit["invoice_id"] == call.key
    assert len(call.key) == 36
    told = json.dumps(paypal.state()["orders"])
    assert "private-buyer" not in told
    assert answer["uuid"] not in told


# --- when the seller gets it ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "setting", "sent"),
    [
        ("delayed", "instant", "DELAYED"),
        (None, "delayed", "DELAYED"),
        ("instant", "delayed", "INSTANT"),
        (None, "instant", "INSTANT"),
    ],
)
def test_a_sellers_money_can_be_held_back_at_paypal(
    shop: Marketplace, paypal: Simulator, app_id: str, asked: str | None, setting: str, sent: str
) -> None:
    with override_settings(SOLITUDE_PAYPAL_DISBURSEMENT=setting):
        assert shop.pay(app_id, disbursement=asked).status == 201

    assert ordered(paypal)["payment_instruction"]["disbursement_mode"] == sent


def test_the_classic_interface_holds_nothing_back(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    assert list(refused(paypal, shop, app_id, disbursement="later")) == ["disbursement"]
    with override_settings(SOLITUDE_PAYPAL_API="classic"):
        assert list(refused(paypal, shop, app_id, disbursement="delayed")) == ["disbursement"]
