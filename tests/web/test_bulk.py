"""Many rows at once are what they would have been one by one."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Model

from solitude.buyers.models import EMAIL_LABEL, Buyer
from solitude.payments.models import ProviderCall
from solitude.providers.paypal.models import BuyerPaypal
from solitude.sellers.models import Product, Seller
from solitude.transactions.models import Transaction
from solitude.vault import hashes
from solitude.web.bulk import insert_many, numbered

pytestmark = pytest.mark.django_db
MOMENT = datetime(2012, 3, 4, 5, 6, 7, 123456, tzinfo=UTC)
ODD = "a\tb\\n\n\r\\N \\. ünï ☃ 😀 'x' \"y\" %s"


def columns(row: Model) -> dict[str, Any]:
    """What the database has of a row, sealed values opened."""
    kept = type(row)._default_manager.get(pk=row.pk)
    return {field.attname: getattr(kept, field.attname) for field in row._meta.concrete_fields}


def pair(make: Any) -> tuple[Model, Model]:
    """The same row saved, and inserted with others."""
    saved, other = make("saved"), make("other")
    saved.save()
    with transaction.atomic():
        insert_many([other])
    found = type(other)._default_manager.order_by("-pk").first()
    assert found is not None
    return saved, found


def test_a_row_of_every_kind_is_what_a_save_makes_of_it() -> None:
    seller = Seller.objects.create(uuid="dev:1")
    sellers = iter([Buyer.objects.create(uuid="a"), Buyer.objects.create(uuid="b")])
    made = {
        "uuid": lambda name: Buyer(
            uuid=name, email=ODD, locale=ODD, active=False, pin_failures=3, pin_locked_at=MOMENT, created=MOMENT, modified=MOMENT
        ),
        "external_id": lambda name: Product(seller=seller, external_id=name, public_id=name, secret="", created=MOMENT, modified=MOMENT),
        "buyer_id": lambda name: BuyerPaypal(
            buyer=next(sellers), key=None, start=date(2026, 11, 23), created=MOMENT, modified=MOMENT
        ),
        "uid_pay": lambda name: Transaction(
            uid_pay=name, amount=Decimal("1.505"), currency="KWD", notes=ODD, seller=seller, created=MOMENT, modified=MOMENT
        ),
    }  # fmt: skip
    for own, make in made.items():
        first, second = (columns(row) for row in pair(make))
        for name in (own, "id", "row_uuid", "uuid", "public_id"):
            first.pop(name, None)
            second.pop(name, None)
        assert first == second


def test_secrets_are_sealed_and_hashed() -> None:
    with transaction.atomic():
        insert_many([Buyer(uuid=f"shop:{number}", email="ada@example.net") for number in range(3)])

    assert Buyer.objects.filter(email_hash=hashes.keyed_hash(EMAIL_LABEL, "ada@example.net")).count() == 3
    assert [buyer.email for buyer in Buyer.objects.all()] == ["ada@example.net"] * 3
    with connection.cursor() as cursor:
        cursor.execute("SELECT email FROM buyers_buyer")
        kept = [value for (value,) in cursor.fetchall()]
    assert len(set(kept)) == 3
    assert not any("ada" in value for value in kept)


def test_what_is_left_to_the_database_it_gives() -> None:
    with transaction.atomic():
        insert_many([ProviderCall(provider="paypal", operation="pay", intent={})])

    assert ProviderCall.objects.get().begun_at is not None


def test_rows_that_leave_different_columns_to_the_database_are_refused() -> None:
    first, second = ProviderCall(provider="p", operation="o", intent={}), ProviderCall(begun_at=MOMENT, intent={})

    for rows in ([first, second], [first, first, second]):
        with pytest.raises(ValueError, match="begun_at"), transaction.atomic():
            insert_many(rows)
    assert ProviderCall.objects.count() == 0


def test_a_constraint_refuses_all_of_them() -> None:
    Buyer.objects.create(uuid="shop:2")

    with pytest.raises(IntegrityError), transaction.atomic():
        insert_many([Buyer(uuid=f"shop:{number}") for number in range(3)])

    assert Buyer.objects.count() == 1


def test_numbered_rows_know_their_primary_keys_and_nobody_else_gets_them() -> None:
    Seller.objects.create(uuid="before")
    rows = [Seller(uuid=f"dev:{number}") for number in range(3)]
    with transaction.atomic():
        numbered(rows)
        insert_many(rows)
    after = Seller.objects.create(uuid="after")

    assert [Seller.objects.get(uuid=row.uuid).pk for row in rows] == [row.pk for row in rows]
    assert after.pk == rows[-1].pk + 1


def test_the_first_rows_of_a_table_can_be_numbered() -> None:
    rows = [Transaction(uuid="a"), Transaction(uuid="b")]
    with transaction.atomic():
        numbered(rows)
        rows[1].related_id = rows[0].pk
        insert_many(rows)

    assert Transaction.objects.get(uuid="b").related == Transaction.objects.get(uuid="a")


def test_no_rows_are_no_work() -> None:
    with transaction.atomic():
        insert_many([])
        numbered([])


@pytest.mark.django_db(transaction=True)
def test_outside_of_a_transaction_nothing_is_inserted() -> None:
    for act in (insert_many, numbered):
        with pytest.raises(RuntimeError):
            act([Buyer(uuid="shop:1")])
    assert Buyer.objects.count() == 0
