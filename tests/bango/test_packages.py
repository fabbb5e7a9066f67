"""A package is a seller's account at Bango: made once, shown, asked for as a whole, and changed in four steps."""

from typing import Any

import pytest
from django.db.models import F
from django.test import override_settings
from tests.bango.world import CHANGE, PACKAGE, PACKAGES, left_out, package, seller
from tests.support.bango import BangoSimulator
from tests.support.marketplace import Marketplace
from tests.web.parallel import at_once

from solitude.providers.bango.api import packages
from solitude.providers.bango.models import SellerBango, Turn

STEPS = ("UpdateFinanceEmailAddress", "UpdateSupportEmailAddress", "UpdateAddressDetails", "DeleteVATNumber")


def at_bango(bango: BangoSimulator) -> dict[str, Any]:
    """The one package in Bango's books."""
    (found,) = bango.state()["packages"]
    return dict(found)


def asked(bango: BangoSimulator) -> list[str]:
    return [request["operation"] for request in bango.state()["requests"]]


def test_a_package_is_made_at_bango_and_its_numbers_are_kept(shop: Marketplace, bango: BangoSimulator) -> None:
    path = seller(shop)
    made = shop.post(PACKAGES, {**PACKAGE, "seller": path, "homePageURL": "https://studio.example/", "address2": None})
    there, pk = at_bango(bango), made["resource_pk"]
    assert (made.status, made.headers["Location"]) == (201, f"/bango/package/{pk}/")
    assert made.json == {
        "resource_pk": pk,
        "resource_uri": f"/bango/package/{pk}/",
        "id": pk,
        "seller": shop.get(path)["resource_pk"],
        "package_id": there["packageId"],
        "admin_person_id": there["adminPersonId"],
        "support_person_id": there["supportPersonId"],
        "finance_person_id": there["financePersonId"],
        "sbi_expires": None,
        "created": made["created"],
        "modified": made["created"],
        "counter": 0,
    }
    assert {name: there[name] for name in PACKAGE} == PACKAGE
    assert (there["homePageURL"], there["address2"], there["vatNumber"]) == ("https://studio.example/", "", "")
    assert shop.get(made["resource_uri"]).json == {**made.json, "full": {}}
    assert shop.get(PACKAGES)["objects"] == [made.json]
    assert shop.get(path)["bango"] == made.json


def test_what_a_package_must_have_is_named_before_bango_is_asked(shop: Marketplace, bango: BangoSimulator) -> None:
    path = seller(shop)
    for name in PACKAGE:
        answer = shop.post(PACKAGES, {**left_out(PACKAGE, name), "seller": path})
        assert (answer.status, answer.json) == (400, {name: ["FIELD_REQUIRED"]})
    for body in (dict.fromkeys(PACKAGE, ""), dict.fromkeys(PACKAGE)):
        answer = shop.post(PACKAGES, {**body, "seller": path})
        assert (answer.status, answer.json) == (400, {name: ["FIELD_REQUIRED"] for name in PACKAGE})
    assert asked(bango) == []


def test_texts_have_a_limit_and_sellers_must_be_there(shop: Marketplace, bango: BangoSimulator) -> None:
    path = seller(shop)
    for name, value in (("vendorName", "x" * 256), ("addressFax", {}), ("vatNumber", "1\x00"), ("address1", True)):
        answer = shop.post(PACKAGES, {**PACKAGE, "seller": path, name: value})
        assert (answer.status, list(answer.json)) == (400, [name])
    for wrong in ("/generic/seller/999/", "/generic/product/1/", "31", f"{path}x"):
        answer = shop.post(PACKAGES, {**PACKAGE, "seller": wrong})
        assert (answer.status, answer.json) == (400, {"seller": ["must be the path of a seller"]})
    assert asked(bango) == []


def test_what_bango_refuses_is_told_at_the_field(shop: Marketplace, bango: BangoSimulator) -> None:
    path = seller(shop)
    for name, value, code in (
        ("countryIso", "NL", "INVALID_COUNTRYISO"),
        ("currencyIso", "JPY", "INVALID_CURRENCYISO"),
        ("homePageURL", "nowhere", "INVALID_URL"),
    ):
        answer = shop.post(PACKAGES, {**PACKAGE, "seller": path, name: value})
        assert (answer.status, answer["__bango__"], answer["__type__"]) == (400, code, "bango")
        assert left_out(left_out(answer.json, "__bango__"), "__type__") == {name: [answer[name][0]]}
    answer = shop.post(PACKAGES, {**PACKAGE, "seller": path, "adminEmailAddress": "nobody"})
    assert (answer.status, answer["__bango__"], len(answer["__all__"])) == (400, "INVALID_ADMINEMAILADDRESS", 1)
    assert not SellerBango.objects.exists()
    assert shop.post(PACKAGES, {**PACKAGE, "seller": path}).status == 201


def test_a_second_package_of_a_seller_is_refused_before_bango_is_asked(
    shop: Marketplace, bango: BangoSimulator
) -> None:
    path = seller(shop)
    assert shop.post(PACKAGES, {**PACKAGE, "seller": path}).status == 201
    answer = shop.post(PACKAGES, {**PACKAGE, "seller": path})
    assert (answer.status, answer.json) == (400, {"seller": ["has a package already"]})
    assert asked(bango) == ["CreatePackage"]


def test_of_those_that_ask_at_once_for_a_seller_one_makes_a_package(shop: Marketplace, bango: BangoSimulator) -> None:
    path = seller(shop)
    bango.fault("CreatePackage", "latency", count=0, delay_ms=300)
    answers = at_once(4, lambda _: Marketplace().post(PACKAGES, {**PACKAGE, "seller": path}))
    assert sorted(answer.status for answer in answers) == [201, 409, 409, 409]
    refused = next(answer for answer in answers if answer.status == 409)
    assert (refused["code"], refused.headers["Retry-After"]) == ("in_progress", "1")
    assert len(bango.state()["packages"]) == 1
    assert not Turn.objects.exists()


def test_who_died_while_it_asked_holds_nobody_up_for_ever(shop: Marketplace, bango: BangoSimulator) -> None:
    path = seller(shop)
    Turn.objects.create(subject=f"package of seller {shop.get(path)['resource_pk']}")
    assert shop.post(PACKAGES, {**PACKAGE, "seller": path}).status == 409
    with override_settings(SOLITUDE_CALL_LEASE_S=0):
        assert shop.post(PACKAGES, {**PACKAGE, "seller": path}).status == 201


def test_under_one_key_a_package_is_made_once(shop: Marketplace, bango: BangoSimulator) -> None:
    body, key = {**PACKAGE, "seller": seller(shop)}, {"Idempotency-Key": "package-1"}
    first, again = shop.post(PACKAGES, body, **key), shop.post(PACKAGES, body, **key)
    assert (again.status, again.json, again.headers["Idempotency-Replayed"]) == (201, first.json, "true")
    assert asked(bango) == ["CreatePackage"]


def test_without_an_answer_nobody_says_that_it_is_not_done(shop: Marketplace, bango: BangoSimulator) -> None:
    path = seller(shop)
    bango.fault("CreatePackage", "disconnect_after")
    answer = shop.post(PACKAGES, {**PACKAGE, "seller": path})
    assert (answer.status, answer["code"]) == (504, "outcome_unknown")
    for code, error in (("ACCESS_DENIED", "AuthError"), ("INTERNAL_ERROR", "BangoError")):
        bango.fault("CreatePackage", f"issue:{code}")
        answer = shop.post(PACKAGES, {**PACKAGE, "seller": path})
        assert (answer.status, answer.json) == (500, {"error": error})
    assert not SellerBango.objects.exists()


def test_a_package_that_cannot_be_kept_is_in_the_log_with_its_numbers(
    shop: Marketplace, bango: BangoSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = package(shop)
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(packages.log, "error", lambda event, **facts: told.append({"event": event, **facts}))
    # Bango counts upwards: the next number is somebody's already.
    SellerBango.objects.update(package_id=F("package_id") + 1)
    path = seller(shop)
    answer = shop.post(PACKAGES, {**PACKAGE, "seller": path})
    assert (answer.status, answer.json) == (500, {"error": "IntegrityError"})
    _, there = bango.state()["packages"]
    assert there["packageId"] == other["package_id"] + 1
    assert told == [
        {
            "event": "bango_package_not_kept",
            "seller": shop.get(path)["resource_pk"],
            "package_id": there["packageId"],
            "admin_person_id": there["adminPersonId"],
            "support_person_id": there["supportPersonId"],
            "finance_person_id": there["financePersonId"],
        }
    ]


def test_bango_is_told_where_its_events_go_and_what_stage_this_is(shop: Marketplace, bango: BangoSimulator) -> None:
    with override_settings(
        SOLITUDE_BANGO_NOTIFICATION_URL="https://shop.example/bango/", SOLITUDE_BANGO_INSERT_STAGE="STAGE "
    ):
        made = package(shop)
        there = at_bango(bango)
        assert there["eventNotificationURL"] == "https://shop.example/bango/"
        assert (there["vendorName"], there["companyName"]) == ("STAGE Studio Twaalf", "STAGE Studio Twaalf BV")
        assert shop.patch(made["resource_uri"], {**CHANGE, "vendorName": "Studio 12"}).status == 201
        assert at_bango(bango)["vendorName"] == "STAGE Studio 12"


def test_all_that_bango_knows_is_asked_where_it_is_wanted(shop: Marketplace, bango: BangoSimulator) -> None:
    made = package(shop, vatNumber="NL001234567B01")
    answer = shop.send("GET", made["resource_uri"], b'{"full": true}')
    assert {name: answer["full"][name] for name in PACKAGE} == PACKAGE
    assert (answer["full"]["responseCode"], answer["full"]["vatNumber"]) == ("OK", "NL001234567B01")
    assert (answer["full"]["address2"], answer["full"]["sbiAgreementAccepted"]) == (None, False)
    assert answer.headers["Cache-Control"] == "no-store"
    assert left_out(answer.json, "full") == made.json
    seen = answer.headers["ETag"]
    assert shop.send("GET", made["resource_uri"], b'{"full": true}', **{"If-None-Match": seen}).status == 304
    assert shop.send("GET", made["resource_uri"], b'{"full": "yes"}').json == {"full": ["must be true or false"]}
    bango.fault("GetPackage", "issue:SERVICE_UNAVAILABLE")
    assert shop.send("GET", made["resource_uri"], b'{"full": true}').json == {"error": "BangoError"}
    assert shop.get(made["resource_uri"])["full"] == {}, "only Bango's part needs Bango"


def test_a_change_goes_to_bango_in_four_steps(shop: Marketplace, bango: BangoSimulator) -> None:
    made = package(shop)
    body = {**CHANGE, "financeEmailAddress": "fay@studio.example", "address1": "Plein 1", "vatNumber": "NL1"}
    changed = shop.patch(made["resource_uri"], body)
    there = at_bango(bango)
    assert changed.status == 201
    assert (changed["vatNumber"], there["vatNumber"]) == ("NL1", "NL1")
    assert (there["financeEmailAddress"], there["address1"]) == ("fay@studio.example", "Plein 1")
    assert changed["finance_person_id"] == there["financePersonId"] != made["finance_person_id"]
    assert changed["support_person_id"] == made["support_person_id"], "the same address is the same person"
    assert changed["counter"] == 1
    assert asked(bango)[1:] == [*STEPS[:3], "SetVATNumber"]
    assert shop.get(made["resource_uri"]).json == {**left_out(changed.json, "vatNumber"), "full": {}}


def test_without_a_vat_number_bango_forgets_the_one_that_it_has(shop: Marketplace, bango: BangoSimulator) -> None:
    made = package(shop, vatNumber="NL1")
    for body in (CHANGE, {**CHANGE, "vatNumber": ""}):  # the second time there is none
        changed = shop.patch(made["resource_uri"], body)
        assert (changed.status, changed["vatNumber"], at_bango(bango)["vatNumber"]) == (201, "", "")
    assert (asked(bango)[1:5], changed["counter"]) == ([*STEPS], 0)


def test_a_change_that_is_not_whole_stops_before_any_step(shop: Marketplace, bango: BangoSimulator) -> None:
    made = package(shop)
    for name in CHANGE:
        answer = shop.patch(made["resource_uri"], left_out(CHANGE, name))
        assert (answer.status, answer.json) == (400, {name: ["FIELD_REQUIRED"]})
    assert asked(bango) == ["CreatePackage"]


def test_a_step_that_bango_refuses_leaves_the_earlier_ones_done(shop: Marketplace, bango: BangoSimulator) -> None:
    made = package(shop)
    body = {**CHANGE, "financeEmailAddress": "fay@studio.example", "homePageURL": "nowhere"}
    answer = shop.patch(made["resource_uri"], body)
    assert (answer.status, answer["__bango__"]) == (400, "INVALID_URL")
    assert "homePageURL" in answer.json
    person = at_bango(bango)["financePersonId"]
    assert shop.get(made["resource_uri"])["finance_person_id"] == person != made["finance_person_id"]
    assert asked(bango)[1:] == [*STEPS[:3]]


def test_a_change_of_what_has_changed_is_refused_before_any_step(shop: Marketplace, bango: BangoSimulator) -> None:
    made = package(shop)
    seen = shop.get(made["resource_uri"]).headers["ETag"]
    fay = {**CHANGE, "financeEmailAddress": "fay@studio.example"}
    assert shop.patch(made["resource_uri"], fay, **{"If-Match": seen}).status == 201
    steps = len(asked(bango))
    assert shop.patch(made["resource_uri"], CHANGE, **{"If-Match": seen}).status == 412
    assert len(asked(bango)) == steps


def test_lists_page_and_know_no_filter(shop: Marketplace, bango: BangoSimulator) -> None:
    for _ in range(3):
        package(shop)
    first = shop.get(f"{PACKAGES}?limit=2")
    assert (len(first["objects"]), first["meta"]["total_count"]) == (2, 3)
    assert len(shop.get(first["meta"]["next"])["objects"]) == 1
    assert shop.get(f"{PACKAGES}?seller=1").json == {"detail": "Unknown query parameters: seller"}


def test_a_package_is_neither_replaced_nor_deleted(shop: Marketplace, bango: BangoSimulator) -> None:
    made = package(shop)
    for answer in (shop.put(made["resource_uri"], CHANGE), shop.delete(made["resource_uri"]), shop.put(PACKAGES, {})):
        assert answer.status == 405
    assert shop.get(f"{PACKAGES}999/").status == 404
    assert shop.patch(f"{PACKAGES}999/", CHANGE).status == 404
