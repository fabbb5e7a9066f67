"""Who may import whom: the contracts in pyproject.toml are kept, and each sees the fault that it is there for."""

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src"
LINT_TIMEOUT_S = 120
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"
CONTRACTS = [
    contract["name"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
]
# One fault for every contract: the module to which the import is added, and what it imports.
FAULTS = {
    "imports go down the floors only": ("solitude.vault", "solitude.web"),
    "within the vault, too, imports go one way": ("solitude.vault.keys", "solitude.vault.holding"),
    "settings are read through django.conf": ("solitude.web", "solitude.settings"),
    "the client stands apart": ("solitude.client", "solitude.telemetry"),
    "the sandbox speaks only HTTP with solitude": ("solitude_sandbox", "solitude.money"),
    "only the command may start the sandbox": ("solitude.vault", "solitude_sandbox"),
    "providers do not know one another": ("solitude.providers.paypal", "solitude.providers.planted"),
    "outbound is the one way out": ("solitude.payments", "urllib3"),
}


def lint(source: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LINT, "--config", ROOT / "pyproject.toml", "--no-cache", "--no-logo"],
        check=False,
        # Not a terminal, so the table is plain; wide, so that no name is broken.
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(source), "COLUMNS": "200"},
        cwd=source,
        capture_output=True,
        text=True,
        timeout=LINT_TIMEOUT_S,
    )


def test_every_contract_is_kept() -> None:
    result = lint(SOURCE)

    assert result.returncode == 0, result.stdout + result.stderr
    assert [name for name in CONTRACTS if f"{name} KEPT" not in result.stdout] == []


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What import-linter says of a copy of the source with all of the faults in it."""
    source = tmp_path_factory.mktemp("planted")
    for package in ("solitude", "solitude_sandbox"):
        shutil.copytree(SOURCE / package, source / package, ignore=shutil.ignore_patterns("__pycache__"))
    (source / "solitude/providers/planted").mkdir()
    (source / "solitude/providers/planted/__init__.py").touch()
    for importer, imported in FAULTS.values():
        path = source / importer.replace(".", "/")
        with (path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).open("a") as module:
            module.write(f"\nimport {imported}\n")
    return lint(source).stdout


@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_fault_against_the_contract_is_found(planted: str, contract: str) -> None:
    importer, imported = FAULTS[contract]

    assert f"{contract} BROKEN" in planted
    assert f"{importer} -> {imported} (l." in planted


def imported_names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names)
            case ast.ImportFrom(module=str(module), names=names):
                yield from (f"{module}.{name.name}" for name in names)


# Of the standard library import-linter sees only the first name, and http.HTTPStatus and urllib.parse are harmless.
WAYS_OUT = (
    "http.client",
    "urllib.request",
    "asyncio.open_connection",
    "asyncio.open_unix_connection",
    "django.core.mail",
)


def ways_out(text: str) -> list[str]:
    return [
        name for name in imported_names(ast.parse(text)) if f"{name}.".startswith(tuple(f"{way}." for way in WAYS_OUT))
    ]


def test_nothing_but_outbound_and_the_client_uses_the_standard_librarys_ways_out() -> None:
    rooms = [
        path
        for path in (SOURCE / "solitude").rglob("*.py")
        if path.relative_to(SOURCE).parts[1] not in ("outbound", "client")
    ]

    assert len(rooms) > 10
    assert [(str(path), name) for path in rooms for name in ways_out(path.read_text())] == []


@pytest.mark.parametrize(
    "text",
    [
        "import http.client",
        "from http import client",
        "from http.client import HTTPConnection",
        "import urllib.request as r",
    ],
)
def test_a_way_out_is_found(text: str) -> None:
    assert len(ways_out(text)) == 1


def test_harmless_neighbours_are_no_way_out() -> None:
    assert ways_out("from http import HTTPStatus\nfrom urllib.parse import urlsplit\nfrom http.clients import x") == []
