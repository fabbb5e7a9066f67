"""Connections that know how far an exchange has come and when it must end.

urllib3's time-outs are for one read each: a peer that sends a byte a second holds a thread for ever. And its errors
do not tell whether something was sent. So the connections here count against one deadline, and say when the first
byte goes out.
"""

import email.parser
import http.client
import io
import re
import socket
import time
from contextvars import ContextVar
from dataclasses import dataclass, field
from http import HTTPStatus
from types import FunctionType
from typing import TYPE_CHECKING, Any

from urllib3 import connection, exceptions

from solitude import failpoints

from . import in_time
from .failures import LateError, NoLongerOursError, TooLargeError

if TYPE_CHECKING:
    from urllib3.response import HTTPResponse

# Providers' load balancers close idle connections after 60 s or more. A request on a connection that the peer is just
# closing is lost with an unknown outcome, so idle connections are given up well before.
IDLE_LIMIT_S = 15.0
# Names with more addresses than this cost more waiting than they are worth.
ADDRESSES_LIMIT = 4
# A time-out of 0 would mean "do not wait at all, and fail otherwise than with a time-out".
LEAST_TIMEOUT_S = 0.001
# A field of a head as nearly all are, in one line (RFC 9112, section 5).
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n]*)\r?\n")


@dataclass(slots=True)
class Progress:
    """One exchange, seen from the wire. Times in seconds of the monotonic clock."""

    connect_timeout_s: float
    read_timeout_s: float
    total_timeout_s: float
    limit_bytes: int
    is_reading: bool = False
    """Whether it changes nothing at the peer."""
    started: float = field(default_factory=time.monotonic)
    sending: bool = False
    """True before the first byte of the request is given to the connection, and for ever after."""
    answering: bool = False
    """True when the head of the answer has been read."""
    received_bytes: int = 0
    ended: bool = False
    """True when the peer has closed its side."""
    reader: io.BufferedIOBase | None = None
    """What reads the answer. It holds the socket open, so it is closed when the exchange is over, however that came."""

    @property
    def late(self) -> bool:
        return time.monotonic() >= self.started + self.total_timeout_s

    @property
    def duration_s(self) -> float:
        return time.monotonic() - self.started

    @property
    def duration_ms(self) -> int:
        return round(self.duration_s * 1000)

    def patience_s(self, step_s: float) -> float:
        """How long the next step may take: its own time-out or the rest of the whole. Raises LateError at the end."""
        left = self.started + self.total_timeout_s - time.monotonic()
        if left <= 0:
            raise LateError
        return min(step_s, left)

    def receive(self, count_bytes: int) -> None:
        self.received_bytes += count_bytes
        self.ended = count_bytes == 0
        if self.received_bytes > self.limit_bytes:
            raise TooLargeError


# urllib3's pool chooses the connection within its own call, so the exchange cannot be handed over as an argument.
progress: ContextVar[Progress] = ContextVar("progress")


class _Reader(io.RawIOBase):
    """Reads from the socket, each time with no more patience than the exchange has left."""

    def __init__(self, sock: socket.socket, exchange: Progress) -> None:
        self._sock = sock
        self._file = sock.makefile("rb", buffering=0)
        self._exchange = exchange

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._exchange.patience_s(self._exchange.read_timeout_s))
        count = self._file.readinto(buffer)
        self._exchange.receive(count or 0)
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


def _head(file: Any) -> http.client.HTTPMessage:
    """What `http.client.parse_headers` reads, which has a parser of e-mail go through each head; that is left to those that need it."""
    lines = http.client._read_headers(file)  # type: ignore[attr-defined]
    found = http.client.HTTPMessage()
    for line in lines[:-1]:
        field = _FIELD.fullmatch(line)
        if field is None:
            return email.parser.Parser(_class=http.client.HTTPMessage).parsestr(b"".join(lines).decode("iso-8859-1"))
        found.set_raw(field[1].decode("ascii"), field[2].decode("iso-8859-1"))
    return found


class _Response(http.client.HTTPResponse):
    # It is the standard library's own, which finds one function of its module replaced.
    begin = FunctionType(http.client.HTTPResponse.begin.__code__, vars(http.client) | {"parse_headers": _head})

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        exchange = progress.get()
        self.fp = io.BufferedReader(_Reader(sock, exchange))
        exchange.reader = self.fp

    def _read_status(self) -> tuple[str, int, str]:
        """That of the answer. What comes before it only says that it is on its way (RFC 9110, section 15.2), and taken for the answer it
        would leave that for the next request on this connection, which is another payment's."""
        while True:
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if status == HTTPStatus.SWITCHING_PROTOCOLS:
                raise http.client.BadStatusLine("another protocol, which nobody has asked for")
            if status >= HTTPStatus.OK:
                return version, status, reason
            http.client._read_headers(self.fp)  # type: ignore[attr-defined]


class PlainConnection(connection.HTTPConnection):
    """A connection without TLS; also the part that both kinds share."""

    response_class = _Response
    _used = 0.0

    @property
    def is_connected(self) -> bool:
        """Asked by the pool before it hands out a connection again: no means that a new one is opened."""
        return super().is_connected and time.monotonic() - self._used < IDLE_LIMIT_S

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        exchange = progress.get()
        patience_s = exchange.patience_s(exchange.read_timeout_s)
        if not exchange.is_reading and in_time.left_s() <= 0:
            raise NoLongerOursError
        exchange.sending = True
        self.sock.settimeout(patience_s)
        super().send(data)

    def getresponse(self) -> "HTTPResponse":  # type: ignore[override]  # as in urllib3's own class
        failpoints.reach(failpoints.AFTER_SEND)
        response = super().getresponse()
        exchange = progress.get()
        exchange.answering = True
        if exchange.ended:
            # http.client takes a head that breaks off for a whole one, and then the body for an empty one.
            raise http.client.IncompleteRead(b"")
        self._used = time.monotonic()
        return response

    def _new_conn(self) -> socket.socket:
        """As urllib3's, but the time-out is for all addresses of the name together, and the rest of it is left for TLS.

        Looking the name up is the resolver's business, which has its own time-out (`options timeout` in resolv.conf).
        """
        exchange = progress.get()
        try:
            addresses = socket.getaddrinfo(self._dns_host, self.port, type=socket.SOCK_STREAM)[:ADDRESSES_LIMIT]
        except (socket.gaierror, UnicodeError) as error:
            reason = error if isinstance(error, socket.gaierror) else socket.gaierror(str(error))
            raise exceptions.NameResolutionError(self.host, self, reason) from error
        until = time.monotonic() + exchange.patience_s(exchange.connect_timeout_s)
        failure: OSError | None = None
        for family, kind, protocol, _, address in addresses:
            try:
                return self._dialled(socket.socket(family, kind, protocol), address, until)
            except OSError as error:
                failure = error
        if failure is None or isinstance(failure, TimeoutError):
            raise exceptions.ConnectTimeoutError(self, "connect timed out") from failure
        raise exceptions.NewConnectionError(self, "connect failed") from failure

    def _dialled(self, sock: socket.socket, address: Any, until: float) -> socket.socket:
        try:
            for option in self.socket_options or ():
                sock.setsockopt(*option)
            sock.settimeout(max(until - time.monotonic(), LEAST_TIMEOUT_S))
            sock.connect(address)
            sock.settimeout(max(until - time.monotonic(), LEAST_TIMEOUT_S))
        except BaseException:
            sock.close()
            raise
        return sock


class TlsConnection(PlainConnection, connection.HTTPSConnection):
    """A connection with TLS. The handshake is part of connecting."""
