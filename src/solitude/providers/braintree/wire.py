"""One call of the gateway: made by the SDK, sent by us, recorded, and read as far as every call is read alike.

Statuses by https://developer.paypal.com/braintree/docs/reference/general/exceptions: 401 and 403 refuse our keys, 404 knows no such thing,
426 refuses the SDK's version, 429 asks to come back later; 422 is a refusal that says why, and a result like a success.
"""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings

from solitude.outbound import ways, xml
from solitude.outbound.http import Answer, NoAnswer, NotSent, Outlet, Reason, Request
from solitude.outbound.record import Exchange, describe
from solitude.outbound.ways import Sender
from solitude.payments.contract import CONFIGURATION
from solitude.providers.braintree import gateway, record
from solitude.providers.braintree.names import NAME
from solitude.telemetry import cef, metrics
from solitude.telemetry.logs import get_logger

# Why nothing was done, beside the reasons of `outbound` and the codes of the contract.
BUSY: Final = "busy"
NOT_UNDERSTOOD: Final = "not_understood"
# What follows is the token of a card.
_BEFORE_TOKEN: Final = "/payment_methods/any/"  # noqa: S105  # it is none
_NOT_OURS: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.UPGRADE_REQUIRED)
_WITH_XML: Final = (HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.UNPROCESSABLE_ENTITY)

log = get_logger("solitude.braintree")


@dataclass(frozen=True, slots=True)
class Reply:
    """What the SDK has made of the gateway's answer."""

    value: Any = field(repr=False)
    exchanges: tuple[Exchange, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Absent:
    """The gateway knows no such thing; it has done nothing."""

    exchanges: tuple[Exchange, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Failed:
    """No answer, or none that can be understood. `sent` is False only when it is certain that the gateway did not act."""

    sent: bool
    reason: str
    exchanges: tuple[Exchange, ...] = field(default=(), repr=False)
    retry_after_s: int | None = None


@dataclass(slots=True)
class _Asking:
    """A call under way: several messages may belong to it."""

    operation: str
    exchanges: list[Exchange] = field(default_factory=list)
    retry_after_s: int | None = None


# The SDK makes the messages, and has no place for what they belong to.
_asking: ContextVar[_Asking] = ContextVar("braintree_asking")


class Wire:
    """The way to the gateway under one pair of keys, or through the proxy, which has it. Raises NotConfigured where there is none."""

    def __init__(self) -> None:
        self._sender: Sender = ways.sender(NAME) if ways.is_proxied(NAME) else local_outlet()
        self._gateway = gateway.gateway(self)

    def ask(self, operation: str, perform: Callable[[Any], Any]) -> Reply | Absent | Failed:
        """Has the SDK's gateway do something, once; its results, of a refusal too, come back as they are."""
        asking = _Asking(operation)
        token = _asking.set(asking)
        try:
            value = perform(self._gateway)
        except (NotSent, NoAnswer) as error:
            if error.reason == Reason.CREDENTIALS_REFUSED:
                return _refused_keys(asking)
            busy = error.reason in (Reason.BUSY, Reason.NO_CONNECTION_FREE)
            reason = BUSY if busy else str(error.reason)
            return Failed(isinstance(error, NoAnswer), reason, tuple(asking.exchanges))
        except Exception as error:  # noqa: BLE001 - whatever the SDK makes of an answer, the last one says what it was
            return _failed(asking, error)
        finally:
            _asking.reset(token)
        if value is None:
            # The SDK gives nothing for an answer in which it finds neither a result nor a refusal.
            return Failed(sent=True, reason=NOT_UNDERSTOOD, exchanges=tuple(asking.exchanges))
        return Reply(value, tuple(asking.exchanges))

    def http_do(
        self, http_verb: str, path: str, headers: Mapping[str, str | bytes], request_body: str
    ) -> tuple[int, str]:
        """For the SDK. Raises NotSent, NoAnswer, and NotXml for an answer that must be XML and is none that we read."""
        asking = _asking.get()
        texts = {name: value.decode() if isinstance(value, bytes) else value for name, value in headers.items()}
        tail = len(path.partition(_BEFORE_TOKEN)[2])
        request = Request(http_verb, path, texts, request_body.encode(), asking.operation, secret_tail=tail)
        answer = self._exchange(request, asking)
        text = _text(answer)
        if answer.status in _WITH_XML and text.strip():
            # The SDK's own parser would take a document type.
            xml.parse(text)
        return answer.status, text

    def close(self) -> None:
        """For the SDK; the outlet's connections close by themselves."""

    def _exchange(self, request: Request, asking: _Asking) -> Answer:
        sent_at = datetime.now(UTC)
        shown = replace(request, body=xml.as_json(request.body))
        try:
            answer = self._sender.send(request)
        except (NotSent, NoAnswer) as error:
            asking.exchanges.append(describe(shown, error, sent_at=sent_at, kept=record.KEPT))
            raise
        metrics.count(f"solitude.braintree.response.{answer.status}")
        seen = replace(answer, body=xml.as_json(answer.body))
        asking.exchanges.append(describe(shown, seen, sent_at=sent_at, kept=record.KEPT))
        asking.retry_after_s = answer.retry_after_s
        return answer


def local_outlet() -> Outlet:
    """The way out of a process that has the keys."""
    at_once = settings.SOLITUDE_PAYMENTS_IN_PROGRESS_MAX
    return Outlet(
        NAME,
        base_urls=[settings.SOLITUDE_BRAINTREE_URL],
        connect_timeout_ms=settings.SOLITUDE_BRAINTREE_CONNECT_TIMEOUT_MS,
        read_timeout_ms=settings.SOLITUDE_BRAINTREE_TIMEOUT_MS,
        total_timeout_ms=settings.SOLITUDE_BRAINTREE_TIMEOUT_MS,
        max_answer_bytes=xml.DOCUMENT_MAX_BYTES,
        pool_size=at_once,
        in_progress_limit=at_once,
        timer="solitude.braintree.api",
    )


def wire() -> Wire:
    """The one of this process. Raises NotConfigured."""
    return _wire(
        settings.SOLITUDE_BRAINTREE_URL,
        settings.SOLITUDE_BRAINTREE_MERCHANT_ID,
        settings.SOLITUDE_BRAINTREE_PUBLIC_KEY,
        settings.SOLITUDE_BRAINTREE_PRIVATE_KEY,
        settings.SOLITUDE_BRAINTREE_PROXY,
    )


@cache
def _wire(*_settings: str) -> Wire:
    return Wire()


def _text(answer: Answer) -> str:
    """Raises NotXml: what is no text is no XML either."""
    try:
        return answer.body.decode()
    except UnicodeDecodeError:
        raise xml.NotXml("encoding") from None


def _failed(asking: _Asking, error: Exception) -> Absent | Failed:
    exchanges = tuple(asking.exchanges)
    if not exchanges:
        # A mistake of ours: nothing was made that could be sent.
        raise error
    status = exchanges[-1].status
    if status in _NOT_OURS:
        return _refused_keys(asking)
    if status == HTTPStatus.NOT_FOUND:
        return Absent(exchanges)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Failed(sent=False, reason=BUSY, exchanges=exchanges, retry_after_s=asking.retry_after_s)
    is_understood = status not in (*_WITH_XML, HTTPStatus.NO_CONTENT)
    reason = f"http_{status}" if is_understood else str(error) if isinstance(error, xml.NotXml) else NOT_UNDERSTOOD
    log.warning("braintree_not_understood", operation=asking.operation, status=status, reason=reason)
    return Failed(sent=True, reason=reason, exchanges=exchanges)


def _refused_keys(asking: _Asking) -> Failed:
    """The gateway does not take our keys, or whoever should have them has none; operators are told."""
    log.error("braintree_keys_refused", operation=asking.operation, status=asking.exchanges[-1].status)
    cef.event("Provider refuses our credentials", 7, extra={"cs6Label": "provider", "cs6": NAME})
    return Failed(sent=False, reason=CONFIGURATION, exchanges=tuple(asking.exchanges))
