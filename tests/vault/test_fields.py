"""Sealed fields: plaintext goes into no column, query, copy or message, and comes out in its own place only."""

import copy
import pickle
import traceback
import uuid
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from django.apps.registry import Apps
from django.core.exceptions import FieldError, ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.db.migrations.state import ModelState, ProjectState
from django.db.migrations.writer import MigrationWriter
from django.db.models import Case, Count, F, Max, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Length, Lower
from django.test.utils import CaptureQueriesContext
from tests.vault.models import Account, AccountProxy, Wallet
from tests.vault.rings import ring_of, with_new_key

from solitude.vault import cipher
from solitude.vault.current import use_ring
from solitude.vault.fields import (
    EncryptedJSONField,
    EncryptedTextField,
    Sealed,
    SealedFieldError,
    SealedModel,
    Unsealable,
)
from solitude.vault.keyring import KeyRing

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tables", "ring")]

SECRET = "ada@example.org"


def column(row: models.Model, field: str) -> str | None:
    """What stands in the database."""
    table = row._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT "{field}" FROM "{table}" WHERE id = %s', [row.pk])  # noqa: S608
        (value,) = cursor.fetchone()
    assert value is None or isinstance(value, str)
    return value


def put(row: models.Model, field: str, text: str | None) -> None:
    """Writes to the database behind the model's back."""
    with connection.cursor() as cursor:
        cursor.execute(f'UPDATE "{row._meta.db_table}" SET "{field}" = %s WHERE id = %s', [text, row.pk])  # noqa: S608


def account(**values: Any) -> Account:
    return Account.objects.create(**{"name": uuid.uuid4().hex, "email": SECRET, **values})


def read(row: Account) -> Account:
    return Account.objects.get(pk=row.pk)


@pytest.fixture
def unseals(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The labels of what has been opened, in order."""
    opened: list[str] = []
    unseal = cipher.unseal

    def counted(text: str, associated: bytes, ring: KeyRing | None = None, *, label: str = "") -> bytes:
        opened.append(label)
        return unseal(text, associated, ring, label=label)

    monkeypatch.setattr(cipher, "unseal", counted)
    return opened


# --- a value and its column -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [SECRET, "", " ", "Zoë \U0001f4b6", "v1:k1:AAAA", "nul\0", "x" * 4096, "ä" * 4096])
def test_text_comes_back_as_it_was_and_is_not_in_the_column(text: str) -> None:
    row = account(email=text)
    assert row.email == text
    assert read(row).email == text
    stored = column(row, "email")
    assert stored is not None
    assert stored.startswith("v1:k1:")
    assert stored != text


@pytest.mark.parametrize(
    "value", [{}, [], "", 0, False, True, 1.5, {"token": "abc", "n": [1, None, "ä"]}, "x", {"": {"": ""}}]
)
def test_json_comes_back_as_it_was_and_is_not_in_the_column(value: object) -> None:
    row = account(extra=value)
    again = read(row).extra
    assert again == value
    assert type(again) is type(value)
    stored = column(row, "extra")
    assert stored is not None
    assert stored.startswith("v1:k1:")


def test_null_stays_null() -> None:
    row = account(email=None, extra=None)
    assert column(row, "email") is None
    assert column(row, "extra") is None
    again = read(row)
    assert again.email is None
    assert again.extra is None
    again.save()
    assert column(row, "email") is None


def test_a_value_can_become_null_and_null_a_value() -> None:
    row = account(phone=None)
    row.email, row.phone = None, "555"
    row.save()
    assert (read(row).email, read(row).phone) == (None, "555")


def test_a_default_is_sealed() -> None:
    row = account()
    assert read(row).pin == "0000"
    stored = column(row, "pin")
    assert stored is not None
    assert "0000" not in stored


def test_the_column_is_bound_to_model_field_and_row_as_the_documentation_says(ring: KeyRing) -> None:
    row = account()
    stored = column(row, "email")
    assert stored is not None
    associated = f"vault_tests.account:email:{row.row_uuid}".encode()
    assert cipher.unseal(stored, associated, ring) == SECRET.encode()


def test_the_row_uuid_may_be_set_as_text_in_any_spelling() -> None:
    spelled = uuid.uuid4()
    row = account(row_uuid=spelled.hex.upper())
    assert read(row).row_uuid == spelled
    assert read(row).email == SECRET


def test_a_row_without_row_uuid_seals_nothing() -> None:
    with pytest.raises(SealedFieldError, match=r"vault_tests\.account:email is bound to its row by row_uuid"):
        account(row_uuid=None)


def test_the_same_value_looks_different_in_every_row() -> None:
    rows = [account() for _ in range(5)]
    assert len({column(row, "email") for row in rows}) == 5


def test_a_proxy_opens_what_its_model_sealed() -> None:
    row = account()
    proxy = AccountProxy.objects.get(pk=row.pk)
    assert proxy.email == SECRET
    proxy.email = "proxy"
    proxy.save()
    assert read(row).email == "proxy"


# --- moved, altered, unopenable ---------------------------------------------------------------------------------------


def test_a_value_moved_to_another_row_does_not_open() -> None:
    mine, yours = account(), account(email="eve@example.org")
    mine_stored, yours_stored = column(mine, "email"), column(yours, "email")
    put(mine, "email", yours_stored)
    put(yours, "email", mine_stored)
    for row in (mine, yours):
        with pytest.raises(Unsealable, match=r"^vault_tests\.account:email: "):
            _ = read(row).email


def test_a_value_moved_to_another_field_of_its_row_does_not_open() -> None:
    row = account(phone="555")
    email, phone = column(row, "email"), column(row, "phone")
    put(row, "email", phone)
    put(row, "phone", email)
    for field in ("email", "phone"):
        with pytest.raises(Unsealable, match=f"account:{field}"):
            getattr(read(row), field)


def test_a_value_moved_to_another_model_does_not_open_even_with_the_same_row_uuid() -> None:
    row = account()
    wallet = Wallet.objects.create(row_uuid=row.row_uuid, email="other")
    put(wallet, "email", column(row, "email"))
    with pytest.raises(Unsealable, match="wallet:email"):
        _ = Wallet.objects.get(pk=wallet.pk).email


def test_a_row_whose_uuid_was_changed_does_not_open() -> None:
    row = account()
    Account.objects.filter(pk=row.pk).update(row_uuid=uuid.uuid4())
    with pytest.raises(Unsealable):
        _ = read(row).email


@pytest.mark.parametrize("text", ["", SECRET, "v1:k9:" + "A" * 60, "v1:k1:" + "A" * 60])
def test_what_was_not_sealed_here_does_not_open(text: str) -> None:
    row = account()
    put(row, "email", text)
    with pytest.raises(Unsealable) as caught:
        _ = read(row).email
    assert SECRET not in str(caught.value)


def test_a_row_that_does_not_open_can_still_be_read_and_saved_but_for_that_field() -> None:
    row = account()
    put(row, "email", "v1:k9:" + "A" * 60)
    again = read(row)
    again.name = "renamed"
    again.phone = "555"
    again.save()
    assert column(row, "email") == "v1:k9:" + "A" * 60
    assert (read(row).name, read(row).phone) == ("renamed", "555")


# --- opened only when asked, written only when changed ----------------------------------------------------------------


def test_nothing_is_opened_that_nobody_reads(unseals: list[str]) -> None:
    row = account(extra={"a": 1})
    again = read(row)
    again.name = "renamed"
    again.save()
    list(Account.objects.filter(email__isnull=False))
    again.refresh_from_db()
    assert unseals == []
    assert (again.email, again.email) == (SECRET, SECRET)
    assert unseals == ["vault_tests.account:email"]


@pytest.mark.parametrize("look", [True, False])
def test_what_was_not_changed_is_written_back_as_it_was(look: bool) -> None:
    row = account(extra={"a": 1})
    before = column(row, "email"), column(row, "extra")
    again = read(row)
    if look:
        assert (again.email, again.extra) == (SECRET, {"a": 1})
    again.name = "renamed"
    again.save()
    assert (column(row, "email"), column(row, "extra")) == before


def test_the_same_instance_saved_twice_seals_once() -> None:
    row = account(extra={"a": 1})
    before = column(row, "email"), column(row, "extra")
    row.name = "renamed"
    row.save()
    assert (column(row, "email"), column(row, "extra")) == before


def test_what_was_set_is_sealed_with_the_current_key(ring: KeyRing) -> None:
    row = account(phone="555")
    phone = column(row, "phone")
    with use_ring(with_new_key(ring, "k2")):
        again = read(row)
        again.email = "new@example.org"
        again.save()
        stored = column(row, "email")
        assert stored is not None
        assert stored.startswith("v1:k2:")
        assert column(row, "phone") == phone
        assert (read(row).email, read(row).phone) == ("new@example.org", "555")


def test_json_changed_in_place_is_written() -> None:
    row = account(extra={"tags": ["a"]})
    row.extra["tags"].append("b")
    row.save()
    assert read(row).extra == {"tags": ["a", "b"]}
    again = read(row)
    again.extra["n"] = 1
    again.save()
    assert read(row).extra == {"tags": ["a", "b"], "n": 1}


def test_json_that_only_python_finds_equal_is_a_change() -> None:
    row = account(extra={"n": 1})
    again = read(row)
    again.extra["n"] = True
    again.save()
    assert read(row).extra["n"] is True


def test_validating_a_row_changes_nothing() -> None:
    row = account(extra={"a": 1}, phone="555")
    before = [column(row, field) for field in ("email", "pin", "extra")]
    again = read(row)
    again.full_clean()
    again.save()
    assert [column(row, field) for field in ("email", "pin", "extra")] == before


def test_validation_asks_for_a_value_where_none_is_allowed() -> None:
    with pytest.raises(ValidationError) as caught:
        Account(name="x", pin="").full_clean()
    assert "pin" in caught.value.message_dict


def test_saving_one_field_leaves_the_others() -> None:
    row = account(phone="555")
    row.email, row.phone = "new@example.org", "556"
    row.save(update_fields=["phone"])
    assert (read(row).email, read(row).phone) == (SECRET, "556")


def test_a_save_that_failed_can_be_repeated() -> None:
    taken = account(name="taken")
    row = account(name="free")
    row.name, row.email = "taken", "new@example.org"
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()
    row.name = "other"
    row.save()
    assert read(row).email == "new@example.org"
    assert read(taken).email == SECRET


# --- deferred, refreshed, copied --------------------------------------------------------------------------------------


def test_a_deferred_field_is_loaded_and_opened_when_it_is_read(django_assert_num_queries: Any) -> None:
    row = account(phone="555")
    again = Account.objects.defer("email").get(pk=row.pk)
    assert "email" in again.get_deferred_fields()
    with django_assert_num_queries(1):
        assert again.email == SECRET
    with django_assert_num_queries(0):
        assert (again.email, again.phone) == (SECRET, "555")


def test_a_deferred_field_that_was_read_is_written_back_as_it_was() -> None:
    row = account(extra={"a": 1})
    before = column(row, "email"), column(row, "extra")
    again = Account.objects.only("name").get(pk=row.pk)
    assert (again.email, again.extra) == (SECRET, {"a": 1})
    again.save()
    assert (column(row, "email"), column(row, "extra")) == before


def test_a_deferred_field_can_be_saved_by_name_without_being_read(unseals: list[str]) -> None:
    row = account()
    before = column(row, "email")
    Account.objects.only("name").get(pk=row.pk).save(update_fields=["email"])
    assert column(row, "email") == before
    assert unseals == []


def test_a_field_opens_when_the_row_uuid_was_deferred_too() -> None:
    row = account()
    assert Account.objects.only("email").get(pk=row.pk).email == SECRET


def test_a_refreshed_row_has_what_the_database_has_and_writes_it_back_as_it_was() -> None:
    row = account()
    stale = read(row)
    assert stale.email == SECRET
    row.email = "new@example.org"
    row.save()
    stored = column(row, "email")
    stale.refresh_from_db()
    assert stale.email == "new@example.org"
    stale.email = "unsaved"
    stale.refresh_from_db(fields=["email"])
    assert stale.email == "new@example.org"
    stale.save()
    assert column(row, "email") == stored


def test_a_row_that_was_deleted_meanwhile_says_so_and_the_next_one_opens() -> None:
    gone, row = account(), account()
    Account.objects.filter(pk=gone.pk).delete()
    with pytest.raises(Account.DoesNotExist):
        gone.refresh_from_db()
    assert read(row).email == SECRET


def test_related_rows_open() -> None:
    wallet = Wallet.objects.create(email="w@example.org", account=account())
    joined = Wallet.objects.select_related("account").get(pk=wallet.pk)
    assert joined.account is not None
    assert (joined.email, joined.account.email) == ("w@example.org", SECRET)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda row: pickle.loads(pickle.dumps(row))])  # noqa: S301
def test_a_copy_is_made_without_opening_and_opens_by_itself(
    copied: Callable[[Account], Account], unseals: list[str]
) -> None:
    row = read(account())
    twin = copied(row)
    assert unseals == []
    assert twin.email == SECRET
    twin.email = "twin"
    assert row.email == SECRET


def test_a_pickle_carries_no_plaintext_even_of_what_was_opened() -> None:
    row = account(extra={"token": "tell-nobody"})
    again = read(row)
    assert (again.email, again.extra["token"]) == (SECRET, "tell-nobody")
    for instance in (row, again):
        carried = pickle.dumps(instance)
        assert SECRET.encode() not in carried
        assert b"tell-nobody" not in carried
        assert pickle.loads(carried).email == SECRET  # noqa: S301


def test_a_deep_copys_json_is_its_own() -> None:
    row = read(account(extra={"tags": []}))
    assert row.extra == {"tags": []}
    twin = copy.deepcopy(row)
    twin.extra["tags"].append("x")
    assert row.extra == {"tags": []}


# --- many rows --------------------------------------------------------------------------------------------------------


def test_bulk_create_seals_every_row() -> None:
    rows = Account.objects.bulk_create(
        [Account(name=str(n), email=f"{n}@example.org", extra={"n": n}) for n in range(5)]
    )
    assert {row.email for row in Account.objects.all()} == {f"{n}@example.org" for n in range(5)}
    assert [row.extra for row in Account.objects.order_by("name")] == [{"n": n} for n in range(5)]
    for row in Account.objects.all():
        stored = column(row, "email")
        assert stored is not None
        assert stored.startswith("v1:k1:")
    assert [row.email for row in rows] == [f"{n}@example.org" for n in range(5)]


def test_bulk_create_may_pass_over_conflicts() -> None:
    row = account(name="taken")
    Account.objects.bulk_create([Account(name="taken", email="new@example.org")], ignore_conflicts=True)
    assert read(row).email == SECRET


@pytest.mark.parametrize("fields", [["email"], ["row_uuid"], ["phone", "row_uuid"]])
def test_an_upsert_of_a_sealed_field_or_its_row_uuid_is_refused(fields: list[str]) -> None:
    row = account(name="taken")
    with pytest.raises(SealedFieldError, match="update_conflicts"), transaction.atomic():
        Account.objects.bulk_create(
            [Account(name="taken", email="new@example.org")],
            update_conflicts=True,
            unique_fields=["name"],
            update_fields=fields,
        )
    assert read(row).email == SECRET


def test_an_upsert_of_other_fields_is_not() -> None:
    wallet = Wallet.objects.create(email="w@example.org")
    other = account()
    Wallet.objects.bulk_create(
        [Wallet(pk=wallet.pk, account=other)], update_conflicts=True, unique_fields=["id"], update_fields=["account"]
    )
    wallet.refresh_from_db()
    assert (wallet.account, wallet.email) == (other, "w@example.org")


def test_update_or_create_and_get_or_create_seal() -> None:
    row, created = Account.objects.update_or_create(name="x", defaults={"email": "one@example.org"})
    assert created
    Account.objects.update_or_create(name="x", defaults={"email": "two@example.org"})
    assert read(row).email == "two@example.org"
    again, created = Account.objects.get_or_create(name="x", defaults={"email": "three@example.org"})
    assert not created
    assert again.email == "two@example.org"


def test_a_field_can_be_set_to_null_by_update() -> None:
    row = account()
    Account.objects.filter(pk=row.pk).update(email=None)
    assert read(row).email is None


# --- refusals ---------------------------------------------------------------------------------------------------------

REFUSED: dict[str, Callable[[], object]] = {
    "update": lambda: Account.objects.update(email=SECRET),
    "update with ''": lambda: Account.objects.update(email=""),
    "update JSON": lambda: Account.objects.update(extra={"a": SECRET}),
    "update Value": lambda: Account.objects.update(email=Value(SECRET)),
    "update F": lambda: Account.objects.update(email=F("name")),
    "update another sealed": lambda: Account.objects.update(email=F("phone")),
    "update Case": lambda: Account.objects.update(email=Case(When(pk=1, then=Value(SECRET)), default=Value(None))),
    "update Subquery": lambda: Account.objects.update(email=Subquery(Account.objects.values("name")[:1])),
    "update_or_create lookup": lambda: Account.objects.update_or_create(email=SECRET),
    "bulk_update": lambda: Account.objects.bulk_update(Account.objects.all(), ["email"]),
    "filter": lambda: Account.objects.filter(email=SECRET),
    "filter None": lambda: Account.objects.filter(email=None),
    "filter F": lambda: Account.objects.filter(email=F("name")),
    "exclude": lambda: Account.objects.exclude(email=SECRET),
    "get": lambda: Account.objects.get(email=SECRET),
    "get_or_create": lambda: Account.objects.get_or_create(email=SECRET),
    "in": lambda: Account.objects.filter(email__in=[SECRET]),
    "in a subquery": lambda: Account.objects.filter(email__in=Wallet.objects.values("email")),
    "contains": lambda: Account.objects.filter(email__contains=SECRET),
    "iexact": lambda: Account.objects.filter(email__iexact=SECRET),
    "gt": lambda: Account.objects.filter(email__gt=SECRET),
    "regex": lambda: Account.objects.filter(email__regex=SECRET),
    "JSON key": lambda: Account.objects.filter(extra__token=SECRET),
    "JSON path": lambda: Account.objects.filter(extra__a__b=SECRET),
    "Q": lambda: Account.objects.filter(Q(name="x") | Q(email=SECRET)),
    "across a relation": lambda: Wallet.objects.filter(account__email=SECRET),
    "function": lambda: list(Account.objects.annotate(low=Lower("email")).filter(low=SECRET)),
    "exclude in the sum": lambda: list(Account.objects.annotate(n=Count("pk", filter=Q(email=SECRET)))),
    "order_by": lambda: list(Account.objects.order_by("email")),
    "order_by descending": lambda: list(Account.objects.order_by("name", "-email")),
    "order_by F": lambda: list(Account.objects.order_by(F("email").desc(nulls_last=True))),
    "order_by a function": lambda: list(Account.objects.order_by(Lower("email"))),
    "order_by an annotation": lambda: list(Account.objects.annotate(e=F("email")).order_by("e")),
    "order_by an annotation's F": lambda: list(Account.objects.annotate(e=Lower("email")).order_by(F("e").desc())),
    "order_by an annotation of another kind": lambda: list(Account.objects.annotate(n=Length("email")).order_by("-n")),
    "order_by a key": lambda: list(Account.objects.order_by("extra__token")),
    "order_by of values": lambda: list(Account.objects.values("email").order_by("email")),
    "order_by unselected": lambda: list(Account.objects.only("name").order_by("email")),
    "order_by across a relation": lambda: list(Wallet.objects.order_by("account__email")),
    "order_by of a subquery": lambda: list(
        Wallet.objects.annotate(
            first=Subquery(Account.objects.filter(pk=OuterRef("account")).order_by("email").values("name")[:1])
        )
    ),
    "latest": lambda: Account.objects.latest("email"),
    "reverse": lambda: list(Account.objects.order_by("email").reverse()),
    "fixture": lambda: __import__("django.core.serializers").core.serializers.serialize("json", Account.objects.all()),
}


@pytest.mark.parametrize("attempt", REFUSED.values(), ids=REFUSED)
def test_what_would_write_or_compare_plaintext_is_refused_before_it_reaches_the_database(
    attempt: Callable[[], object],
) -> None:
    row = account(phone="555", extra={"a": 1})
    before = [column(row, field) for field in ("email", "phone", "extra")]
    with (
        CaptureQueriesContext(connection) as queries,
        pytest.raises(SealedFieldError) as caught,
        transaction.atomic(),
    ):
        attempt()
    assert "vault_tests." in str(caught.value)
    assert SECRET not in "".join(str(error) for error in _chain(caught.value))
    assert not any(SECRET in query["sql"] or "ORDER BY" in query["sql"] for query in queries)
    assert [column(row, field) for field in ("email", "phone", "extra")] == before


def _chain(error: BaseException | None) -> list[BaseException]:
    return [error, *_chain(error.__cause__ or error.__context__)] if error else []


def test_postgresql_distinct_on_a_sealed_field_is_refused() -> None:
    with pytest.raises(SealedFieldError):
        str(Account.objects.distinct("email").query)


def test_a_sealed_field_in_the_models_own_ordering_is_refused() -> None:
    class Sorted(SealedModel):
        name = models.CharField(max_length=5)
        secret = EncryptedTextField()
        objects: "ClassVar[models.Manager[Sorted]]" = models.Manager()

        class Meta:
            app_label = "vault_tests_wrong"
            apps = Apps()
            ordering = ("name", "-secret")

    with pytest.raises(SealedFieldError):
        str(Sorted.objects.all().query)
    assert "ORDER BY" in str(Sorted.objects.order_by("name").query)
    assert "ORDER BY" not in str(Sorted.objects.order_by().query)


ALLOWED: dict[str, Callable[[], object]] = {
    "isnull": lambda: Account.objects.get(email__isnull=False, phone__isnull=True),
    "exclude isnull": lambda: Account.objects.exclude(email__isnull=True).get(),
    "across a relation": lambda: Wallet.objects.filter(account__email__isnull=True).first(),
    "order by whether there is one": lambda: list(
        Account.objects.annotate(has=Case(When(email__isnull=True, then=0), default=1)).order_by("has", "-pk")
    ),
    "order by whether there is one, inline": lambda: list(
        Account.objects.order_by(Case(When(email__isnull=True, then=0), default=1))
    ),
    "order by others": lambda: list(Account.objects.order_by("name", "-pk", F("row_uuid").asc(), "?")),
    "order by a relation": lambda: list(Wallet.objects.select_related("account").order_by("account__name", "account")),
    "extra": lambda: list(Account.objects.extra(select={"twice": "id * 2"}).order_by("twice")),
    "count": lambda: Account.objects.aggregate(Count("email")),
    "distinct": lambda: list(Account.objects.distinct()),
    "union": lambda: list(Account.objects.all().union(Account.objects.all()).order_by("name")),
    "exists": lambda: Account.objects.filter(Q(email__isnull=False) | Q(phone__isnull=False)).exists(),
    "subquery": lambda: list(Wallet.objects.filter(account__in=Account.objects.filter(email__isnull=False))),
    "lock": lambda: Account.objects.select_for_update().get(),
}


@pytest.mark.parametrize("query", ALLOWED.values(), ids=ALLOWED)
def test_what_asks_nothing_of_the_plaintext_is_allowed(query: Callable[[], object]) -> None:
    row = account()
    Wallet.objects.create(account=row)
    query()


def test_whether_a_value_is_there_can_be_asked() -> None:
    with_email, without = account(), account(email=None)
    assert list(Account.objects.filter(email__isnull=True)) == [without]
    assert list(Account.objects.exclude(email__isnull=True)) == [with_email]


def test_values_give_what_is_opaque() -> None:
    row = account()
    for given in (
        Account.objects.values("email").get()["email"],
        Account.objects.values_list("email", flat=True).get(),
        vars(Account.objects.annotate(e=F("email")).get(pk=row.pk))["e"],
        Account.objects.aggregate(last=Max("email"))["last"],
    ):
        assert isinstance(given, Sealed)
        assert repr(given) == str(given) == "<sealed>"


def test_what_values_gave_does_not_open_in_another_row() -> None:
    account()
    taken: Any = Account.objects.values_list("email", flat=True).get()
    thief = account(email=taken)
    with pytest.raises(Unsealable):
        _ = read(thief).email


@pytest.mark.parametrize("value", [5, b"bytes", ["list"], True, F("name"), Value(SECRET), uuid.UUID(int=1)])
def test_a_text_field_takes_text_only(value: object) -> None:
    with pytest.raises(TypeError, match=r"^vault_tests\.account:email takes text, not \w+$"):
        account(email=value)


@pytest.mark.parametrize("value", [{1, 2}, b"x", object(), float("nan"), {"a": [float("inf")]}, {(1, 2): 3}, F("name")])
def test_a_json_field_takes_what_json_can_say(value: object) -> None:
    with pytest.raises(TypeError, match=r"^vault_tests\.account:extra takes what JSON can say, and this is not$"):
        account(extra=value)


def test_json_that_holds_itself_is_refused() -> None:
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(TypeError, match="takes what JSON can say"):
        account(extra=endless)


def test_a_value_that_is_too_long_is_refused_at_saving_and_not_shown() -> None:
    for values, limit in (
        ({"email": SECRET * 300}, 4096),
        ({"pin": "1234567"}, 6),
        ({"extra": {"token": "x" * 90}}, 100),
    ):
        with (
            pytest.raises(ValueError, match=f"characters are more than the {limit} allowed") as caught,
            transaction.atomic(),
        ):
            account(**values)
        for value in values.values():
            assert str(value)[:7] not in str(caught.value)
    account(pin="123456", extra="x" * 98)


def test_a_lone_surrogate_is_refused_and_not_shown() -> None:
    with pytest.raises(ValueError, match="lone surrogate") as caught:
        account(email=SECRET + "\ud800")
    shown = "".join(traceback.format_exception_only(caught.value)) + repr(caught.value)
    assert SECRET not in shown
    assert caught.value.__suppress_context__


def test_no_plaintext_is_in_any_repr() -> None:
    row = account()
    again = read(row)
    assert again.email == SECRET
    for instance in (row, again):
        assert SECRET not in repr(instance) + str(instance) + repr(instance.__dict__) + repr(vars(instance))
    assert SECRET not in repr(Account.objects.all()) + repr(list(Account.objects.values()))


# --- keys -------------------------------------------------------------------------------------------------------------


def test_reseal_seals_anew_what_another_key_sealed_and_only_that(ring: KeyRing) -> None:
    row = account(extra={"a": 1}, phone=None)
    assert row.reseal() == []
    with use_ring(with_new_key(ring, "k2")):
        newer = read(row)
        newer.pin = "1111"
        newer.save(update_fields=["pin"])
        pin = column(row, "pin")

        again = read(row)
        names = again.reseal()
        assert names == ["email", "extra"]
        again.save(update_fields=names)
        assert column(row, "pin") == pin
        assert read(row).reseal() == []
        for field in ("email", "pin", "extra"):
            stored = column(row, field)
            assert stored is not None
            assert cipher.key_id_of(stored) == "k2"
        final = read(row)
        assert (final.email, final.phone, final.pin, final.extra) == (SECRET, None, "1111", {"a": 1})


def test_after_resealing_the_old_key_is_not_needed(ring: KeyRing) -> None:
    row = account(extra={"a": 1})
    both = with_new_key(ring, "k2")
    with use_ring(both):
        again = read(row)
        again.save(update_fields=again.reseal())
    only_new = KeyRing(fields=type(both.fields)("k2", {"k2": both.fields.by_id["k2"]}), hashes=both.hashes)
    with use_ring(only_new):
        assert (read(row).email, read(row).extra) == (SECRET, {"a": 1})


def test_reseal_does_not_hide_what_cannot_be_opened() -> None:
    row = account()
    with use_ring(ring_of("k2")), pytest.raises(Unsealable, match="key 'k1' is not in the key ring"):
        read(row).reseal()


# --- migrations and checks --------------------------------------------------------------------------------------------


def test_a_field_is_written_to_migrations_by_name_with_no_options_but_those_given() -> None:
    assert EncryptedTextField().deconstruct()[1:] == ("solitude.vault.fields.EncryptedTextField", [], {})
    assert EncryptedJSONField(null=True, max_length=100).deconstruct()[1:] == (
        "solitude.vault.fields.EncryptedJSONField",
        [],
        {"null": True, "max_length": 100},
    )
    written, imports = MigrationWriter.serialize(EncryptedTextField(null=True))
    assert written == "solitude.vault.fields.EncryptedTextField(null=True)"
    assert imports == {"import solitude.vault.fields"}


def test_a_cloned_field_is_the_same() -> None:
    field = Account._meta.get_field("pin")
    clone = field.clone()
    assert type(clone) is EncryptedTextField
    assert (clone.max_length, clone.default, clone.null) == (6, "0000", False)


def test_the_column_is_text() -> None:
    for name in ("email", "pin", "extra"):
        assert Account._meta.get_field(name).db_type(connection) == "text"


@pytest.mark.django_db(transaction=True)  # SQLite changes no tables inside a transaction
def test_a_new_limit_does_not_touch_the_table() -> None:
    old, new = EncryptedTextField(max_length=6), EncryptedTextField(max_length=7)
    nullable = EncryptedTextField(null=True)
    for field in (old, new, nullable):
        field.set_attributes_from_name("pin")
        field.model = Account
    with connection.schema_editor(collect_sql=True) as editor:
        editor.alter_field(Account, old, new)
        assert editor.collected_sql == []
        editor.alter_field(Account, old, nullable)
    assert len(editor.collected_sql) > 0


def test_models_of_a_migration_read_and_write_sealed_fields() -> None:
    state = ProjectState()
    state.add_model(ModelState.from_model(Account))
    historical = state.apps.get_model("vault_tests", "Account")
    row = account(extra={"a": 1})
    old = historical._default_manager.get(pk=row.pk)
    assert (old.email, old.extra) == (SECRET, {"a": 1})
    deferred = historical._default_manager.only("name").get(pk=row.pk)
    assert deferred.email == SECRET
    old.email = "migrated"
    old.save()
    assert read(row).email == "migrated"


def test_the_models_of_the_tests_pass_djangos_checks() -> None:
    assert Account.check() == Wallet.check() == AccountProxy.check() == []


@pytest.mark.parametrize(
    "options", [{"primary_key": True}, {"unique": True}, {"db_index": True}, {"db_default": "x"}, {"choices": ["x"]}]
)
def test_options_that_would_need_the_plaintext_in_the_database_are_found(options: dict[str, Any]) -> None:
    class Wrong(SealedModel):
        secret = EncryptedTextField(**options)

        class Meta:
            app_label = "vault_tests_wrong"
            apps = Apps()

    assert "vault.E001" in [found.id for found in Wrong._meta.get_field("secret").check()]


def test_a_sealed_field_outside_a_sealed_model_is_found() -> None:
    class Bare(models.Model):
        secret = EncryptedTextField()

        class Meta:
            app_label = "vault_tests_wrong"
            apps = Apps()

    assert [found.id for found in Bare._meta.get_field("secret").check()] == ["vault.E002"]


def test_refusals_are_field_errors() -> None:
    assert issubclass(SealedFieldError, FieldError)
