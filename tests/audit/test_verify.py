"""What the verification finds: any change behind the server's back, and nothing else."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.audit.world import call, event, findings, notification, seal, tamper, undone, verified
from tests.vault.rings import ring_of, with_new_key

from solitude.audit import heads, kinds, sealing, seals, verifying
from solitude.audit.models import Chain, LeftOpen, Seal
from solitude.events.models import Event
from solitude.payments.models import Notification, ProviderCall
from solitude.telemetry import cef
from solitude.vault import current

pytestmark = pytest.mark.usefixtures("transactional_db", "seal_at_once")
ROWS = 7


@pytest.fixture
def world() -> None:
    """Sealed rows of each kind, three under one seal: 3 seals of each."""
    for number in range(ROWS):
        event(number)
        call("unknown" if number == 4 else "succeeded")
        notification(number)
    assert seal() == 9
    assert verified().checked.whole == 3 * ROWS


def a_fixed_column() -> st.SearchStrategy[tuple[kinds.Kind, str, str]]:
    """A kind, a column of it that must not change, and the name of its group."""
    return st.sampled_from(
        [
            (kind, column, group.name)
            for kind in kinds.every()
            if kind.model in (Event, ProviderCall, Notification)
            for group in kind.layouts[kind.newest_layout]
            for column in group.columns
        ]
    )


examples = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.long
@examples
@given(where=a_fixed_column(), place=st.integers(0, ROWS - 1), data=st.data())
def test_a_change_of_any_fixed_column_of_any_row_is_found(
    world: None, where: tuple[kinds.Kind, str, str], place: int, data: st.DataObject
) -> None:
    kind, column, group = where
    with undone():
        row = kind.rows.order_by("pk")[place]
        was_open = kind is kinds.named("provider_calls") and row.outcome == "unknown"
        changed = other_value(row, column, data)
        if isinstance(changed, str) and kind.model._meta.get_field(column).get_internal_type() == "TextField":
            tamper(f"UPDATE {kind.model._meta.db_table} SET {column} = %s WHERE id = %s", changed, row.pk)  # noqa: S608  # names of our own
        else:
            kind.rows.filter(pk=row.pk).update(**{column: changed})
        found = findings()
    at_end = next(one for one in kind.layouts[1] if one.name == group).at_end
    if was_open and at_end:
        assert found == []  # what becomes of an open call is not fixed yet
    else:
        # What binds a row's encrypted values to it changes with it.
        assert [line for line in found if f"changed: {row.pk} {group}" in line], found
        assert all(f" {row.pk} " in line for line in found)


def other_value(row: Any, column: str, data: st.DataObject) -> Any:
    field = row._meta.get_field(column)
    value = getattr(row, field.attname)
    match field.get_internal_type():
        case "BigIntegerField" | "PositiveIntegerField" | "PositiveSmallIntegerField" | "ForeignKey":
            return (value or 0) + data.draw(st.integers(100, 10_000))
        case "DateTimeField":
            return (
                F(column) + timedelta(milliseconds=data.draw(st.integers(1, 10**9))) if value else "2026-01-01T00:00Z"
            )
        case "JSONField":
            return data.draw(st.dictionaries(st.text("ab", min_size=1), st.integers() | st.text("xy"), min_size=1))
        case "TextField":
            return data.draw(st.sampled_from([sealed_text(other, column) for other in others(row)]))
        case "UUIDField":
            return data.draw(st.uuids(version=4))
    return data.draw(st.text("abcdef", min_size=1, max_size=8).filter(lambda text: text != value))


def others(row: Any) -> list[Any]:
    return list(type(row)._default_manager.exclude(pk=row.pk).order_by("pk")[:3])


def sealed_text(row: Any, column: str) -> str:
    """The encrypted value as it is in the database."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {row._meta.db_table} WHERE id = %s", [row.pk])  # noqa: S608  # names of our own
        return str(cursor.fetchone()[0])


@pytest.mark.long
@examples
@given(
    kind=st.sampled_from(["events", "provider_calls", "notifications"]),
    places=st.sets(st.integers(0, ROWS - 1), min_size=1),
)
def test_rows_that_are_removed_are_found(world: None, kind: str, places: set[int]) -> None:
    with undone():
        rows = kinds.named(kind).rows
        pks = [pk for place, pk in enumerate(rows.order_by("pk").values_list("pk", flat=True)) if place in places]
        rows.filter(pk__in=pks).delete()
        found = findings()
    assert sorted(found) == sorted(f"{kind}: removed: {pk} (seal {number_of(kind, pk)})" for pk in pks)


def number_of(kind: str, pk: int) -> int:
    return int(Seal.objects.get(kind=kind, act="sealed", first_id__lte=pk, last_id__gte=pk).number)


def test_a_row_that_is_inserted_among_sealed_ones_is_found(world: None) -> None:
    pk = Event.objects.order_by("pk")[4].pk
    with undone():
        Event.objects.filter(pk=pk).delete()
        Event.objects.filter(pk=pk + 1).update(id=pk)
        assert sorted(findings()) == [
            f"events: changed: {pk} event (seal {number_of('events', pk)})",
            f"events: changed: {pk} place (seal {number_of('events', pk)})",
            f"events: removed: {pk + 1} (seal {number_of('events', pk)})",
        ]


def test_a_row_in_an_id_that_was_never_given_is_found() -> None:
    first = event()
    skipped = event()
    Event.objects.filter(pk=skipped.pk).delete()
    event()
    seal()

    first.pk, first.place = skipped.pk, None
    first.save(force_insert=True)

    assert findings() == [f"events: inserted: {skipped.pk} (seal 1)"]


@pytest.mark.long
@examples
@given(one=st.integers(0, ROWS - 1), other=st.integers(0, ROWS - 1), kind=st.sampled_from(["events", "provider_calls"]))
def test_rows_that_changed_places_are_found(world: None, one: int, other: int, kind: str) -> None:
    model = kinds.named(kind).model
    with undone():
        pks = list(model._default_manager.order_by("pk").values_list("pk", flat=True))
        for old, new in ((pks[one], -1), (pks[other], pks[one]), (-1, pks[other])) if one != other else ():
            model._default_manager.filter(pk=old).update(id=new)
        found = findings()
    assert bool(found) == (one != other)


SEAL_COLUMNS = [
    "act",
    "kind",
    "layout",
    "about",
    "first_id",
    "last_id",
    "count",
    "digest",
    "previous",
    "head",
    "sealed_at",
    "listing",
]


@pytest.mark.long
@examples
@given(number=st.integers(1, 9), column=st.sampled_from(SEAL_COLUMNS), data=st.data())
def test_a_seal_that_is_changed_is_found(world: None, number: int, column: str, data: st.DataObject) -> None:
    with undone():
        row = Seal.objects.get(number=number)
        value = b"12345678" if column == "listing" else other_value(row, column, data)
        Seal.objects.filter(number=number).update(**{column: value})
        found = findings()
    assert found
    assert f"(seal {number})" in found[0]


@pytest.mark.long
@examples
@given(numbers=st.sets(st.integers(1, 8), min_size=1))
def test_seals_that_are_removed_are_found(world: None, numbers: set[int]) -> None:
    with undone():
        Seal.objects.filter(number__in=numbers).delete()
        found = findings()
    assert any(line.startswith("chain: removed: seal") for line in found)


@pytest.mark.long
@examples
@given(one=st.integers(1, 9), other=st.integers(1, 9))
def test_seals_that_changed_places_are_found(world: None, one: int, other: int) -> None:
    with undone():
        for old, new in ((one, -1), (other, one), (-1, other)) if one != other else ():
            Seal.objects.filter(number=old).update(number=new)
        found = findings()
    assert bool(found) == (one != other)


@pytest.mark.long
@examples
@given(left=st.integers(0, 8))
def test_a_chain_whose_end_is_cut_off_is_found_by_a_head_that_was_kept(world: None, left: int) -> None:
    newest = Seal.objects.get(number=9)
    kept = heads.read([heads.written(9, newest.head, "")])
    with undone():
        Seal.objects.filter(number__gt=left).delete()
        Chain.objects.update(length=left)
        unseen, found = findings(), findings(heads=kept)
    assert unseen == []
    assert found == [f"chain: removed: the end of the chain, which had 9 seals (seal {left})"]


def test_what_is_sealed_while_the_walk_ends_is_no_finding(world: None, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = verifying._entries

    def and_then_another(after: int) -> Iterator[Seal]:
        yield from entries(after)
        event(99)
        assert seal()

    monkeypatch.setattr(verifying, "_entries", and_then_another)
    assert findings() == []


def test_a_chain_that_was_made_anew_with_the_keys_is_found_by_a_head_that_was_kept(world: None) -> None:
    kept = {seal.number: seal.head for seal in Seal.objects.all()}
    Seal.objects.all().delete()
    LeftOpen.objects.all().delete()
    Chain.objects.all().delete()
    ProviderCall.objects.filter(outcome="succeeded").update(ids={})
    seal()

    assert findings() == []
    assert len(findings(heads=kept)) >= 9


def test_a_seal_that_is_not_made_with_the_keys_is_found(world: None) -> None:
    last = Seal.objects.get(number=9)
    Seal.objects.create(
        number=10, act="removed", kind="events", layout=1, about=1, first_id=1, last_id=9, count=9, digest=last.digest,
        previous=last.head, head=last.head, sealed_at=last.sealed_at, listing=last.listing,
    )  # fmt: skip
    Chain.objects.update(length=10)

    assert findings() == ["chain: changed: the seal is not as it was made (seal 10)"]


def forged(number: int, **columns: Any) -> Seal:
    """An entry as somebody writes it who has no keys: over all events there will be."""
    columns = {"act": "sealed", "kind": "events", "layout": 1, "first_id": 1, "last_id": 2**60, "count": 0, **columns}
    return Seal.objects.create(number=number, digest="", previous="", head=f"k1:{'0' * 64}", **columns)


@pytest.mark.parametrize("number", [-1, 0, 10**6])
def test_a_forged_seal_keeps_no_row_from_its_seal_and_is_found(number: int) -> None:
    event()
    seal()
    forged(number, sealed_at=Seal.objects.get().sealed_at)
    event()

    assert sealing.unsealed_s() >= 0
    assert sealing.sealed_through("events") == Event.objects.order_by("pk")[0].pk
    assert seal() == 1
    assert any(line.startswith("chain: ") and f"(seal {number})" in line for line in findings())


def test_rows_that_were_passed_over_because_of_a_forged_seal_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a version did that went by any seal."""
    pk, through = event().pk, sealing.sealed_through
    event()
    monkeypatch.setattr(sealing, "sealed_through", lambda kind: through(kind) or (pk if kind == "events" else 0))
    seal()
    monkeypatch.undo()

    assert findings() == ["chain: changed: events from 1 on are under no seal (seal 1)"]


def test_a_forged_seal_from_before_hides_nothing_of_what_was_sealed_since(world: None) -> None:
    Event.objects.update(new="failed")
    forged(10**6, sealed_at="2020-01-01T00:00Z")

    assert findings(since=datetime(2021, 1, 1, tzinfo=UTC)) == [
        "chain: changed: the seal is not as it was made (seal 1000000)"
    ]


def test_a_row_below_all_that_are_sealed_is_found(world: None) -> None:
    row = Event.objects.order_by("pk")[0]
    row.pk, row.place = -7, None
    row.save(force_insert=True)

    assert findings() == findings(kind="events") == ["events: inserted: -7, where nothing is sealed (seal 0)"]
    verified(kind="accesses")


def test_a_row_that_ended_and_is_opened_and_changed_gets_no_other_seal_for_that() -> None:
    stuck = call("unknown")
    seal()
    ProviderCall.objects.update(outcome="succeeded")
    seal()
    ProviderCall.objects.update(outcome="declined")
    LeftOpen.objects.create(kind="provider_calls", row_id=stuck.pk, about=1)
    assert seal() == 1

    assert findings() == [
        f"provider_calls: changed: {stuck.pk} was sealed once more as it ended, by seal 3 (seal 1)",
        f"provider_calls: changed: {stuck.pk} outcome (seal 1)",
    ]


def test_what_was_emptied_and_holds_what_cannot_be_opened_is_found(world: None) -> None:
    rows = list(ProviderCall.objects.order_by("pk")[:2])
    with transaction.atomic():
        seals.truncated("provider_calls", [rows[0].pk])
        for row in rows[:1]:
            row.intent, row.exchanges = {}, []
            row.save(update_fields=["intent", "exchanges"])
    tamper("UPDATE payments_providercall SET intent = %s WHERE id = %s", sealed_text(rows[1], "intent"), rows[0].pk)

    seals_number = number_of("provider_calls", rows[0].pk)
    assert findings() == [
        f"provider_calls: changed: {rows[0].pk} intent, which cannot be decrypted (seal {seals_number})"
    ]


def test_a_row_that_cannot_be_read_is_found_and_ends_nothing(world: None) -> None:
    first, second, third = Event.objects.order_by("pk")[:3]
    if connection.vendor == "postgresql":
        tamper("UPDATE events_event SET created = 'infinity' WHERE id = %s", first.pk)
    else:
        tamper("UPDATE events_event SET created = '2026-13-45 00:00:00' WHERE id = %s", first.pk)
        tamper("UPDATE events_event SET uuid = %s WHERE id = %s", b"abc", second.pk)
    Event.objects.filter(pk=third.pk).update(new="failed")

    found = findings()

    number = number_of("events", first.pk)
    assert f"events: changed: {first.pk}, which cannot be read (seal {number})" in found
    assert f"events: changed: {third.pk} event (seal {number_of('events', third.pk)})" in found
    if connection.vendor != "postgresql":
        assert f"events: changed: {second.pk} event, which cannot be read (seal {number})" in found


def test_another_key_changes_nothing_and_a_key_that_is_gone_is_said() -> None:
    old = ring_of("a")
    new = with_new_key(old, "b")
    with current.use_ring(old):
        call()
        seal()
    with current.use_ring(new):
        row = ProviderCall.objects.get()
        row.save(update_fields=row.reseal())
        event()
        seal()
        assert verified().checked.whole == 2
    with current.use_ring(ring_of("b")):
        assert findings()[0] == "chain: cannot be verified: key 'a' is not in the key ring (seal 1)"


def test_only_one_kind_and_only_since_a_moment(world: None) -> None:
    Event.objects.filter(pk=Event.objects.order_by("pk")[0].pk).update(new="failed")
    event()
    seal()

    assert verified(kind="provider_calls").checked.whole == ROWS
    since = Seal.objects.get(number=10).sealed_at
    assert verified(since=since).checked.whole == 1
    assert len(findings(kind="events")) == 1
    with pytest.raises(LookupError):
        findings(kind="pins")


def test_heads_are_read_from_what_head_prints_and_from_a_security_log(world: None, security_events: list[str]) -> None:
    event()
    seal()
    newest = Seal.objects.get(number=10)

    assert heads.read(["other", *security_events])[10] == newest.head
    assert heads.read([heads.written(10, newest.head, "")]) == {10: newest.head}


def test_who_names_a_thing_like_a_seal_makes_no_head_of_it(world: None, security_events: list[str]) -> None:
    event()
    seal()
    name = f"x|Seal 7: sealed events|1|msg=Seal 7: sealed events cs6Label=head cs6=7 k1:{'a' * 64}"
    request = {"method": "GET", "path_with_query": f"/{name}", "user_agent": name, "client": name}
    told = [cef.message(f"PIN set: {name}", 1, request), cef.message(f"PIN set: \\{name}", 1)]

    assert list(heads.read([*told, *security_events])) == [10]


@pytest.mark.parametrize("text", ["", "{", '{"number": "1", "head": "x"}', json.dumps({"number": 1, "head": "k1:12"})])
def test_a_file_without_a_head_is_refused(text: str) -> None:
    with pytest.raises(heads.NoHead):
        heads.read(text.splitlines())


def test_two_heads_of_one_seal_are_refused() -> None:
    with pytest.raises(heads.NoHead):
        heads.read([heads.written(1, f"k1:{mark * 64}", "") for mark in "ab"])
