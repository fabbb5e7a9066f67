"""The state graph: nothing moves but along its edges, each move is an event of the same commit, and nobody goes around it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from solitude.events.models import Event
from solitude.transactions import states
from solitude.transactions.models import CallOutcome, Status, Transaction, Type

SOURCE = Path(states.__file__).parents[1]
MOVES = sorted(edge.name for edge in states.EDGES.values() if edge.sources)
BIRTHS = {
    "payment_begun": Type.PAYMENT,
    "refund_begun": Type.REFUND,
    "refund_seen": Type.REFUND,
    "reversed": Type.REVERSAL,
}
FEED = {Type.PAYMENT: "transaction", Type.REFUND: "refund", Type.REVERSAL: "reversal"}


class Undone(Exception):
    """Ends a transaction without its commit."""


def events_of(row: Transaction) -> list[Event]:
    return list(Event.objects.filter(resource_uri=row.resource_uri).order_by("pk"))


def saved_status(row: Transaction) -> Status:
    return Status(Transaction.objects.values_list("status", flat=True).get(pk=row.pk))


# --- the walk ------------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(birth=st.sampled_from(sorted(BIRTHS)), moves=st.lists(st.sampled_from(MOVES), max_size=12))
def test_a_walk_takes_edges_only_and_its_events_tell_it(db: None, birth: str, moves: list[str]) -> None:
    with transaction.atomic():
        row = states.begin(Transaction(type=BIRTHS[birth]), birth)
    steps = 1
    for name in moves:
        edge, before = states.EDGES[name], Status(row.status)
        assert states.can(row, name) == (before in edge.sources)
        with transaction.atomic():
            if before in edge.sources:
                states.move(row, name, outcome=CallOutcome.UNKNOWN)
                steps += 1
            else:
                with pytest.raises(states.IllegalMove):
                    states.move(row, name, outcome=CallOutcome.UNKNOWN)
        assert row.status == (edge.target if before in edge.sources else before)
        assert saved_status(row) == row.status
        assert len(events_of(row)) == steps

    told: str | None = None
    for event in events_of(row):
        assert event.old == told
        told = event.new
        edge = states.EDGES[event.edge]
        assert event.new == edge.target.name.lower()
        kind = "corrected" if edge.correction else event.new
        assert event.type == f"{FEED[Type(row.type)]}.{kind}"
    assert told == saved_status(row).name.lower()


def test_every_status_of_the_engine_is_reached_by_a_named_edge() -> None:
    payments = {edge.target for edge in states.PAYMENT_EDGES}
    refunds = {edge.target for edge in states.REFUND_EDGES}

    # RECEIVED is the client's own.
    assert payments == set(Status) - {Status.RECEIVED}
    assert refunds == {Status.PENDING, Status.COMPLETED, Status.FAILED, Status.ERRORED}
    assert {edge.target for edge in states.REVERSAL_EDGES} == {Status.COMPLETED, Status.CANCELLED}
    assert len(states.EDGES) == len(states.PAYMENT_EDGES) + len(states.REFUND_EDGES) + len(states.REVERSAL_EDGES)


def test_money_that_was_taken_is_never_forgotten() -> None:
    """Nothing but a reversal leaves COMPLETED, CHECKED leads there or back before it is settled, and only a correction leaves an end."""
    assert [edge.name for edge in states.EDGES.values() if Status.COMPLETED in edge.sources] == ["reversal_undone"]
    assert [(edge.name, edge.target) for edge in states.EDGES.values() if Status.CHECKED in edge.sources] == [
        ("paid", Status.COMPLETED),
        ("settlement_declined", Status.FAILED),
        ("voided", Status.CANCELLED),
    ]
    ends = {Status.FAILED, Status.CANCELLED, Status.ERRORED}
    assert {edge.name for edge in states.EDGES.values() if edge.sources & ends} == {
        "corrected_to_paid", "corrected_to_checked", "corrected_to_review", "refund_corrected", "refund_corrected_to_pending",
        "payment_begun_again",
    }  # fmt: skip
    # Only by evidence, but for what was certainly not sent.
    assert {edge.name for edge in states.EDGES.values() if edge.sources & ends and not edge.correction} == {
        "payment_begun_again"
    }


# --- the commit ----------------------------------------------------------------------------------------------------


def test_a_move_and_its_event_are_undone_together(transactional_db: None) -> None:
    with transaction.atomic():
        row = states.begin(Transaction(), "payment_begun")

    def move_and_undo() -> None:
        with transaction.atomic():
            states.move(row, "paid")
            assert len(events_of(row)) == 2
            raise Undone

    with pytest.raises(Undone):
        move_and_undo()

    assert saved_status(row) == Status.STARTED
    assert [event.edge for event in events_of(row)] == ["payment_begun"]


def test_a_move_outside_of_a_transaction_writes_nothing(transactional_db: None) -> None:
    with transaction.atomic():
        row = states.begin(Transaction(), "payment_begun")

    for act in (
        lambda: states.move(row, "paid"),
        lambda: states.begin(Transaction(), "payment_begun"),
        lambda: states.keep(Transaction()),
    ):
        with pytest.raises(RuntimeError, match="in the transaction"):
            act()

    assert Transaction.objects.count() == Event.objects.count() == 1
    assert saved_status(row) == Status.STARTED


def test_a_move_makes_no_row_and_a_birth_moves_none(transactional_db: None) -> None:
    with transaction.atomic():
        row = states.begin(Transaction(), "payment_begun")
        with pytest.raises(states.IllegalMove):
            states.begin(Transaction(), "paid")
        with pytest.raises(states.IllegalMove):
            states.move(row, "payment_begun")


def test_a_move_writes_its_own_columns_and_no_others(transactional_db: None) -> None:
    with transaction.atomic():
        row = states.begin(Transaction(notes="old"), "payment_begun")
    Transaction.objects.filter(pk=row.pk).update(notes="of somebody else")

    with transaction.atomic():
        states.move(row, "paid", status_reason="because")

    row.refresh_from_db()
    assert (row.notes, row.status_reason, row.counter) == ("of somebody else", "because", 1)


# --- nobody goes around it -----------------------------------------------------------------------------------------

# Where `status` is another thing's: the HTTP status of an answer, given, kept or received.
OTHER_STATUSES = {"web/refusals.py", "web/idempotency.py", "client/errors.py"}
WRITERS = {
    "update", "change", "create", "update_or_create", "get_or_create", "bulk_create", "bulk_update", "Transaction",
    "setattr",
}  # fmt: skip


def status_writes(source: str) -> Iterator[int]:
    """The lines in which something named `status` is written."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr == "status" and isinstance(node.ctx, ast.Store | ast.Del):
            yield node.lineno
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            named = any(keyword.arg == "status" for keyword in node.keywords)
            quoted = any(isinstance(inner, ast.Constant) and inner.value == "status" for inner in ast.walk(node))
            if called in WRITERS and (named or quoted):
                yield node.lineno


def test_nothing_but_the_state_graph_writes_a_status() -> None:
    found = {
        f"{path.relative_to(SOURCE)}:{line}"
        for path in SOURCE.rglob("*.py")
        if "migrations" not in path.parts
        for line in status_writes(path.read_text())
        if str(path.relative_to(SOURCE)) not in OTHER_STATUSES
    }

    assert {place.partition(":")[0] for place in found} == {"transactions/states.py"}, sorted(found)


@pytest.mark.parametrize(
    "line",
    [
        "row.status = 1",
        "row.status += 1",
        "row.status: int = 1",
        "rows.update(status=1)",
        "row.change(status=1)",
        "Transaction(status=1)",
        "Transaction.objects.create(status=1)",
        "Transaction.objects.bulk_update(rows, ['status'])",
        "setattr(row, 'status', 1)",
        "row.status, other = 1, 2",
    ],
)
def test_the_search_finds_every_way_around(line: str) -> None:
    assert list(status_writes(line)) == [1]


@pytest.mark.parametrize("line", ["print(row.status)", "rows.filter(status=1).update(seen=True)", "Result(status=1)"])
def test_the_search_lets_readers_be(line: str) -> None:
    assert list(status_writes(line)) == []
