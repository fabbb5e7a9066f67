from typing import Literal

import pytest
from argon2 import PasswordHasher

from solitude.buyers import hashing


class Counting(PasswordHasher):
    """Argon2 at the lowest cost; `count` is how many PINs were hashed or compared."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.count = 0

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        self.count += 1
        return super().hash(password, salt=salt)

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002  # its name there
        self.count += 1
        return super().verify(hash, password)


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> Counting:
    """PINs cost nothing in these tests; `test_hashing` tries the real cost."""
    hasher = Counting()
    monkeypatch.setattr(hashing, "_hasher", hasher)
    return hasher
