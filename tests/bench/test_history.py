"""A history that was copied is as the house would have written it: the API shows it, and nobody finds fault with it."""

import importlib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from benchmarks import history, indexes
from benchmarks.history import Size
from benchmarks.places import Database, House, house, postgresql
from benchmarks.shop import asker

from solitude import monthly
from solitude.partitioned import Once, PartitionByMonth
from tests.support.processes import solitude

pytestmark = pytest.mark.long
TRANSACTIONS = 400
# Of every model with rows: their own rules, and that what is sealed opens. What refers to what, the database has looked at.
FAULTLESS = """
import django
django.setup()
from django.apps import apps
from solitude.vault.fields import SealedField
looked_at = 0
for model in apps.get_models():
    for row in model._default_manager.all():
        empty = [field.name for field in model._meta.fields if getattr(row, field.attname) in (None, "", {}, [])]
        row.full_clean(exclude=empty, validate_unique=False, validate_constraints=False)
        for field in model._meta.concrete_fields:
            getattr(row, field.attname)
        looked_at += 1
print(looked_at)
"""


@dataclass(frozen=True)
class Old:
    """A house with a history."""

    database: Database
    house: House
    before: indexes.Taken

    def get(self, target: str) -> Any:
        return asker(self.house)("GET", target)

    def run(self, *command: str, status: int = 0) -> str:
        ran = subprocess.run(
            command, env=self.house.environment, capture_output=True, text=True, check=False, timeout=180
        )
        assert ran.returncode == status, ran.stdout + ran.stderr
        return ran.stdout

    def numbers(self, sql: str) -> list[Any]:
        return [value for (value,) in self.database.ask(sql)]


@pytest.fixture(scope="module")
def old() -> Iterator[Old]:
    with postgresql() as database, house(database, workers=1) as here:
        before = indexes.known(database, history.TABLES)
        history.write(database, here, Size(TRANSACTIONS), lambda _: None)
        yield Old(database, here, before)


def test_there_are_so_many_of_all_kinds_and_ages(old: Old) -> None:
    ((count, kinds, days),) = old.database.ask(
        "SELECT count(*), count(DISTINCT (type, status)), extract(day FROM max(created) - min(created)) FROM transactions_transaction"
    )
    assert abs(count - TRANSACTIONS) < TRANSACTIONS / 20
    assert kinds >= 4
    assert days > history.SPAN_DAYS - 30
    ids = old.numbers("SELECT id FROM transactions_transaction ORDER BY created, id")
    assert ids == sorted(ids) == list(range(1, len(ids) + 1))


def test_no_index_or_constraint_is_lost(old: Old) -> None:
    before, after = old.before, indexes.known(old.database, history.TABLES)

    assert set(before.constraints) <= set(after.constraints)
    assert named(before) <= named(after)
    # What is new is of the months of the past.
    new = {one.table for one in set(after.constraints) - set(before.constraints)}
    new |= {table for table, _, _ in named(after) - named(before)}
    assert not new & {one.table for one in before.constraints}


def named(taken: indexes.Taken) -> set[tuple[str, str, str]]:
    return {(index.table, index.name, plain(index.definition)) for index in taken.indexes}


@pytest.mark.parametrize("table", history.BY_MONTH_DAYS)
def test_all_months_are_alike(old: Old, table: str) -> None:
    found: dict[str, set[str]] = {}
    for name, definition in old.database.ask(
        "SELECT indrelid::regclass::text, pg_get_indexdef(indexrelid) "
        f"FROM pg_partition_tree('{table}') JOIN pg_index ON indrelid = relid"
    ):
        unique, _, columns = plain(definition).partition(" USING ")
        found.setdefault(name, set()).add(f"{columns} {'UNIQUE' in unique}")
    of_all, months = found.pop(table), list(found.values())

    # The past, this one, those ahead, and that of the rows from before there were months.
    assert len(months) >= history.BY_MONTH_DAYS[table] // 31 + 1 + monthly.AHEAD + 1
    assert all(of_all < month == months[0] for month in months)


@pytest.mark.parametrize(
    ("table", "at"),
    [("events_event", "created"), ("payments_providercall", "begun_at"), ("payments_notification", "received_at")],
)
def test_rows_are_in_the_month_of_their_time(old: Old, table: str, at: str) -> None:
    earlier = f"({at} - interval '1 minute')"
    # What takes a moment may end in the month after.
    there = f"{monthly.number_of(at)}, {monthly.number_of(earlier)}"
    astray = old.numbers(f"SELECT id FROM {table} WHERE id >> {monthly.ROW_BITS} NOT IN ({there})")
    assert astray == []
    ((months, last),) = old.database.ask(f"SELECT count(DISTINCT tableoid), max(id & {monthly.ROW_MASK}) FROM {table}")
    # Of few notifications some months have none.
    assert months > history.BY_MONTH_DAYS[table] // 40
    (new,) = old.numbers(f"SELECT nextval('{table}_id_seq')")
    assert new == last + 1


BY_MONTH = importlib.import_module("solitude.payments.migrations.0007_by_month").Migration.operations
ONCE = [
    (f"payments_{operation.name}", once)
    for operation in BY_MONTH
    if isinstance(operation, PartitionByMonth)
    for once in operation.once
]


@pytest.mark.parametrize(("table", "once"), ONCE)
def test_what_may_be_there_only_once_is_kept_beside(old: Old, table: str, once: Once) -> None:
    beside = f"{table}_once_{once.name}"
    columns = ", ".join(
        old.numbers(f"SELECT attname FROM pg_attribute WHERE attrelid = '{beside}'::regclass AND attnum > 0")
    )
    kept = old.database.ask(f"SELECT {columns} FROM {beside}")

    assert set(kept) == set(old.database.ask(f"SELECT {columns} FROM {table} r WHERE {once.when.format(row='r')}"))
    # Stories are played without keys of idempotency.
    assert bool(kept) == (once.name != "key")


def plain(definition: str) -> str:
    """Without casts: PostgreSQL writes those of a list of words otherwise when it reads its own text."""
    for cast in ("::character varying", "::text[]", "::text"):
        definition = definition.replace(cast, "")
    return definition.replace("(", "").replace(")", "")


def test_every_row_is_shown(old: Old) -> None:
    link, shown = "/generic/transaction/?limit=100", []
    while link:
        page = old.get(link)
        shown += page["objects"]
        link = page["meta"]["next"]

    assert page["meta"]["total_count"] == len(shown) == len({row["uuid"] for row in shown})
    paths = {row["resource_uri"] for row in shown}
    related = [row for row in shown if row["related"]]
    assert related
    assert all(row["related"] in paths for row in related)
    for row in shown[:: len(shown) // 20]:
        assert old.get(row["resource_uri"]) == row
        assert old.get(row["buyer"])["resource_uri"] == row["buyer"] if row["buyer"] else row["provider"] is None


def test_a_timeline_tells_of_its_own_transaction(old: Old) -> None:
    for pk in old.numbers(
        "SELECT t.id FROM transactions_transaction t JOIN events_event e ON e.resource_uri = '/generic/transaction/' || t.id || '/' "
        "WHERE provider = 0 AND e.old IS NULL AND e.new IS NOT NULL ORDER BY t.id LIMIT 40"
    ):
        row, entries = (
            old.get(f"/generic/transaction/{pk}/"),
            old.get(f"/generic/transaction/{pk}/timeline/")["entries"],
        )
        moves = [entry for entry in entries if entry["kind"] == "state" and entry["to"]]
        assert [entry["at"] for entry in entries] == sorted(entry["at"] for entry in entries)
        assert row["created"][:10] == moves[0]["at"][:10]
        assert any(entry["kind"] == "intent" for entry in entries) == bool(
            old.numbers(f"SELECT 1 FROM payments_providercall WHERE transaction_id = {pk}")
        )


def test_the_feed_tells_all_of_it_in_order(old: Old) -> None:
    cursor, events, more = "", [], True
    while more:
        page = old.get(f"/events/?limit=1000&after={cursor}")
        events, cursor, more = events + page["events"], page["cursor"], page["more"]

    told = [event for event in events if event["resource_uri"].startswith("/generic/transaction/")]
    assert (
        len(told)
        == old.numbers("SELECT count(*) FROM events_event WHERE resource_uri LIKE '/generic/transaction/%'")[0]
    )
    assert [event["cursor"] for event in told] == sorted(event["cursor"] for event in told)
    paths = dict(old.database.ask("SELECT '/generic/transaction/' || id || '/', uuid FROM transactions_transaction"))
    assert all(paths[event["resource_uri"]] == event["uuid"] for event in told)
    mark = [event for event in told if "@" in str(event)]
    assert mark == []


def test_every_row_keeps_the_rules_of_its_model_and_opens(old: Old) -> None:
    looked_at = int(
        old.run(
            sys.executable, "-c", "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'solitude.settings'" + FAULTLESS
        )
    )

    assert looked_at > TRANSACTIONS * 3


def test_recovery_and_retention_find_nothing_and_the_audit_only_what_is_older_than_its_first_seals(old: Old) -> None:
    assert old.get("/services/uncertain/")["count"] == 0
    plan = old.run(*solitude("retention", "--plan"))
    assert plan.count("due now: nothing") == plan.count("due now:")
    *found, _summary, _head = old.run(*solitude("audit", "verify"), status=1).splitlines()
    assert found
    assert [line for line in found if not line.partition(" (seal ")[0].endswith(" from 1 on are under no seal")] == []
