"""A command whose database does not answer says that in a sentence."""

import subprocess
from pathlib import Path

from tests.support.free_port import free_port
from tests.support.processes import solitude


def test_a_command_without_its_database_says_so_and_ends_with_status_1(tmp_path: Path) -> None:
    ended = subprocess.run(
        solitude("keys", "list"),
        check=False,
        env={
            "PATH": "/usr/bin:/bin",
            "SOLITUDE_DEBUG": "true",
            "SOLITUDE_HOME": str(tmp_path / "home"),
            "SOLITUDE_ENV_FILE": "",
            "SOLITUDE_DATABASE_URL": f"postgres://somebody:a-password@127.0.0.1:{free_port()}/nothing",
        },
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert ended.returncode == 1
    assert "solitude: the database does not answer: connection failed" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "a-password" not in ended.stderr
