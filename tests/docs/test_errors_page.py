"""docs/errors.md names every code that the code answers with, and no other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.test_examples import ROOT

pytestmark = pytest.mark.long

PAGE = (ROOT / "docs/errors.md").read_text(encoding="utf-8")
SOURCE = ROOT / "src/solitude"
HOUSE = [path for path in SOURCE.rglob("*.py") if not {"client", "migrations"} & set(path.relative_to(SOURCE).parts)]
RESOURCES = [path for path in HOUSE if path.relative_to(SOURCE).parts[0] in ("buyers", "sellers", "transactions")]
CODE = re.compile(r"[a-z]+(_[a-z]+)+|busy")
WORD = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")


def nodes(paths: list[Path]) -> Iterator[ast.AST]:
    for path in paths:
        yield from ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def texts(paths: list[Path]) -> set[str]:
    return {node.value for node in nodes(paths) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def answered_codes() -> set[str]:
    """What stands beside "code" in the dicts of the house."""
    found = set()
    for node in nodes(HOUSE):
        if isinstance(node, ast.Dict):
            found |= {
                value.value
                for key, value in zip(node.keys, node.values, strict=True)
                if isinstance(key, ast.Constant) and key.value == "code" and isinstance(value, ast.Constant)
            }
    return {str(code) for code in found if CODE.fullmatch(str(code))}


def refusing_words() -> set[str]:
    """The words in capitals of the resources: each refuses a field."""
    return {text for text in texts(RESOURCES) if WORD.fullmatch(text)}


def named(heading: str, pattern: re.Pattern[str]) -> set[str]:
    """What the first column of the table under a heading names."""
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell) if pattern.fullmatch(name)}


def test_every_code_of_an_answer_is_on_the_page() -> None:
    assert len(answered_codes()) > 3
    assert answered_codes() - named("Codes", CODE) == set()


def test_every_word_that_refuses_a_field_is_on_the_page() -> None:
    assert len(refusing_words()) > 3
    assert refusing_words() - named("Words of fields", WORD) == set()


def test_the_page_names_nothing_that_the_code_does_not_know() -> None:
    assert (named("Codes", CODE) | named("Words of fields", WORD)) - texts(HOUSE) == set()
