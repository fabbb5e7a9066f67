"""Lists of sellers and products: each filter of the contract, on lists and on the URLs of one row."""

import pytest
from tests.sellers.conftest import Thing
from tests.sellers.world import PRODUCTS, SELLERS, made_product, made_seller, product
from tests.support.marketplace import Marketplace


@pytest.fixture
def _sold(shop: Marketplace) -> None:
    """Two sellers, an inactive one among them, and what they sell."""
    for uuid, active in (("dev:1", True), ("dev:2", False)):
        seller = made_seller(shop, uuid=uuid, active=active)["resource_uri"]
        for name in ("a", "A", "\u00fc &"):
            made_product(shop, seller, external_id=name, public_id=f"{uuid}/{name}")


def found(shop: Marketplace, query: str) -> list[str]:
    """The public ids of the products that a query finds, the newest first."""
    answer = shop.get(f"{PRODUCTS}?{query}")
    assert answer.status == 200, answer
    return [row["public_id"] for row in answer["objects"]]


def sellers(shop: Marketplace, query: str) -> list[str]:
    answer = shop.get(f"{SELLERS}?{query}")
    assert answer.status == 200, answer
    return [row["uuid"] for row in answer["objects"]]


@pytest.mark.usefixtures("_sold")
def test_sellers_are_found_by_uuid_and_by_active(shop: Marketplace) -> None:
    assert sellers(shop, "uuid=dev:1") == ["dev:1"]
    assert sellers(shop, "uuid=dev") == []
    assert sellers(shop, "active=TRUE") == ["dev:1"]
    assert sellers(shop, "active=False") == ["dev:2"]
    assert sellers(shop, "active=true&uuid=dev:2") == []


@pytest.mark.usefixtures("_sold")
def test_products_are_found_by_external_id_exactly(shop: Marketplace) -> None:
    assert found(shop, "external_id=a") == ["dev:2/a", "dev:1/a"]
    assert found(shop, "external_id=A") == ["dev:2/A", "dev:1/A"]
    assert found(shop, "external_id=%C3%BC%20%26") == ["dev:2/\u00fc &", "dev:1/\u00fc &"]


@pytest.mark.usefixtures("_sold")
def test_products_are_found_by_public_id_exactly(shop: Marketplace) -> None:
    assert found(shop, "public_id=dev:1/a") == ["dev:1/a"]
    assert found(shop, "public_id=dev:1/") == []


@pytest.mark.usefixtures("_sold")
def test_products_are_found_by_their_seller(shop: Marketplace) -> None:
    pk = shop.get(f"{SELLERS}?uuid=dev:1")["objects"][0]["resource_pk"]
    assert found(shop, f"seller={pk}&external_id=a") == ["dev:1/a"]
    assert found(shop, "seller__uuid=dev:2&external_id=a") == ["dev:2/a"]
    assert found(shop, "seller__active=true&external_id=a") == ["dev:1/a"]
    assert found(shop, "seller__active=fAlSe&external_id=a") == ["dev:2/a"]
    assert found(shop, "seller=999999") == found(shop, "seller__uuid=nobody") == []


@pytest.mark.usefixtures("_sold")
def test_an_empty_filter_is_none_and_of_several_the_last_counts(shop: Marketplace) -> None:
    empty = "&".join(f"{name}=" for name in ("external_id", "public_id", "seller", "seller__uuid", "seller__active"))
    assert len(found(shop, empty)) == 6
    assert found(shop, "public_id=dev:2/a&public_id=dev:1/a") == ["dev:1/a"]
    assert sellers(shop, "active=x&uuid=dev:2&active=") == ["dev:2"]


def test_a_value_that_no_row_could_have_is_400_and_names_the_filter(shop: Marketplace) -> None:
    impossible = {
        f"{SELLERS}?active": ["1", "0", "yes", "x", "%00"],
        f"{SELLERS}?uuid": ["%00"],
        f"{PRODUCTS}?seller__active": ["1", "0", "yes", "x", "%00"],
        f"{PRODUCTS}?seller": ["x", "-1", "1.0", "/generic/seller/1/", "9" * 30],
        f"{PRODUCTS}?external_id": ["a%00"],
        f"{PRODUCTS}?public_id": ["a%00"],
        f"{PRODUCTS}?seller__uuid": ["a%00"],
    }
    for start, values in impossible.items():
        for value in values:
            answer = shop.get(f"{start}={value}")
            assert (answer.status, list(answer.json)) == (400, ["detail"]), (start, value)
            assert answer["detail"].startswith(f"{start.partition('?')[2]} must")


# --- on the URL of one row ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH"])
def test_an_unknown_query_parameter_is_400_also_for_one_row(shop: Marketplace, thing: Thing, method: str) -> None:
    for query in ("format=json", "uid=x", "page=1", "limit=1", "cursor=", "Active=true"):
        answer = shop.send(method, f"{thing.path}?{query}", b"" if method == "GET" else b"{}")
        assert (answer.status, list(answer.json)) == (400, ["detail"]), query
        assert query.split("=")[0] in answer["detail"]
    assert thing.row.counter == 0


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH"])
@pytest.mark.parametrize(("value", "status"), [("true", 200), ("false", 404), ("x", 400)])
def test_a_filter_holds_for_one_row_too(shop: Marketplace, thing: Thing, method: str, value: str, status: int) -> None:
    name = "active" if thing.collection == SELLERS else "seller__active"
    answer = shop.send(method, f"{thing.path}?{name}={value}", b"" if method == "GET" else b"{}")
    assert answer.status == status
    assert thing.row.counter == (1 if status == 200 and method != "GET" else 0)


def test_a_post_takes_no_notice_of_the_query(shop: Marketplace, seller: str) -> None:
    assert shop.post(f"{SELLERS}?format=json&active=x", {"uuid": "dev:1"}).status == 201
    assert shop.post(f"{PRODUCTS}?nonsense=1&seller=x", product(seller)).status == 201
