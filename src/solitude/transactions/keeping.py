"""Who keeps a transaction: the engine, once a provider was asked about it or told of it, or else the client that made it."""

from collections.abc import Callable

from solitude.transactions.models import CallOutcome, Transaction

Claim = Callable[[Transaction], bool]
_claims: list[Claim] = []


def claim(of_engine: Claim) -> None:
    """Adds what a higher room knows: whether a transaction is the engine's. At start."""
    _claims.append(of_engine)


def is_of_engine(row: Transaction) -> bool:
    return row.outcome != CallOutcome.NONE or any(claims(row) for claims in _claims)
