"""Which test of the kit a provider can run, and what becomes of the others: they are left out, and listed."""

from collections.abc import Iterable
from dataclasses import dataclass

import pytest
from tests.conformance.adapter import Adapter, Reach

from solitude.payments.contract import Capability

Need = Capability | Reach


def needs(*needed: Need) -> pytest.MarkDecorator:
    """Runs only where the provider can do this, and where the kit can do this at the provider."""
    return pytest.mark.needs(*needed)


def lacks(*lacking: Capability) -> pytest.MarkDecorator:
    """Runs only where the provider cannot do this: what is proved by other means there."""
    return pytest.mark.lacks(*lacking)


@dataclass(frozen=True, slots=True)
class Missing:
    """Why a test is left out: what it needs and does not have, and what the provider can do without which it runs."""

    needed: tuple[Need, ...]
    unwanted: tuple[Capability, ...]

    def __bool__(self) -> bool:
        return bool(self.needed or self.unwanted)

    @property
    def of_provider(self) -> bool:
        """Whether it is the provider that keeps the test out, and not only what the kit can do there."""
        return bool(self.unwanted) or any(isinstance(need, Capability) for need in self.needed)

    def __str__(self) -> str:
        reasons = {"needs": self.needed, "is for providers without": self.unwanted}
        return "; ".join(f"{reason} {', '.join(names)}" for reason, names in reasons.items() if names)


def missing(marks: Iterable[pytest.Mark], adapter: type[Adapter]) -> Missing:
    """Of a test with these marks, there."""
    named: dict[str, list[Need]] = {"needs": [], "lacks": []}
    for mark in marks:
        named.get(mark.name, []).extend(mark.args)
    return Missing(
        tuple(need for need in named["needs"] if not _is_there(need, adapter)),
        tuple(each for each in named["lacks"] if isinstance(each, Capability) and _is_there(each, adapter)),
    )


def _is_there(need: Need, adapter: type[Adapter]) -> bool:
    return need in adapter.capabilities if isinstance(need, Capability) else need in adapter.reach
