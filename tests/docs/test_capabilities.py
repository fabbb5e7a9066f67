"""docs/providers/capabilities.md shows what the providers declare."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from solitude.payments.contract import Capability

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("capability_table", DOCS / "capability_table.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_code_declares(maker: ModuleType) -> None:
    """If it is not: `python docs/capability_table.py`."""
    assert maker.PAGE.read_text(encoding="utf-8") == maker.page()


def test_every_capability_has_a_meaning(maker: ModuleType) -> None:
    assert list(maker.meanings()) == list(Capability)


def test_what_a_provider_has_not_declared_it_cannot_do(maker: ModuleType) -> None:
    rows = maker.table({"one": frozenset({Capability.REFUND}), "other": frozenset()}).splitlines()
    (refund,) = [row for row in rows if row.startswith("| `refund`")]
    assert refund.endswith("| yes | – |")
