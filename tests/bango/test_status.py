"""Whether a product can be sold, as Bango sees it; how long that is remembered, and who is told."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext, override_settings
from django.utils import timezone
from tests.bango.world import STATUSES, bango_product, product
from tests.support.bango import BangoSimulator
from tests.support.marketplace import Answer, Marketplace, encoded

from solitude.outbound import probes
from solitude.providers.bango import offers
from solitude.providers.bango.models import StatusBango, Turn
from solitude.web import purge

DEBUG = "/bango/debug/"
CHECK = "CreateBillingConfiguration"


def check(shop: Marketplace, of: Answer, **headers: str) -> Answer:
    return shop.post(STATUSES, {"seller_product_bango": of["resource_uri"]}, **headers)


def debug(shop: Marketplace, body: Any) -> Answer:
    return shop.send("GET", DEBUG, encoded(body))


def failures(shop: Marketplace) -> list[dict[str, Any]]:
    return list(shop.get("/services/failures/statuses/")["statuses"])


def test_a_product_that_bango_takes_is_good(shop: Marketplace, bango: BangoSimulator) -> None:
    made = bango_product(shop)
    answer = check(shop, made)
    pk = answer["resource_pk"]
    assert (answer.status, answer.headers["Location"]) == (201, f"/bango/status/{pk}/")
    assert answer.json == {
        "resource_pk": pk,
        "resource_uri": f"/bango/status/{pk}/",
        "id": pk,
        "seller_product_bango": made["resource_uri"],
        "status": 1,
        "errors": "",
        "created": answer["created"],
        "modified": answer["created"],
        "counter": 0,
    }
    assert shop.get(answer["resource_uri"]).json == answer.json
    assert shop.get(STATUSES)["objects"] == [answer.json]


def test_what_bango_is_asked_is_a_payment_that_nobody_makes(shop: Marketplace, bango: BangoSimulator) -> None:
    made = bango_product(shop)
    check(shop, made)
    (asked,) = bango.state()["configurations"]
    options = asked["configurationOptions"]
    assert (asked["bango"], asked["pageTitle"]) == (made["bango_id"], "Test of app status")
    assert (asked["priceList"], "CARD" in asked["typeFilter"]) == (["0.99 USD"], True)
    assert asked["externalTransactionId"].startswith("test:status:")
    assert options["MOZ_USER_ID"].startswith("test:user:")
    assert options["REDIRECT_URL_ONSUCCESS"] == "http://test.mozilla.com/success"
    assert options["REDIRECT_URL_ONERROR"] == "http://test.mozilla.com/error"
    assert len(options["REQUEST_SIGNATURE"]) == 64
    assert shop.get("/generic/transaction/")["objects"] == []


def test_a_product_that_bango_refuses_is_bad_and_that_is_no_error(shop: Marketplace, bango: BangoSimulator) -> None:
    made = bango_product(shop)
    bango.fault(CHECK, "issue:NO_BANGO_EXISTS")
    answer = check(shop, made)
    assert (answer.status, answer["status"]) == (201, 2)
    assert answer["errors"] == "NO_BANGO_EXISTS: No such Bango number"


def test_where_bango_says_nothing_of_the_product_no_check_is_kept(shop: Marketplace, bango: BangoSimulator) -> None:
    made = bango_product(shop)
    for fault, status, said in (
        ("issue:ACCESS_DENIED", 500, {"error": "AuthError"}),
        ("issue:SERVICE_UNAVAILABLE", 500, {"error": "BangoError"}),
        ("disconnect_after", 504, None),
        ("rate_limit_429", 503, None),
    ):
        bango.fault(CHECK, fault)
        answer = check(shop, made)
        assert answer.status == status, fault
        assert said in (None, answer.json)
    assert not StatusBango.objects.exists()


def test_checks_have_tags_and_pages(shop: Marketplace, bango: BangoSimulator) -> None:
    made = bango_product(shop)
    paths = [check(shop, made)["resource_uri"] for _ in range(3)]
    for path in (paths[0], STATUSES):
        seen = shop.get(path).headers["ETag"]
        assert shop.get(path, **{"If-None-Match": seen}).status == 304
    page = shop.get(f"{STATUSES}?page=2&limit=2")
    assert [one["resource_uri"] for one in page["objects"]] == [paths[0]]
    assert shop.get(f"{STATUSES}?status=1").status == 400
    for answer in (shop.put(paths[0], {}), shop.patch(paths[0], {}), shop.delete(paths[0])):
        assert answer.status == 405


def test_only_products_whose_last_check_is_bad_are_failures(shop: Marketplace, bango: BangoSimulator) -> None:
    made = [bango_product(shop, seller_product=product(shop, external_id=f"map-{n}")) for n in range(3)]
    for bad in ((0, True), (0, True), (1, True), (1, False), (2, False)):
        if bad[1]:
            bango.fault(CHECK, "issue:NO_BANGO_EXISTS")
        last = check(shop, made[bad[0]])
        if bad == (0, True):
            kept = last
    errors = "NO_BANGO_EXISTS: No such Bango number"
    assert failures(shop) == [{"id": kept["resource_pk"], "errors": errors, "product_id": "map-0"}]
    check(shop, made[0])
    assert failures(shop) == []


def test_failures_take_one_statement_however_many_there_are(shop: Marketplace, bango: BangoSimulator) -> None:
    made = bango_product(shop)
    for _ in range(5):
        bango.fault(CHECK, "issue:NO_BANGO_EXISTS")
        check(shop, made)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert len(failures(shop)) == 1
    assert len([one for one in asked if "bango_statusbango" in one["sql"]]) == 1


def test_old_checks_and_dead_turns_are_forgotten(shop: Marketplace, bango: BangoSimulator) -> None:
    made = bango_product(shop)
    old, young = check(shop, made), check(shop, made)
    days = settings.SOLITUDE_BANGO_STATUSES_LIFETIME_DAYS
    StatusBango.objects.filter(pk=old["resource_pk"]).update(created=timezone.now() - timedelta(days=days, seconds=1))
    StatusBango.objects.filter(pk=young["resource_pk"]).update(created=timezone.now() - timedelta(days=days - 1))
    Turn.objects.create(subject="dead", taken_at=timezone.now() - timedelta(days=1))
    Turn.objects.create(subject="alive")
    purge.purge()
    assert [one["resource_pk"] for one in shop.get(STATUSES)["objects"]] == [young["resource_pk"]]
    assert [turn.subject for turn in Turn.objects.all()] == ["alive"]


def test_what_is_known_of_a_product_is_shown_without_asking_bango(shop: Marketplace, bango: BangoSimulator) -> None:
    made = bango_product(shop)
    body = {"seller_product_bango": made["resource_uri"]}
    package = shop.get(made["seller_bango"])
    asked = len(bango.state()["requests"])
    facts = {"environment": "test", "bango_id": made["bango_id"], "package_id": package["package_id"]}
    assert debug(shop, body).json == {"bango": {**facts, "last_status": {}, "last_transaction": {}}, "solitude": {}}
    assert len(bango.state()["requests"]) == asked

    check(shop, made)
    last = check(shop, made)
    sold = {"seller_product": made["seller_product"], "provider": 1}
    shop.post("/generic/transaction/", {"uuid": "web:1", **sold})
    newest = shop.post("/generic/transaction/", {"uuid": "web:2", **sold})
    shop.post("/generic/transaction/", {"uuid": "web:3", **sold, "provider": 2})
    shown = debug(shop, body)["bango"]
    assert shown["last_status"] == {"status": 1, "url": last["resource_uri"]}
    assert shown["last_transaction"] == {"status": newest["status"], "url": newest["resource_uri"]}


def test_debug_wants_a_product(shop: Marketplace, bango: BangoSimulator) -> None:
    assert shop.get(DEBUG).json == {"seller_product_bango": ["FIELD_REQUIRED"]}
    assert list(debug(shop, {"seller_product_bango": "/bango/product/9/"}).json) == ["seller_product_bango"]
    assert shop.get(f"{DEBUG}?x=1").status == 400


def test_bango_is_probed_where_it_can_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    offered: list[str] = []
    monkeypatch.setattr(probes, "offer", lambda probe: offered.append(probe.name))
    for name in ("parts", "seller_uuids", "seller_statuses", "purge"):
        monkeypatch.setattr(offers, name, Ignored())
    with override_settings(SOLITUDE_BANGO_PASSWORD=""):
        offers.offer()
    assert offered == []
    offers.offer()
    assert offered == ["bango"]


class Ignored:
    """Takes what is offered a second time, which nobody else wants twice."""

    def offer(self, *_: object) -> None: ...

    expiring = offer
