"""What answers have in common: keys and paths of rows, times, counters, and references to other rows."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from tests.support.marketplace import Marketplace

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
# Which resource shows which of the elements of rows, and what more. The rest shows none.
SHOWN = {
    "/generic/buyer/": set(),
    "/generic/seller/": {"created", "modified", "counter", "id", "bango"},
    "/generic/product/": set(),
    "/generic/transaction/": {"created", "modified", "counter"},
}
ELEMENTS = {"created", "modified", "counter", "id", "bango", "response_pk"}


@pytest.fixture
def rows(shop: Marketplace) -> dict[str, str]:
    """The path of a row of each kind, by the path of its collection."""
    seller = shop.seller(paypal_id=None)
    shop.product(seller=seller)
    return {
        "/generic/buyer/": shop.buyer()["resource_uri"],
        "/generic/seller/": seller["resource_uri"],
        "/generic/product/": shop.get("/generic/product/")["objects"][0]["resource_uri"],
        "/generic/transaction/": shop.post("/generic/transaction/", {})["resource_uri"],
    }


def test_a_row_has_its_key_as_a_number_and_its_path_without_a_host(shop: Marketplace, rows: dict[str, str]) -> None:
    for collection, path in rows.items():
        for row in (shop.get(path, Host="evil.example").json, shop.get(collection)["objects"][0]):
            assert type(row["resource_pk"]) is int
            assert row["resource_uri"] == f"{collection}{row['resource_pk']}/"


def test_each_resource_shows_the_elements_of_the_table_and_no_others(shop: Marketplace, rows: dict[str, str]) -> None:
    for collection, path in rows.items():
        assert set(shop.get(path).json) & ELEMENTS == SHOWN[collection], collection


def test_times_are_utc_with_milliseconds(shop: Marketplace, rows: dict[str, str]) -> None:
    now = datetime.now(UTC)
    for collection, names in SHOWN.items():
        row = shop.get(rows[collection]).json
        for name in names & {"created", "modified"}:
            assert TIME.fullmatch(row[name]), (collection, name)
            assert abs(datetime.fromisoformat(row[name]) - now) < timedelta(minutes=5)


def test_times_are_utc_wherever_the_server_stands(shop: Marketplace) -> None:
    # A time with a zone moves the process's own zone as well.
    with time_machine.travel(datetime(2026, 7, 1, 7, 0, 0, 789_000, tzinfo=ZoneInfo("America/Chicago")), tick=False):
        assert shop.post("/generic/transaction/", {})["created"] == "2026-07-01T12:00:00.789Z"


def test_a_counter_starts_at_nothing_and_grows_by_one_with_each_change(shop: Marketplace, rows: dict[str, str]) -> None:
    seller = rows["/generic/seller/"]
    first = shop.get(seller)
    assert (first["counter"], type(first["counter"])) == (0, int)
    for number, method in enumerate((shop.patch, shop.put, shop.patch), start=1):
        changed = method(seller, {"active": False})
        assert (changed.status, changed["counter"], type(changed["counter"])) == (200, number, int)
        assert shop.get(seller)["counter"] == number
        assert changed.headers["ETag"] not in (first.headers["ETag"], None)
    assert shop.get("/generic/transaction/")["objects"][0]["counter"] == 0


@pytest.mark.parametrize("given", [7, "7", None, -1])
def test_a_counter_is_not_the_clients_to_set(shop: Marketplace, rows: dict[str, str], given: Any) -> None:
    assert shop.post("/generic/seller/", {"uuid": "dev:own", "counter": given})["counter"] == 0
    assert shop.patch(rows["/generic/seller/"], {"counter": given})["counter"] == 1


REFERENCES = [
    ("/generic/product/", "seller", "/generic/seller/"),
    ("/generic/transaction/", "buyer", "/generic/buyer/"),
    ("/generic/transaction/", "seller", "/generic/seller/"),
    ("/generic/transaction/", "seller_product", "/generic/product/"),
    ("/generic/transaction/", "related", "/generic/transaction/"),
    ("/paypal/seller/", "seller", "/generic/seller/"),
    ("/paypal/buyer/", "buyer", "/generic/buyer/"),
]


def body_with(collection: str, field: str, reference: Any, number: int) -> dict[str, Any]:
    own = {"external_id": f"e{number}", "public_id": f"p{number}", "paypal_id": f"a{number}@dev.example"}
    return own | {field: reference}


@pytest.mark.parametrize(("collection", "field", "to"), REFERENCES)
def test_a_reference_is_a_path_in_and_out(
    shop: Marketplace, rows: dict[str, str], collection: str, field: str, to: str
) -> None:
    made = shop.post(collection, body_with(collection, field, rows[to], 1))
    assert (made.status, made[field]) == (201, rows[to])


@pytest.mark.parametrize(("collection", "field", "to"), REFERENCES)
@pytest.mark.parametrize("form", ["http://elsewhere.example{}", "https://u:p@h:99{}?x=1#y", "//h{}", "{}"])
def test_a_reference_may_be_an_absolute_url_whose_host_does_not_count(
    shop: Marketplace, rows: dict[str, str], collection: str, field: str, to: str, form: str
) -> None:
    path = rows[to].removesuffix("/") if form == "{}" else rows[to]
    made = shop.post(collection, body_with(collection, field, form.format(path), 1))
    assert (made.status, made[field]) == (201, rows[to])


@pytest.mark.parametrize(("collection", "field", "to"), REFERENCES)
def test_anything_else_is_400_in_the_name_of_the_field(
    shop: Marketplace, rows: dict[str, str], collection: str, field: str, to: str
) -> None:
    pk = rows[to].split("/")[-2]
    other = next(path for path in rows.values() if path != rows[to])
    wrong = [int(pk), pk, f"{to}999999999/", f"{to}{'9' * 30}/", to, f"{to}{pk}/x/", f"/x{to}{pk}/", other, "/", "x"]
    wrong += [
        f"{to}-{pk}/",
        f"{to}{pk}.0/",
        f"{to}\u0661/",
        f"http://[{to}{pk}/",
        "/generic/nothing/1/",
        True,
        [rows[to]],
        {},
    ]
    for number, reference in enumerate(wrong):
        answer = shop.post(collection, body_with(collection, field, reference, number))
        assert (answer.status, list(answer.json)) == (400, [field]), (reference, answer)
