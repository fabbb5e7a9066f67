"""Who sends for a provider: an outlet of this process, or the proxy, which has the credentials that this process does not have.

A provider offers at the start how it would send by itself; whoever wants something of it takes the sender that holds here.
"""

from collections.abc import Callable
from functools import cache
from typing import Protocol

from .http import Answer, Request


class Sender(Protocol):
    """Sends a request once, and says who we are on the way. Raises NotSent and NoAnswer as an Outlet does."""

    def send(self, request: Request) -> Answer: ...


_local: dict[str, Callable[[], Sender]] = {}


class NoWay(LookupError):
    """Nobody sends under this name."""


def offer(name: str, local: Callable[[], Sender]) -> None:
    """`local` makes the sender of a process that has the credentials itself; it is made when it is first used."""
    _local[name] = local


@cache
def local(name: str) -> Sender:
    """The sender of this process. Raises NoWay."""
    if name not in _local:
        raise NoWay(name)
    return _local[name]()
