"""The example of a provider in a package of its own: with it turned on, the house is the house, and the kit passes.

In a process of its own, because what is on is decided when one starts.
"""

import re
from pathlib import Path

import pytest
from tests.conformance import elsewhere
from tests.conformance.kit import TIMEOUT_MS
from tests.support import installed

KIT_TIMEOUT_S = 170
PASSED = re.compile(r"^acme: (\d+) passed$", re.MULTILINE)


def run(folder: Path, *tests: str, **variables: str) -> str:
    """The example turned on for these tests; what they said."""
    ended = elsewhere.run(
        *tests,
        settings={"SOLITUDE_PROVIDERS": "acme", "SOLITUDE_ACME_TIMEOUT_MS": TIMEOUT_MS},
        timeout_s=KIT_TIMEOUT_S,
        PYTHONPATH=installed.as_if(installed.EXAMPLE, folder),
        **variables,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.mark.long
def test_the_kit_passes_for_it(tmp_path: Path) -> None:
    said = run(tmp_path, "-m", "not long", "-k", "acme", elsewhere.KIT, TESTS_KIT="acme")

    passed = PASSED.search(said)
    assert passed, said
    assert int(passed[1]) > 25


@pytest.mark.long
def test_the_kit_passes_for_it_when_its_process_dies(tmp_path: Path) -> None:
    assert PASSED.search(run(tmp_path, "-m", "long", "-k", "acme", elsewhere.KIT, TESTS_KIT="acme"))


@pytest.mark.long
def test_what_holds_for_every_route_holds_for_its_own(tmp_path: Path) -> None:
    run(tmp_path, "tests/packages/own_routes.py")
