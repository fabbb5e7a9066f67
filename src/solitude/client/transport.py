"""One signed try of one call: bytes out, bytes in, and every way in which that fails as a SolitudeError."""

import ipaddress
import os
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urlsplit

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    EmptyPoolError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    SSLError,
)

from .errors import NoAnswer, error_of
from .signing import authorization
from .wire import Unreadable, decode

ANSWER_MAX_BYTES = 8 * 1024 * 1024
CONNECT_TIMEOUT_S = 5.0
RETRY_AFTER_MAX_S = 3600
_CHUNK_BYTES = 64 * 1024
_NEVER_SENT = (NewConnectionError, NameResolutionError, ConnectTimeoutError, EmptyPoolError)


@dataclass(frozen=True, slots=True)
class Call:
    """A request before it is signed. `target`: path and query as sent. `held_s`: how long the server is asked to hold it.

    `bare`: a success is a list or a text as JSON, and not an object.
    """

    method: str
    target: str = field(repr=False)
    body: bytes = field(default=b"", repr=False)
    idempotency_key: str | None = None
    signed: bool = True
    accepted: tuple[int, ...] = ()
    if_match: str | None = None
    held_s: int = 0
    bare: bool = False

    @property
    def what(self) -> str:
        """Method and path, for messages; the query stays out because it may hold what a log must not."""
        return f"{self.method} {self.target.partition('?')[0]}"

    @property
    def repeatable(self) -> bool:
        """Whether a second try cannot have a second effect."""
        return self.method not in ("POST", "PATCH") or self.idempotency_key is not None


@dataclass(frozen=True, slots=True)
class Answer:
    """A success: the HTTP status, the JSON object, empty where there was no body, and the ETag of what it shows."""

    status: int
    body: dict[str, Any] = field(repr=False)
    etag: str | None = None


class Transport:
    """Connections to one server, for all threads of a process; a forked child gets connections of its own."""

    def __init__(
        self,
        url: str,
        key: str,
        secret: str | bytes,
        *,
        timeout_s: float,
        connections: int,
        ca_file: str | None,
        certificate: tuple[str, str] | None,
        trace: Callable[[], str | None] | None,
        plain: bool,
    ) -> None:
        self._base = _checked(url, plain=plain)
        self._prefix = self._base.path.rstrip("/")
        self._key, self._secret, self._timeout_s, self._connections = key, secret, timeout_s, connections
        self._tls = ssl.create_default_context(cafile=ca_file) if self._base.scheme == "https" else None
        if self._tls is not None and certificate is not None:
            self._tls.load_cert_chain(*certificate)
        self._trace = trace
        self._pid, self._pool = os.getpid(), self._new_pool()

    def __repr__(self) -> str:
        return f"Transport({self._base.geturl()!r}, key={self._key!r})"

    def close(self) -> None:
        self._pool.close()

    def send(self, call: Call, left_s: float) -> Answer:
        """One try with a fresh signature, ended after at most `left_s` seconds. Raises SolitudeError."""
        timeout_s = max(0.001, min(self._timeout_s + call.held_s, left_s))
        target = self._prefix + call.target
        try:
            response = self._connection_pool().urlopen(
                call.method,
                target,
                body=call.body or None,
                headers=self._headers(call, target),
                retries=False,
                redirect=False,
                timeout=urllib3.Timeout(total=timeout_s, connect=min(CONNECT_TIMEOUT_S, timeout_s)),
                pool_timeout=max(1, int(timeout_s)),
                preload_content=False,
                decode_content=False,
            )
            raw = _read(response, call, time.monotonic() + timeout_s)
        except HTTPError as error:
            # `from None`: urllib3's own texts hold the query.
            raise _no_answer(error, call) from None
        return _answer(call, response, raw)

    def _headers(self, call: Call, target: str) -> dict[str, str]:
        headers = {"Accept": "application/json", "User-Agent": "solitude-client"}
        if call.body:
            headers["Content-Type"] = "application/json"
        if call.idempotency_key is not None:
            headers["Idempotency-Key"] = call.idempotency_key
        if call.if_match is not None:
            headers["If-Match"] = call.if_match
        if self._trace is not None and (traceparent := self._trace()):
            headers["traceparent"] = traceparent
        if call.signed:
            headers["Authorization"] = authorization(
                key=self._key, secret=self._secret, method=call.method, target=target, body=call.body
            )
        return headers

    def _connection_pool(self) -> urllib3.HTTPConnectionPool:
        # A child that used its parent's sockets would read the answers of its parent's payments.
        if os.getpid() != self._pid:
            self._pool, self._pid = self._new_pool(), os.getpid()
        return self._pool

    def _new_pool(self) -> urllib3.HTTPConnectionPool:
        host = self._base.hostname or ""
        if self._tls is None:
            return urllib3.HTTPConnectionPool(host, self._base.port, maxsize=self._connections, block=True)
        return urllib3.HTTPSConnectionPool(
            host, self._base.port, maxsize=self._connections, block=True, ssl_context=self._tls
        )


def _checked(url: str, *, plain: bool) -> SplitResult:
    """The server's address. Raises ValueError, which never shows the address: a password could be in it."""
    base = urlsplit(url)
    if base.scheme not in ("http", "https") or not base.hostname or base.query or base.fragment or "@" in base.netloc:
        raise ValueError("The url is http(s)://host[:port][/path], without user, query or fragment.")
    if base.scheme == "http" and not plain and not _is_loopback(base.hostname):
        raise ValueError("Plain http is for loopback; use https, or say allow_plain_http=True.")
    return base


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _read(response: urllib3.BaseHTTPResponse, call: Call, end: float) -> bytes:
    """The body, within size and time. Raises NoAnswer and urllib3's HTTPError."""
    chunks: list[bytes] = []
    size = 0
    try:
        if response.status < 200:
            # The answer is still to come, and would be taken for that to the next call.
            raise NoAnswer(
                f"{call.what}: {response.status}, not from a Solitude server",
                status=response.status,
                idempotency_key=call.idempotency_key,
            )
        while chunk := response.read1(_CHUNK_BYTES):
            chunks.append(chunk)
            size += len(chunk)
            if size > ANSWER_MAX_BYTES:
                raise NoAnswer(
                    f"{call.what}: the answer is longer than {ANSWER_MAX_BYTES} bytes",
                    transient=False,
                    idempotency_key=call.idempotency_key,
                )
            # The time-out of a socket starts anew with every byte; this one does not.
            if time.monotonic() > end:
                raise NoAnswer(f"{call.what}: the answer came too slowly", idempotency_key=call.idempotency_key)
    except BaseException:
        # The rest of it is still to come: the connection must not be used again. Its place is the next one's, though.
        response.close()
        raise
    finally:
        response.release_conn()
    return b"".join(chunks)


def _no_answer(error: HTTPError, call: Call) -> NoAnswer:
    cause = error.args[0] if isinstance(error, SSLError) and error.args else None
    if isinstance(cause, ssl.SSLCertVerificationError):
        text, sent, transient = f"the certificate was refused: {cause.verify_message}", False, False
    else:
        text, sent, transient = type(error).__name__, not isinstance(error, _NEVER_SENT), True
    return NoAnswer(f"{call.what}: {text}", sent=sent, transient=transient, idempotency_key=call.idempotency_key)


def _answer(call: Call, response: urllib3.BaseHTTPResponse, raw: bytes) -> Answer:
    body = _body(response.headers, raw, bare=call.bare and response.status < 300)
    if response.status not in call.accepted and not 200 <= response.status < 300:
        raise error_of(
            call.what,
            response.status,
            body,
            idempotency_key=call.idempotency_key,
            retry_after_s=_retry_after_s(response.headers),
        )
    if body is None:
        raise NoAnswer(
            f"{call.what}: {response.status}, not from a Solitude server",
            status=response.status,
            transient=False,
            idempotency_key=call.idempotency_key,
        )
    return Answer(response.status, body, response.headers.get("ETag"))


def _body(headers: Mapping[str, str], raw: bytes, *, bare: bool) -> dict[str, Any] | None:
    """The JSON object; empty where there is no body, None where there is another one."""
    if not raw:
        return {}
    if not headers.get("Content-Type", "").lower().startswith("application/json"):
        return None
    try:
        return decode(raw, bare=bare)
    except Unreadable:
        return None


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Solitude sends whole seconds; the other form of the header, a date, is not for it."""
    text = headers.get("Retry-After", "")
    return float(min(int(text), RETRY_AFTER_MAX_S)) if text.isascii() and text.isdigit() and len(text) < 10 else None
