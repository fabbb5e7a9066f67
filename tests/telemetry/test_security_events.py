"""The catalogue of security events, held to every call in the code."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import solitude
from solitude.telemetry import cef, context
from solitude.telemetry.security_events import ANY, CATALOGUE, table

ROOT = Path(solitude.__file__).parent
WRITING = {"event", "after_commit"}
# Functions that hand on a name, and their first argument is one.
HANDING_ON = {"_alarm", "_tell", "_event"}
# Where such a function writes the event whose name it was given.
HANDED_ON = {"transactions/changing.py", "payments/money_back.py", "web/errors.py", "cli/keys.py"}
# Where a name is made of what happened: what it can be is in the catalogue by hand.
MADE = {
    "web/errors.py": "<the error's class>",
    "buyers/pin_api.py": f"PIN right: {ANY}",
    "providers/reference/asking.py": f"{ANY}:{ANY}",
    "buyers/api.py": f"PIN set: {ANY}",
}
DOCS = Path(__file__).parents[2] / "docs"


def names(argument: ast.expr) -> list[str]:
    """What the name of an event may be; `…` stands for what is put in."""
    match argument:
        case ast.Constant(value=str() as text):
            return [text]
        case ast.JoinedStr(values=parts):
            return ["".join(str(part.value) if isinstance(part, ast.Constant) else ANY for part in parts)]
        case ast.IfExp(body=one, orelse=other):
            return names(one) + names(other)
    return []


def written() -> Iterator[tuple[str, int, list[str], ast.expr | None]]:
    """Every call that writes an event: file, line, the names, the severity."""
    for file in sorted(ROOT.rglob("*.py")):
        place = str(file.relative_to(ROOT))
        text = file.read_text()
        if place == "telemetry/cef.py" or "cef." not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            match node.func:
                case ast.Attribute(value=ast.Name(id="cef"), attr=name) if name in WRITING:
                    yield place, node.lineno, names(node.args[0]), node.args[1] if len(node.args) > 1 else None
                case ast.Name(id=name) if name in HANDING_ON and isinstance(node.args[0], (ast.Constant, ast.IfExp)):
                    yield place, node.lineno, names(node.args[0]), node.args[1] if len(node.args) > 1 else None


def is_known(name: str, severity: object) -> bool:
    """Whether the catalogue has such a name, or one that goes on with `…`; None is a severity that the call names elsewhere."""
    return any(
        severity in (None, kind.severity)
        and (name == kind.name or (kind.name.endswith(ANY) and name.startswith(kind.name.removesuffix(ANY))))
        for kind in CATALOGUE
        if kind.name != f"{ANY}:{ANY}" or name == kind.name
    )


def test_every_event_that_the_code_writes_is_in_the_catalogue() -> None:
    calls = list(written())
    assert len(calls) > 40
    for place, line, found, severity in calls:
        handed_on = not found and place in HANDED_ON
        for name in [MADE[place]] if place in MADE and (not found or found[0].startswith(ANY)) else found:
            said = severity.value if isinstance(severity, ast.Constant) else None
            assert is_known(name, said), f"{place}:{line}: add {name!r} to telemetry/security_events.py"
        assert found or handed_on or place in MADE, f"{place}:{line}: its name cannot be read"


def test_every_event_of_the_catalogue_is_written() -> None:
    code = "\n".join(file.read_text() for file in ROOT.rglob("*.py") if file.name != "security_events.py")
    for kind in CATALOGUE:
        words = kind.name.split(ANY)[0].rstrip(": ") or "unknown:unknown"
        assert words in code or kind.name.startswith("<") or "mismatch" in kind.name, kind.name


def test_severities_and_names_fit_the_format() -> None:
    assert len({(kind.name, kind.severity) for kind in CATALOGUE}) == len(CATALOGUE)
    for kind in CATALOGUE:
        assert kind.severity in cef.SEVERITIES
        assert re.fullmatch(r"[^|=\n]{1,80}", kind.name)


def test_the_documentation_has_the_catalogue() -> None:
    assert table() in (DOCS / "logging.md").read_text()


@pytest.mark.django_db(transaction=True)
def test_what_is_not_committed_is_not_told(all_security_events: list[str]) -> None:
    from django.db import transaction

    class UndoneError(Exception):
        pass

    with transaction.atomic():
        cef.after_commit("done", 1, about="t1")
        assert all_security_events == []

    def undo() -> None:
        with transaction.atomic():
            cef.after_commit("undone", 1)
            raise UndoneError

    with pytest.raises(UndoneError):
        undo()
    (line,) = all_security_events
    assert "|done|1|" in line
    assert "cs3Label=transaction cs3=t1" in line


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("before", "about", "told"),
    [(None, "", ""), (None, "t1", "t1"), ("t1", "", "t1"), ("t1", "t1", "t1"), ("t1", "t2", "t2")],
)
def test_an_event_is_about_the_transaction_that_is_named_and_nothing_else_becomes_so(
    all_security_events: list[str], before: str | None, about: str, told: str
) -> None:
    from django.db import transaction

    with context.bound(transaction=before):
        held = context.current()
        with transaction.atomic():
            cef.after_commit("done", 1, about=about)
        assert context.current() == held

    (line,) = all_security_events
    assert re.findall(r"cs3Label=transaction cs3=(\S*)", line) == [told] * bool(told)
