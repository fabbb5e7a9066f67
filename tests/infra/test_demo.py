"""`make demo KEEP=1` as a person meets it: what it prints can be opened, and Ctrl-C leaves nothing behind. And the shop on top of it."""

import ast
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import urllib3

ROOT = Path(__file__).parents[2]
READY_WITHIN_S = 120


def test_the_shop_knows_of_the_house_its_client_only() -> None:
    named: set[str] = set()
    for file in (ROOT / "examples" / "marketplace").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and not node.level:
                named.add(str(node.module))
            elif isinstance(node, ast.Import):
                named |= {alias.name for alias in node.names}
    assert {name for name in named if name.partition(".")[0] in ("solitude", "solitude_sandbox", "django")} == {
        "solitude.client"
    }


@pytest.mark.long
def test_the_demo_that_is_kept_has_a_shop_a_console_and_the_api(tmp_path: Path) -> None:
    said = tmp_path / "said"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SOLITUDE_")}
    with said.open("wb") as output:
        demo = subprocess.Popen(
            [sys.executable, ROOT / "examples" / "demo.py"],
            cwd=tmp_path,
            env=environment | {"KEEP": "1", "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + READY_WITHIN_S
        while "Ctrl-C" not in said.read_text():
            assert demo.poll() is None, said.read_text()
            assert time.monotonic() < deadline, said.read_text()
            time.sleep(0.1)
        found = dict(
            re.findall(r"^  (a shop|the providers' console|the API) +(http\S+)$", said.read_text(), re.MULTILINE)
        )
        shown = {name: urllib3.request("GET", url) for name, url in found.items()}
        assert {name: answer.status for name, answer in shown.items()} == {
            "a shop": 200,
            "the providers' console": 200,
            "the API": 200,
        }
        assert b"Night Train" in shown["a shop"].data
    finally:
        demo.send_signal(signal.SIGINT)
        assert demo.wait(30) == 0, said.read_text()
    assert list(tmp_path.glob("solitude-demo-*")) == []
