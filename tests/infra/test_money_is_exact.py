"""No amount can pass through binary floating point, since nothing makes a float."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "solitude"


def floats(text: str) -> list[int]:
    """The lines that make a float out of something, or that make Django keep one."""
    lines = []
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Call(func=ast.Name(id="float")) | ast.Attribute(attr="FloatField"):
                lines.append(node.lineno)
    return lines


def test_nothing_in_the_server_makes_a_float() -> None:
    # The client's are seconds of waiting; it hands amounts through as they are.
    files = [path for path in SOURCE.rglob("*.py") if path.relative_to(SOURCE).parts[0] != "client"]

    assert len(files) > 10
    assert [(str(path), line) for path in files for line in floats(path.read_text())] == []


@pytest.mark.parametrize(
    "text", ["x = float('0.1')", "x = round(float (amount), 2)", "class A:\n    x = models.FloatField()"]
)
def test_a_float_would_be_found(text: str) -> None:
    assert len(floats(text)) == 1
