"""A production ring is made by one command, and nothing starts with another one, or without."""

import subprocess
from pathlib import Path

import pytest

from solitude.vault import edits, ring_document, ring_file
from solitude.vault.keyring import KeyRing
from tests.processes.test_serve import environment, run
from tests.support import processes
from tests.support.free_port import free_port
from tests.support.waiting import until
from tests.vault.rings import kept, ring_of

PRODUCTION = {"SOLITUDE_DEBUG": "false"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A house in production with a database that is up to date, for which no ring is needed."""
    home = tmp_path_factory.mktemp("home")
    assert run(home, "migrate", **PRODUCTION).returncode == 0
    return home


def missing(path: Path) -> None:
    """There is no such file."""


def readable_by_others(path: Path) -> None:
    kept(ring_of("k1"), path).chmod(0o644)


def made_for_development(path: Path) -> None:
    kept(KeyRing.generate(development=True), path)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (missing, "cannot be read (No such file or directory)"),
        (readable_by_others, "others than its owner may use it (mode 0644)"),
        (made_for_development, "it was generated for development"),
    ],
)
@pytest.mark.parametrize("command", ["serve", "worker"])
def test_nothing_starts_with_a_ring_that_cannot_be_used(
    home: Path, tmp_path: Path, command: str, make: object, said: str
) -> None:
    ring = tmp_path / "keys.json"
    assert callable(make)
    make(ring)
    port = ("--port", str(free_port())) if command == "serve" else ()
    ended = run(home, command, *port, **PRODUCTION, SOLITUDE_KEYS_FILE=str(ring))

    assert ended.returncode == 2
    assert ended.stderr.startswith(f"solitude: Key ring {ring}: {said}")
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""


def test_a_new_ring_is_one_with_which_production_starts(home: Path, tmp_path: Path) -> None:
    ring = tmp_path / "keys.json"
    # Before there are settings or a database.
    made = subprocess.run(
        processes.solitude("keys", "new", str(ring)),
        env={"PATH": "/usr/bin:/bin"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (made.returncode, made.stdout) == (0, "")
    assert [file.name for file in tmp_path.iterdir()] == ["keys.json"]
    assert ring.stat().st_mode & 0o777 == 0o600
    assert not ring_file.load(ring).development

    out = tmp_path / "worker.out"
    settings = environment(home, **PRODUCTION, SOLITUDE_KEYS_FILE=str(ring))
    with processes.started(out, settings, processes.solitude("worker")):
        until(lambda: b"working" in out.read_bytes())


def test_a_new_ring_takes_no_others_place(tmp_path: Path) -> None:
    ring = tmp_path / "keys.json"
    ring.write_text("what all is sealed with")
    refused = run(tmp_path, "keys", "new", str(ring))

    assert refused.returncode == 2
    assert refused.stderr == f"solitude: Key ring {ring}: there is a file already, and it is left as it is.\n"
    assert ring.read_text() == "what all is sealed with"


def test_where_a_new_ring_cannot_be_written_is_said(tmp_path: Path) -> None:
    ring = tmp_path / "no-such-folder" / "keys.json"
    refused = run(tmp_path, "keys", "new", str(ring))

    assert refused.returncode == 2
    assert refused.stderr == f"solitude: Key ring {ring}: cannot be created (No such file or directory).\n"


def test_a_ring_that_is_only_printed_brings_no_rows_under_its_key(home: Path) -> None:
    """The command has the ring of before: it would say 100 percent, of the old key."""
    ring, _ = edits.add(ring_of("k1"), "fields", None, "k2")
    given = PRODUCTION | {"SOLITUDE_KEYS": ring_document.written(ring)}

    refused = run(home, "keys", "rotate", "fields", "--to", "k2", "--now", **given)

    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("solitude: --now needs the new key ring where it comes from")
    printed = run(home, "keys", "rotate", "fields", "--to", "k2", **given)
    assert printed.returncode == 0, printed.stderr
    stored = PRODUCTION | {"SOLITUDE_KEYS": printed.stdout}
    assert run(home, "keys", "rotate", "fields", "--now", **stored).stderr.splitlines()[-1] == "100 percent"
