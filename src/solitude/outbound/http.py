"""The one way out of the house: one HTTP exchange with limits on everything, and an honest answer to "was it sent?".

No retries, no redirects, no cookies, no proxies from the environment: a request goes out once or not at all.
"""

import os
import ssl
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPSConnectionPool, Timeout

from solitude import databases
from solitude.configuration import is_loopback
from solitude.telemetry import context, redaction, tracing, waited
from solitude.telemetry.logs import get_logger
from solitude.turns import aside

from . import breaker, measured
from .failures import (
    NoAnswer,
    NotSent,
    Reason,
    RefusedUrlError,
    TooLargeError,
    class_names,
    reason_after_sending,
    reason_before_sending,
)
from .limits import InProgress
from .wire import PlainConnection, Progress, TlsConnection, progress

__all__ = ["Answer", "Headers", "NoAnswer", "NotSent", "Outlet", "Reason", "Request"]

USER_AGENT = "solitude"
READING = ("GET", "HEAD")
CHUNK_BYTES = 16 * 1024
# What an answer may need on the wire beyond its body: its head, and the framing of a chunked body.
HEAD_LIMIT_BYTES = 64 * 1024
FRAMING_FACTOR = 2
CORRELATION_ID_LIMIT_CHARACTERS = 128
RETRY_AFTER_MAX_S = 3600
DEFAULT_PORTS = {"http": 80, "https": 443}

log = get_logger("solitude.outbound")

Origin = tuple[str, str, int]  # scheme, host, port


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it goes over the wire. `url` is absolute; `operation` is our name for it in logs (`pay`,
    `refund`). `secret_tail` is how many of the URL's last characters are a secret, such as a stored credential's id.

    Its repr shows neither headers, body, query values nor a secret tail.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    operation: str = ""
    secret_tail: int = 0

    @property
    def shown_url(self) -> str:
        """The URL as logs and records may show it."""
        shown = f"{self.url[: -self.secret_tail]}{redaction.MASK}" if self.secret_tail else self.url
        return redaction.mask_query(shown)

    def __repr__(self) -> str:
        return f"Request({self.method} {self.shown_url} {self.operation})"


class Headers(Mapping[str, str]):
    """Header fields; names in any case. Several fields of one name are joined with a comma (RFC 9110, 5.3)."""

    __slots__ = ("_fields",)

    def __init__(self, fields: Mapping[str, str]) -> None:
        # By name, and not by `items`: those of urllib3 are field by field.
        self._fields = {name.lower(): fields[name] for name in fields}

    def __getitem__(self, name: str) -> str:
        return self._fields[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __repr__(self) -> str:
        return f"Headers({', '.join(self._fields)})"


@dataclass(frozen=True, slots=True)
class Answer:
    """The whole answer of a peer, whatever its status. Its repr shows neither header values nor body.

    `correlation_id` is the provider's own name for the exchange, for talks with its support; "" when it gave none.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    duration_ms: int
    correlation_id: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "headers", Headers(self.headers))

    @property
    def retry_after_s(self) -> int | None:
        """How long the peer asks to wait, but never more than an hour; None where it names no number of seconds."""
        text = self.headers.get("Retry-After", "")
        return min(int(text), RETRY_AFTER_MAX_S) if text.isascii() and text.isdigit() and len(text) < 9 else None


class Outlet:
    """The way to one provider: its origins, its time-outs and its connections. Made once; used by all threads.

    `base_urls` name the allowed origins (scheme, host, port). `connect_timeout_ms` covers the connection and the TLS
    handshake, `read_timeout_ms` each silence of the peer, `total_timeout_ms` everything from the call to the last
    byte (except that the system's resolver cannot be interrupted). At most `in_progress_limit` exchanges at once, at
    most `pool_size` connections for each origin; an exchange waits at most `pool_wait_ms` for a connection.
    `correlation_header` is the header of answers in which the provider names the exchange. `ca_file` replaces the
    system's certificate authorities; `identity` is certificate and key, PEM files, of who asks to be known by them. While the
    peer does not answer, nothing is sent (see `breaker`), unless `breaks` is false: that is for who just wants to know whether
    it is there. `names_trace` is for a peer that is a process of ours: it is told the trace. `timer` names a timer at statsd
    for every exchange, in which `{operation}` stands for the request's.

    Safe to make before a fork: connections and counts belong to the process that uses them.
    """

    def __init__(
        self,
        name: str,
        *,
        base_urls: Iterable[str],
        connect_timeout_ms: int = 5_000,
        read_timeout_ms: int = 30_000,
        total_timeout_ms: int = 45_000,
        max_answer_bytes: int = 1024 * 1024,
        pool_size: int = 16,
        pool_wait_ms: int = 1_000,
        in_progress_limit: int = 32,
        correlation_header: str = "",
        ca_file: Path | None = None,
        identity: tuple[Path, Path] | None = None,
        breaks: bool = True,
        names_trace: bool = False,
        timer: str = "",
    ) -> None:
        self.name = name
        self._origins = frozenset(_safe_origin(url) for url in base_urls)
        limits = (connect_timeout_ms, read_timeout_ms, total_timeout_ms, max_answer_bytes, pool_size, in_progress_limit)
        if not self._origins or min(limits) < 1 or pool_wait_ms < 0:
            raise ValueError(f"{name}: needs an origin, and every limit must be positive")
        self._connect_timeout_s = connect_timeout_ms / 1000
        self._read_timeout_s = read_timeout_ms / 1000
        self._total_timeout_s = total_timeout_ms / 1000
        self._pool_wait_s = pool_wait_ms / 1000
        self._max_answer_bytes = max_answer_bytes
        self._pool_size = pool_size
        self._in_progress_limit = in_progress_limit
        self._correlation_header = correlation_header
        self._breaks, self._names_trace = breaks, names_trace
        self._timer = timer
        self._tls = ssl.create_default_context(cafile=ca_file)
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_2
        if identity is not None:
            self._tls.load_cert_chain(*identity)
        # By process id, because two processes that share a pooled connection would read each other's answers.
        # `setdefault` of a dict is atomic, and a pool that loses the race has not opened anything.
        self._pools: dict[tuple[int, Origin], HTTPConnectionPool] = {}
        self._counts: dict[int, InProgress] = {}

    def __repr__(self) -> str:
        return f"Outlet({self.name})"

    @property
    def in_progress(self) -> InProgress:
        """How many exchanges are under way in this process."""
        pid = os.getpid()
        known = self._counts.get(pid)
        if known is None:
            known = self._counts.setdefault(pid, InProgress(self._in_progress_limit))
            measured.limit(self.name, self._in_progress_limit)
        return known

    def send(self, request: Request) -> Answer:
        """Sends the request once and reads the whole answer, of any status.

        Raises NotSent when it is certain that the peer received nothing that it could act on, NoAnswer in all other
        cases. What this thread has not waited for is on disk before, unless the peer is only read from; that may raise DatabaseError, and
        then nothing was sent.
        """
        is_reading = request.method in READING
        if not is_reading:
            databases.make_durable()
        exchange = Progress(
            connect_timeout_s=self._connect_timeout_s,
            read_timeout_s=self._read_timeout_s,
            total_timeout_s=self._total_timeout_s,
            limit_bytes=HEAD_LIMIT_BYTES + FRAMING_FACTOR * self._max_answer_bytes,
            is_reading=is_reading,
        )
        with measured.traced(self.name, request) as tell:
            outcome = self._admitted(request, exchange) if self._breaks else self._outcome(request, exchange)
            tell(outcome)
        self._log(request, outcome)
        measured.exchange(self.name, self._timer, request.operation, outcome)
        if isinstance(outcome, Answer):
            return outcome
        # Raised here and not where it was caught: the errors below hold URLs, header values and the connection itself.
        raise outcome

    def _admitted(self, request: Request, exchange: Progress) -> Answer | NotSent | NoAnswer:
        guard, said = breaker.of(self.name), breaker.Verdict.NOTHING
        try:
            began = guard.admit()
        except breaker.Open:
            return NotSent(Reason.BREAKER_OPEN)
        try:
            outcome = self._outcome(request, exchange)
            said = breaker.verdict(outcome.status if isinstance(outcome, Answer) else outcome)
            return outcome
        finally:
            guard.tell(began, said)

    def _outcome(self, request: Request, exchange: Progress) -> Answer | NotSent | NoAnswer:
        token = progress.set(exchange)
        try:
            with self.in_progress, measured.under_way(self.name), aside():
                try:
                    return self._exchange(request, exchange)
                finally:
                    waited.add(exchange.duration_s)
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the caller must learn whether something was sent
            return _failure(error, exchange)
        finally:
            progress.reset(token)
            if exchange.reader:
                exchange.reader.close()

    def _exchange(self, request: Request, exchange: Progress) -> Answer:
        parts = urlsplit(request.url)
        # The connection goes to the allowed origin itself, whatever another parser would read in the URL.
        response = self._pool(self._allowed(parts)).urlopen(
            request.method,
            (parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
            body=request.body or None,
            headers=_together(
                {"User-Agent": USER_AGENT}, request.headers, tracing.headers() if self._names_trace else {}
            ),
            retries=False,
            redirect=False,
            timeout=Timeout(connect=self._connect_timeout_s, read=self._read_timeout_s),
            pool_timeout=exchange.patience_s(self._pool_wait_s),  # type: ignore[arg-type]  # for Queue.get: floats do
            preload_content=False,
        )
        try:
            body = self._read(response)
        except BaseException:
            # The rest of the answer is still to come: the connection must not be used again.
            response.close()
            raise
        finally:
            response.release_conn()
        return Answer(response.status, response.headers, body, exchange.duration_ms, self._correlation_id(response))

    def _allowed(self, parts: SplitResult) -> Origin:
        origin = _origin(parts)
        if origin not in self._origins or "@" in parts.netloc:
            raise RefusedUrlError
        return origin

    def _read(self, response: BaseHTTPResponse) -> bytes:
        chunks = []
        left = self._max_answer_bytes
        while chunk := response.read(CHUNK_BYTES):
            left -= len(chunk)
            if left < 0:
                raise TooLargeError
            chunks.append(chunk)
        return b"".join(chunks)

    def _pool(self, origin: Origin) -> HTTPConnectionPool:
        key = (os.getpid(), origin)
        return self._pools.get(key) or self._pools.setdefault(key, self._new_pool(origin))

    def _new_pool(self, origin: Origin) -> HTTPConnectionPool:
        scheme, host, port = origin
        pool: HTTPConnectionPool
        if scheme == "https":
            pool = HTTPSConnectionPool(host, port, maxsize=self._pool_size, block=True, ssl_context=self._tls)
            pool.ConnectionCls = TlsConnection
        else:
            pool = HTTPConnectionPool(host, port, maxsize=self._pool_size, block=True)
            pool.ConnectionCls = PlainConnection
        return pool

    def _correlation_id(self, response: BaseHTTPResponse) -> str:
        given = response.headers.get(self._correlation_header, "") if self._correlation_header else ""
        return redaction.line(given[:CORRELATION_ID_LIMIT_CHARACTERS])

    def _log(self, request: Request, outcome: Answer | NotSent | NoAnswer) -> None:
        more: dict[str, str | int]
        if isinstance(outcome, Answer):
            write = log.info if outcome.status < HTTPStatus.INTERNAL_SERVER_ERROR else log.warning
            more = {"status": outcome.status}
            if outcome.correlation_id:
                more["correlation_id"] = outcome.correlation_id
                # The lines about what it means have it too.
                context.bind(correlation_id=outcome.correlation_id)
        else:
            write = log.warning
            more = {"reason": outcome.reason, "sent": isinstance(outcome, NoAnswer), "cause": outcome.cause}
        host, path, _ = place(request.shown_url)
        write(
            "exchange",
            provider=self.name,
            operation=request.operation,
            method=request.method,
            host=host,
            path=path,
            duration_ms=outcome.duration_ms,
            **more,
        )


def _together(*given: Mapping[str, str]) -> dict[str, str]:
    """All fields, each name once, whatever case it was given in (RFC 9110, 5.1): the last one holds, spelt as there.

    Peers refuse a request with two of one name, or believe the one that we did not mean.
    """
    fields = {name.lower(): (name, value) for headers in given for name, value in headers.items()}
    return dict(fields.values())


def _failure(error: Exception, exchange: Progress) -> NotSent | NoAnswer:
    """One flag decides, not the kind of the error: the same error can come before and after sending."""
    if exchange.sending:
        reason = reason_after_sending(error, late=exchange.late, answering=exchange.answering)
        return NoAnswer(reason, exchange.duration_ms, class_names(error))
    return NotSent(reason_before_sending(error), exchange.duration_ms, class_names(error))


def _origin(parts: SplitResult) -> Origin:
    scheme = parts.scheme.lower()
    return scheme, (parts.hostname or "").lower(), parts.port or DEFAULT_PORTS.get(scheme, 0)


def _safe_origin(url: str) -> Origin:
    scheme, host, port = _origin(urlsplit(url))
    if not host or not (scheme == "https" or (scheme == "http" and is_loopback(host))):
        raise ValueError(f"{scheme}://{host}:{port} is neither https nor http on this machine")
    return scheme, host, port


def place(url: str) -> tuple[str, str, str]:
    """Host, path and query of a URL, for logs and records; empty for a text that is no URL, which is never sent."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", "", ""
    return parts.hostname or "", parts.path, parts.query
