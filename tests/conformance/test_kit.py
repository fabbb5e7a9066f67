"""The kit itself: nothing that a provider may declare is taken on trust."""

from pathlib import Path

from tests.conformance.adapter import Reach
from tests.conformance.adapters import SIMULATED

from solitude.payments.contract import Capability


def test_whatever_a_provider_declares_is_put_to_a_test() -> None:
    kit = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py") if path != Path(__file__))

    assert [need.name for need in Capability if f"Capability.{need.name}" not in kit] == []


def test_at_a_simulator_the_kit_can_do_everything() -> None:
    assert {adapter.reach for adapter in SIMULATED.values()} == {frozenset(Reach)}
