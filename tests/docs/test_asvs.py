"""docs/asvs.md answers every line of the standard's levels 1 and 2 once, and what it names as evidence is there."""

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "asvs.md"
STATES = {"met", "operator", "part", "no", "–"}
# The numbers of levels 1 and 2 in ASVS 5.0.0, by section (https://owasp.org/www-project-application-security-verification-standard/).
LEVEL_2 = """
1.1:1-2 1.2:1-9 1.3:1-11 1.4:1-3 1.5:1-2
2.1:1-3 2.2:1-3 2.3:1-4 2.4:1
3.2:1-2 3.3:1-4 3.4:1-6 3.5:1-5 3.7:1-2
4.1:1-3 4.2:1 4.3:1-2 4.4:1-4
5.1:1 5.2:1-3 5.3:1-2 5.4:1-3
6.1:1-3 6.2:1-12 6.3:1-4 6.4:1-4 6.5:1-5 6.6:1-3 6.8:1-4
7.1:1-3 7.2:1-4 7.3:1-2 7.4:1-5 7.5:1-2 7.6:1-2
8.1:1-2 8.2:1-3 8.3:1 8.4:1
9.1:1-3 9.2:1-4
10.1:1-2 10.2:1-2 10.3:1-4 10.4:1-11 10.5:1-5 10.6:1-2 10.7:1-3
11.1:1-2 11.2:1-3 11.3:1-3 11.4:1-4 11.5:1 11.6:1
12.1:1-3 12.2:1-2 12.3:1-4
13.1:1 13.2:1-5 13.3:1-2 13.4:1-5
14.1:1-2 14.2:1-4 14.3:1-3
15.1:1-3 15.2:1-3 15.3:1-7
16.1:1 16.2:1-5 16.3:1-4 16.4:1-3 16.5:1-3
17.1:1 17.2:1-4 17.3:1-2
"""
FIRST_FOLDERS = ("src/", "tests/", "docs/", "deploy/", "requirements/", "pyproject.toml")


def numbers(section: str, which: str) -> list[str]:
    """ "1.2", "1-3": 1.2.1, 1.2.2, 1.2.3."""
    first, _, last = which.partition("-")
    return [f"{section}.{number}" for number in range(int(first), int(last or first) + 1)]


def rows() -> list[list[str]]:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if re.match(r"\| \d", line)]


def answered(cell: str) -> list[str]:
    found = []
    for part in cell.split(", "):
        first, _, last = part.partition("-")
        section, _, number = first.rpartition(".")
        found += numbers(section, f"{number}-{last.rpartition('.')[2]}" if last else number)
    return found


def test_every_line_of_the_standard_is_answered_once() -> None:
    wanted = [one for word in LEVEL_2.split() for one in numbers(*word.split(":"))]
    assert Counter(one for row in rows() for one in answered(row[0])) == Counter(wanted)
    assert len(wanted) == 253


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_a_line_has_a_state_and_evidence_that_is_there(row: list[str]) -> None:
    _, asks, state, evidence = row
    assert asks
    assert state in STATES
    assert evidence or state == "–"
    for name in re.findall(r"`([^`]+)`", evidence):
        if name.startswith(FIRST_FOLDERS):
            assert (ROOT / name).exists(), name


def test_what_is_not_met_is_said_in_words() -> None:
    assert all(len(row[3].split()) > 5 for row in rows() if row[2] in ("part", "no"))
