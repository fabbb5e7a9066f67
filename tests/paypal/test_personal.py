"""`/paypal/personal-basic/` and `-advanced/`: who a seller is, with its permission, and only if it is that seller."""

from typing import Any

import pytest
from django.db import connection
from tests.payments.world import nothing_happens, paypal_away
from tests.support.marketplace import Answer, Marketplace
from tests.support.simulator import RETURN_URL, Simulator

from solitude.providers.paypal.models import SellerPaypal

SAM = "sam@dev.example"
BOTH = ["ACCESS_BASIC_PERSONAL_DATA", "ACCESS_ADVANCED_PERSONAL_DATA"]


@pytest.fixture
def seller(shop: Marketplace) -> str:
    return str(shop.seller(SAM)["uuid"])


def _log_in(shop: Marketplace, paypal: Simulator, seller: str, email: str = SAM) -> None:
    body = {"url": RETURN_URL, "scope": BOTH, "seller": seller}
    back = paypal.log_in(shop.post("/paypal/permission-url/", body)["token"], email)
    body = {"token": back["state"], "verifier": back["code"], "seller": seller}
    assert shop.post("/paypal/permission-token/", body).status == 201


def _fetch(shop: Marketplace, seller: str, kind: str = "basic") -> Answer:
    return shop.post(f"/paypal/personal-{kind}/", {"seller": seller})


def _record(shop: Marketplace, seller: str) -> Any:
    return shop.get(f"/generic/seller/?uuid={seller}")["objects"][0]["paypal"]


def test_the_basic_data_are_answered_and_kept(shop: Marketplace, paypal: Simulator, seller: str) -> None:
    _log_in(shop, paypal, seller)
    answer = _fetch(shop, seller)
    assert answer.status == 201
    assert answer.json == {
        "first_name": "Sandbox",
        "last_name": "Seller",
        "full_name": "Sandbox Seller",
        "email": SAM,
        "country": "US",
        "payerID": answer["payerID"],
    }
    record = _record(shop, seller)
    assert (record["first_name"], record["full_name"], record["country"]) == ("Sandbox", "Sandbox Seller", "US")
    # Asked for with the others, told by PayPal, and not wanted by this call.
    assert record["city"] == ""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM paypal_sellerpaypal")
        assert "Sandbox" not in repr(cursor.fetchall())


def test_the_advanced_data_are_answered_and_kept(shop: Marketplace, paypal: Simulator, seller: str) -> None:
    _log_in(shop, paypal, seller)
    expected = {
        "post_code": "95131",
        "address_one": "1 Main St",
        "address_two": "Suite 7",
        "city": "San Jose",
        "state": "CA",
        "phone": "4085551234",
    }
    assert _fetch(shop, seller, "advanced").json == expected
    record = _record(shop, seller)
    assert {name: record[name] for name in expected} == expected
    assert record["first_name"] == ""


def test_the_data_of_somebody_else_are_not_kept(shop: Marketplace, paypal: Simulator, seller: str) -> None:
    _log_in(shop, paypal, seller, "mallory@evil.example")
    before = _record(shop, seller)
    for kind in ("basic", "advanced"):
        answer = _fetch(shop, seller, kind)
        assert (answer.status, answer.json) == (
            500,
            {
                "error_message": "The user data did not match",
                "error_code": "100001",
                "error_data": {"email": "mallory@evil.example"},
            },
        )
    assert _record(shop, seller) == before


def test_a_seller_who_is_known_by_merchant_id_is_matched_by_it(shop: Marketplace, paypal: Simulator) -> None:
    by_id = shop.seller("SOMEBODYELSE1")["uuid"]
    _log_in(shop, paypal, by_id)
    other = _fetch(shop, by_id)
    assert (other.status, other["error_data"]) == (500, {"email": SAM})
    (account,) = [each for each in paypal.state()["accounts"] if each["email_address"] == SAM]
    shop.patch(_record(shop, by_id)["resource_uri"], {"paypal_id": account["merchant_id"]})
    assert _fetch(shop, by_id)["payerID"] == account["merchant_id"]


def test_without_permission_there_is_nothing_to_ask(shop: Marketplace, paypal: Simulator, seller: str) -> None:
    with nothing_happens(paypal):
        answer = _fetch(shop, seller)
        assert (answer.status, answer.json) == (400, {"__all__": ["Empty permissions token."]})
        assert list(_fetch(shop, "dev:nobody").json) == ["seller"]


def test_a_permission_that_paypal_no_longer_takes_is_dropped(shop: Marketplace, paypal: Simulator, seller: str) -> None:
    _log_in(shop, paypal, seller)
    paypal.reset()  # PayPal has forgotten all of its refresh tokens
    assert _fetch(shop, seller).json == {"__all__": ["Empty permissions token."]}
    assert SellerPaypal.objects.get().refresh_token is None
    assert _record(shop, seller)["token"] is False


@pytest.mark.parametrize("operation", ["person_token", "userinfo"])
def test_a_permission_outlives_that_paypal_is_away(
    shop: Marketplace, paypal: Simulator, seller: str, operation: str
) -> None:
    _log_in(shop, paypal, seller)
    paypal.fault(operation, "error_503")
    answer = _fetch(shop, seller)
    assert (answer.status, answer["code"]) == (502, "provider_unreachable")
    assert _fetch(shop, seller).status == 201
    with paypal_away():
        assert _fetch(shop, seller).status == 502


# --- classic -------------------------------------------------------------------------------------------------------


@pytest.fixture
def classic_seller(shop: Marketplace, paypal: Simulator, seller: str) -> str:
    """A seller of the classic interface, who has permitted both."""
    shop.patch(_record(shop, seller)["resource_uri"], {"interface": "classic"})
    body = {"url": RETURN_URL, "scope": BOTH, "seller": seller}
    back = paypal.permit(shop.post("/paypal/permission-url/", body)["token"], SAM)
    body = {"token": back["request_token"], "verifier": back["verification_code"], "seller": seller}
    assert shop.post("/paypal/permission-token/", body).status == 201
    return seller


def test_the_classic_interface_tells_the_company_as_well(shop: Marketplace, classic_seller: str) -> None:
    basic, advanced = _fetch(shop, classic_seller), _fetch(shop, classic_seller, "advanced")
    assert (basic["email"], basic["company"], basic["country"]) == (SAM, "Sandbox Goods Ltd", "US")
    assert advanced.json.keys() == {"post_code", "address_one", "address_two", "city", "state", "phone"}
    record = _record(shop, classic_seller)
    assert (record["business_name"], record["last_name"], record["phone"]) == (
        "Sandbox Goods Ltd",
        "Seller",
        "4085551234",
    )


def test_the_match_rule_holds_in_the_classic_interface(shop: Marketplace, classic_seller: str) -> None:
    shop.patch(_record(shop, classic_seller)["resource_uri"], {"paypal_id": "Sam@dev.example"})
    answer = _fetch(shop, classic_seller)
    assert (answer.status, answer["error_data"]) == (500, {"email": SAM})
    assert _record(shop, classic_seller)["last_name"] == ""
