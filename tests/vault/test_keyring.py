"""The key ring is read strictly, made once, kept private, and never shown."""

import base64
import contextlib
import errno
import json
import os
import pickle
import re
import secrets
import stat
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from tests.vault.rings import ring_of

from solitude.vault import keyring, ring_file
from solitude.vault.current import current_ring, use_ring
from solitude.vault.keyring import KeyRing, KeyRingError, Keys
from solitude.vault.ring_document import written as document_of
from solitude.vault.ring_file import ensure, load

START_DEADLINE_S = 60


def text_of_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def document(**changes: object) -> dict[str, Any]:
    return {
        "version": 1,
        "development": False,
        "purposes": {
            "fields": {"current": "k2", "keys": {"k1": text_of_key(), "k2": text_of_key()}},
            "hashes": {"current": "h-1", "keys": {"h-1": text_of_key()}},
        },
        **changes,
    }


def written(tmp_path: Path, content: object) -> Path:
    path = tmp_path / "keys.json"
    path.touch(mode=0o600)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


# --- reading ----------------------------------------------------------------------------------------------------------


def test_a_ring_is_read_with_all_its_keys(tmp_path: Path) -> None:
    given = document()
    ring = load(written(tmp_path, given))
    assert not ring.development
    assert ring.fields.current == "k2"
    assert {key_id: base64.b64encode(key).decode() for key_id, key in ring.fields.by_id.items()} == given["purposes"][
        "fields"
    ]["keys"]
    assert base64.b64encode(ring.fields.current_key).decode() == given["purposes"]["fields"]["keys"]["k2"]
    assert ring.hashes.current == "h-1"


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    ring = ring_of("k1", "k2")
    assert load(written(tmp_path, document_of(ring))) == ring


def fields_with(**keys: object) -> dict[str, Any]:
    whole = document()
    whole["purposes"]["fields"] = {"current": next(iter(keys), "k1"), "keys": keys}
    return whole


def edited(edit: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    whole = document()
    edit(whole)
    return whole


SHORT = base64.b64encode(secrets.token_bytes(31)).decode()
TWIN = text_of_key()

MALFORMED = {
    "empty": ("", "is not JSON"),
    "cut off": (json.dumps(document())[:-40], "is not JSON"),
    "nested too deeply": ("[" * 10_000, "is not JSON"),
    "not UTF-8": ("\udcff", "is not JSON"),
    "a list": ([], "must be an object"),
    "an unknown entry": (document(comment="x"), "must be an object"),
    "no version": (edited(lambda d: d.pop("version")), "must be an object"),
    "another version": (document(version=2), '"version" must be 1'),
    "a version that is no number": (document(version=True), '"version" must be 1'),
    "development not a truth value": (document(development="no"), '"development" must be true or false'),
    "purposes not an object": (document(purposes=[]), '"purposes" must be an object with fields and hashes'),
    "a purpose missing": (edited(lambda d: d["purposes"].pop("hashes")), '"purposes" must be an object'),
    "a purpose too many": (edited(lambda d: d["purposes"].update(tokens={})), '"purposes" must be an object'),
    "a purpose not an object": (edited(lambda d: d["purposes"].update(fields="k1")), "purpose fields must be an obj"),
    "no current key": (edited(lambda d: d["purposes"]["fields"].pop("current")), "purpose fields must be an object"),
    "current not a text": (edited(lambda d: d["purposes"]["fields"].update(current=1)), '"current" must be a key id'),
    "keys not an object": (edited(lambda d: d["purposes"]["fields"].update(keys=[])), '"keys" an object'),
    "current unknown": (edited(lambda d: d["purposes"]["fields"].update(current="k9")), "current key is not among"),
    "no keys": (fields_with(), "1 to 32 keys"),
    "too many keys": (fields_with(**{f"k{n}": text_of_key() for n in range(33)}), "1 to 32 keys"),
    "a bad key id": (fields_with(**{"K:1": text_of_key()}), "a key id must be"),
    "a long key id": (fields_with(**{"k" * 17: text_of_key()}), "a key id must be"),
    "a key id with a newline": (fields_with(**{"k1\n": text_of_key()}), "a key id must be"),
    "a key that is no text": (fields_with(k1=5), "key 'k1' is not base64"),
    "a key that is not base64": (fields_with(k1="!" + text_of_key()[1:]), "key 'k1' is not base64"),
    "a key that is not ASCII": (fields_with(k1="ä" + text_of_key()), "key 'k1' is not base64"),
    "a short key": (fields_with(k1=SHORT), "key 'k1' must have 32 bytes, not 31"),
    "an empty key": (fields_with(k1=""), "key 'k1' must have 32 bytes, not 0"),
    "a placeholder": (fields_with(k1=base64.b64encode(b"changeme" * 4).decode()), "key 'k1' is a placeholder"),
    "the same key twice": (fields_with(k1=TWIN, k2=TWIN), "the same key stands in two places"),
    "too large": (json.dumps(document()) + " " * 270_000, "is larger than 262144 bytes"),
}


@pytest.mark.parametrize(("content", "problem"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_ring_is_refused_by_a_sentence_that_names_file_and_problem(
    tmp_path: Path, content: object, problem: str
) -> None:
    path = tmp_path / "keys.json"
    path.touch(mode=0o600)
    text = content if isinstance(content, str) else json.dumps(content)
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(KeyRingError, match=re.escape(problem)) as caught:
        load(path)
    assert str(caught.value).startswith(f"Key ring {path}: ")
    # Not even the whole traceback, with the errors underneath, has a piece of a key in it.
    told = "".join(traceback.format_exception(caught.value))
    for key in re.findall(r"[A-Za-z0-9+/]{40,}", text):
        assert not any(key[at : at + 6] in told for at in range(len(key) - 5))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o660, 0o644, 0o610])
def test_a_ring_that_others_than_its_owner_may_use_is_refused(tmp_path: Path, mode: int) -> None:
    path = written(tmp_path, document())
    path.chmod(mode)
    with pytest.raises(KeyRingError, match=rf"mode {mode:04o}\); set mode 0600"):
        load(path)


def test_a_ring_that_only_its_owner_may_read_is_taken(tmp_path: Path) -> None:
    path = written(tmp_path, document())
    path.chmod(0o400)
    load(path)


def test_a_missing_ring_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "none" / "keys.json"
    with pytest.raises(KeyRingError, match="cannot be read \\(No such file or directory\\)"):
        load(path)


def test_a_folder_is_no_ring(tmp_path: Path) -> None:
    with pytest.raises(KeyRingError, match=f"^Key ring {re.escape(str(tmp_path))}: "):
        load(tmp_path)


# --- showing ----------------------------------------------------------------------------------------------------------


def test_no_key_is_shown() -> None:
    ring = ring_of("k1", "k2")
    for key in (*ring.fields.by_id.values(), *ring.hashes.by_id.values()):
        for shown in (repr(ring), str(ring), repr(ring.fields), str(ring.hashes)):
            assert repr(key)[2:-1] not in shown
            assert key.hex() not in shown
            assert base64.b64encode(key).decode() not in shown
    assert "k2" in repr(ring)


def test_keys_cannot_be_changed() -> None:
    mine = {"k1": secrets.token_bytes(32)}
    keys = Keys("k1", mine)
    mine["k2"] = secrets.token_bytes(32)
    assert set(keys.by_id) == {"k1"}
    with pytest.raises(TypeError):
        keys.by_id["k2"] = b""  # type: ignore[index]


def test_a_ring_does_not_leave_in_a_pickle() -> None:
    with pytest.raises(TypeError, match="mappingproxy"):
        pickle.dumps(ring_of("k1"))


# --- making -----------------------------------------------------------------------------------------------------------


def test_a_development_ring_is_made_once_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "var" / "keys.json"
    ring = ensure(path)
    assert ring.development
    assert ensure(path) == ring == load(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert os.listdir(path.parent) == ["keys.json"]  # noqa: PTH208  # hidden files too


def test_two_made_rings_have_no_key_in_common(tmp_path: Path) -> None:
    rings = [ensure(tmp_path / name) for name in ("one.json", "two.json")]
    assert len({keys.current_key for ring in rings for keys in (ring.fields, ring.hashes)}) == 4


def test_an_existing_ring_is_left_as_it_is(tmp_path: Path) -> None:
    path = written(tmp_path, document())
    before = path.read_bytes()
    assert not ensure(path).development
    assert path.read_bytes() == before


def test_an_existing_ring_that_is_malformed_is_refused_and_not_replaced(tmp_path: Path) -> None:
    path = written(tmp_path, "{}")
    with pytest.raises(KeyRingError):
        ensure(path)
    assert path.read_text() == "{}"


def test_a_full_disk_leaves_no_keys_beside_the_ring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = written(tmp_path, document())
    before = path.read_bytes()
    monkeypatch.setattr(os, "fsync", full)
    for change in (lambda: ring_file.change(path, lambda ring: ring), lambda: ring_file.make(tmp_path / "new.json")):
        with pytest.raises(KeyRingError, match="No space left on device"):
            change()

    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir() if not file.name.endswith(".lock")] == ["keys.json"]


def test_whoever_is_second_takes_the_ring_of_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "keys.json"
    first = document()
    link = os.link

    def too_late(source: str, target: Path) -> None:
        written(tmp_path, first)
        link(source, target)

    monkeypatch.setattr(os, "link", too_late)
    ring = ensure(path)
    assert base64.b64encode(ring.fields.current_key).decode() == first["purposes"]["fields"]["keys"]["k2"]
    assert [entry.name for entry in tmp_path.iterdir()] == ["keys.json"]


def test_threads_that_start_together_have_one_ring(tmp_path: Path) -> None:
    path, together, rings = tmp_path / "keys.json", threading.Barrier(8), []

    def start() -> None:
        together.wait(START_DEADLINE_S)
        rings.append(ensure(path))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(START_DEADLINE_S)
    assert len(rings) == 8
    assert all(ring == rings[0] for ring in rings)


PROCESS = """
import sys
from pathlib import Path
from solitude.vault.ring_file import ensure
print("ready", flush=True)
sys.stdin.readline()
print(ensure(Path(sys.argv[1])).fields.current_key.hex(), flush=True)
"""


def test_processes_that_start_together_have_one_ring(tmp_path: Path) -> None:
    path = tmp_path / "new" / "keys.json"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
        )
        for _ in range(4)
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        keys = {process.communicate(timeout=START_DEADLINE_S)[0] for process in processes}
    finally:
        for process in processes:
            process.kill()
            process.wait(START_DEADLINE_S)
    assert keys == {load(path).fields.current_key.hex() + "\n"}


def test_a_ring_that_cannot_be_made_is_refused_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(source: str, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    with pytest.raises(KeyRingError, match=r"cannot be created \(Operation not permitted\)"):
        ensure(tmp_path / "keys.json")
    assert list(tmp_path.iterdir()) == []


def test_a_ring_below_a_file_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(KeyRingError, match="cannot be created"):
        ensure(tmp_path / "file" / "keys.json")


# --- the current ring -------------------------------------------------------------------------------------------------


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "keys.json"


def test_with_debug_the_ring_of_the_settings_is_made_when_it_is_needed(path: Path) -> None:
    with override_settings(SOLITUDE_KEYS_FILE=path, SOLITUDE_DEBUG=True):
        ring = current_ring()
        assert current_ring() is ring
    assert load(path) == ring


def test_without_debug_a_missing_ring_is_refused_and_none_is_made(path: Path) -> None:
    with override_settings(SOLITUDE_KEYS_FILE=path, SOLITUDE_DEBUG=False), pytest.raises(KeyRingError):
        current_ring()
    assert not path.parent.exists()


def test_without_debug_a_development_ring_is_refused_even_after_it_was_used_with_debug(path: Path) -> None:
    with override_settings(SOLITUDE_KEYS_FILE=path, SOLITUDE_DEBUG=True):
        current_ring()
    with (
        override_settings(SOLITUDE_KEYS_FILE=path, SOLITUDE_DEBUG=False),
        pytest.raises(KeyRingError, match=f"{re.escape(str(path))}: it was generated for development"),
    ):
        current_ring()


def test_without_debug_a_given_ring_is_taken(tmp_path: Path) -> None:
    path = written(tmp_path, document())
    with override_settings(SOLITUDE_KEYS_FILE=path, SOLITUDE_DEBUG=False):
        assert current_ring() == load(path)


def test_a_ring_that_was_refused_is_read_again_once_it_is_mended(tmp_path: Path) -> None:
    path = written(tmp_path, "{}")
    with override_settings(SOLITUDE_KEYS_FILE=path, SOLITUDE_DEBUG=False):
        with pytest.raises(KeyRingError):
            current_ring()
        written(tmp_path, document())
        assert not current_ring().development


def test_a_ring_in_use_goes_before_the_settings_until_its_block_ends(path: Path) -> None:
    outer, inner = ring_of("k1"), ring_of("k1")
    with override_settings(SOLITUDE_KEYS_FILE=path, SOLITUDE_DEBUG=True):
        with use_ring(outer):
            with use_ring(inner):
                assert current_ring() is inner
            assert current_ring() is outer
            with contextlib.suppress(LookupError), use_ring(inner):
                raise LookupError
            assert current_ring() is outer
        assert not path.exists()
        assert current_ring() not in (outer, inner)


def test_a_ring_in_use_is_in_use_in_its_own_thread_only(path: Path) -> None:
    seen: list[KeyRing] = []
    with override_settings(SOLITUDE_KEYS_FILE=path, SOLITUDE_DEBUG=True), use_ring(ring_of("k1")) as mine:
        thread = threading.Thread(target=lambda: seen.append(current_ring()))
        thread.start()
        thread.join(START_DEADLINE_S)
    assert seen == [load(path)]
    assert seen != [mine]


def test_the_two_purposes_of_a_made_ring_have_different_keys() -> None:
    ring = KeyRing.generate(development=True)
    assert ring.fields.current_key != ring.hashes.current_key
    assert ring.fields.current == ring.hashes.current == keyring.FIRST_KEY_ID
