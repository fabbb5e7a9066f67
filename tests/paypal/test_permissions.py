"""`/paypal/permission-…/`: a seller permits on PayPal's page, PayPal confirms it, and nothing else is believed."""

import json
import logging
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.db import connection
from django.test import override_settings
from django.utils import timezone
from tests.payments.world import another_paypal, nothing_happens, paypal_away
from tests.support.marketplace import Answer, Marketplace
from tests.support.simulator import RETURN_URL, Simulator

from solitude.providers.paypal.models import PermissionRequest, SellerPaypal
from solitude.providers.paypal.sellers import ending, permissions
from solitude.web import purge

SAM = "sam@dev.example"
PERSONAL = ["ACCESS_BASIC_PERSONAL_DATA"]


@pytest.fixture
def seller(shop: Marketplace) -> str:
    """The uuid of a seller who can be paid."""
    return str(shop.seller(SAM)["uuid"])


def _url(shop: Marketplace, scope: list[str], **more: Any) -> Answer:
    return shop.post("/paypal/permission-url/", {"url": RETURN_URL, "scope": scope, **more})


def _token(shop: Marketplace, token: str, verifier: str, seller: str) -> Answer:
    return shop.post("/paypal/permission-token/", {"token": token, "verifier": verifier, "seller": seller})


def _onboarded(shop: Marketplace, paypal: Simulator, seller: str, **choice: Any) -> str:
    """The merchant id of a seller who granted and came back."""
    back = paypal.grant(_url(shop, ["REFUND"], seller=seller)["token"], SAM, **choice)
    answer = _token(shop, back["merchantId"], back["merchantIdInPayPal"], seller)
    assert answer.status == 201, answer
    return back["merchantIdInPayPal"]


def _check(shop: Marketplace, permissions: Any, **whose: str) -> bool:
    answer = shop.post("/paypal/permission-check/", {"permissions": permissions, **whose})
    assert answer.status == 201, answer
    return bool(answer["status"])


def _told(shop: Marketplace) -> list[str]:
    return [event["type"] for event in shop.get("/events/?limit=1000&type=seller.*")["events"]]


def _record(shop: Marketplace, seller: str) -> Any:
    return shop.get(f"/generic/seller/?uuid={seller}")["objects"][0]["paypal"]


# --- onboarding ----------------------------------------------------------------------------------------------------


def test_a_seller_who_is_onboarded_has_permitted(shop: Marketplace, paypal: Simulator, seller: str) -> None:
    begun = _url(shop, ["REFUND"], seller=seller)
    assert begun.status == 201
    assert begun["token"].startswith(f"{paypal.url}/bizsignup/partner/entry?")
    back = paypal.grant(begun["token"], SAM)

    answer = _token(shop, back["merchantId"], back["merchantIdInPayPal"], seller)

    assert (answer.status, answer.json) == (201, {"token": True, "secret": True})
    record = _record(shop, seller)
    assert (record["token"], record["secret"]) == (True, True)
    assert _told(shop) == ["seller.ready"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM paypal_sellerpaypal")
        assert back["merchantIdInPayPal"] not in repr(cursor.fetchall())


def test_what_a_seller_brings_back_is_never_trusted(shop: Marketplace, paypal: Simulator, seller: str) -> None:
    mine = paypal.grant(_url(shop, ["REFUND"], seller=seller)["token"], SAM)
    other = shop.seller("other@dev.example")["uuid"]

    assert list(_token(shop, "an-invented-id", mine["merchantIdInPayPal"], seller).json) == ["token"]
    assert list(_token(shop, mine["merchantId"], mine["merchantIdInPayPal"], other).json) == ["seller"]
    assert list(_token(shop, mine["merchantId"], "ANOTHERMERCH1", seller).json) == ["verifier"]
    # A wrong one uses it up: nobody tries merchant ids until one fits.
    assert list(_token(shop, mine["merchantId"], mine["merchantIdInPayPal"], seller).json) == ["token"]
    assert SellerPaypal.objects.exclude(merchant_id_hash="").count() == 0


def test_a_seller_who_is_not_done_may_come_back(shop: Marketplace, paypal: Simulator, seller: str) -> None:
    page = _url(shop, ["REFUND"], seller=seller)["token"]
    (row,) = PermissionRequest.objects.all()
    reference = paypal.refuse(page)["merchantId"]

    early = _token(shop, reference, "ANOTHERMERCH1", seller)

    assert (early.status, early["code"]) == (409, "not_granted")
    back = paypal.grant(page, SAM)
    assert _token(shop, reference, back["merchantIdInPayPal"], seller).status == 201
    assert not PermissionRequest.objects.filter(pk=row.pk).exists()
    assert _token(shop, reference, back["merchantIdInPayPal"], seller).status == 400


def test_a_permission_that_is_asked_for_too_late_is_none(shop: Marketplace, paypal: Simulator, seller: str) -> None:
    back = paypal.grant(_url(shop, ["REFUND"])["token"], SAM)
    with time_machine.travel(timezone.now() + timedelta(days=3, seconds=1)):
        assert permissions.waiting(back["merchantId"]) is None
        assert ending.expired().count() == 1
        purge.purge()
    assert _token(shop, back["merchantId"], back["merchantIdInPayPal"], seller).status == 400


def test_only_what_is_asked_for_is_on_the_page(shop: Marketplace, paypal: Simulator) -> None:
    paypal.grant(_url(shop, ["REFUND", "TRANSACTION_SEARCH"])["token"], SAM)
    (account,) = [each for each in paypal.state()["accounts"] if each["email_address"] == SAM]
    assert set(account["consent"]["features"]) == {
        "PAYMENT",
        "PARTNER_FEE",
        "ACCESS_MERCHANT_INFORMATION",
        "REFUND",
        "ADVANCED_TRANSACTIONS_SEARCH",
    }


def test_an_account_that_is_not_in_order_is_told_as_limited(shop: Marketplace, paypal: Simulator, seller: str) -> None:
    _onboarded(shop, paypal, seller, account=["receivable"])
    assert _told(shop) == ["seller.limited"]


def test_a_seller_who_takes_it_back_is_told_and_forgotten(shop: Marketplace, paypal: Simulator, seller: str) -> None:
    merchant = _onboarded(shop, paypal, seller)
    (completed,) = paypal.told("MERCHANT.ONBOARDING.COMPLETED")
    # PayPal was asked already: this says nothing more.
    assert shop.forward(completed)["status"] == "IGNORED"

    paypal.revoke(merchant)
    (revoked,) = paypal.told("MERCHANT.PARTNER-CONSENT.REVOKED")
    first, again = shop.forward(revoked), shop.forward(revoked)

    assert (first["status"], first["action"], again["status"]) == ("OK", "SELLER", "IGNORED")
    assert _told(shop) == ["seller.ready", "seller.revoked"]
    assert _record(shop, seller)["token"] is False
    assert not _check(shop, ["REFUND"], seller=seller)


# --- log in --------------------------------------------------------------------------------------------------------


def test_a_seller_who_logs_in_has_permitted_its_personal_data(
    shop: Marketplace, paypal: Simulator, seller: str
) -> None:
    url = _url(shop, PERSONAL, seller=seller)["token"]
    query = parse_qs(urlsplit(url).query)
    assert url.startswith(f"{paypal.url}/signin/authorize?")
    assert (query["redirect_uri"], query["response_type"]) == ([RETURN_URL], ["code"])
    assert query["state"] != query["nonce"]
    back = paypal.log_in(url, SAM)

    answer = _token(shop, back["state"], back["code"], seller)

    assert (answer.status, answer.json) == (201, {"token": True, "secret": True})
    assert _check(shop, "ACCESS_BASIC_PERSONAL_DATA", seller=seller)
    assert not _check(shop, "ACCESS_ADVANCED_PERSONAL_DATA", seller=seller)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM paypal_permissionrequest")
        assert cursor.fetchall() == []


def test_a_state_is_good_once_and_for_its_own_code(shop: Marketplace, paypal: Simulator, seller: str) -> None:
    back = paypal.log_in(_url(shop, PERSONAL, seller=seller)["token"], SAM)
    # The code of a login that somebody else began, under this state: its nonce is another one.
    stolen = paypal.log_in(_url(shop, PERSONAL)["token"], "mallory@evil.example")
    wrong = _token(shop, back["state"], stolen["code"], seller)
    assert (wrong.status, list(wrong.json)) == (400, ["verifier"])
    assert list(_token(shop, back["state"], back["code"], seller).json) == ["token"]
    assert SellerPaypal.objects.get().refresh_token is None


def test_a_code_that_paypal_refuses_uses_the_state_up(shop: Marketplace, paypal: Simulator, seller: str) -> None:
    back = paypal.log_in(_url(shop, PERSONAL)["token"], SAM)
    assert list(_token(shop, back["state"], "no-code-of-paypals", seller).json) == ["verifier"]
    assert list(_token(shop, back["state"], back["code"], seller).json) == ["token"]


def test_a_code_that_could_not_be_brought_to_paypal_is_brought_again(
    shop: Marketplace, paypal: Simulator, seller: str
) -> None:
    back = paypal.log_in(_url(shop, PERSONAL)["token"], SAM)
    paypal.fault("person_token", "error_503")
    away = _token(shop, back["state"], back["code"], seller)
    assert (away.status, away["code"]) == (502, "provider_unreachable")
    assert _token(shop, back["state"], back["code"], seller).status == 201


# --- classic -------------------------------------------------------------------------------------------------------


@pytest.fixture
def classic_seller(shop: Marketplace, seller: str) -> str:
    """A seller who is dealt with by the classic interface."""
    assert shop.patch(_record(shop, seller)["resource_uri"], {"interface": "classic"}).status == 202
    return seller


def test_a_seller_permits_in_the_classic_interface(shop: Marketplace, paypal: Simulator, classic_seller: str) -> None:
    url = _url(shop, ["REFUND", *PERSONAL], seller=classic_seller)["token"]
    assert url.startswith(f"{paypal.url}/cgi-bin/webscr?cmd=_grant-permission&request_token=")
    back = paypal.permit(url, SAM)

    answer = _token(shop, back["request_token"], back["verification_code"], classic_seller)

    assert (answer.status, answer.json) == (201, {"token": True, "secret": True})
    row = SellerPaypal.objects.get()
    assert _check(shop, ["REFUND", *PERSONAL], seller=classic_seller)
    assert not _check(shop, ["REFUND", "INVOICING"], seller=classic_seller)
    with override_settings(SOLITUDE_PAYPAL_API="classic"):
        assert _check(shop, "REFUND", token=str(row.token))
        assert not _check(shop, "REFUND", token="nobodys")


def test_a_wrong_verifier_is_refused_by_paypal(shop: Marketplace, paypal: Simulator, classic_seller: str) -> None:
    back = paypal.permit(_url(shop, ["REFUND"], seller=classic_seller)["token"], SAM)
    assert list(_token(shop, back["request_token"], "wrong", classic_seller).json) == ["verifier"]
    assert SellerPaypal.objects.get().token is None


# --- the request ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": "https://evil.example/"}, "url"),
        ({"url": f"{RETURN_URL}?{'x' * 120}"}, "url"),
        ({"scope": ["GIFTS"]}, "scope"),
        ({"scope": []}, "scope"),
        ({"scope": "REFUND"}, "scope"),
        ({"scope": ["AIR_TRAVEL"]}, "scope"),
        ({"scope": ["REFUND", *PERSONAL]}, "scope"),
        ({"seller": "dev:nobody"}, "seller"),
    ],
)
def test_what_cannot_be_asked_is_not_sent(shop: Marketplace, paypal: Simulator, body: Any, field: str) -> None:
    with nothing_happens(paypal):
        answer = shop.post("/paypal/permission-url/", {"url": RETURN_URL, "scope": ["REFUND"], **body})
    assert (answer.status, list(answer.json)) == (400, [field])
    assert PermissionRequest.objects.count() == 0


def test_the_same_key_gets_the_same_page(shop: Marketplace, paypal: Simulator) -> None:
    body = {"url": RETURN_URL, "scope": ["REFUND"]}
    first, second = (shop.post("/paypal/permission-url/", body, **{"Idempotency-Key": "page-1"}) for _ in range(2))
    assert first["token"] == second["token"]
    assert len(paypal.calls("create_referral")) == 1


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("error_500", 502, "provider_unreachable"),
        ("garbage_after", 502, "provider_unreachable"),
        ("rate_limit_429", 503, "provider_busy"),
    ],
)
def test_without_an_answer_there_is_no_page(
    shop: Marketplace, paypal: Simulator, fault: str, status: int, code: str
) -> None:
    paypal.fault("create_referral", fault)
    answer = _url(shop, ["REFUND"])
    assert (answer.status, answer["code"]) == (status, code)


def test_paypal_may_refuse_and_may_be_away(shop: Marketplace, paypal: Simulator) -> None:
    paypal.fault("create_referral", "issue:PRODUCT_PPCP_UNAUTHORIZED")
    refused = _url(shop, ["REFUND"])
    assert (refused.status, refused["paypal"]["__all__"][0]["code"]) == (422, "PRODUCT_PPCP_UNAUTHORIZED")
    with paypal_away():
        assert _url(shop, ["REFUND"])["code"] == "provider_unreachable"


@pytest.mark.parametrize(
    ("wrong", "interface"),
    [
        ({"SOLITUDE_PAYPAL_PARTNER_ID": ""}, "rest"),
        ({"SOLITUDE_PAYPAL_CLIENT_SECRET": "another"}, "rest"),
        ({"SOLITUDE_PAYPAL_CLASSIC_PASSWORD": "another"}, "classic"),
    ],
)
def test_operators_are_told_that_paypal_does_not_know_us(
    shop: Marketplace, paypal: Simulator, security_events: list[str], wrong: dict[str, str], interface: str
) -> None:
    with another_paypal(SOLITUDE_PAYPAL_API=interface, **wrong):
        answer = _url(shop, ["REFUND"])
    assert (answer.status, answer["code"]) == (502, "provider_configuration")
    assert [line for line in security_events if "Provider refuses our credentials" in line]


# --- check and end -------------------------------------------------------------------------------------------------


def test_what_was_granted_can_be_asked_by_every_name_of_the_seller(
    shop: Marketplace, paypal: Simulator, seller: str
) -> None:
    page = _url(shop, ["REFUND"], seller=seller)["token"]
    back = paypal.grant(page, SAM)
    assert _check(shop, "REFUND,EXPRESS_CHECKOUT", token=back["merchantId"])
    assert _token(shop, back["merchantId"], back["merchantIdInPayPal"], seller).status == 201
    for whose in ({"seller": seller}, {"token": back["merchantIdInPayPal"]}):
        assert _check(shop, ["REFUND"], **whose)
        assert not _check(shop, ["REFUND", "INVOICING"], **whose)
    assert not _check(shop, ["REFUND"], token="NOBODYSMERCH1")
    for wrong in ({}, {"token": "T", "seller": seller}):
        assert list(shop.post("/paypal/permission-check/", {"permissions": ["REFUND"], **wrong}).json) == ["__all__"]


def test_a_seller_who_is_ended_is_forgotten(shop: Marketplace, paypal: Simulator, seller: str) -> None:
    back = paypal.log_in(_url(shop, PERSONAL, seller=seller)["token"], SAM)
    _token(shop, back["state"], back["code"], seller)
    later = paypal.log_in(_url(shop, PERSONAL, seller=seller)["token"], SAM)
    path = shop.get(f"/generic/seller/?uuid={seller}")["objects"][0]["resource_uri"]

    shop.patch(path, {"active": False})

    assert SellerPaypal.objects.get().refresh_token is None
    assert PermissionRequest.objects.count() == 0
    assert list(_token(shop, later["state"], later["code"], seller).json) == ["token"]


def test_no_log_holds_what_a_seller_brought_back(
    shop: Marketplace, paypal: Simulator, seller: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        back = paypal.log_in(_url(shop, PERSONAL, seller=seller)["token"], SAM)
        _token(shop, back["state"], back["code"], seller)
        merchant = _onboarded(shop, paypal, seller)
    ours = [record.__dict__ for record in caplog.records if record.name.startswith("solitude")]
    written = json.dumps(ours, default=str)
    row = SellerPaypal.objects.get()
    for secret in (back["state"], back["code"], merchant, str(row.refresh_token), SAM):
        assert secret not in written
    assert "log_in" in written
    assert "correlation_id" in written
