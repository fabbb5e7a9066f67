"""A table becomes one by month under payments, with all that it has; what was broken off is gone on with; and it can be undone."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection, connections, transaction
from django.db.migrations.executor import MigrationExecutor
from tests.audit import world as audit
from tests.faults.processes.programs import wait_until
from tests.monthly.world import TABLES, execute, where
from tests.support.upgrades import version_before

from solitude import monthly, partitioned
from solitude.events.models import Event
from solitude.payments.models import Notification, ProviderCall
from solitude.prepared import insert_once
from solitude.transactions.models import Transaction

pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True)]
PAYMENTS, EVENTS = ("payments", "0006_linked_traces"), ("events", "0002_event_request_id")
BY_MONTH = ("payments", "0007_by_month"), ("events", "0003_by_month")
WITHIN_S = 30


@contextmanager
def before() -> Iterator[None]:
    """The database as it was; afterwards it is up to date."""
    with version_before(*PAYMENTS), version_before(*EVENTS):
        yield


def migrate(*targets: tuple[str, str]) -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(list(targets) or executor.loader.graph.leaf_nodes())


def capture(owner: Transaction) -> ProviderCall:
    return audit.call(operation="capture", transaction=owner)


def payment() -> Transaction:
    return Transaction.objects.create(provider=0, amount=Decimal(1), currency="EUR")


def shape() -> dict[str, Any]:
    """Of each table its columns, checks, foreign keys and indexes, whatever the indexes are called."""
    found = {}
    for table in TABLES:
        columns = execute(
            "SELECT attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute"
            f" WHERE attrelid = '{table}'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
        )
        rules = execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
            f" WHERE conrelid = '{table}'::regclass AND contype IN ('c', 'f', 'p') ORDER BY 1"
        )
        indexes = execute(
            "SELECT relname FROM pg_index JOIN pg_class ON oid = indexrelid"
            f" WHERE indrelid = '{table}'::regclass AND NOT indisunique ORDER BY 1"
        )
        found[table] = (columns, rules, indexes)
    return found


def test_rows_stay_where_they_are_and_new_ones_come_beside_them() -> None:
    with before():
        assert monthly.tables() == []
        as_it_was = shape()
        owner = payment()
        old = (audit.event(), capture(owner), audit.notification())
        assert max(row.pk for row in old) < monthly.ROWS_MAX

        migrate(*BY_MONTH)

        assert shape() == as_it_was
        assert monthly.tables() == sorted(TABLES)
        assert [where(row) for row in old] == [f"{row._meta.db_table}_before" for row in old]
        for row in old:
            assert type(row).objects.get().pk == row.pk
        new = (audit.event(), audit.call(), audit.notification(2))
        assert all(a.pk < b.pk for a, b in zip(old, new, strict=True))
        with pytest.raises(IntegrityError, match='"payments_one_capture"'), transaction.atomic():
            capture(owner)
        assert not insert_once(Notification(provider="paypal", fingerprint=old[2].fingerprint, headers={}, body="{}"))


def test_it_is_undone_with_all_rows_and_done_again() -> None:
    rows = (audit.event(), capture(owner := payment()), audit.notification())
    with before():
        assert monthly.tables() == []
        assert [type(row).objects.get().pk for row in rows] == [row.pk for row in rows]
        again = audit.event()
        assert again.pk > rows[0].pk
        with pytest.raises(IntegrityError, match='"payments_one_capture"'), transaction.atomic():
            capture(owner)
    assert monthly.tables() == sorted(TABLES)
    assert audit.event().pk > again.pk
    with pytest.raises(IntegrityError, match='"payments_one_capture"'), transaction.atomic():
        capture(owner)


@pytest.mark.parametrize("step", ["_fill", "_bind", "_switch"])
def test_what_was_broken_off_is_gone_on_with(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    with before():
        owners = [payment(), payment()]
        capture(owners[0])
        with monkeypatch.context() as broken:

            def fail(*_: Any) -> None:
                raise OperationalError("broken off")

            broken.setattr(partitioned._Table, step, fail)
            with pytest.raises(OperationalError, match="broken off"):
                migrate()
        # Meanwhile everything goes on.
        capture(owners[1])
        ProviderCall.objects.filter(transaction=owners[0]).update(outcome="declined")

        migrate()

        capture(owners[0])
        with pytest.raises(IntegrityError, match='"payments_one_capture"'), transaction.atomic():
            capture(owners[1])


def test_under_payments_none_fails_and_none_is_lost() -> None:
    """Each writes as the version before does: with no key, by the table's name, and several rows to a commit."""
    ended, failed, written = threading.Event(), [], []

    def pay(name: int) -> None:
        number = 0
        try:
            while not ended.is_set():
                number += 1
                with transaction.atomic():
                    row = audit.call("none", transaction=payment())
                    event = audit.event(number)
                with transaction.atomic():
                    locked = ProviderCall.objects.select_for_update(of=("self",)).get(pk=row.pk)
                    locked.outcome = "succeeded"
                    locked.save(update_fields=["outcome"])
                audit.notification(name * 1_000_000 + number)
                written.append((row.pk, event.pk))
        except Exception as error:  # noqa: BLE001 - told to the test
            failed.append(error)
        finally:
            connections.close_all()

    with before():
        threads = [threading.Thread(target=pay, args=(name,)) for name in range(3)]
        for thread in threads:
            thread.start()
        try:
            assert wait_until(lambda: len(written) > 20, WITHIN_S)
            migrate()
            so_far = len(written)
            assert wait_until(lambda: len(written) > so_far + 20, WITHIN_S)
        finally:
            ended.set()
            for thread in threads:
                thread.join(WITHIN_S)
        assert failed == []
        assert {pk for pk, _ in written} == set(ProviderCall.objects.values_list("pk", flat=True))
        assert {pk for _, pk in written} == set(Event.objects.values_list("pk", flat=True))
        assert Notification.objects.count() == len(written)
        assert {pk >= monthly.ROWS_MAX for pk, _ in written} == {True, False}
        assert ProviderCall.objects.exclude(outcome="succeeded").count() == 0


def test_a_role_that_may_only_write_rows_can_go_on() -> None:
    with before():
        execute("CREATE ROLE writes", "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO writes")
        execute("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO writes")
        try:
            migrate()
            execute("SET SESSION AUTHORIZATION writes")
            capture(payment())
            audit.event()
            row = audit.notification()
            Notification.objects.filter(pk=row.pk).update(event_id="WH-1")
            row.delete()
            monthly.make_ahead()
        finally:
            execute("RESET SESSION AUTHORIZATION", "DROP OWNED BY writes", "DROP ROLE writes")
