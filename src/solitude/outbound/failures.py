"""How an exchange ends without an answer, and the one question that counts for money: may the peer have acted?"""

import http.client
import ssl
from enum import StrEnum
from http.client import HTTPException

from urllib3 import exceptions

from .limits import Busy


class Reason(StrEnum):
    """Why there is no answer."""

    # Nothing was sent.
    REFUSED_URL = "refused_url"
    """The URL is outside the outlet's origins, or plain http to another machine."""
    INVALID_REQUEST = "invalid_request"
    """Method, header or URL cannot be written as HTTP."""
    BUSY = "busy"
    """As many exchanges are under way as may be."""
    BREAKER_OPEN = "breaker_open"
    """The peer has not answered for a while, and is left alone for now."""
    NO_CONNECTION_FREE = "no_connection_free"
    """All connections of the pool stayed in use."""
    NAME_NOT_RESOLVED = "name_not_resolved"
    CONNECTION_REFUSED = "connection_refused"
    CONNECT_TIMEOUT = "connect_timeout"
    """Neither a connection nor a TLS session within the time for it."""
    CONNECT_FAILED = "connect_failed"
    """No route, network down, no file descriptor left, and the like."""
    TLS_FAILED = "tls_failed"
    """Certificate not trusted, wrong host name, no common protocol, or the peer hung up during the handshake."""
    REFUSED_OPERATION = "refused_operation"
    """It asks for something that this provider is never asked for."""
    PROXY_REFUSED = "proxy_refused"
    """The proxy does not pass such a request on: its log says why."""
    CREDENTIALS_REFUSED = "credentials_refused"
    """The peer does not take who we are, or nobody has told who we are: nothing else was asked of it."""
    NO_TOKEN = "no_token"  # noqa: S105  # it is none
    """The peer gives no token now, without which nothing is asked of it."""
    # Something may have been sent.
    WRITE_TIMEOUT = "write_timeout"
    READ_TIMEOUT = "read_timeout"
    """The peer was silent for too long."""
    TOTAL_TIMEOUT = "total_timeout"
    """The peer was never silent for long, but the whole took too long."""
    CONNECTION_LOST = "connection_lost"
    """Closed or reset before the answer began."""
    TRUNCATED = "truncated"
    """Closed or reset within the answer."""
    TOO_LARGE = "too_large"
    UNDECODABLE = "undecodable"
    """The content encoding of the answer is broken."""
    NOT_HTTP = "not_http"
    """The answer breaks the rules of HTTP."""
    UNVERIFIED = "unverified"
    """What came in the place of the proxy's answer does not prove that it is the proxy's."""
    # Before or after.
    NO_LONGER_OURS = "no_longer_ours"
    """This process stood still for so long that another one may be at the same call: see `in_time`."""
    UNEXPECTED = "unexpected"
    """An error that nobody thought of, here or in a library: see its class in `cause`."""


class _Unanswered(Exception):
    def __init__(self, reason: Reason, duration_ms: int = 0, cause: str = "") -> None:
        """`cause` is for people: class names of the errors below, never their text, which can hold URLs and headers."""
        super().__init__(reason, duration_ms, cause)
        self.reason = reason
        self.duration_ms = duration_ms
        self.cause = cause

    def __str__(self) -> str:
        return f"{self.reason} after {self.duration_ms} ms" + (f" ({self.cause})" if self.cause else "")


class NotSent(_Unanswered):
    """It is certain that the peer received nothing that it could act on."""


class NoAnswer(_Unanswered):
    """The peer may have received the request and acted on it: the outcome is unknown."""


class RefusedUrlError(Exception):
    """The URL is not one that this outlet leads to."""


class TooLargeError(Exception):
    """The peer sends more than the outlet reads."""


class LateError(Exception):
    """The time for the whole exchange is over."""


class NoLongerOursError(Exception):
    """What was about to be sent may be somebody else's by now."""


def reason_before_sending(error: Exception) -> Reason:
    """Names an error that came before the first byte of the request was given to the connection."""
    match error:
        case RefusedUrlError():
            return Reason.REFUSED_URL
        case Busy():
            return Reason.BUSY
        case NoLongerOursError():
            return Reason.NO_LONGER_OURS
        case exceptions.EmptyPoolError():
            return Reason.NO_CONNECTION_FREE
        case exceptions.NameResolutionError():
            return Reason.NAME_NOT_RESOLVED
        case exceptions.NewConnectionError():  # a subclass of urllib3's time-out error, so it is asked for first
            return Reason.CONNECTION_REFUSED if _is_below(error, ConnectionRefusedError) else Reason.CONNECT_FAILED
        case LateError() | exceptions.TimeoutError():
            return Reason.CONNECT_TIMEOUT
        case exceptions.SSLError() | exceptions.ProtocolError():
            # urllib3 calls a connection that is lost in the handshake a protocol error.
            return Reason.TLS_FAILED
        case ValueError() | HTTPException():
            return Reason.INVALID_REQUEST
        case _:
            return Reason.UNEXPECTED


def reason_after_sending(error: Exception, *, late: bool, answering: bool) -> Reason:
    """Names an error that came later. `late`: the whole time was over; `answering`: the answer's head had been read."""
    match error:
        case TooLargeError():
            return Reason.TOO_LARGE
        case NoLongerOursError():
            return Reason.NO_LONGER_OURS
        case _ if late or isinstance(error, LateError):
            return Reason.TOTAL_TIMEOUT
        case exceptions.ReadTimeoutError():
            return Reason.READ_TIMEOUT
        case exceptions.DecodeError():
            return Reason.UNDECODABLE
        case _ if _is_below(error, TimeoutError):
            return Reason.WRITE_TIMEOUT
        case _ if _is_below(error, ConnectionError, http.client.RemoteDisconnected, ssl.SSLError):
            return Reason.TRUNCATED if answering else Reason.CONNECTION_LOST
        case exceptions.ProtocolError() if answering or _is_below(error, http.client.IncompleteRead):
            return Reason.TRUNCATED
        case exceptions.HTTPError() | HTTPException() | ValueError():
            return Reason.NOT_HTTP
        case _:
            return Reason.UNEXPECTED


def class_names(error: BaseException) -> str:
    return " < ".join(type(link).__name__ for link in _chain(error))


def _is_below(error: BaseException, *kinds: type[BaseException]) -> bool:
    return any(isinstance(link, kinds) for link in _chain(error))


def _chain(error: BaseException) -> list[BaseException]:
    """The error and what caused it, also where urllib3 hands the cause on as an argument. At most five links."""
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain and len(chain) < 5:
        chain.append(link)
        wrapped = next((argument for argument in link.args if isinstance(argument, BaseException)), None)
        link = link.__cause__ or wrapped
    return chain
