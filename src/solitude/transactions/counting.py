"""How many transactions there are, for lists, without counting the same rows again and again.

No transaction is ever deleted, and below a certain id there can come no more (`audit.bounds`). So workers count what has come up to
there, once, by seller and by provider (`Counted`), and a list adds what is behind it. Where a transaction comes to another seller or
provider, a note beside these numbers says so, from the commit on that changes it. No payment waits for another one here: notes are only
added, and numbers are only the worker's to change.
"""

from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Max, QuerySet

from solitude import prepared
from solitude.audit.bounds import bounds
from solitude.transactions.models import NONE, WHOEVER, Counted, CountedThrough, Transaction

COUNTED_BY = frozenset({"seller", "provider"})
# So many a list counts in no time.
LIVE_MAX = 1_000
# Of a house with a history many batches are counted in one go, each in a transaction of its own.
BATCH_ROWS, BATCHES_MAX, NOTES_MAX = 10_000, 20, 1_000
_ONLY = 1
_PK_MOST = 2**63 - 1

# Each is counted twice, by seller and provider, and by provider alone: so a list by provider adds up few numbers.
_BY_SELLER, _BY_PROVIDER = f"COALESCE(seller_id, {NONE})", str(WHOEVER)
_ADDED = """
    ON CONFLICT (seller, provider, about) DO UPDATE
    SET transactions = transactions_counted.transactions + excluded.transactions
"""
# What a batch has, and what notes say of it, is seen in one statement, and so at one moment. Each transaction is counted where it was
# before the first note about it, for the notes stay.
_COUNT_BATCH = """
    INSERT INTO transactions_counted (seller, provider, about, transactions)
    SELECT seller, provider, 0, sum(transactions) FROM (
        SELECT {seller} AS seller, COALESCE(provider, {none}) AS provider, 1 AS transactions
        FROM transactions_transaction WHERE id > %s AND id <= %s
        UNION ALL
        SELECT seller, provider, -transactions FROM transactions_counted
        WHERE about > %s AND about <= %s AND seller {among} {whoever}
    ) AS batch GROUP BY seller, provider HAVING sum(transactions) <> 0
"""
_BATCH = tuple(
    _COUNT_BATCH.format(seller=seller, none=NONE, among=among, whoever=WHOEVER) + _ADDED
    for seller, among in ((_BY_SELLER, "<>"), (_BY_PROVIDER, "="))
)
_NOTE = f"""
    INSERT INTO transactions_counted (seller, provider, about, transactions)
    SELECT seller, provider, %s, sum(transactions) FROM (
        SELECT {_BY_SELLER} AS seller, COALESCE(provider, {NONE}) AS provider, -1 AS transactions
        FROM transactions_transaction WHERE id = %s
        UNION ALL SELECT %s, %s, 1
        UNION ALL SELECT {WHOEVER}, COALESCE(provider, {NONE}), -1 FROM transactions_transaction WHERE id = %s
        UNION ALL SELECT {WHOEVER}, %s, 1
    ) AS note GROUP BY seller, provider HAVING sum(transactions) <> 0
    {_ADDED}
"""  # noqa: S608 - our own numbers


def count(given: Mapping[str, str]) -> int | None:
    """All transactions that can be seen now and have what is given, which the list's filters have found right. None: not counted by it."""
    chosen = {name: int(value) for name, value in given.items() if value and name in COUNTED_BY}
    if len(chosen) < sum(map(bool, given.values())):
        return None
    ((total,),) = prepared.run(_total(tuple(chosen)), [*chosen.values(), *chosen.values()])
    return int(total)


@cache
def _total(names: tuple[str, ...]) -> str:
    """The statement for the names, whose values it wants twice."""
    counted = [f"{name} = %s" for name in names]
    counted += [] if "seller" in names else [f"seller = {WHOEVER}"]
    rows = [f"{'seller_id' if name == 'seller' else name} = %s" for name in names]
    # With an upper end PostgreSQL, which does not know the lower one when it plans, takes it for a small part of the table.
    rows += ["id > mark.through", f"id < {_PK_MOST}"]
    return (
        "SELECT (SELECT COALESCE(sum(transactions), 0) FROM transactions_counted"  # noqa: S608 - our own names
        f" WHERE {' AND '.join(counted)} AND about <= mark.through)"
        f" + (SELECT count(*) FROM transactions_transaction WHERE {' AND '.join(rows)})"
        " FROM (SELECT COALESCE(max(through), 0) AS through FROM transactions_countedthrough) AS mark"
    )


def note(row: Transaction, columns: Mapping[str, Any]) -> None:
    """Before a locked row is changed so, in the transaction that does it."""
    if COUNTED_BY.isdisjoint(columns):
        return
    seller = getattr(columns["seller"], "pk", None) if "seller" in columns else row.seller_id
    provider = columns.get("provider", row.provider)
    new = [NONE if value is None else value for value in (seller, provider)]
    prepared.run_later(_NOTE, [row.pk, row.pk, *new, row.pk, new[1]])


def count_new() -> int:
    """For the workers: counts what has come, where it is more than a list counts in no time. How many rows."""
    mark, _ = CountedThrough.objects.get_or_create(pk=_ONLY)
    newest = Transaction.objects.aggregate(newest=Max("pk"))["newest"] or 0
    if newest - mark.through <= LIVE_MAX and not _notes(mark.through).exists():
        return 0
    settled, rows = bounds.settled(Transaction), 0
    for _ in range(BATCHES_MAX):
        batch = _count_batch(settled)
        rows += batch
        if batch < BATCH_ROWS:
            break
    return rows


def _count_batch(settled: int) -> int:
    with transaction.atomic():
        mark = CountedThrough.objects.select_for_update(skip_locked=True).filter(pk=_ONLY).first()
        if mark is None:
            # Another worker is at it.
            return 0
        _enter_notes(mark.through)
        new = Transaction.objects.filter(pk__gt=mark.through, pk__lte=settled).order_by("pk")
        pks = list(new.values_list("pk", flat=True)[:BATCH_ROWS])
        if len(pks) <= LIVE_MAX:
            return 0
        with connection.cursor() as cursor:
            for text in _BATCH:
                cursor.execute(text, [mark.through, pks[-1]] * 2)
        mark.through = pks[-1]
        mark.save(update_fields=["through"])
    return len(pks)


def _enter_notes(through: int) -> None:
    """Adds up notes about what is counted, so that they do not become many. One that is being written waits for the next time."""
    found = list(_notes(through).select_for_update(skip_locked=True).order_by("pk")[:NOTES_MAX])
    sums: Counter[tuple[int, int]] = Counter()
    for one in found:
        sums[one.seller, one.provider] += one.transactions
    for (seller, provider), more in sums.items():
        number, _ = Counted.objects.get_or_create(seller=seller, provider=provider, about=0)
        Counted.objects.filter(pk=number.pk).update(transactions=F("transactions") + more)
    Counted.objects.filter(pk__in=[one.pk for one in found]).delete()


def _notes(through: int) -> QuerySet[Counted]:
    return Counted.objects.filter(about__gt=0, about__lte=through)
