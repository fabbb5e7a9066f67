"""The kit in a process of its own, with settings of its own: through a validator, or at a live sandbox."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
KIT = str(Path(__file__).parent.relative_to(ROOT))
# pytest's own of the run that we are in, and what its tests stand on.
OURS = ("PYTEST", "COV", "DJANGO_", "SOLITUDE_", "TESTS_")


def command(*arguments: str) -> list[str]:
    """`arguments` name the tests: `KIT`, and perhaps others."""
    return [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", *arguments]


def environment(settings: dict[str, str], **variables: str) -> dict[str, str]:
    """`settings` are SOLITUDE_ ones that win over those that tests have."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return {**kept, "TESTS_SETTINGS": json.dumps(settings), **variables}


def run(
    *arguments: str, settings: dict[str, str], timeout_s: int, **variables: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments),
        cwd=ROOT,
        env=environment(settings, **variables),
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
