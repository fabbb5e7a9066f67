"""Lists: the newest first, twenty a page or as many as are asked for, and links that work."""

import pytest
from tests.support.marketplace import Marketplace

COLLECTIONS = ["/generic/buyer/", "/generic/seller/", "/generic/product/", "/generic/transaction/"]


@pytest.fixture
def sellers(shop: Marketplace) -> list[str]:
    """The uuids of 23 sellers, the newest first."""
    return [shop.post("/generic/seller/", {"uuid": f"dev:{number}"})["uuid"] for number in range(23)][::-1]


def uuids(objects: list[dict[str, str]]) -> list[str]:
    return [row["uuid"] for row in objects]


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_an_empty_list_has_the_envelope_too(shop: Marketplace, collection: str) -> None:
    answer = shop.get(collection)
    assert (answer.status, answer.json) == (
        200,
        {"meta": {"page": 1, "total_count": 0, "next": None, "prev": None}, "objects": []},
    )


def test_a_page_has_twenty_rows_the_newest_first(shop: Marketplace, sellers: list[str]) -> None:
    answer = shop.get("/generic/seller/")
    assert uuids(answer["objects"]) == sellers[:20]
    assert answer["meta"] == {"page": 1, "total_count": 23, "next": "/generic/seller/?page=2", "prev": None}


@pytest.mark.parametrize("limit", [1, 7, 20, 23, 100])
def test_the_links_lead_through_all_rows_and_back(shop: Marketplace, sellers: list[str], limit: int) -> None:
    link, seen, pages = f"/generic/seller/?limit={limit}", [], []
    while link:
        answer = shop.get(link)
        assert len(answer["objects"]) <= limit
        seen += uuids(answer["objects"])
        pages.append(answer["meta"])
        link = answer["meta"]["next"]
    assert seen == sellers
    assert [page["page"] for page in pages] == list(range(1, len(pages) + 1))
    if len(pages) > 1:
        before = shop.get(pages[-1]["prev"])
        assert before["meta"] == pages[-2]


def test_a_page_behind_the_last_is_empty(shop: Marketplace, sellers: list[str]) -> None:
    answer = shop.get("/generic/seller/?page=100000")
    assert (answer.status, answer["objects"], answer["meta"]["next"]) == (200, [], None)


@pytest.mark.parametrize("name", ["page", "limit"])
@pytest.mark.parametrize("value", ["0", "-1", "x", "1.5", "100001", "9" * 5000, "%D9%A1", "%00", "1e3", "%2B1", "+1"])
def test_a_page_or_limit_that_is_no_number_in_range_is_400(shop: Marketplace, name: str, value: str) -> None:
    answer = shop.get(f"/generic/seller/?{name}={value}")
    assert (answer.status, list(answer.json)) == (400, ["detail"])
    assert name in answer["detail"]


@pytest.mark.parametrize("collection", ["/generic/buyer/", "/generic/seller/", "/generic/transaction/"])
def test_the_filter_uuid_is_exact(shop: Marketplace, collection: str) -> None:
    for uuid in ("a:1", "A:1", "a:11", "\u00fc 1&"):
        assert shop.post(collection, {"uuid": uuid}).status == 201
    assert uuids(shop.get(f"{collection}?uuid=a%3A1")["objects"]) == ["a:1"]
    assert uuids(shop.get(f"{collection}?uuid=%C3%BC+1%26")["objects"]) == ["\u00fc 1&"]
    assert shop.get(f"{collection}?uuid=a")["objects"] == []
    assert uuids(shop.get(f"{collection}?uuid=A%3A1&uuid=a%3A1")["objects"]) == ["a:1"]
    assert shop.get(f"{collection}?uuid=")["meta"]["total_count"] == 4
    assert shop.get(f"{collection}?uuid=%00").status == 400
    assert shop.get(f"{collection}?uuid=%ff")["objects"] == []


def test_the_links_keep_the_filter(shop: Marketplace) -> None:
    shop.post("/generic/seller/", {"uuid": "\u00fc&=1"})
    answer = shop.get("/generic/seller/?uuid=%C3%BC%26%3D1&page=2&limit=1")
    assert answer["meta"]["prev"] == "/generic/seller/?uuid=%C3%BC%26%3D1&page=1&limit=1"
    assert len(shop.get(answer["meta"]["prev"])["objects"]) == 1


def test_a_product_has_no_filter(shop: Marketplace) -> None:
    assert shop.get("/generic/product/?uuid=x").status == 400


OFFERED = {
    "/generic/buyer/": {"uuid", "active", "email", "email_sig"},
    "/generic/seller/": {"uuid", "active"},
    "/generic/product/": {"external_id", "public_id", "seller", "seller__uuid", "seller__active"},
    "/generic/transaction/": {"uuid", "seller", "provider"},
}
ALL = sorted(set().union(*OFFERED.values(), {"format", "pk", "Uuid"}))


@pytest.mark.parametrize("collection", OFFERED)
@pytest.mark.parametrize("name", ALL)
def test_filters_that_are_not_offered_are_refused(shop: Marketplace, collection: str, name: str) -> None:
    answer = shop.get(f"{collection}?{name}=1")
    assert ("Unknown" in answer.text) == (name not in OFFERED[collection])
    assert answer.status == 400 if name not in OFFERED[collection] else answer.status in (200, 400)


@pytest.mark.parametrize("value", ["true", "True", "TRUE"])
def test_a_boolean_filter_is_read_in_any_case(shop: Marketplace, value: str) -> None:
    shop.post("/generic/seller/", {"uuid": "a:1", "active": True})
    shop.post("/generic/seller/", {"uuid": "a:2", "active": False})
    assert uuids(shop.get(f"/generic/seller/?active={value}")["objects"]) == ["a:1"]
    assert uuids(shop.get("/generic/seller/?active=fAlse")["objects"]) == ["a:2"]


@pytest.mark.parametrize("value", ["1", "0", "yes", "x", "%00", "true%20"])
def test_a_boolean_filter_that_is_none_is_400_and_named(shop: Marketplace, value: str) -> None:
    answer = shop.get(f"/generic/seller/?active={value}")
    assert answer.status == 400
    assert answer["detail"].startswith("active ")


@pytest.mark.parametrize("value", ["x", "-1", "1.0", "/generic/seller/1/", "9" * 30, "%D9%A1", "%00"])
def test_a_number_filter_that_is_none_is_400_and_named(shop: Marketplace, value: str) -> None:
    answer = shop.get(f"/generic/product/?seller={value}")
    assert answer.status == 400
    assert answer["detail"].startswith("seller ")
    assert shop.get("/generic/product/?seller=999999999")["objects"] == []


def test_a_cursor_leads_through_all_rows_while_others_come_in(shop: Marketplace, sellers: list[str]) -> None:
    link, seen = "/generic/seller/?cursor=&limit=5", []
    while link:
        answer = shop.get(link)
        assert (answer["meta"]["page"], answer["meta"]["total_count"], answer["meta"]["prev"]) == (None, None, None)
        seen += uuids(answer["objects"])
        link = answer["meta"]["next"]
        shop.post("/generic/seller/", {"uuid": f"new:{len(seen)}"})
    assert seen == sellers


@pytest.mark.parametrize("query", ["cursor=x", "cursor=%00", "cursor=" + "f" * 16, "cursor=1&page=1", "cursor=-1"])
def test_a_cursor_that_is_none_is_400_and_named(shop: Marketplace, query: str) -> None:
    answer = shop.get(f"/generic/seller/?{query}")
    assert answer.status == 400
    assert "cursor" in answer["detail"]


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_a_list_has_a_tag_that_changes_with_its_rows(shop: Marketplace, collection: str) -> None:
    empty = shop.get(collection).headers["ETag"]
    assert shop.get(collection, **{"If-None-Match": empty}).status == 304
    assert shop.get(collection, **{"If-Match": '"another"'}).status == 412
    assert shop.product() if "product" in collection else shop.post(collection, {"uuid": "a:1"})["uuid"]
    assert shop.get(collection, **{"If-None-Match": empty}).status == 200


@pytest.mark.parametrize("path", [*COLLECTIONS, "/events/", "/services/uncertain/", "/", "/services/status/"])
def test_head_is_get_without_the_body(shop: Marketplace, path: str) -> None:
    got, head = shop.get(path), shop.send("HEAD", path)
    assert (got.status, head.status, head.text) == (200, 200, "")
    for name in ("ETag", "Content-Length", "Content-Type"):
        assert head.headers[name] == got.headers[name]
    assert shop.send("HEAD", path, **{"If-None-Match": got.headers["ETag"]}).status == 304
