"""`/paypal/account-check/` and `/paypal/id-check/`: pass, fail, or could not tell; PayPal being away is no seller's fault."""

from typing import Any
from urllib.parse import quote

import pytest
from django.test import override_settings
from tests.payments.world import nothing_happens, paypal_away
from tests.support.marketplace import Answer, Marketplace
from tests.support.simulator import RETURN_URL, Simulator

SAM = "sam@dev.example"
ALL = ("PAYMENT", "PARTNER_FEE", "REFUND", "ACCESS_MERCHANT_INFORMATION")


def _onboard(shop: Marketplace, paypal: Simulator, email: str = SAM, **choice: Any) -> str:
    """The uuid of a seller who came through the onboarding page."""
    seller = shop.seller(email)["uuid"]
    body = {"url": RETURN_URL, "scope": ["REFUND"], "seller": seller}
    back = paypal.grant(shop.post("/paypal/permission-url/", body)["token"], email, **choice)
    body = {"token": back["merchantId"], "verifier": back["merchantIdInPayPal"], "seller": seller}
    assert shop.post("/paypal/permission-token/", body).status == 201
    return str(seller)


def _check(shop: Marketplace, seller: str, **more: Any) -> Answer:
    return shop.post("/paypal/account-check/", {"seller": seller, **more})


def _results(answer: Answer) -> dict[str, str]:
    assert answer.status == 201, answer
    return {name: check["result"] for name, check in answer["checks"].items()}


def _id_check(shop: Marketplace, paypal_id: str) -> tuple[str, str | None]:
    answer = shop.get(f"/paypal/id-check/?paypal_id={quote(paypal_id)}")
    assert answer.status == 200, answer
    return answer["result"], answer["reason"]


def test_an_account_in_order_passes_and_nothing_is_charged(shop: Marketplace, paypal: Simulator) -> None:
    seller = _onboard(shop, paypal)
    answer = _check(shop, seller, currencies=["USD", "JPY"])
    assert (answer["passed"], answer["errors"]) == (True, [])
    assert _results(answer) == {"id": "pass", "refund": "pass", "currencies": "pass"}
    assert {check["reason"] for check in answer["checks"].values()} == {None}
    tried = [order["purchase_units"][0]["amount"] for order in paypal.state()["orders"]]
    assert tried == [{"currency_code": "USD", "value": "1.00"}, {"currency_code": "JPY", "value": "1"}]
    assert (paypal.captured(), shop.get("/generic/transaction/")["meta"]["total_count"]) == ([], 0)


@pytest.mark.parametrize(
    ("choice", "failed", "errors", "word"),
    [
        (
            {"account": ["receivable"]},
            {"id", "currencies"},
            ["You do not have a business or premier account.", "Failed to make a test transaction in USD."],
            "confirmed",
        ),
        (
            {"account": ["confirmed"]},
            {"id", "currencies"},
            ["You do not have a business or premier account.", "Failed to make a test transaction in USD."],
            "cannot receive",
        ),
        ({"features": ["PAYMENT"]}, {"refund"}, ["No permission to do refunds."], "refund"),
    ],
)
def test_what_is_wrong_is_said_in_the_old_words_and_in_the_sellers(
    shop: Marketplace, paypal: Simulator, choice: Any, failed: set[str], errors: list[str], word: str
) -> None:
    answer = _check(shop, _onboard(shop, paypal, **choice))
    assert (answer["passed"], answer["errors"]) == (False, errors)
    assert {name for name, result in _results(answer).items() if result == "fail"} == failed
    assert any(word in (check["reason"] or "") for check in answer["checks"].values())


def test_an_account_that_is_restricted_later_is_told_to_the_feed(shop: Marketplace, paypal: Simulator) -> None:
    seller = _onboard(shop, paypal)
    merchant = _merchant(paypal)
    _check(shop, seller)
    paypal.revoke(merchant)

    answer = _check(shop, seller)

    assert answer["errors"] == [
        "You do not have a business or premier account.",
        "You have not setup permissions for us to check this paypal account.",
    ]
    told = [event["type"] for event in shop.get("/events/?limit=1000&type=seller.*")["events"]]
    assert told == ["seller.ready", "seller.limited"]


@pytest.mark.parametrize(
    ("operation", "fault", "unknown"),
    [
        ("get_integration", "error_503", {"id", "refund"}),
        ("create_order", "error_500", {"currencies"}),
        ("create_order", "timeout_after", {"currencies"}),
        ("create_order", "rate_limit_429", {"currencies"}),
    ],
)
def test_without_an_answer_nobody_can_tell_and_nothing_failed(
    shop: Marketplace, paypal: Simulator, operation: str, fault: str, unknown: set[str]
) -> None:
    seller = _onboard(shop, paypal)
    paypal.fault(operation, fault, count=0, delay_ms=1500)
    answer = _check(shop, seller)
    assert (answer["passed"], answer["errors"]) == (False, [])
    assert {name for name, result in _results(answer).items() if result == "unknown"} == unknown
    assert set(_results(answer).values()) == {"pass", "unknown"}


def test_with_paypal_away_all_is_unknown(shop: Marketplace, paypal: Simulator) -> None:
    seller = _onboard(shop, paypal)
    with paypal_away():
        assert set(_results(_check(shop, seller)).values()) == {"unknown"}


def test_a_currency_that_paypal_refuses_is_named(shop: Marketplace, paypal: Simulator) -> None:
    seller = _onboard(shop, paypal)
    paypal.fault("create_order", "issue:PAYEE_ACCOUNT_RESTRICTED")
    answer = _check(shop, seller, currencies=["EUR", "USD"])
    assert answer["errors"] == ["Failed to make a test transaction in EUR."]
    assert "PAYEE_ACCOUNT_RESTRICTED" in answer["checks"]["currencies"]["reason"]


def test_the_account_that_is_paid_must_be_the_one_that_is_connected(shop: Marketplace, paypal: Simulator) -> None:
    seller = _onboard(shop, paypal)
    path = shop.get(f"/generic/seller/?uuid={seller}")["objects"][0]["paypal"]["resource_uri"]
    shop.patch(path, {"paypal_id": "ANTHERMERCH22"})
    assert _results(_check(shop, seller))["id"] == "fail"
    shop.patch(path, {"paypal_id": _merchant(paypal)})
    assert _results(_check(shop, seller))["id"] == "pass"


def test_what_is_missing_is_told_and_nothing_is_sent(shop: Marketplace, paypal: Simulator) -> None:
    seller = shop.seller(SAM)["uuid"]
    onboarded = _onboard(shop, paypal)
    path = shop.get(f"/generic/seller/?uuid={onboarded}")["objects"][0]["paypal"]["resource_uri"]
    shop.patch(path, {"paypal_id": None})
    with nothing_happens(paypal):
        assert _check(shop, seller).json == {"__all__": ["Empty permissions token."]}
        assert _check(shop, onboarded).json == {"__all__": ["Empty paypal_id."]}
        assert list(_check(shop, "dev:nobody").json) == ["seller"]
        for wrong in (["XYZ"], [], "USD", [{}], [None]):
            assert list(_check(shop, onboarded, currencies=wrong).json) == ["currencies"]


def test_the_currencies_are_a_setting(shop: Marketplace, paypal: Simulator) -> None:
    seller = _onboard(shop, paypal)
    with override_settings(SOLITUDE_PAYPAL_CHECK_CURRENCIES=("EUR", "GBP")):
        _check(shop, seller)
    assert [order["purchase_units"][0]["amount"]["currency_code"] for order in paypal.state()["orders"]] == [
        "EUR",
        "GBP",
    ]


# --- classic -------------------------------------------------------------------------------------------------------


def _permit(shop: Marketplace, paypal: Simulator, email: str, scope: str = "REFUND") -> str:
    """The uuid of a seller of the classic interface who has permitted this."""
    made = shop.seller(email)
    shop.patch(shop.get(made["resource_uri"])["paypal"]["resource_uri"], {"interface": "classic"})
    body = {"url": RETURN_URL, "scope": [scope], "seller": made["uuid"]}
    back = paypal.permit(shop.post("/paypal/permission-url/", body)["token"], email)
    body = {"token": back["request_token"], "verifier": back["verification_code"], "seller": made["uuid"]}
    assert shop.post("/paypal/permission-token/", body).status == 201
    return str(made["uuid"])


def test_an_account_in_order_passes_in_the_classic_interface(shop: Marketplace, paypal: Simulator) -> None:
    answer = _check(shop, _permit(shop, paypal, SAM), currencies=["USD", "EUR"])
    assert (answer["passed"], answer["errors"]) == (True, [])
    assert set(_results(answer).values()) == {"pass"}


def test_a_personal_account_without_refunds_fails_twice(shop: Marketplace, paypal: Simulator) -> None:
    answer = _check(shop, _permit(shop, paypal, "personal-sam@dev.example", "INVOICING"))
    assert answer["errors"] == ["You do not have a business or premier account.", "No permission to do refunds."]
    assert _results(answer)["currencies"] == "pass"


def test_classic_faults_are_no_failures(shop: Marketplace, paypal: Simulator) -> None:
    seller = _permit(shop, paypal, SAM)
    for operation in ("classic_get_verified_status", "classic_get_permissions", "classic_pay"):
        paypal.fault(operation, "error_500")
    answer = _check(shop, seller)
    assert (answer["passed"], answer["errors"]) == (False, [])
    assert set(_results(answer).values()) == {"unknown"}


def test_the_classic_interface_knows_strangers(shop: Marketplace) -> None:
    with override_settings(SOLITUDE_PAYPAL_API="classic"):
        assert _id_check(shop, "stranger@dev.example") == ("pass", None)
        assert _id_check(shop, "personal-a@dev.example")[0] == "fail"
        assert _id_check(shop, "nobody-a@dev.example")[0] == "fail"
        assert _id_check(shop, "SOMEMERCHANT1")[0] == "unknown"


# --- a PayPal id ---------------------------------------------------------------------------------------------------


def test_rest_tells_of_those_who_are_connected(shop: Marketplace, paypal: Simulator) -> None:
    _onboard(shop, paypal)
    assert _id_check(shop, _merchant(paypal)) == ("pass", None)
    # By e-mail because we know whose it is; of a stranger PayPal tells nothing.
    assert _id_check(shop, SAM) == ("pass", None)
    assert _id_check(shop, SAM.upper()) == ("pass", None)
    for stranger in ("stranger@dev.example", "STRANGERMRCH1"):
        result, reason = _id_check(shop, stranger)
        assert (result, "let us act" in str(reason)) == ("unknown", True)


def test_an_id_that_cannot_be_paid_fails_and_paypal_away_does_not(shop: Marketplace, paypal: Simulator) -> None:
    _onboard(shop, paypal, account=["confirmed"])
    result, reason = _id_check(shop, SAM)
    assert (result, "cannot receive" in str(reason)) == ("fail", True)
    paypal.fault("get_integration", "error_503")
    assert _id_check(shop, SAM)[0] == "unknown"


def test_an_id_must_be_given_and_is_cached_nowhere(shop: Marketplace) -> None:
    for query in ("", "?paypal_id=", f"?paypal_id={'x' * 256}"):
        answer = shop.get(f"/paypal/id-check/{query}")
        assert (answer.status, "paypal_id" in answer["detail"]) == (400, True)
    assert shop.get("/paypal/id-check/?paypal_id=a@b.example").headers["Cache-Control"] == "no-store"


def _merchant(paypal: Simulator) -> str:
    return str(next(each["merchant_id"] for each in paypal.state()["accounts"] if each["email_address"] == SAM))
