"""Who sends for a provider: an outlet of this process, or the proxy, which has the credentials that this process does not have.

A provider offers at the start how it would send by itself; whoever wants something of it takes the sender that holds here. The proxy takes
it too, for what another process has asked of it: so a provider has one place where it says who we are, in either kind of house.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from django.conf import settings

from .hop import Hop
from .http import Answer, Request

# At the proxy, everything else is below /proxy/provider/.
_OWN_SERVICES = frozenset({"bango", "braintree", "paypal"})
PROVIDER = "provider"


class Sender(Protocol):
    """Sends a request once, and says who we are on the way. Raises NotSent and NoAnswer as an Outlet does."""

    def send(self, request: Request) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Way:
    """One way to a provider. `service` is where it is found at the proxy; `below` the URL that the rest of such a path follows, empty
    where the whole URL is told. `headers` are those of a request that its provider wants besides what every one does."""

    name: str
    local: Callable[[], Sender]
    service: str
    below: str
    headers: frozenset[str]
    timeout_ms: int
    connect_timeout_ms: int
    max_answer_bytes: int


_ways: dict[str, Way] = {}


class NoWay(LookupError):
    """Nobody sends under this name."""


def offer(
    name: str,
    local: Callable[[], Sender],
    *,
    service: str = "",
    below: str = "",
    headers: tuple[str, ...] = (),
    timeout_ms: int = 45_000,
    connect_timeout_ms: int = 3_000,
    max_answer_bytes: int = 1024 * 1024,
) -> None:
    """`local` makes the sender of a process that has the credentials itself; it is made when it is first used.

    `service` is whose way it is (`paypal` for `paypal-classic`); by itself that of its own name. A provider below `/proxy/provider/` says
    with `below` what its URLs begin with. Times and `max_answer_bytes` are those for one exchange as a whole.
    """
    known = service or (name if name in _OWN_SERVICES else PROVIDER)
    if (known == PROVIDER) != bool(below):
        raise ValueError(f"{name}: a provider below /proxy/provider/ says what its URLs begin with, and no other does")
    wanted = frozenset(header.lower() for header in headers)
    _ways[name] = Way(name, local, known, below, wanted, timeout_ms, connect_timeout_ms, max_answer_bytes)


def way(name: str) -> Way:
    """Raises NoWay."""
    if name not in _ways:
        raise NoWay(name)
    return _ways[name]


@cache
def local(name: str) -> Sender:
    """The sender of this process. Raises NoWay."""
    return way(name).local()


def is_proxied(name: str) -> bool:
    """Whether the proxy sends for this way, or for the provider of this name."""
    return bool(proxy_url(name))


def sender(name: str) -> Sender:
    """Who sends for this way: the proxy where the settings name one, else this process itself. Raises NoWay."""
    url = proxy_url(name)
    return _hop(name, url) if url else local(name)


@cache
def _hop(name: str, url: str) -> Hop:
    found = way(name)
    return Hop(
        name,
        url=f"{url}/{name}" if found.service == PROVIDER else url,
        service=found.service,
        below=found.below,
        headers=found.headers,
        timeout_ms=found.timeout_ms,
        connect_timeout_ms=found.connect_timeout_ms,
        max_answer_bytes=found.max_answer_bytes,
    )


def proxy_url(name: str) -> str:
    """Where the proxy sends for this way, or for the provider of this name; empty where this process does itself."""
    known = _ways.get(name)
    service = known.service if known else name if name in _OWN_SERVICES else PROVIDER
    urls: dict[str, str] = {
        "bango": settings.SOLITUDE_BANGO_PROXY,
        "braintree": settings.SOLITUDE_BRAINTREE_PROXY,
        "paypal": settings.SOLITUDE_PAYPAL_PROXY,
        PROVIDER: settings.SOLITUDE_REFERENCE_PROXY,
    }
    return urls[service]
