"""Small suites of their own, each in a process of its own, that stand on the same ground as the real one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
SUITE_TIMEOUT_S = 120
CONFTEST = """
from tests.support import isolation

isolation.isolate()
isolation.set_up_django()
"""
# Passes only on its own ground, and leaves word of where its home was.
SUITE = """
import os, pathlib
import pytest
from django.conf import settings
from solitude import settings as ours

@pytest.mark.parametrize("number", range(6))
def test_ground(number):
    home = ours.SOLITUDE_HOME
    assert home.is_dir() and home.stat().st_mode & 0o777 == 0o700
    assert ours.SOLITUDE_DEBUG is True
    assert ours.SOLITUDE_CLIENTS == {}
    assert [name for name in os.environ if name.startswith("SOLITUDE_")] == []
    name = str(settings.DATABASES["default"]["NAME"])
    assert name == str(home / "solitude.sqlite3")
    pathlib.Path(os.environ["WORD"]).joinpath(f"{os.getpid()}").write_text(str(home))
"""


def run_suite(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_it.py").write_text(SUITE)
    (folder / "word").mkdir()
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST", "COV", "DJANGO_", "SOLITUDE_", "TESTS_"))
    }
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "no:cacheprovider",
            *arguments,
            "--rootdir",
            folder,
            "-c",
            os.devnull,
            folder,
        ],
        check=False,
        cwd=folder,
        env=kept | {"PYTHONPATH": f"{ROOT}:{ROOT / 'src'}", "WORD": str(folder / "word")} | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SUITE_TIMEOUT_S,
    )


def homes(folder: Path) -> list[Path]:
    return [Path(word.read_text()) for word in (folder / "word").iterdir()]


@pytest.mark.parametrize("workers", ["0", "2"])
def test_nothing_of_the_developers_shell_and_folder_reaches_the_tests(tmp_path: Path, workers: str) -> None:
    (tmp_path / ".env").write_text('SOLITUDE_DEBUG=true\nSOLITUDE_CLIENTS={"from": "the file"}\n')

    suite = run_suite(
        tmp_path,
        *("-n", workers),
        SOLITUDE_DEBUG="false",
        SOLITUDE_CLIENTS='{"from": "the shell"}',
        SOLITUDE_HOME=str(tmp_path / "home"),
        SOLITUDE_DATABASE_URL=f"sqlite:///{tmp_path}/developers.sqlite3",
        TESTS_DATABASE_URL="postgresql://left@127.0.0.1:1/over",
    )

    assert suite.returncode == 0, suite.stdout + suite.stderr
    assert not (tmp_path / "home").exists()


def test_every_worker_has_a_home_of_its_own_and_all_are_gone_at_the_end(tmp_path: Path) -> None:
    suite = run_suite(tmp_path, "-n", "2", "--dist", "each")

    assert suite.returncode == 0, suite.stdout + suite.stderr
    first, second = homes(tmp_path)
    assert first != second
    assert first.parent == second.parent
    assert not first.parent.exists()


def test_settings_that_were_read_too_early_are_refused(tmp_path: Path) -> None:
    suite = run_suite(tmp_path, DJANGO_SETTINGS_MODULE="solitude.settings", SOLITUDE_DEBUG="true")

    assert suite.returncode != 0
    assert "DJANGO_SETTINGS_MODULE must not be set" in suite.stdout + suite.stderr
    assert homes(tmp_path) == []


def test_a_postgresql_that_is_given_is_what_the_workers_use(tmp_path: Path) -> None:
    """The settings of the first process take the variable away, so it must reach the workers by another way."""
    suite = run_suite(tmp_path, "-n", "2", SOLITUDE_DATABASE_URL="postgresql://ada@127.0.0.1:1/lovelace")

    assert suite.returncode == 1
    assert "assert 'lovelace' == " in suite.stdout
    assert "6 failed" in suite.stdout.splitlines()[-1]
