"""The providers of this process, and how each operation's result enters our books."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from solitude.payments.contract import Operation, Provider, Result

if TYPE_CHECKING:
    from solitude.payments.models import ProviderCall

# Called in the transaction that records the result, with the locked call.
Applier = Callable[["ProviderCall", Result], None]


@dataclass(frozen=True, slots=True)
class Registered:
    provider: Provider
    appliers: Mapping[Operation, Applier] = field(default_factory=dict)


_registered: dict[str, Registered] = {}


def register(name: str, provider: Provider, appliers: Mapping[Operation, Applier] | None = None) -> None:
    """Makes a provider known. `appliers` are for operations of its own."""
    _registered[name] = Registered(provider, appliers or {})


def provider(name: str) -> Provider:
    return _registered[name].provider


def applier(name: str, operation: Operation) -> Applier | None:
    return _registered[name].appliers.get(operation)
