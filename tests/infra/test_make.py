"""What `make` says on a machine that lacks something. Nothing here installs anything."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAKE_TIMEOUT_S = 60


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    # The suite itself may have been started by make, which hands its options down.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        ["/usr/bin/env", "make", *arguments],
        check=False,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=MAKE_TIMEOUT_S,
    )


@pytest.mark.parametrize("arguments", [(), ("help",)])
def test_make_alone_lists_what_there_is(arguments: tuple[str, ...]) -> None:
    said = make(*arguments)

    assert said.returncode == 0, said.stderr
    listed = {line.split()[1] for line in said.stdout.splitlines()}
    assert {"help", "venv", "demo", "test", "test-sqlite", "test-postgres", "lint", "locks", "clean"} <= listed


def python_that(folder: Path, script: str) -> str:
    python = folder / "python"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    return str(python)


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ('case "$2" in *version_info*) exit 1;; esac', "is not Python 3.11 or newer; name one: make PYTHON="),
        ('case "$2" in *venv*) exit 1;; esac', "has no venv; install it (Debian: apt-get install python3-venv)"),
    ],
    ids=["too old", "without venv"],
)
def test_a_python_that_will_not_do_is_refused_with_a_sentence(tmp_path: Path, script: str, sentence: str) -> None:
    said = make("venv", f"VENV={tmp_path}/venv", f"PYTHON={python_that(tmp_path, script)}")

    assert said.returncode == 2
    assert sentence in said.stderr
    assert not (tmp_path / "venv").exists()


def test_a_python_that_is_not_there_is_refused(tmp_path: Path) -> None:
    said = make("venv", f"VENV={tmp_path}/venv", f"PYTHON={tmp_path}/none")

    assert said.returncode == 2
    assert f"{tmp_path}/none is not Python 3.11" in said.stderr


def test_a_lock_that_changed_is_installed_again(tmp_path: Path) -> None:
    """Seen in what make would do: the stamps are older than the locks."""
    (tmp_path / "bin").mkdir()
    for name in ("bin/pip", ".server", ".dev"):
        (tmp_path / name).touch()
    fresh = make("--dry-run", "venv", f"VENV={tmp_path}")
    os.utime(tmp_path / ".server", (0, 0))
    stale = make("--dry-run", "venv", f"VENV={tmp_path}")

    assert "install" not in fresh.stdout
    assert "--require-hashes -r requirements/server.txt" in stale.stdout
    assert "--require-hashes -r requirements/dev.txt" in stale.stdout


def test_the_demo_needs_the_servers_lock_only(tmp_path: Path) -> None:
    said = make("--dry-run", "demo", f"VENV={tmp_path}/venv", "KEEP=1")

    assert said.returncode == 0, said.stderr
    assert "requirements/server.txt" in said.stdout
    assert "requirements/dev.txt" not in said.stdout
    assert "KEEP='1'" in said.stdout


def test_ci_is_a_script_that_bash_can_read() -> None:
    script = ROOT / ".ci" / "run"

    assert os.access(script, os.X_OK)
    subprocess.run(["/usr/bin/env", "bash", "-n", script], check=True, timeout=MAKE_TIMEOUT_S)
