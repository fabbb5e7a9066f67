"""Identifiers in Bango's forms: whole numbers that count upwards, each kind from somewhere else."""

import itertools
from collections.abc import Iterator
from random import Random, SystemRandom

# Room to count in below the greatest `xs:int`.
START_BITS = 30
LEAST = 10_000
# A number of a product is dialled: seven digits or more.
LEAST_BANGO = 1_000_000


class Ids:
    """Draws identifiers, or with a `seed` the same ones in every run. Thread-safe.

    Where each kind starts is drawn, so that one kind is not taken for another, and a new simulator does not use again
    what an old one has used. A reset does not begin anew.
    """

    def __init__(self, seed: int | None = None) -> None:
        # Each draw is one call of getrandbits, which no other thread can interrupt.
        source = SystemRandom() if seed is None else Random(seed)  # noqa: S311 - whoever gives a seed wants no secrets
        self._bits = source.getrandbits
        self._packages = self._counter(LEAST)
        self._persons = self._counter(LEAST)
        self._numbers = self._counter(LEAST_BANGO)
        self._configurations = self._counter(LEAST)
        self._transactions = self._counter(LEAST)
        self._refunds = self._counter(LEAST)
        self._users = self._counter(LEAST)

    def package(self) -> int:
        """A seller's package."""
        return next(self._packages)

    def person(self) -> int:
        """Somebody who may log in for a package."""
        return next(self._persons)

    def bango(self) -> str:
        """The number of a product."""
        return str(next(self._numbers))

    def configuration(self) -> int:
        """A billing configuration."""
        return next(self._configurations)

    def transaction(self) -> int:
        """An attempt to pay."""
        return next(self._transactions)

    def refund(self) -> int:
        """A refund."""
        return next(self._refunds)

    def user(self) -> int:
        """A buyer."""
        return next(self._users)

    def token(self) -> str:
        """What nobody can guess: 32 hexadecimal digits."""
        return f"{self._bits(128):032x}"

    def password(self) -> str:
        """The first password of a person."""
        return f"{self._bits(48):012x}"

    def _counter(self, least: int) -> Iterator[int]:
        return itertools.count(least + self._bits(START_BITS))
