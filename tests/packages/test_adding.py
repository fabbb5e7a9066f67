"""docs/providers/adding.md: its first commands, as they stand there, lead to a green kit in minutes."""

import os
import re
import shlex
import subprocess
import sys
import time
import venv
from pathlib import Path

import pytest
from tests.conformance import elsewhere, tally
from tests.support import installed

pytestmark = pytest.mark.long
DOCUMENT = installed.ROOT / "docs" / "providers" / "adding.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PASSED = re.compile(r"^demo: (\d+) passed$", re.MULTILINE)
WITHIN_S = 300
# What a command may take of that, before it counts as one that hangs.
COMMAND_TIMEOUT_S = 170


def fresh(folder: Path) -> Path:
    """A venv as `make venv` leaves one, with nothing installed but what this one has."""
    venv.create(folder, with_pip=False)
    ours = Path(sys.prefix)
    (site,) = folder.glob("lib/python*/site-packages")
    there = ours / site.relative_to(folder)
    (site / "ours.pth").write_text(f"import site; site.addsitedir({str(there)!r})\n")
    for stamp in ("bin/pip", ".server", ".dev"):
        (folder / stamp).touch()
    command = folder / "bin" / "solitude"
    text = (ours / "bin" / "solitude").read_text()
    command.write_text(f"#!{folder}/bin/python\n{text.partition(chr(10))[2]}")
    command.chmod(0o755)
    return folder


def documented(place: Path, home: Path) -> list[list[str]]:
    """The commands of the first block, with this venv and this folder in the place of the reader's."""
    commands = [shlex.split(line) for line in BLOCK.findall(DOCUMENT.read_text(encoding="utf-8"))[0].splitlines()]
    assert [command[0] for command in commands] == [".venv/bin/solitude", ".venv/bin/python", "make"]
    moved = [
        [word.replace(".venv", str(place)).replace("../solitude-demo", str(home / "solitude-demo")) for word in command]
        for command in commands
    ]
    return [[*command, f"VENV={place}"] if command[0] == "make" else command for command in moved]


def test_from_a_name_to_a_green_kit(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    place = fresh(tmp_path / "venv")
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith((*elsewhere.OURS, "MAKE", "MFLAGS"))
    }
    began = time.monotonic()
    said = ""
    for command in documented(place, tmp_path):
        ended = subprocess.run(
            command,
            cwd=installed.ROOT,
            env=kept,
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT_S,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        said += ended.stdout
    took_s = time.monotonic() - began

    passed = PASSED.search(said)
    assert passed, said
    assert took_s < WITHIN_S
    line = f"from `solitude new-provider demo` to {passed[1]} passed tests of the kit: {took_s:.0f} s"
    tally.tell(request.node, line)
    assert 'NAME = "demo"' in (tmp_path / "solitude-demo" / "solitude_demo" / "__init__.py").read_text()
