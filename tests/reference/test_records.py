"""Sellers, products and terms at the provider called `reference`: one call writes here and there."""

from typing import Any

import pytest
from tests.reference.world import away, configured, generic_product, product, provider, seller
from tests.support.marketplace import Answer, Marketplace
from tests.support.zippy import ZippySimulator
from tests.web.parallel import at_once

from solitude.providers.reference.models import ProductReference, SellerReference

SELLERS, PRODUCTS, TERMS = "/provider/reference/sellers/", "/provider/reference/products/", "/provider/reference/terms/"


def somebody(shop: Marketplace, **more: Any) -> dict[str, Any]:
    path = shop.seller(paypal_id=None)["resource_uri"]
    return {"seller": path, "uuid": "s-801", "name": "Ada", "email": "ada@shop.example", "status": "ACTIVE"} | more


def test_a_seller_is_made_here_and_there(shop: Marketplace, zippy: ZippySimulator) -> None:
    body = somebody(shop, agreement="2014-02-03")
    made = shop.post(SELLERS, body)
    row = SellerReference.objects.get()
    reference = {
        "uuid": "s-801",
        "name": "Ada",
        "email": "ada@shop.example",
        "status": "ACTIVE",
        "agreement": "2014-02-03",
        "resource_name": "sellers",
        "id": "s-801",
        "resource_uri": "/provider/reference/sellers/s-801/",
    }
    path = f"{SELLERS}{row.pk}/"
    assert (made.status, made.headers["Location"]) == (201, path)
    assert made.json == {"id": row.pk, "seller": body["seller"], "resource_uri": path, "reference": reference}
    assert row.reference_id == "s-801"
    assert [one["uuid"] for one in zippy.state()["sellers"]] == ["s-801"]
    assert shop.get(path).json == made.json


def test_a_product_is_sold_by_who_is_known_there_under_our_external_id(
    shop: Marketplace, zippy: ZippySimulator
) -> None:
    sold_by = seller(shop)
    path = generic_product(shop, sold_by["seller"], external_id="ext-8")
    body = {"seller_product": path, "seller_reference": sold_by["resource_uri"], "uuid": "p-12", "name": "Map"}
    made = shop.post(PRODUCTS, body | {"seller_id": "another", "external_id": "another"})
    row = ProductReference.objects.get()
    assert made.status == 201
    assert made.json == {
        "id": row.pk,
        "seller_product": path,
        "seller_reference": sold_by["resource_uri"],
        "resource_uri": f"{PRODUCTS}{row.pk}/",
        "reference": {
            "uuid": "p-12",
            "name": "Map",
            "seller_id": "s-801",
            "external_id": "ext-8",
            "status": "ACTIVE",
            "resource_name": "products",
            "id": "p-12",
            "resource_uri": "/provider/reference/products/p-12/",
        },
    }
    assert shop.get(made["resource_uri"]).json == made.json
    assert shop.get(path)["seller_uuids"]["reference"] == shop.get(sold_by["seller"])["uuid"]


def test_the_terms_are_those_of_the_seller(shop: Marketplace, zippy: ZippySimulator) -> None:
    pk = seller(shop, agreement="2014-02-03")["id"]
    terms = shop.get(f"{TERMS}{pk}/")
    assert (terms.status, terms["id"], terms["resource_uri"]) == (200, pk, f"{TERMS}{pk}/")
    assert (set(terms["reference"]), terms["reference"]["agreement"]) == ({"text", "agreement"}, "2014-02-03")


# --- what is wrong is told before the provider is asked ------------------------------------------------------------------------


def test_a_field_of_a_seller_that_cannot_be_right(shop: Marketplace, zippy: ZippySimulator) -> None:
    for field, value in (
        ("seller", "/generic/seller/999/"),
        ("seller", "nothing"),
        ("seller", None),
        ("uuid", "u" * 101),
        ("name", "n" * 101),
        ("name", 7),
        ("email", "nobody"),
        ("email", "a@b@c"),
        ("status", "OPEN"),
        ("status", True),
        ("agreement", "a" * 256),
    ):
        refused = shop.post(SELLERS, somebody(shop, **{field: value}))
        assert (refused.status, list(refused.json)) == (400, [field]), (field, value)
    assert zippy.state()["requests"] == []


@pytest.mark.parametrize("uuid", ["a/b", "a\\b", "a%2fb", "..", ".", " ", "x\ty", "\u000b"])
def test_a_uuid_that_could_be_in_no_path_is_refused_before_the_provider_is_asked(
    shop: Marketplace, zippy: ZippySimulator, uuid: str
) -> None:
    sold_by = seller(shop)
    path = generic_product(shop, sold_by["seller"])
    product_of = {"seller_product": path, "seller_reference": sold_by["resource_uri"], "uuid": uuid, "name": "Map"}
    before = len(zippy.state()["requests"])

    for resource, body in ((SELLERS, somebody(shop, uuid=uuid)), (PRODUCTS, product_of)):
        refused = shop.post(resource, body)
        assert (refused.status, refused.json) == (400, {"uuid": ["must be a name that can stand in a path"]})
    assert len(zippy.state()["requests"]) == before


def test_what_the_provider_judges_is_told_in_its_words(shop: Marketplace, zippy: ZippySimulator) -> None:
    refused = shop.post(SELLERS, {"seller": somebody(shop)["seller"], "uuid": "s-801"})
    assert refused.status == 409
    assert "name is required" in refused["error_message"]
    long = shop.post(SELLERS, somebody(shop, agreement="2014-02-03T00:00:00Z and more"))
    assert (long.status, "agreement" in long["error_message"]) == (409, True)
    assert SellerReference.objects.count() == 0


def test_a_seller_has_one_row_and_so_has_a_product(shop: Marketplace, zippy: ZippySimulator) -> None:
    first = seller(shop)
    again = shop.post(SELLERS, somebody(shop, seller=first["seller"], uuid="s-802"))
    assert (again.status, again.json) == (400, {"seller": ["A seller reference with this seller already exists."]})
    path = product(shop)
    body = {"seller_product": path, "seller_reference": first["resource_uri"], "uuid": "p-13", "name": "Map"}
    again = shop.post(PRODUCTS, body)
    assert again.json == {"seller_product": ["A product reference with this product already exists."]}
    assert {one["uuid"] for one in zippy.state()["sellers"]} == {"s-801", "s-of-p-12"}
    for wrong in (
        {"seller_product": "/generic/product/999/"},
        {"seller_reference": "/provider/reference/sellers/999/"},
    ):
        assert list(shop.post(PRODUCTS, body | wrong).json) == list(wrong)


def test_of_four_at_once_one_makes_it(shop: Marketplace, zippy: ZippySimulator) -> None:
    body = somebody(shop)
    answers = at_once(4, lambda _: Marketplace().post(SELLERS, body))
    made = [answer for answer in answers if answer.status == 201]
    assert len(made) == SellerReference.objects.count() == len(zippy.state()["sellers"]) == 1
    assert {answer.status for answer in answers} <= {201, 400, 409}


# --- changes --------------------------------------------------------------------------------------------------------------------


def test_a_put_changes_both_and_blanks_what_is_left_out(shop: Marketplace, zippy: ZippySimulator) -> None:
    made = seller(shop)
    other = shop.seller(paypal_id=None)["resource_uri"]
    changed = shop.put(made["resource_uri"], {"seller": other, "uuid": "s-801", "name": "Bea"})
    assert (changed.status, changed["seller"], changed["reference"]["name"]) == (200, other, "Bea")
    assert (changed["reference"]["email"], changed["reference"]["status"]) == ("", "")
    assert shop.get(made["resource_uri"]).json == changed.json


def test_a_patch_is_a_put(shop: Marketplace, zippy: ZippySimulator) -> None:
    made = seller(shop)
    changed = shop.patch(made["resource_uri"], {"seller": made["seller"], "uuid": "s-801", "name": "Bea"})
    assert (changed.status, changed["reference"]["name"], changed["reference"]["email"]) == (200, "Bea", "")
    assert list(shop.patch(made["resource_uri"], {"uuid": "s-801"}).json) == ["seller"]


def test_a_put_must_say_whose_it_is_and_may_not_mean_another(shop: Marketplace, zippy: ZippySimulator) -> None:
    made, other = seller(shop), seller(shop, "s-802")
    before = zippy.state()["sellers"]
    for body, field in (
        ({"uuid": "s-801"}, "seller"),
        ({"seller": made["seller"], "uuid": "s-802", "name": "Eve"}, "uuid"),
        ({"seller": other["seller"], "uuid": "s-801"}, "seller"),
    ):
        refused = shop.put(made["resource_uri"], body)
        assert (refused.status, list(refused.json)) == (400, [field])
    assert zippy.state()["sellers"] == before
    refused = shop.put(made["resource_uri"], {"seller": made["seller"]})
    assert (refused.status, "uuid is required" in refused["error_message"]) == (409, True)


def test_what_the_provider_cannot_change_is_its_404_and_nothing_changes(
    shop: Marketplace, zippy: ZippySimulator
) -> None:
    path = product(shop)
    row = ProductReference.objects.get()
    other = generic_product(shop)
    body = {
        "seller_product": other,
        "seller_reference": row.seller_reference.resource_uri,
        "uuid": "p-12",
        "name": "Atlas",
    }
    refused = shop.put(row.resource_uri, body)
    assert (refused.status, set(refused.json)) == (404, {"error_message"})
    assert shop.get(row.resource_uri)["seller_product"] == path
    terms = shop.put(f"{TERMS}{row.seller_reference_id}/", {"text": "All is allowed.", "agreement": "2014-02-03"})
    assert (terms.status, set(terms.json)) == (404, {"error_message"})


def test_nothing_is_deleted(shop: Marketplace, zippy: ZippySimulator) -> None:
    product(shop)
    row = ProductReference.objects.get()
    for path in (row.resource_uri, row.seller_reference.resource_uri, f"{TERMS}{row.seller_reference_id}/"):
        assert shop.delete(path).status == 403
        assert shop.delete(path).json == {"detail": "This is never deleted."}
    assert len(zippy.state()["sellers"]) == ProductReference.objects.count() == 1


def test_there_is_no_list_of_terms_and_none_are_made(shop: Marketplace, zippy: ZippySimulator) -> None:
    for answer in (shop.get(TERMS), shop.post(TERMS, {})):
        assert (answer.status, answer.headers["Allow"], set(answer.json)) == (405, "", {"detail"})
    assert shop.get(f"{TERMS}999/").status == 404
    assert zippy.state()["requests"] == []


# --- lists and tags -------------------------------------------------------------------------------------------------------------


def test_lists_are_of_what_is_kept_here_and_ask_nobody(shop: Marketplace, zippy: ZippySimulator) -> None:
    first, second = seller(shop), seller(shop, "s-802")
    path = product(shop)
    before = len(zippy.state()["requests"])
    newest_first = [one["id"] for one in shop.get(SELLERS)["objects"]]
    assert newest_first[-2:] == [second["id"], first["id"]]
    assert set(shop.get(SELLERS)["objects"][0]) == {"id", "seller", "resource_uri"}
    uuid = shop.get(first["seller"])["uuid"]
    assert [one["id"] for one in shop.get(f"{SELLERS}?seller__uuid={uuid}")["objects"]] == [first["id"]]
    found = shop.get(path).json
    owner = found["seller"].rstrip("/").rpartition("/")[2]
    for query in (f"seller_product__seller={owner}", f"seller_product__external_id={found['external_id']}"):
        (only,) = shop.get(f"{PRODUCTS}?{query}")["objects"]
        assert only["seller_product"] == path
    assert shop.get(f"{PRODUCTS}?seller_product__external_id=nothing")["objects"] == []
    assert shop.get(f"{PRODUCTS}?uuid=p-12").status == 400
    assert len(zippy.state()["requests"]) == before


def test_a_tag_is_of_what_both_have(shop: Marketplace, zippy: ZippySimulator) -> None:
    made = seller(shop)
    path = made["resource_uri"]
    seen = shop.get(path).headers["ETag"]
    assert shop.get(path, **{"If-None-Match": seen}).status == 304
    shop.send("GET", path)
    body = {"seller": made["seller"], "uuid": "s-801", "name": "Bea", "email": "b@shop.example", "status": "ACTIVE"}
    changed = shop.put(path, body, **{"If-Match": seen})
    assert changed.status == 200
    assert changed.headers["ETag"] == shop.get(path).headers["ETag"] != seen
    stale = shop.put(path, body | {"name": "Eve"}, **{"If-Match": seen})
    assert (stale.status, shop.get(path)["reference"]["name"]) == (412, "Bea")


def test_of_four_changes_of_what_was_seen_one_is_made(shop: Marketplace, zippy: ZippySimulator) -> None:
    made = seller(shop)
    seen = shop.get(made["resource_uri"]).headers["ETag"]

    def change(number: int) -> Answer:
        body = {"seller": made["seller"], "uuid": "s-801", "name": f"Name {number}"}
        return Marketplace().put(made["resource_uri"], body, **{"If-Match": seen})

    assert sorted(answer.status for answer in at_once(4, change)) == [200, 412, 412, 412]
    assert len(zippy.calls("update_seller")) == 1


# --- when the provider does not answer ------------------------------------------------------------------------------------------


def test_one_that_cannot_be_reached_or_fails(shop: Marketplace, zippy: ZippySimulator) -> None:
    path = seller(shop)["resource_uri"]
    body = somebody(shop, uuid="s-802")
    with away():
        assert (shop.post(SELLERS, body).status, shop.get(path)["code"]) == (502, "provider_unreachable")
    zippy.fault("create_seller", "error_500")
    broken = shop.post(SELLERS, body)
    assert (broken.status, broken.json) == (500, {"error": "ProviderError"})
    with configured(reference=provider(zippy.url, secret="not-the-secret-of-it")):
        assert (shop.get(path).status, shop.get(path)["code"]) == (502, "provider_configuration")
    assert SellerReference.objects.count() == 1


def test_a_lost_answer_is_unknown_and_what_was_made_is_found_by_the_next_try(
    shop: Marketplace, zippy: ZippySimulator
) -> None:
    body = somebody(shop)
    zippy.fault("create_seller", "disconnect_after")
    lost = shop.post(SELLERS, body)
    assert (lost.status, lost["code"]) == (504, "outcome_unknown")
    assert [one["uuid"] for one in zippy.state()["sellers"]] == ["s-801"]
    again = shop.post(SELLERS, body)
    assert (again.status, again["reference"]["id"]) == (201, "s-801")
    assert len(zippy.state()["sellers"]) == 1


def test_but_not_what_is_another_or_somebody_elses(shop: Marketplace, zippy: ZippySimulator) -> None:
    seller(shop)
    taken = shop.post(SELLERS, somebody(shop))
    assert (taken.status, "UUID must be unique" in taken["error_message"]) == (409, True)
    shop.delete("/provider/reference/nothing/")
    SellerReference.objects.all().delete()
    different = shop.post(SELLERS, somebody(shop, name="Another"))
    assert different.status == 409
    assert SellerReference.objects.count() == 0
