"""What is read and written by prepared statements is what the ORM would have read and written."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from datetime import timezone as timezone_of
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.db.models import Model, signals, sql
from django.db.models.functions import Now
from django.db.transaction import TransactionManagementError
from django.utils import timezone
from tests.support.marketplace import Marketplace

from solitude import prepared
from solitude.audit.models import Access, Does
from solitude.buyers.models import Buyer
from solitude.events.models import Event
from solitude.payments.models import ProviderCall
from solitude.prepared import Found, together
from solitude.prepared.columns import columns_named, columns_of, written
from solitude.providers.paypal.models import Preapproval
from solitude.sellers.models import Product
from solitude.transactions.models import Transaction
from solitude.web.models import IdempotencyKey, SeenToken


def columns(row: Model) -> dict[str, Any]:
    """All that the row holds; of what is sealed the sealed text."""
    held = {field.attname: row.__dict__[field.attname] for field in row._meta.concrete_fields}
    return {name: getattr(value, "text", value) for name, value in held.items()}


def as_the_orm_has_it(row: Model) -> dict[str, Any]:
    return columns(type(row)._default_manager.get(pk=row.pk))


def test_what_is_found_is_what_the_orm_finds(shop: Marketplace) -> None:
    public_id = shop.product()
    rows = Product.objects.select_related("paypal", "seller__paypal")
    by_public_id = Found(lambda public_id: rows.filter(public_id=public_id), str)

    found, expected = by_public_id.first(public_id), rows.get(public_id=public_id)

    assert found is not None
    assert found == expected
    assert found._state.db == expected._state.db
    assert not found._state.adding
    assert columns(found) == columns(expected)
    assert columns(found.seller) == columns(expected.seller)
    assert columns(found.seller.paypal) == columns(expected.seller.paypal)
    assert found.seller.paypal.paypal_id == expected.seller.paypal.paypal_id
    # Of what is not there neither knows anything.
    assert not hasattr(found, "paypal")
    assert not hasattr(expected, "paypal")


def test_an_object_that_is_found_has_nothing_more_nor_less(shop: Marketplace) -> None:
    """Also where its class makes a call's sealed fields, and where columns are left out."""
    pk = ProviderCall.objects.create(provider="paypal", operation="pay", intent={"a": 1}).pk
    for rows in (ProviderCall.objects.select_related("transaction"), ProviderCall.objects.only("provider")):
        found, expected = Found(lambda pk, rows=rows: rows.filter(pk=pk), int).first(pk), rows.get(pk=pk)
        assert found is not None
        held, wanted = found.__dict__.copy(), expected.__dict__.copy()
        assert vars(held.pop("_state")) == vars(wanted.pop("_state"))
        assert held.pop("intent", None).__class__ is wanted.pop("intent", None).__class__
        assert list(held.items()) == list(wanted.items())
        assert found.intent == expected.intent == {"a": 1}


def test_an_object_that_somebody_wants_to_see_made_is_made_by_django(shop: Marketplace) -> None:
    seen: list[Model] = []

    def look(instance: Model, **_: Any) -> None:
        seen.append(instance)

    pk = int(shop.buyer()["resource_pk"])
    signals.post_init.connect(look, sender=Buyer)
    try:
        found = Found(lambda pk: Buyer.objects.filter(pk=pk), int).first(pk)
    finally:
        signals.post_init.disconnect(look, sender=Buyer)
    assert found is not None
    assert found is seen[-1]


def test_each_value_is_looked_for_anew(shop: Marketplace) -> None:
    first, second = shop.buyer()["uuid"], shop.buyer()["uuid"]
    by_uuid = Found(lambda uuid: Buyer.objects.filter(uuid=uuid), str)

    assert [row.uuid for row in (by_uuid.first(first), by_uuid.first(second)) if row] == [first, second]
    assert by_uuid.first("shop:nobody") is None
    assert by_uuid.all(first) == [Buyer.objects.get(uuid=first)]


def test_a_number_that_fits_no_column_finds_nothing(shop: Marketplace) -> None:
    by_pk = Found(lambda pk: Buyer.objects.filter(pk=pk), int)

    assert by_pk.first(2**63) is None
    assert by_pk.first(10**4000) is None
    assert by_pk.first(2**63 - 1) is None


def test_several_are_looked_for_together_and_each_is_what_it_finds_alone(shop: Marketplace) -> None:
    public_id, first, second = shop.product(), shop.buyer()["uuid"], shop.buyer()["uuid"]
    by_uuid = Found(lambda uuid: Buyer.objects.filter(uuid=uuid), str)
    by_pk = Found(lambda pk: Buyer.objects.filter(pk=pk), int)
    by_public_id = Found(lambda public_id: Product.objects.filter(public_id=public_id), str)

    # The second time each of them is prepared.
    for _ in range(2):
        found = together(
            (by_uuid, (first,)),
            (by_pk, (2**63,)),
            (by_public_id, (public_id,)),
            (by_uuid, ("?",)),
            (by_uuid, (second,)),
        )
        assert [[columns(row) for row in rows] for rows in found] == [
            [columns(Buyer.objects.get(uuid=first))],
            [],
            [columns(Product.objects.get(public_id=public_id))],
            [],
            [columns(Buyer.objects.get(uuid=second))],
        ]
    assert together((by_pk, (2**63,))) == [[]]


def test_what_changes_a_value_on_its_way_is_no_prepared_statement(transactional_db: None) -> None:
    changed = Found(lambda uuid: Buyer.objects.filter(uuid=uuid + "x"), str)

    with pytest.raises(ValueError, match="not handed on"):
        changed.first("shop:1")


def test_rows_are_locked_in_a_transaction_or_not_at_all(shop: Marketplace) -> None:
    pk = int(shop.buyer()["resource_pk"])
    locked = Found(lambda pk: Buyer.objects.select_for_update().filter(pk=pk), int)

    with transaction.atomic():
        assert locked.first(pk) is not None
    with pytest.raises(TransactionManagementError):
        locked.first(pk)


def test_an_inserted_row_is_what_the_orm_reads(transactional_db: None) -> None:
    now = timezone.now()
    rows: list[Model] = [
        Transaction(uuid="shop:1", amount=Decimal("2.49"), currency="EUR"),
        Event(type="x", edge="y", resource_uri="/x/1/", uuid="u", data={"amount": "2.49", "none": None}),
        IdempotencyKey(client="shop", key="k", fingerprint="f", answer='{"a": 1}'),
        ProviderCall(provider="paypal", operation="pay", intent={"a": 1}, exchanges=[{"b": [2]}], ended_at=now),
        Access(
            client="shop", method="GET", route="/x/", kind="buyer", does=Does.READ, status=200, objects_seen=["/x/1/"]
        ),
    ]
    for row in rows:
        prepared.insert(row)

        assert row.pk is not None
        assert not row._state.adding
        assert columns(row) == as_the_orm_has_it(row)


OF_ALL_KINDS = [
    None, "", "text", 0, 7, -1, 2**40, True, Decimal("2.49"), 1.5, b"bytes", UUID(int=7), {"a": [1]}, date(2026, 1, 2), Does.READ,
    datetime(2026, 1, 2, 3, 4, 5, 600, UTC), datetime(2026, 1, 2, 3, tzinfo=timezone_of(timedelta(hours=5))), timedelta(seconds=5),
]  # fmt: skip


def test_of_each_value_is_made_what_django_makes_of_it(transactional_db: None) -> None:
    quick = 0
    for model in apps.get_models():
        for column in columns_of(model):
            for value in OF_ALL_KINDS:
                make = column.made.get(type(value))
                if make is not None and not (column.is_key and value is None):
                    made, expected = make(value), column.field.get_db_prep_save(value, connection)
                    assert (made, type(made)) == (expected, type(expected)), (column.field, value)
                    quick += 1
    assert quick > 1000


def test_a_row_holds_what_is_saved_of_it_or_its_field_is_asked() -> None:
    """A sealed field seals only then."""
    held = {column.name: column.is_held for column in columns_of(ProviderCall)}
    assert held == {name: name not in ("intent", "essentials") for name in held}


def test_a_column_that_was_not_loaded_is_loaded_when_it_is_saved(transactional_db: None) -> None:
    Transaction.objects.create(uuid="shop:1", notes="kept")
    row = Transaction.objects.defer("notes").get()

    prepared.update(row, ["notes"])

    assert Transaction.objects.get().notes == "kept"


def test_what_the_database_is_to_say_it_says(transactional_db: None) -> None:
    call = ProviderCall(provider="paypal", operation="pay", intent={}, leased_until=Now() + timedelta(seconds=60))
    prepared.insert(call)

    kept = ProviderCall.objects.get()
    assert call.begun_at == kept.begun_at
    assert kept.leased_until is not None
    assert timedelta(seconds=59) < kept.leased_until - kept.begun_at < timedelta(seconds=61)


@pytest.mark.parametrize(
    "moment",
    [
        Now,
        lambda: Now() + timedelta(seconds=60),
        lambda: Now() - timedelta(days=2, microseconds=7),
        lambda: Now() + Now() - Now(),
        timezone.now,
    ],
)
def test_the_databases_time_is_written_as_django_writes_it(transactional_db: None, moment: Callable[[], Any]) -> None:
    compiler = sql.UpdateQuery(Transaction).get_compiler(using="default")
    field = Transaction._meta.get_field("follow_up_at")

    def as_django_writes(value: Any) -> tuple[str, list[Any]]:
        if not hasattr(value, "resolve_expression"):
            return "%s", [field.get_db_prep_save(value, connection)]
        text, given = compiler.compile(value.resolve_expression(compiler.query, allow_joins=False, for_save=True))
        return text, list(given)

    for _ in range(2):
        row = Transaction(uuid="shop:1")
        row.follow_up_at = moment()
        marks, values = written(row, columns_named(Transaction, ("follow_up_at",)), sql.UpdateQuery, add=False)
        assert (marks[0], values) == as_django_writes(row.follow_up_at)


def test_a_row_that_is_there_is_not_inserted_and_aborts_nothing(transactional_db: None) -> None:
    with transaction.atomic():
        assert prepared.insert_once(SeenToken(client="shop", jti="1", expires=timezone.now()))
        assert not prepared.insert_once(SeenToken(client="shop", jti="1", expires=timezone.now()))
        assert prepared.insert_once(SeenToken(client="shop", jti="2", expires=timezone.now()))

    assert SeenToken.objects.count() == 2


def test_the_second_of_two_comes_only_with_the_first(transactional_db: None) -> None:
    def both(jti: str, key: str) -> tuple[bool, bool]:
        seen = SeenToken(client="shop", jti=jti, expires=timezone.now())
        return prepared.insert_both(seen, IdempotencyKey(client="shop", key=key, fingerprint="f"))

    assert both("1", "a") == (True, True)
    assert both("1", "b") == (False, False)
    assert both("2", "a") == (True, False)
    assert both("3", "b") == (True, True)
    assert SeenToken.objects.count() == 3
    assert list(IdempotencyKey.objects.order_by("pk").values_list("key", flat=True)) == ["a", "b"]


def test_the_second_of_two_is_what_the_orm_reads(transactional_db: None) -> None:
    key = IdempotencyKey(client="shop", key="a", fingerprint="f", status=201, answer="{}")

    assert prepared.insert_both(SeenToken(client="shop", jti="1", expires=timezone.now()), key) == (True, True)
    assert columns(key) == as_the_orm_has_it(key)
    assert not key._state.adding


def test_an_update_writes_the_named_columns_and_no_other(transactional_db: None) -> None:
    row = Transaction.objects.create(uuid="shop:1", notes="before")
    row.notes, row.region, row.amount = "after", "x", Decimal("1.5")

    prepared.update(row, ["notes", "amount"])

    kept = Transaction.objects.get()
    assert (kept.notes, kept.region, kept.amount) == ("after", None, Decimal("1.5"))


def test_a_row_is_updated_whatever_its_primary_key_is(shop: Marketplace) -> None:
    buyer = Buyer.objects.get(pk=shop.buyer()["resource_pk"])
    row = Preapproval.objects.create(buyer=buyer, expires=timezone.now())
    row.pay_url = "https://provider.example/"

    prepared.update(row, ["pay_url"])

    assert Preapproval.objects.get().pay_url == "https://provider.example/"


def test_an_update_by_the_databases_time(transactional_db: None) -> None:
    row = Transaction.objects.create(uuid="shop:1")
    row.follow_up_at = Now() + timedelta(seconds=60)  # type: ignore[assignment]

    prepared.update(row, ["follow_up_at"])

    kept = Transaction.objects.get()
    assert kept.follow_up_at is not None
    assert abs(kept.follow_up_at - timezone.now() - timedelta(seconds=60)) < timedelta(seconds=30)


def test_a_row_that_is_gone_is_not_updated(transactional_db: None) -> None:
    row = Transaction.objects.create(uuid="shop:1")
    Transaction.objects.all().delete()

    with pytest.raises(DatabaseError):
        prepared.update(row, ["notes"])


def test_a_condition_is_of_the_row_as_it_is_now(transactional_db: None) -> None:
    row = IdempotencyKey.objects.create(client="shop", key="a", fingerprint="f")
    row.status = 201

    assert not prepared.update_if(row, ["status"], key="b", status=None)
    assert prepared.update_if(row, ["status"], key="a", status=None)
    assert not prepared.update_if(row, ["status"], key="a", status=None)
    assert prepared.update_if(row, ["status"], status=201)


def test_postgresql_prepares_a_statement_once_whatever_its_numbers(transactional_db: None) -> None:
    for number in (7, 40_000, 2**40):
        assert prepared.run("SELECT CAST(%s AS bigint) + 1 AS once", [number]) == [(number + 1,)]

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # And plans it once: not anew for each value.
            cursor.execute("SELECT statement, custom_plans FROM pg_prepared_statements")
            assert [known for known in cursor.fetchall() if "AS once" in known[0]] == [
                ("SELECT CAST($1 AS bigint) + 1 AS once", 0)
            ]


def test_a_column_may_change_its_type_meanwhile(transactional_db: None) -> None:
    """As by a migration, which another connection makes."""
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("CREATE TABLE changing (text varchar(8))")
            cursor.execute("INSERT INTO changing VALUES ('before')")
        assert prepared.run("SELECT text FROM changing", []) == [("before",)]
        if connection.vendor == "postgresql":
            with other.cursor() as cursor:
                cursor.execute("ALTER TABLE changing ALTER COLUMN text TYPE varchar(16)")
        assert prepared.run("SELECT text FROM changing", []) == [("before",)]
    finally:
        with other.cursor() as cursor:
            cursor.execute("DROP TABLE changing")
        other.close()


def test_a_model_that_does_more_when_it_is_saved_is_not_written_past_that(db: None) -> None:
    with pytest.raises(TypeError, match="Buyer is saved by a method of its own"):
        prepared.insert(Buyer(uuid="a:1"))
    with pytest.raises(TypeError, match="Buyer is saved by a method of its own"):
        prepared.update(Buyer(uuid="a:1", pk=1), ["uuid"])
