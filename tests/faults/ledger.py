"""Our side of the books as the database has it, and whether the events tell the same story."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.management.color import no_style
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from solitude.events import feed
from solitude.events.models import Event
from solitude.payments.models import OPEN, ProviderCall
from solitude.transactions.amounts import SCALE
from solitude.transactions.models import Status, Transaction, Type
from tests.faults.books import OurBooks, Payment, Refund

# With each month of a table by month.
_TABLES = "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> %s"
_BEGIN_ANEW = (
    "SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence"
    " WHERE seqrelid <> pg_get_serial_sequence(%s, 'id')::regclass"
)
MONEY = frozenset({"pay", "capture", "refund"})
# After every step: what Django takes to build a query is more than what the database takes to answer it.
_CALLS = (
    f"SELECT id, key, operation, outcome, transaction_id, idempotency_id FROM {ProviderCall._meta.db_table} ORDER BY id"  # noqa: S608
)
_ROWS = (
    "SELECT id, type, status, amount, currency, captured_amount, refunded_amount, refund_claimed_amount, uid_pay, related_id "  # noqa: S608
    f"FROM {Transaction._meta.db_table} WHERE provider IS NOT NULL ORDER BY id"
)


@dataclass(frozen=True, slots=True)
class CallSeen:
    """A provider call as it stands."""

    pk: int
    key: str
    operation: str
    outcome: str
    transaction: int | None
    wish: int | None

    @property
    def open(self) -> bool:
        """Whether nobody knows what became of it. A look-up that failed has changed nothing."""
        return self.outcome in OPEN and self.operation in MONEY


@dataclass(frozen=True, slots=True)
class Ledger:
    books: OurBooks
    calls: tuple[CallSeen, ...]

    @property
    def uncertain(self) -> tuple[CallSeen, ...]:
        return tuple(call for call in self.calls if call.open)


def path(pk: int) -> str:
    return f"/generic/transaction/{pk}/"


def read() -> Ledger:
    """Everything, in two queries."""
    with connection.cursor() as cursor:
        cursor.execute(_CALLS)
        calls = tuple(CallSeen(*row) for row in cursor.fetchall())
        cursor.execute(_ROWS)
        rows = cursor.fetchall()
    references: dict[int, set[str]] = {}
    wishes: dict[int, str] = {}
    uncertain: set[int] = set()
    for call in calls:
        if call.transaction is None or call.operation not in MONEY:
            continue
        references.setdefault(call.transaction, set()).add(call.key)
        if call.operation == "pay" and call.wish:
            wishes[call.transaction] = str(call.wish)
        if call.open:
            uncertain.add(call.transaction)
    payments, refunds = [], []
    for pk, kind, status, *amounts, provider_id, related in rows:
        amount, currency, captured, refunded, claimed = amounts
        known = frozenset(references.get(pk, ()))
        if kind == Type.PAYMENT:
            payments.append(
                Payment(
                    name=path(pk),
                    status=Status(status).name.lower(),
                    amount=_decimal(amount),
                    currency=currency,
                    order=provider_id,
                    captured=_decimal(captured),
                    refunded=_decimal(refunded),
                    claimed=_decimal(claimed),
                    wish=wishes.get(pk, ""),
                    references=known,
                    uncertain=pk in uncertain,
                )
            )
        elif kind in (Type.REFUND, Type.REVERSAL):
            refunds.append(
                Refund(
                    name=path(pk),
                    payment=path(related),
                    status=Status(status).name.lower(),
                    amount=_decimal(amount),
                    id=provider_id,
                    references=known,
                    uncertain=pk in uncertain,
                    is_own=bool(known),
                )
            )
    return Ledger(OurBooks(tuple(payments), tuple(refunds)), calls)


def _decimal(kept: int | None) -> Any:
    return None if kept is None else Decimal(kept).scaleb(-SCALE)


def replay() -> list[str]:
    """What is wrong with the events: told from the first to the last, they must lead to the states that the rows are in."""
    feed.give_places()
    told: dict[str, str] = {}
    wrong = []
    for place, (event, resource, old, new) in enumerate(
        Event.objects.order_by("place").values_list("type", "resource_uri", "old", "new"), start=1
    ):
        if new is None or not resource.startswith("/generic/transaction/"):
            continue
        if told.get(resource) != old:
            wrong.append(f"event {place}, {event} of {resource}, leaves {old}, but the state was {told.get(resource)}")
        told[resource] = new
    for pk, status in Transaction.objects.values_list("pk", "status"):
        name = Status(status).name.lower()
        if told.pop(path(pk), None) != name:
            wrong.append(f"the events of {path(pk)} do not lead to {name}")
    return wrong + [f"events tell of {resource}, which is not there" for resource in told]


def corrected() -> set[str]:
    """The transactions of which an event says that what was told before was wrong."""
    return set(Event.objects.filter(type="transaction.corrected").values_list("resource_uri", flat=True))


def empty() -> None:
    """A database as after its first migration; ids start at 1 again, or with their month."""
    if connection.vendor == "postgresql":
        _empty_postgres()
        return
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    connection.ops.execute_sql_flush(
        connection.ops.sql_flush(no_style(), tables, reset_sequences=True, allow_cascade=True)
    )


def _empty_postgres() -> None:
    """With the tables that Django knows nothing of, in which triggers keep what may be there only once. To delete a few rows takes a
    tenth of what TRUNCATE takes, which makes the files of all months anew."""
    with connection.cursor() as cursor:
        migrations = MigrationRecorder.Migration._meta.db_table
        cursor.execute(_TABLES, [migrations])
        tables = [name for (name,) in cursor.fetchall()]
        # No trigger, and so no foreign key either: in any order.
        cursor.execute("SET session_replication_role = replica")
        for table in tables:
            cursor.execute(f"DELETE FROM {table}")  # noqa: S608
        cursor.execute("SET session_replication_role = origin")
        cursor.execute(_BEGIN_ANEW, [migrations])
