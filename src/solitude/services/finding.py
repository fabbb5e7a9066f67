"""One thing that a plugin of the monitoring has looked at."""

import time
from dataclasses import dataclass

OK, WARNING, CRITICAL, UNKNOWN = 0, 1, 2, 3


@dataclass(frozen=True, slots=True)
class Finding:
    """How bad it is, in words, and its performance data."""

    state: int
    said: str
    data: str = ""


def took(name: str, begun: float) -> str:
    """Performance data: how long something took that began then, by the monotonic clock."""
    return f"{name}={round((time.monotonic() - begun) * 1000)}ms;;;0"
