"""Whether what the clients were told is so in the provider's books, whatever our own books say."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from tests.faults.books import Charge, ProviderBooks, Return
from tests.faults.processes.plans import Promise, amount_of

_LIVING = {"COMPLETED", "PENDING", "REFUNDED", "PARTIALLY_REFUNDED"}
ZERO = Decimal(0)


def broken(promises: Iterable[Promise], provider: ProviderBooks) -> list[str]:
    """A sentence for each payment that was lost, doubled, or is not what its client was told. Payments are known by their amounts."""
    charges: dict[tuple[Decimal, str], list[Charge]] = defaultdict(list)
    returns: dict[str, list[Return]] = defaultdict(list)
    for charge in provider.charges:
        if charge.status in _LIVING:
            charges[charge.amount, charge.currency].append(charge)
    for returned in provider.returns:
        if returned.status != "FAILED":
            returns[returned.capture].append(returned)
    found = []
    for promise in promises:
        own = charges.pop(amount_of(promise.plan.number), [])
        back = [returned for charge in own for returned in returns[charge.id]]
        found += [f"payment {promise.plan.number}: {fault}" for fault in _faults(promise, own, back)]
    found += [
        f"{len(left)} captures of {amount} {currency}, for which nobody asked"
        for (amount, currency), left in charges.items()
    ]
    return found


def _faults(promise: Promise, charges: list[Charge], returns: list[Return]) -> Iterable[str]:
    if len(charges) > 1:
        yield f"doubled: its buyer was charged {len(charges)} times ({', '.join(charge.id for charge in charges)})"
    moved = any(charge.moved for charge in charges)
    if promise.told == "paid" and not moved:
        yield "lost: its client was told that it is paid, and nothing was captured"
    if promise.told == "refused" and charges:
        yield "its client was told that it is refused, and it was captured"
    if len(returns) > promise.refunds_asked:
        yield f"doubled: {promise.refunds_asked} refunds were asked for, and {len(returns)} went back"
    left = [returned.amount for returned in returns]
    for amount in promise.refunded:
        if amount in left:
            left.remove(amount)
        else:
            yield f"lost: its client was told that {amount} went back, and it did not"
