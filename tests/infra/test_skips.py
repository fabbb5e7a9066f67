"""Each test here runs a small suite of its own with the plugin, in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support import skips

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
SUITE_TIMEOUT_S = 60
PLUGINS = ("-p", "tests.support.skips", "-p", "no:django", "-p", "no:cacheprovider")


def run_suite(folder: Path, body: str, *, ci: bool) -> subprocess.CompletedProcess[str]:
    (folder / "test_it.py").write_text(f"import pytest\n{body}\n")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CI", "PYTEST", "COV"))}
    return subprocess.run(
        [sys.executable, "-m", "pytest", *PLUGINS, "--rootdir", folder, "-c", os.devnull, folder],
        check=False,
        cwd=ROOT,
        env=environment | ({"CI": "true"} if ci else {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SUITE_TIMEOUT_S,
    )


SKIPS = {
    "a mark": "@pytest.mark.skip(reason='no frobnicator here')\ndef test_it(): pass",
    "a condition": "@pytest.mark.skipif(True, reason='no frobnicator here')\ndef test_it(): pass",
    "a call": "def test_it(): pytest.skip('no frobnicator here')",
    "a fixture": "@pytest.fixture\ndef it(): pytest.skip('no frobnicator here')\ndef test_it(it): pass",
    "a whole module": "pytest.skip('no frobnicator here', allow_module_level=True)",
}


@pytest.mark.parametrize("body", SKIPS.values(), ids=SKIPS)
def test_a_skip_fails_in_ci_and_tells_its_reason(tmp_path: Path, body: str) -> None:
    suite = run_suite(tmp_path, body, ci=True)

    assert suite.returncode != 0, suite.stdout
    assert "skipped where nothing may be skipped: no frobnicator here" in suite.stdout
    assert " skipped" not in suite.stdout.splitlines()[-1]


def test_a_skip_with_a_reason_is_a_skip_elsewhere(tmp_path: Path) -> None:
    suite = run_suite(tmp_path, SKIPS["a mark"], ci=False)

    assert suite.returncode == 0, suite.stdout
    assert "1 skipped" in suite.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    "body", ["@pytest.mark.skip\ndef test_it(): pass", "def test_it(): pytest.skip()"], ids=["mark", "call"]
)
def test_a_skip_without_a_reason_fails_everywhere(tmp_path: Path, body: str) -> None:
    suite = run_suite(tmp_path, body, ci=False)

    assert suite.returncode == 1, suite.stdout
    assert "skipped without a reason" in suite.stdout


def test_an_expected_failure_is_no_skip(tmp_path: Path) -> None:
    suite = run_suite(tmp_path, "@pytest.mark.xfail(reason='known')\ndef test_it(): assert False", ci=True)

    assert suite.returncode == 0, suite.stdout
    assert "1 xfailed" in suite.stdout.splitlines()[-1]


@pytest.mark.parametrize(("reason", "fault"), [("no frobnicator here", ""), ("no other thing", "no other thing")])
def test_only_reasons_in_the_list_are_expected_in_ci(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reason: str, fault: str
) -> None:
    reasons = tmp_path / "expected.txt"
    reasons.write_text("# why\n\nno frobnicator here\n")
    monkeypatch.setattr(skips, "EXPECTED", reasons)
    monkeypatch.setenv("CI", "true")

    assert bool(skips.fault_of(reason)) == bool(fault)
    assert fault in skips.fault_of(reason)
