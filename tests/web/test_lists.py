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


@pytest.mark.parametrize("name", ["active", "email", "email_sig", "seller", "provider", "external_id", "seller__uuid"])
@pytest.mark.parametrize("collection", COLLECTIONS)
def test_filters_that_are_not_offered_are_refused(shop: Marketplace, collection: str, name: str) -> None:
    assert shop.get(f"{collection}?{name}=True").status == 400
