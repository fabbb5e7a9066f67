"""What is secret of buyers and products cannot be read in the database, and opens nowhere but in its own row."""

from typing import Any

import pytest
from django.db import connection
from tests.support.marketplace import Marketplace

from solitude.buyers.models import Buyer
from solitude.vault.fields import Unsealable

SECRETS = {
    "buyers_buyer.email": "ada.lovelace@buyer.example",
    "sellers_product.secret": "the product's own secret",
}


@pytest.fixture
def _made(shop: Marketplace) -> None:
    email, secret = SECRETS.values()
    seller = shop.seller(paypal_id=None)["resource_uri"]
    product = {"seller": seller, "external_id": "a", "public_id": "p", "secret": secret}
    headers = {"Idempotency-Key": "k"}
    assert shop.post("/generic/buyer/", {"uuid": "shop:1", "email": email}, **headers).status == 201
    assert shop.post("/generic/product/", product, **(headers | {"Idempotency-Key": "l"})).status == 201


def everything() -> dict[str, list[str]]:
    """Every text in the database, by table and column, read past Django's fields."""
    found: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            names = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                for name, value in zip(names, row, strict=True):
                    found.setdefault(f"{table}.{name}", []).append(str(value))
    return found


@pytest.mark.usefixtures("_made")
def test_no_column_of_any_table_holds_a_secret() -> None:
    database = everything()
    assert "shop:1" in database["buyers_buyer.uuid"]
    for column, secret in SECRETS.items():
        assert len(database[column]) == 1
        for values in database.values():
            assert not any(secret in value for value in values)


@pytest.mark.usefixtures("_made")
def test_the_same_value_is_another_text_in_every_row(shop: Marketplace) -> None:
    shop.post("/generic/buyer/", {"uuid": "shop:2", "email": SECRETS["buyers_buyer.email"]})
    assert len(set(everything()["buyers_buyer.email"])) == 2


@pytest.mark.usefixtures("_made")
def test_a_value_moved_to_another_row_does_not_open(shop: Marketplace) -> None:
    shop.post("/generic/buyer/", {"uuid": "shop:2", "email": "eve@buyer.example"})
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE buyers_buyer SET email = (SELECT email FROM buyers_buyer WHERE uuid = 'shop:1') WHERE uuid = 'shop:2'"
        )
    with pytest.raises(Unsealable):
        _ = Buyer.objects.get(uuid="shop:2").email
    answer = shop.get("/generic/buyer/?uuid=shop:2")
    assert (answer.status, answer.json) == (500, {"error": "Unsealable"})


@pytest.mark.parametrize("email", [None, ""])
def test_nothing_stays_null_and_an_empty_text_is_no_null(shop: Marketplace, email: Any) -> None:
    shop.post("/generic/buyer/", {"uuid": "shop:1", "email": email})
    with connection.cursor() as cursor:
        cursor.execute("SELECT email IS NULL FROM buyers_buyer")
        assert bool(cursor.fetchone()[0]) is (email is None)
