"""Identifiers: unguessable ones, or with a seed the same ones in every run."""

import uuid
from random import Random, SystemRandom

TOKEN_BYTES = 64
SECRET_BYTES = 32


class Ids:
    """Draws them. Thread-safe."""

    def __init__(self, seed: int | None = None) -> None:
        # Each draw is one call of getrandbits, which no other thread can interrupt.
        source = SystemRandom() if seed is None else Random(seed)  # noqa: S311 - whoever gives a seed wants no secrets
        self._bits = source.getrandbits

    def uuid(self) -> str:
        """A random UUID (version 4)."""
        return str(uuid.UUID(int=self._bits(128), version=4))

    def token(self) -> str:
        """What a buyer's page is opened with: 128 hexadecimal digits."""
        return f"{self._bits(TOKEN_BYTES * 8):0{TOKEN_BYTES * 2}x}"

    def signing_secret(self) -> bytes:
        """A key for signatures."""
        return self._bits(SECRET_BYTES * 8).to_bytes(SECRET_BYTES, "big")
