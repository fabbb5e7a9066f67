"""The providers of this process, and how each operation's result enters our books."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from solitude.payments.contract import (
    CONFIGURATION,
    Action,
    Call,
    Capability,
    CredentialRefused,
    Inbound,
    Intent,
    Notice,
    Operation,
    Outcome,
    Provider,
    Reason,
    Result,
)
from solitude.telemetry.logs import get_logger
from solitude.transactions.models import PROVIDER_NUMBERS

if TYPE_CHECKING:
    from solitude.money.money import Money
    from solitude.payments.models import ProviderCall
    from solitude.transactions.models import Transaction

log = get_logger("solitude.payments")
NOT_OF_CONCERN = "not_of_concern"
PROVIDER_GONE = "provider_gone"

# Called in the transaction that records the result, with the locked call.
Applier = Callable[["ProviderCall", Result], None]


@dataclass(frozen=True, slots=True)
class Applied:
    """What a notification was about; `is_news`: our books have changed; else `reason` says in one word why not."""

    transaction: "Transaction | None" = None
    is_news: bool = False
    reason: str = ""


# Called in the transaction that ends the notification.
NoticeApplier = Callable[[Notice], Applied]


# What the provider is told of a refund, and its own ids of what goes back. Called in the transaction that begins the refund, with the
# locked payment and the amount. Raises NotRefundable, BadFields, or Moved where what was seen of the payment no longer holds.
Telling = Callable[["Transaction", "Money"], tuple[Intent, dict[str, str]]]
# Of a payment that is to go back, and a note for the buyer. No transaction is open: the provider may be asked. Raises Refused.
Refunding = Callable[["Transaction", str], Telling]


@dataclass(frozen=True, slots=True)
class Registered:
    provider: Provider
    appliers: Mapping[Operation, Applier] = field(default_factory=dict)
    inbound: Inbound | None = None
    notice_appliers: Mapping[Action, NoticeApplier] = field(default_factory=dict)
    # Work of its own for the worker: each does something that is due and tells how much.
    jobs: tuple[Callable[[], int], ...] = ()
    # Called in the transaction that records that a stored credential was refused, with the locked call.
    credential_refused: Callable[["ProviderCall", CredentialRefused], None] | None = None
    # For how long a payment waits for its buyer; without one until the provider gives it up.
    approval_life_s: Callable[[], int] | None = None
    # What it can do with the payment of this intent, where that is not all that it can do.
    able_to: Callable[[Intent], frozenset[Capability]] | None = None
    # How it is told of a refund; without one a refund says what the payment said.
    refunding: Refunding | None = None


class Gone:
    """A provider that our books know and this process does not: its package is not installed any more, or not turned on. What it may
    have done stays unknown until it is back."""

    # Nobody's: nothing in our books is looked for by it.
    number = -1
    capabilities: frozenset[Capability] = frozenset()

    def __init__(self, name: str) -> None:
        self.name = name

    def perform(self, call: Call) -> Result:
        log.error(PROVIDER_GONE, provider=self.name, operation=call.operation)
        return Result(Outcome.NOT_SENT, reason=Reason(CONFIGURATION, PROVIDER_GONE))

    def find_out(self, call: Call) -> Result:
        log.error(PROVIDER_GONE, provider=self.name, operation=call.operation)
        return Result(Outcome.UNKNOWN, reason=Reason(PROVIDER_GONE))


_registered: dict[str, Registered] = {}
_offered: dict[str, Callable[[], Registered]] = {}
_jobs: list[Callable[[], int]] = []
# The same thread may come again: what makes one provider may ask for another.
_importing = threading.RLock()


def register(name: str, registered: Registered) -> None:
    """Makes a provider known. `appliers` and `notice_appliers` are for operations and notifications that are its own.

    Raises ValueError where its number is not that which the API has for this name.
    """
    number = registered.provider.number
    if PROVIDER_NUMBERS.get(number) != name:
        raise ValueError(f"{number} is the number of {PROVIDER_NUMBERS.get(number, 'nobody')}, and not of {name}")
    _registered[name] = registered


def offer(
    name: str, make: Callable[[], Registered], *, is_used: bool, jobs: tuple[Callable[[], int], ...] = ()
) -> None:
    """Makes a provider known as `register` does. One that is not used costs nothing: `make`, which imports what asks the provider, is
    called when something is first wanted of it. `jobs` are those that are due whether it is used or not."""
    _offered[name] = make
    _jobs.extend(jobs)
    if is_used:
        _of(name)


def is_used(name: str) -> bool:
    """Whether anything was wanted of it yet, or is to be expected."""
    return name in _registered


def _of(name: str) -> Registered:
    if name not in _registered and name in _offered:
        with _importing:
            if name not in _registered:
                register(name, _offered[name]())
    return _registered.get(name) or Registered(Gone(name))


def provider(name: str) -> Provider:
    return _of(name).provider


def is_known(name: str) -> bool:
    return name in _registered or name in _offered


def can(name: str, capability: Capability) -> bool:
    """Whether a provider, by one of its interfaces at least, can do this."""
    return capability in provider(name).capabilities


def able_to(name: str, intent: Intent) -> frozenset[Capability]:
    """What a provider can do with the payment of this intent."""
    given = _of(name).able_to
    return given(intent) if given else provider(name).capabilities


def applier(name: str, operation: Operation) -> Applier | None:
    return _of(name).appliers.get(operation)


def jobs() -> tuple[Callable[[], int], ...]:
    return (*_jobs, *(job for registered in _registered.values() for job in registered.jobs))


def credential_refused(call: "ProviderCall", how: CredentialRefused) -> None:
    own = _of(call.provider).credential_refused
    if own:
        own(call, how)


def approval_life_s(name: str) -> int | None:
    given = _of(name).approval_life_s
    return given() if given else None


def refunding(name: str) -> Refunding | None:
    return _of(name).refunding


def inbound(name: str) -> Inbound:
    """How a provider's notifications are proved and read. Raises LookupError where it sends none."""
    found = _of(name).inbound
    if found is None:
        raise LookupError(f"{name} sends no notifications")
    return found


def notice_applier(name: str, action: Action) -> NoticeApplier | None:
    return _of(name).notice_appliers.get(action)
