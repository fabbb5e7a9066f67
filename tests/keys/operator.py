"""What an operator types at `solitude keys`, in processes of its own."""

import json
import subprocess
import sys

from tests.support.processes import House

WITHIN_S = 120

# What an operator types, one after the other: the first that does not end with 0 is the last.
SESSION = """
import json, sys
from solitude.cli import main
for arguments in json.loads(sys.argv[1]):
    if status := main(["keys", *arguments]):
        sys.exit(status)
"""


def keys(house: House, *commands: tuple[str, ...], status: int = 0) -> str:
    """What these commands of `solitude keys` print; with what they say besides, where they are to end with another status."""
    ended = subprocess.run(
        [sys.executable, "-c", SESSION, json.dumps(commands)],
        check=False, env=house.environment, capture_output=True, text=True, timeout=WITHIN_S,
    )  # fmt: skip
    assert ended.returncode == status, (commands, ended.stdout, ended.stderr)
    return ended.stdout + (ended.stderr if status else "")
