"""The JSON API of a provider: one call is signed, sent once, recorded, and read as far as every call is read alike.

What an answer means only the provider's own reader knows; what none of them needs to know twice is here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from solitude import exact_json
from solitude.telemetry import metrics, redaction

from . import ways
from .http import Answer, NoAnswer, NotSent, Outlet, Reason, Request
from .record import Exchange, Kept, describe
from .ways import Sender

CONNECT_TIMEOUT_MS = 3000
REDIRECTS = range(300, 400)
UNREAD_MAX_BYTES = 16_384

# The headers that say who asks, of a method and a URL.
Sign = Callable[[str, str], Mapping[str, str]]


class NotSaid(Exception):
    """An answer does not have what it should; the text names that and holds no value of it."""


def bearer(token: str) -> Sign:
    """Who asks says so with a token that lives as long as the process (RFC 6750, section 2.1), and is masked in logs from now on; an empty
    one is for a process whose proxy says so."""
    if token:
        redaction.register(token)
    return lambda _method, _url: {"Authorization": f"Bearer {token}"}


@dataclass(frozen=True, slots=True)
class Ask:
    """One call: `path` begins behind the URL of the API and is percent-encoded already; `operation` is our name for it in logs."""

    method: str
    path: str
    operation: str
    body: Any = field(default=None, repr=False)
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """The provider's answer. `body` is JSON; None where there is none, or (`understood` is False) what cannot be read: of that `unread` is
    the beginning, as a text."""

    status: int
    body: Any = field(repr=False)
    understood: bool
    retry_after_s: int | None
    exchanges: tuple[Exchange, ...] = ()
    unread: str = field(default="", repr=False)

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300 and self.understood

    @property
    def is_refusal(self) -> bool:
        """The provider says no. A 408 is its own time-out, and says nothing."""
        return 400 <= self.status < 500 and self.status != 408

    def text(self, name: str) -> str:
        """A text at the top of the answer. Raises NotSaid."""
        value = self.body.get(name) if isinstance(self.body, dict) else None
        if not isinstance(value, str):
            raise NotSaid(name)
        return value


@dataclass(frozen=True, slots=True)
class Failed:
    """No answer: `sent` is False only when it is certain that the provider did not act. `reason` is `busy` where we are."""

    sent: bool
    reason: str
    exchanges: tuple[Exchange, ...] = ()


class _Signing:
    """Sends by an outlet, and says who we are."""

    def __init__(self, outlet: Outlet, sign: Sign) -> None:
        self._outlet, self._sign = outlet, sign

    def send(self, request: Request) -> Answer:
        return self._outlet.send(self.signed(request))

    def signed(self, request: Request) -> Request:
        return replace(request, headers={**request.headers, **self._sign(request.method, request.url)})


class JsonApi:
    """The way to one provider. Made once for a process; used by all threads. `timeout_ms` is for one call as a whole, `limit` how many
    may be under way at once; `kept` is what the call log may show of one in clear.

    Where the settings name a proxy, it signs and sends; then `sign` is not used, and the API must have been offered (`offer`)."""

    def __init__(
        self,
        name: str,
        url: str,
        *,
        sign: Sign,
        kept: Kept,
        timeout_ms: int,
        connect_timeout_ms: int = CONNECT_TIMEOUT_MS,
        limit: int,
    ) -> None:
        self.name, self.url = name, url
        self._kept, self._timeout_ms = kept, timeout_ms
        outlet = Outlet(
            name,
            base_urls=[url],
            connect_timeout_ms=connect_timeout_ms,
            read_timeout_ms=timeout_ms,
            total_timeout_ms=timeout_ms,
            pool_size=limit,
            in_progress_limit=limit,
        )
        self._signing = _Signing(outlet, sign)

    def offer(self, *headers: str) -> None:
        """Lets the API be asked through a proxy; at the start. `headers` are those that an `Ask` may have."""
        ways.offer(self.name, lambda: self.local, below=self.url, headers=headers, timeout_ms=self._timeout_ms)

    @property
    def local(self) -> Sender:
        """Who sends where no proxy does."""
        return self._signing

    def ask(self, ask: Ask) -> Reply | Failed:
        """Sends the call, once."""
        request = self._asked(ask)
        sender = ways.sender(self.name) if ways.is_proxied(self.name) else self._signing
        sent_at = datetime.now(UTC)
        try:
            answer = sender.send(request)
            self._time(ask, answer.duration_ms)
        except (NotSent, NoAnswer) as error:
            self._time(ask, error.duration_ms)
            exchange = describe(request, error, sent_at=sent_at, kept=self._kept)
            busy = error.reason in (Reason.BUSY, Reason.NO_CONNECTION_FREE)
            return Failed(isinstance(error, NoAnswer), "busy" if busy else str(error.reason), (exchange,))
        exchange = describe(request, answer, sent_at=sent_at, kept=self._kept)
        body, understood = _read(answer)
        unread = "" if understood else answer.body[:UNREAD_MAX_BYTES].decode(errors="replace")
        return Reply(answer.status, body, understood, answer.retry_after_s, (exchange,), unread)

    def request(self, ask: Ask) -> Request:
        """The call as it goes over the wire, signed for this moment."""
        return self._signing.signed(self._asked(ask))

    def _asked(self, ask: Ask) -> Request:
        query = urlencode(ask.query, quote_via=quote)
        url = f"{self.url}{ask.path}" + (f"?{query}" if query else "")
        headers = {**ask.headers, "Accept": "application/json"}
        body = b""
        if ask.body is not None:
            headers["Content-Type"], body = "application/json", exact_json.encode(ask.body)
        return Request(ask.method, url, headers, body, ask.operation)

    def _time(self, ask: Ask, duration_ms: int) -> None:
        name = metrics.word(self.name)
        metrics.timing_ms(f"solitude.provider.{name}.proxy.{ask.method.lower()}", duration_ms)


def _read(answer: Answer) -> tuple[Any, bool]:
    """The JSON, and whether the answer could be read: no body at all is an answer too, but a page or a redirect is none."""
    if answer.status in REDIRECTS:
        return None, False
    if not answer.body.strip():
        return None, True
    try:
        return exact_json.decode(answer.body), True
    except exact_json.NotJson:
        return None, False
