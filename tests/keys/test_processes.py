"""Processes tell which ring they have, and the next step waits for all of them."""

import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import InterfaceError
from django.db.models.functions import Now
from django.test import override_settings

from solitude.vault import edits, holding, processes, ring_document, ring_file, uses, watching
from solitude.vault.models import RingProcess, SecretUse
from solitude.vault.processes import Me
from solitude.vault.watching import Watcher
from tests.support.waiting import until
from tests.vault.rings import kept, ring_of

pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    holding._held.clear()
    path = kept(ring_of("k1"), tmp_path / "keys.json")
    with override_settings(SOLITUDE_KEYS_FILE=path, SOLITUDE_DEBUG=False):
        yield path
    holding._held.clear()


def told_ago(process: Me, seconds: int) -> None:
    from datetime import timedelta

    RingProcess.objects.filter(pk=process.id).update(seen=Now() - timedelta(seconds=seconds))


def test_a_process_that_has_another_ring_is_named() -> None:
    one, other = Me(uuid.uuid4(), "server"), Me(uuid.uuid4(), "worker")
    one.tell("new")
    other.tell("old")
    (sentence,) = processes.behind("new", 0)
    assert sentence.startswith("worker ")
    assert sentence.endswith(" has another key ring")
    other.tell("new")
    assert processes.behind("new", 0) == []


def test_a_process_must_have_had_the_ring_for_a_while() -> None:
    Me(uuid.uuid4(), "server").tell("new")
    (sentence,) = processes.behind("new", 60)
    assert sentence.endswith(" has had it for less than 60 s")


def test_nobody_waits_for_a_process_that_is_gone() -> None:
    dead, left = Me(uuid.uuid4(), "server"), Me(uuid.uuid4(), "worker")
    dead.tell("old")
    left.tell("old")
    told_ago(dead, processes.LIVE_S + 1)
    left.leave()
    assert processes.behind("new", 0) == []


def test_rows_of_processes_that_are_long_gone_go() -> None:
    dead = Me(uuid.uuid4(), "server")
    dead.tell("old")
    told_ago(dead, processes.FORGOTTEN_AFTER_S + 1)
    Me(uuid.uuid4(), "server").tell("new")
    assert [one.digest for one in RingProcess.objects.all()] == ["new"]


def test_a_beat_takes_the_changed_ring_and_tells_it(path: Path) -> None:
    watcher = Watcher("server")
    watcher.beat()
    changed = ring_file.change(path, lambda ring: edits.add(ring, "hashes", None, None)[0])
    watcher.beat()
    (row,) = RingProcess.objects.all()
    assert row.digest == ring_document.digest(changed)
    assert processes.behind(row.digest, 0) == []


@pytest.mark.parametrize("error", [InterfaceError, RuntimeError])
def test_whatever_goes_wrong_at_one_beat_the_next_one_comes(
    path: Path, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    tell, failed = Me.tell, threading.Event()

    def broken(_me: Me, _digest: str) -> None:
        monkeypatch.setattr(Me, "tell", tell)
        failed.set()
        raise error

    monkeypatch.setattr(Me, "tell", broken)
    monkeypatch.setattr(watching, "LOOK_EVERY_S", 0.01)
    watcher = Watcher("server").start()
    assert failed.wait(20)
    until(RingProcess.objects.exists)
    watcher.stop()


def test_a_beat_tells_which_secrets_were_used(path: Path, security_events: list[str]) -> None:
    watcher = Watcher("server")
    uses.note("clients:shop", "c7")
    watcher.beat()
    used = SecretUse.objects.get(purpose="clients:shop", key_id="c7")
    (line,) = [line for line in security_events if "cs7=c7" in line]
    assert "|Key used for the first time by this process|2|" in line
    watcher._told = ""  # it is time to tell again
    uses.note("clients:shop", "c7")
    watcher.beat()
    assert SecretUse.objects.get(purpose="clients:shop", key_id="c7").last_used >= used.last_used
    assert len([line for line in security_events if "cs7=c7" in line]) == 1


def test_an_unknown_key_has_the_process_look_at_once(path: Path, security_events: list[str]) -> None:
    from solitude.vault import hashes

    holding.held()
    changed = ring_file.change(path, lambda ring: edits.add(ring, "hashes", None, None)[0])
    stored = hashes.keyed_hash("card", "4111", edits.make_current(changed, "hashes", None, "h2"))
    assert hashes.matches("card", "4111", stored)
    assert security_events == []
    assert not hashes.matches("card", "4111", stored.replace("h2:", "gone:"))
    assert not hashes.matches("card", "4111", stored.replace("h2:", "gone:"))
    (line,) = security_events
    assert "|Unknown key met|7|" in line
