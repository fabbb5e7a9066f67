"""Which test of the kit a provider can run, and what becomes of the others: they are left out, and listed."""

from collections.abc import Iterable

import pytest
from tests.conformance.adapter import Adapter, Reach

from solitude.payments.contract import Capability

Need = Capability | Reach


def needs(*needed: Need) -> pytest.MarkDecorator:
    """Runs only where the provider can do this, and where the kit can do this at the provider."""
    return pytest.mark.needs(*needed)


def missing(item: pytest.Item, adapter: Adapter) -> tuple[Need, ...]:
    """What a test needs and does not have there."""
    needed: Iterable[Need] = [need for mark in item.iter_markers("needs") for need in mark.args]
    return tuple(need for need in needed if not _is_there(need, adapter))


def _is_there(need: Need, adapter: Adapter) -> bool:
    return need in adapter.capabilities if isinstance(need, Capability) else need in adapter.reach
