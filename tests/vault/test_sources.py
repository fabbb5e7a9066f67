"""A key ring comes from a file, the environment or a command, and nothing of it is told when it cannot be used."""

import json
import os
import stat
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings
from tests.vault.rings import kept, ring_of

from solitude.vault import edits, holding, ring_file, sources
from solitude.vault.current import current_ring
from solitude.vault.keyring import KeyRing, KeyRingError
from solitude.vault.ring_document import DOCUMENT_MAX_BYTES, written

CANARY = "canary-of-the-key-ring-0123456789"
DEADLINE_S = 30


@pytest.fixture(autouse=True)
def nothing_held() -> Iterator[None]:
    holding._held.clear()
    yield
    holding._held.clear()


def printing(text: str) -> tuple[str, ...]:
    return (sys.executable, "-c", f"print({text!r})")


def test_a_ring_comes_from_the_environment() -> None:
    ring = ring_of("k1")
    with override_settings(SOLITUDE_KEYS=written(ring), SOLITUDE_DEBUG=False):
        assert current_ring() == ring


def test_a_ring_comes_from_a_command() -> None:
    ring = ring_of("k1")
    with override_settings(SOLITUDE_KEYS_COMMAND=printing(written(ring)), SOLITUDE_DEBUG=False):
        assert current_ring() == ring
        assert current_ring() is current_ring()


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        (f"print('{CANARY}')", "is not JSON"),
        (
            f"import sys; print('{CANARY}'); print('{CANARY}', file=sys.stderr); sys.exit(3)",
            "the command ended with status 3",
        ),
        (f"print('{CANARY}' * {DOCUMENT_MAX_BYTES})", f"the command prints more than {DOCUMENT_MAX_BYTES} bytes"),
        (f"import time; print('{CANARY}', flush=True); time.sleep(60)", "the command took longer than 1 s"),
    ],
)
def test_a_command_that_gives_no_ring_is_refused_without_a_word_of_what_it_said(
    code: str, problem: str, capfd: pytest.CaptureFixture[str]
) -> None:
    command = sources.Command((sys.executable, "-c", code), 1 if "sleep" in code else DEADLINE_S)
    with pytest.raises(KeyRingError) as caught:
        command.read()
    assert str(caught.value) == f"Key ring of SOLITUDE_KEYS_COMMAND: {problem}."
    assert CANARY not in "".join(capfd.readouterr())


def test_a_command_that_is_not_there_is_refused() -> None:
    with pytest.raises(KeyRingError, match="cannot be started"):
        sources.Command(("/nowhere/fetch-keys",), 1).read()


@pytest.mark.parametrize("where", ["SOLITUDE_KEYS", "SOLITUDE_KEYS_COMMAND"])
def test_a_ring_that_was_made_for_development_is_refused_wherever_it_comes_from(where: str) -> None:
    text = written(KeyRing.generate(development=True))
    given = text if where == "SOLITUDE_KEYS" else printing(text)
    with override_settings(**{where: given}), pytest.raises(KeyRingError, match="generated for development"):
        current_ring()


# --- a change of the file ---------------------------------------------------------------------------------------------


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    path = kept(ring_of("k1"), tmp_path / "keys.json")
    with override_settings(SOLITUDE_KEYS_FILE=path, SOLITUDE_DEBUG=False):
        yield path


def add_key(ring: KeyRing) -> KeyRing:
    return edits.add(ring, "fields", None, None)[0]


def test_a_changed_file_is_taken_when_it_is_looked_at(path: Path) -> None:
    before = current_ring()
    assert not holding.look()
    changed = ring_file.change(path, add_key)
    assert current_ring() is before
    assert holding.look()
    assert current_ring() == changed
    assert not holding.look()


def test_the_file_stays_private_and_has_nothing_beside_it_but_the_lock(path: Path) -> None:
    ring_file.change(path, add_key)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(os.listdir(path.parent)) == [".keys.json.lock", "keys.json"]  # noqa: PTH208  # hidden files too


def test_a_link_is_followed(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.json"
    link.symlink_to(path)
    changed = ring_file.change(link, add_key)
    assert link.is_symlink()
    assert ring_file.load(path) == changed


def test_two_operators_at_once_lose_nothing(path: Path) -> None:
    together = threading.Barrier(4)

    def change() -> None:
        together.wait(DEADLINE_S)
        for _ in range(3):
            ring_file.change(path, add_key)

    threads = [threading.Thread(target=change) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE_S)
    assert len(ring_file.load(path).fields.by_id) == 13


def test_a_change_that_fails_leaves_the_file(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(KeyRingError):
        ring_file.change(path, lambda ring: edits.retire(ring, "fields", None, "k1"))
    assert path.read_bytes() == before


@pytest.mark.parametrize("given", ["{}", "lost", "other"])
def test_a_ring_that_is_no_good_is_refused_and_the_old_one_kept(
    path: Path, given: str, security_events: list[str]
) -> None:
    before = current_ring()
    other = {"lost": written(ring_of("k2")), "other": written(ring_of("k1"))}.get(given, given)
    path.write_text(other, encoding="utf-8")
    assert not holding.look()
    assert not holding.look()
    assert current_ring() is before
    assert [line for line in security_events if "Key ring refused" in line] == security_events
    assert len(security_events) == 1  # and not at each look
    ring_file_of_before = json.loads(written(before))
    path.write_text(json.dumps(ring_file_of_before), encoding="utf-8")
    os.utime(path, ns=(time.time_ns(), time.time_ns() + 1))
    holding.look()
    assert current_ring() == before
