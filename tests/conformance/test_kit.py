"""The kit itself: nothing that a provider may declare is taken on trust."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest
from tests.conformance.adapter import Adapter
from tests.conformance.adapters import SIMULATED
from tests.conformance.needs import missing

from solitude.payments.contract import Capability

HERE = Path(__file__)
TESTS = [path for path in sorted(HERE.parent.glob("test_*.py")) if path != HERE]


def every_test() -> Iterator[tuple[str, list[pytest.Mark]]]:
    """Those that run for each provider, each with the marks that say what it needs."""
    for path in TESTS:
        module = importlib.import_module(f"tests.conformance.{path.stem}")
        for name, test in vars(module).items():
            if name.startswith("test_") and isinstance(test, FunctionType) and "bench" in test.__annotations__:
                yield f"{path.name}::{name}", [*marks_of(module), *marks_of(test)]


def marks_of(thing: object) -> list[pytest.Mark]:
    """Of a test, or of all in a module."""
    found: Any = getattr(thing, "pytestmark", [])
    return [each.mark if isinstance(each, pytest.MarkDecorator) else each for each in listed(found)]


def listed(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [found]


def test_whatever_a_provider_declares_is_put_to_a_test() -> None:
    needed = {need for _, marks in every_test() for mark in marks if mark.name == "needs" for need in mark.args}

    assert set(Capability) - needed == set()


@pytest.mark.parametrize("adapter", SIMULATED.values(), ids=SIMULATED)
def test_at_a_simulator_the_kit_can_do_everything_that_its_provider_makes_possible(adapter: type[Adapter]) -> None:
    """What is left out is left out because the provider cannot do it, and not because the kit cannot do it there."""
    left_out = {test: missing(marks, adapter) for test, marks in every_test()}

    assert {test: why for test, why in left_out.items() if why and not why.of_provider} == {}


@pytest.mark.parametrize("word", ["paypal", "bango", "zippy"])
def test_what_runs_for_all_providers_knows_of_none(word: str) -> None:
    """Only the adapters do, where they stand in a row, and the tests of what belongs to one provider alone."""
    for_all = {test.partition("::")[0] for test, _ in every_test()}
    shared = {"needs.py", "said.py", "adapter.py", "bench.py", "conftest.py", "tally.py"}

    assert [name for name in for_all | shared if word in (HERE.parent / name).read_text().lower()] == []
