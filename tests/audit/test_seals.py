"""Seals that retention goes by: what is under one, and what may go."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from tests.audit.world import call, event, findings, notification, seal, tamper, verified

from solitude.audit import chain, digests, kinds, sealing, seals
from solitude.audit.models import Act, Chain, LeftOpen, Seal
from solitude.events.models import Event
from solitude.payments.models import ProviderCall
from solitude.services import plugin
from solitude.vault.fields import Unsealable

pytestmark = pytest.mark.usefixtures("transactional_db", "seal_at_once")
EVENTS, CALLS = "events", "provider_calls"


def remove(kind: str, pks: list[int]) -> None:
    with transaction.atomic():
        seals.removed(kind, pks)
        kinds.named(kind).rows.filter(pk__in=pks).delete()


def end(row: ProviderCall) -> None:
    row.outcome, row.facts = "succeeded", {"seen": "yes"}
    row.save(update_fields=["outcome", "facts"])


def truncate(pks: list[int]) -> None:
    with transaction.atomic():
        seals.truncated(CALLS, pks)
        for row in ProviderCall.objects.filter(pk__in=pks):
            row.intent, row.exchanges = {}, []
            row.save(update_fields=["intent", "exchanges"])


def test_rows_are_sealed_in_ranges_and_nothing_is_sealed_twice() -> None:
    last = [event(number) for number in range(5)][-1]
    assert seals.sealed_through(EVENTS) == 0

    assert seal() == 2

    assert seals.sealed_through(EVENTS) == last.pk
    assert list(Seal.objects.order_by("number").values_list("number", "act", "count")) == [
        (1, Act.SEALED, 3),
        (2, Act.SEALED, 2),
    ]
    assert seal() == 0
    assert verified().checked.whole == 5


def test_how_far_sealing_is_behind_is_the_age_of_the_oldest_row_without_a_seal() -> None:
    assert sealing.unsealed_s() == 0
    old, _young = event(1), event(2)
    Event.objects.filter(pk=old.pk).update(created=Now() - timedelta(hours=3))
    assert 3 * 3600 <= sealing.unsealed_s() < 3 * 3600 + 60
    assert plugin._sealing()[0].said.startswith("the oldest row without a seal is 108")

    seal()

    assert (sealing.unsealed_s(), plugin._sealing()) == (0, [])


def test_young_rows_wait_for_their_seal_unless_there_are_enough_for_a_whole_one(settings: Any) -> None:
    settings.SOLITUDE_SEAL_AFTER_S = 600
    rows = [event(number) for number in range(5)]

    assert seal() == 1

    assert seals.sealed_through(EVENTS) == rows[2].pk
    assert verified().unsealed == 2


def test_who_only_watches_needs_no_keys(settings: Any, tmp_path: Path) -> None:
    last = event()
    seal()
    settings.SOLITUDE_KEYS_FILE, settings.SOLITUDE_DEBUG = tmp_path / "none.json", False

    assert (seals.sealed_through(EVENTS), sealing.unsealed_s(), plugin._sealing()) == (last.pk, 0, [])


def test_a_chain_without_rows_is_whole() -> None:
    assert seal() == 0
    assert verified().length == 0


def test_nobody_waits_while_digests_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """On SQLite a transaction keeps all who write waiting."""
    of_group, seen = digests.of_group, []

    def watched(*given: Any) -> bytes:
        seen.append(connection.in_atomic_block)
        return of_group(*given)

    monkeypatch.setattr(digests, "of_group", watched)
    stuck = call("unknown")
    assert seal() == 1
    end(stuck)
    assert seal() == 1
    assert seen
    assert not any(seen)


def test_an_open_call_holds_up_nobody_and_gets_its_seal_when_it_has_ended() -> None:
    stuck, done = call("unknown"), call()
    seal()

    assert seals.sealed_through(CALLS) == done.pk
    assert LeftOpen.objects.get().row_id == stuck.pk
    assert verified().checked.still_open == 1
    assert seal() == 0

    end(stuck)
    assert verified().checked.still_open == 1
    assert seal() == 1

    assert verified().checked.still_open == 0
    ProviderCall.objects.filter(pk=stuck.pk).update(facts={"seen": "no"})
    assert findings() == [f"provider_calls: changed: {stuck.pk} outcome (seal 1)"]


def test_what_an_open_call_intends_is_fixed_from_the_beginning() -> None:
    stuck = call("unknown")
    seal()

    ProviderCall.objects.filter(pk=stuck.pk).update(key="another", tries=7)

    assert findings() == [f"provider_calls: changed: {stuck.pk} call (seal 1)"]


def test_retention_may_remove_a_part_of_a_range_and_then_the_rest() -> None:
    rows = [event(number).pk for number in range(5)]
    seal()

    remove(EVENTS, [rows[1], rows[3]])

    whole = verified()
    assert (whole.checked.whole, whole.checked.removed) == (3, 2)
    assert {seal.act for seal in Seal.objects.all()} == {Act.SEALED, Act.REMOVED}

    remove(EVENTS, [rows[0], rows[2], rows[4]])
    whole = verified()
    assert (whole.checked.whole, whole.checked.removed) == (0, 5)
    # No list of what is gone is kept for ever.
    assert not Seal.objects.exclude(listing=None).exists()


def test_retention_may_remove_rows_of_many_ranges_between_which_others_were_emptied() -> None:
    rows = [event(number).pk for number in range(9)]
    seal()
    remove(EVENTS, rows[3:6])

    remove(EVENTS, [rows[0], rows[8]])

    assert (verified().checked.removed, Seal.objects.filter(act=Act.EMPTIED).count()) == (5, 1)


def test_a_row_that_is_put_back_after_retention_is_found() -> None:
    rows = [event(number) for number in range(4)]
    seal()
    remove(EVENTS, [row.pk for row in rows[1:]])

    rows[1].save(force_insert=True)
    rows[3].save(force_insert=True)

    assert findings() == [
        f"events: inserted: {rows[1].pk} (seal 1)",
        f"events: inserted: {rows[3].pk} (seal 2)",
    ]


def test_retention_may_empty_the_bodies_of_calls_and_the_rest_stays_under_the_seal() -> None:
    rows = [call() for _ in range(3)]
    seal()

    truncate([rows[0].pk, rows[1].pk])

    assert verified().checked.truncated == 2
    ProviderCall.objects.filter(pk=rows[0].pk).update(outcome="declined")
    ProviderCall.objects.filter(pk=rows[1].pk).update(exchanges=[{"status": 500}])
    ProviderCall.objects.filter(pk=rows[2].pk).update(exchanges=[])
    assert findings() == [
        f"provider_calls: changed: {rows[0].pk} outcome (seal 1)",
        f"provider_calls: changed: {rows[1].pk} exchanges, which was emptied (seal 1)",
        f"provider_calls: changed: {rows[2].pk} exchanges (seal 1)",
    ]


def test_bodies_that_are_emptied_before_they_are_sealed_need_no_note() -> None:
    rows = [call().pk for _ in range(2)]
    truncate(rows)

    assert not Seal.objects.exists()
    seal()
    assert verified().checked.whole == 2


def test_a_call_that_has_ended_since_may_go_before_its_own_seal_is_made() -> None:
    ended = call("unknown")
    call()
    seal()
    ProviderCall.objects.filter(pk=ended.pk).update(outcome="succeeded", ended_at=Now())

    truncate([ended.pk])
    verified()
    remove(CALLS, [ended.pk])

    verified()
    assert not LeftOpen.objects.exists()


@pytest.mark.parametrize("act", [seals.removed, seals.truncated])
def test_what_is_still_open_may_not_go(act: Any) -> None:
    stuck = call("unknown")
    seal()

    with pytest.raises(seals.NotSealed), transaction.atomic():
        act(CALLS, [stuck.pk])


def test_what_is_not_sealed_may_not_be_removed() -> None:
    sealed = event(1)
    seal()
    fresh = event(2)

    with pytest.raises(seals.NotSealed), transaction.atomic():
        seals.removed(EVENTS, [sealed.pk, fresh.pk])


def test_notes_are_written_only_in_the_transaction_of_what_they_tell() -> None:
    row = event()
    seal()

    with pytest.raises(RuntimeError):
        seals.removed(EVENTS, [row.pk])


def test_a_removal_that_is_undone_leaves_no_note() -> None:
    row = event()
    seal()

    with transaction.atomic():
        seals.removed(EVENTS, [row.pk])
        Event.objects.filter(pk=row.pk).delete()
        transaction.set_rollback(True)

    assert verified().checked.whole == 1


def test_the_notes_take_so_many_rows_and_no_more() -> None:
    with pytest.raises(ValueError, match="1000"), transaction.atomic():
        seals.removed(EVENTS, range(seals.ROWS_MAX + 1))


def test_what_was_read_for_a_seal_before_retention_changed_it_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    row = call()
    read = kinds.Kind.open_among

    def meanwhile(kind: kinds.Kind, pks: Any) -> set[int]:
        monkeypatch.setattr(kinds.Kind, "open_among", read)
        found = read(kind, pks)
        truncate([row.pk])
        return found

    monkeypatch.setattr(kinds.Kind, "open_among", meanwhile)

    assert seal() == 0
    assert seal() == 1
    verified()


def test_a_row_that_retention_seals_while_it_is_read_who_waits_is_not_sealed_once_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    row = call("unknown")
    seal()
    end(row)
    version = chain.version

    def meanwhile() -> int:
        monkeypatch.setattr(chain, "version", version)
        truncate([row.pk])
        return version()

    monkeypatch.setattr(chain, "version", meanwhile)

    assert sealing.seal_ended(kinds.named(CALLS)) == 0
    verified()


def test_one_seals_at_a_time_and_a_lease_that_has_ended_is_taken_over(settings: Any) -> None:
    event()
    Chain.objects.create(pk=1, leased_until=Now())
    Chain.objects.update(leased_until="2999-01-01T00:00:00Z")
    assert seal() == 0

    Chain.objects.update(leased_until="2020-01-01T00:00:00Z")

    assert seal() == 1
    assert Chain.objects.get().leased_until is None


def test_a_row_that_cannot_be_opened_keeps_only_its_own_kind_waiting() -> None:
    row = notification()
    call()
    tamper("UPDATE payments_notification SET body = 'v1:k1:xx'")

    with pytest.raises(Unsealable) as raised:
        seal()

    assert raised.value.__notes__ == ["notifications are not sealed as long as it is so"]
    assert Seal.objects.get().kind == CALLS
    row.save(update_fields=["body"])
    assert seal() == 1


def test_a_row_that_is_made_old_enough_for_retention_is_missed() -> None:
    rows = [event(number).pk for number in range(3)]
    seal()
    Event.objects.filter(pk=rows[0]).update(created="2001-01-01T00:00Z")

    remove(EVENTS, rows[:2])
    assert findings() == [f"events: removed: {rows[0]} (seal 1)"]

    remove(EVENTS, rows[2:])
    assert findings() == [f"events: removed: {rows[0]} (seal 1)"]


def test_a_row_that_was_taken_away_is_missed_after_the_last_of_its_range_too() -> None:
    rows = [event(number).pk for number in range(3)]
    seal()
    Event.objects.filter(pk=rows[1]).delete()

    remove(EVENTS, [rows[0], rows[2]])

    assert findings() == [f"events: removed: {rows[1]} (seal 1)"]


def test_a_call_that_is_made_old_enough_to_be_emptied_is_found() -> None:
    rows = [call().pk for _ in range(3)]
    seal()
    began = ProviderCall.objects.get(pk=rows[0]).begun_at
    ProviderCall.objects.filter(pk=rows[0]).update(begun_at="2001-01-01T00:00Z")

    truncate(rows[:2])
    ProviderCall.objects.filter(pk=rows[0]).update(begun_at=began)

    assert findings() == [
        f"provider_calls: changed: {rows[0]} intent (seal 1)",
        f"provider_calls: changed: {rows[0]} exchanges (seal 1)",
    ]


def test_what_a_seal_lists_and_somebody_changed_does_not_go_with_the_rows() -> None:
    rows = [event(number).pk for number in range(2)]
    seal()
    Seal.objects.update(listing=b"")

    remove(EVENTS, rows)

    assert findings() == ["events: changed: what the seal lists is not what was sealed (seal 1)"]


def test_rows_that_another_version_sealed_go_with_a_note_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    stuck, last = call("unknown"), call()
    seal()
    end(stuck)
    seal()
    now = kinds.named(CALLS)
    with monkeypatch.context() as before:
        before.setitem(kinds._kinds, CALLS, replace(now, layouts={7: now.layouts[1]}))
        truncate([stuck.pk])
        remove(CALLS, [stuck.pk, last.pk])

    assert verified().checked.removed == 2


def test_every_kind_is_sealed_and_says_of_each_column_whether_it_may_change() -> None:
    assert {"events", "notifications", "provider_calls"} <= {kind.name for kind in kinds.every()}
    for kind in kinds.every():
        fixed = [column for group in kind.layouts[kind.newest_layout] for column in group.columns]
        assert sorted([*fixed, *kind.free, "id"]) == sorted(field.name for field in kind.model._meta.concrete_fields)


def test_notifications_are_sealed() -> None:
    row = notification()
    seal()
    row.state = "applied"
    row.save()
    verified()

    type(row).objects.filter(pk=row.pk).update(fingerprint="f" * 64)

    assert findings() == [f"notifications: changed: {row.pk} notification (seal 1)"]
