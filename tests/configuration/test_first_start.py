"""The first commands of a new installation, started together, end with one key ring."""

import subprocess
import sys
from pathlib import Path

import pytest

from solitude.vault import ring_file

pytestmark = pytest.mark.long
PROGRAM = """
import sys
import django
sys.stdin.readline()  # all of them begin together
django.setup()
from solitude.vault import hashes
from solitude.vault.checks import self_test
self_test()
print(hashes.keyed_hash("test", "value"))
"""
TOGETHER = 5


def test_commands_that_start_together_make_one_key_ring(tmp_path: Path) -> None:
    environment = {
        "PATH": "/usr/bin:/bin",
        "DJANGO_SETTINGS_MODULE": "solitude.settings",
        "SOLITUDE_DEBUG": "true",
        "SOLITUDE_HOME": str(tmp_path / "home"),
        "SOLITUDE_ENV_FILE": "",
    }
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(TOGETHER)
    ]
    told = [process.communicate("go\n", timeout=60) for process in processes]

    assert [process.returncode for process in processes] == [0] * TOGETHER, told
    assert len({hashed for hashed, _ in told}) == 1
    folder = tmp_path / "home"
    assert [file.name for file in folder.glob("*keys*")] == ["keys.json"]
    assert (folder / "keys.json").stat().st_mode & 0o777 == 0o600
    assert ring_file.load(folder / "keys.json").development
