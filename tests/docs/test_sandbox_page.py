"""What docs/sandbox.md shows first works as it stands there: five minutes with curl, and the fixture for somebody's own tests."""

import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import solitude_sandbox
from tests.docs.test_examples import ROOT, blocks

pytestmark = pytest.mark.long

PAGE = "docs/sandbox.md"
TIMEOUT_S = 60


def test_five_minutes_with_curl_end_in_a_payment() -> None:
    if shutil.which("curl") is None:
        pytest.skip("there is no curl on this machine")
    server = solitude_sandbox.make_server()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        start, *steps = blocks(PAGE, "sh")
        assert start == "solitude sandbox &\n"
        script = "\n".join(["set -e", *steps]).replace("2680", str(server.port))
        said = subprocess.run(
            ["/bin/bash", "-c", script], capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    finally:
        server.shutdown()
        thread.join(10)
    assert said.returncode == 0, said.stderr
    assert f"the buyer goes to http://127.0.0.1:{server.port}/paypal/checkoutnow?token=" in said.stdout
    assert '{"location":null}' in said.stdout
    captured = json.loads(said.stdout[said.stdout.rindex('{"id"') :])
    assert captured["status"] == "COMPLETED"


def test_the_fixture_for_your_own_tests_runs(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text("\n\n".join(blocks(PAGE, "python")[:2]))
    said = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-c",
            os.devnull,
            "--rootdir",
            tmp_path,
            tmp_path,
        ],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert said.returncode == 0, said.stdout
    assert "2 passed" in said.stdout


def test_the_official_sdk_of_braintree_sells_as_shown() -> None:
    server = solitude_sandbox.make_server()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        shown = blocks(PAGE, "python")[-1].replace("2680", str(server.port))
        said = subprocess.run(
            [sys.executable, "-c", shown], capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    finally:
        server.shutdown()
        thread.join(10)
    assert (said.returncode, said.stderr) == (0, "")
