"""Who keeps a transaction: the engine, once a provider was asked about it or told of it, or else the client that made it.

A past one is the client's: no provider is ever asked about it.
"""

from collections.abc import Callable

from solitude.transactions.models import CallOutcome, Transaction

Claim = Callable[[Transaction], bool]
_claims: list[Claim] = []


def claim(of_engine: Claim) -> None:
    """Adds what a higher room knows: whether a transaction is the engine's. At start."""
    _claims.append(of_engine)


def is_of_engine(row: Transaction) -> bool:
    told = row.outcome != CallOutcome.NONE and row.imported_at is None
    return told or any(claims(row) for claims in _claims)
