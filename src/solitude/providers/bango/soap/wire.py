"""One call of Bango's: an envelope that is sent once, recorded, measured, and read as far as every call is read alike."""

import re
from collections.abc import Mapping
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
from solitude.providers.bango.configured import is_configured
from solitude.providers.bango.names import NAME
from solitude.providers.bango.soap import record, values
from solitude.providers.bango.soap.credentials import NAMES, SOAP_1_1, Known
from solitude.providers.bango.soap.description import Description, NotConfigured, NotUnderstood, description
from solitude.providers.bango.soap.operations import CHECK_TOKEN, OPERATIONS
from solitude.telemetry import cef, metrics
from solitude.telemetry.logs import get_logger

OK: Final = "OK"
ACCESS_DENIED: Final = "ACCESS_DENIED"
# Why nothing was sent, beside the reasons of `outbound`.
BUSY: Final = "busy"
UNWRITABLE: Final = "unwritable"
# A code is a word of Bango's; what looks otherwise is counted as none.
_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,63}", re.ASCII)
# Each code is a series of its own, for which each process has room on the disk: of so many, and none is made up for those behind.
CODES_MAX = 100
OTHER_CODE: Final = "other"
_counted: set[str] = set()
_FAULT = "{http://schemas.xmlsoap.org/soap/envelope/}Fault"

log = get_logger("solitude.bango")


class CredentialsMissing(NotConfigured):
    """Nobody has set Bango's password, so nothing is asked."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Bango's answer. `code` is empty where it gives none, which only the token checker does. `values` by Bango's names, without code and
    message; what was not said is None."""

    code: str
    message: str = field(repr=False)
    values: Mapping[str, Any] = field(repr=False)
    exchanges: tuple[Exchange, ...] = field(repr=False)

    @property
    def is_ok(self) -> bool:
        return self.code == OK


@dataclass(frozen=True, slots=True)
class Failed:
    """No answer, or none that can be understood. `sent` is False only when it is certain that Bango did not act."""

    sent: bool
    reason: str
    exchanges: tuple[Exchange, ...] = field(default=(), repr=False)


class Wire:
    """The way to Bango."""

    def __init__(self) -> None:
        self._url = settings.SOLITUDE_BANGO_URL
        self._token_url = settings.SOLITUDE_BANGO_TOKEN_URL
        at_once = settings.SOLITUDE_PAYMENTS_IN_PROGRESS_MAX
        outlet = Outlet(
            NAME,
            base_urls=[self._url, self._token_url],
            connect_timeout_ms=settings.SOLITUDE_BANGO_CONNECT_TIMEOUT_MS,
            read_timeout_ms=settings.SOLITUDE_BANGO_TIMEOUT_MS,
            total_timeout_ms=settings.SOLITUDE_BANGO_TIMEOUT_MS,
            max_answer_bytes=xml.DOCUMENT_MAX_BYTES,
            pool_size=at_once,
            in_progress_limit=at_once,
        )
        self.local: Sender = Known(outlet)

    def ask(self, operation: str, fields: Mapping[str, Any]) -> Reply | Failed:
        """Sends the call, once. `fields` by Bango's names; who sends adds the credentials. Raises NotConfigured, of which
        CredentialsMissing is one kind."""
        if not is_configured():
            raise CredentialsMissing("SOLITUDE_BANGO_PASSWORD is empty")
        if values.unwritable(fields):
            return Failed(sent=False, reason=UNWRITABLE)
        described = description(settings.SOLITUDE_BANGO_WSDL_DIR)
        reply = self._exchange(operation, self._request(operation, fields, described), described)
        if isinstance(reply, Reply):
            _count(operation, reply.code)
            if reply.code == ACCESS_DENIED:
                log.error("bango_credentials_refused", operation=operation)
                cef.event("Provider refuses our credentials", 7, extra={"cs6Label": "provider", "cs6": NAME})
        return reply

    def _sender(self) -> Sender:
        return ways.sender(NAME) if ways.is_proxied(NAME) else self.local

    def _request(self, operation: str, fields: Mapping[str, Any], described: Description) -> Request:
        service = OPERATIONS[operation]
        places = dict.fromkeys(NAMES, "")
        body = described.write(operation, fields if service.is_token_checker else {**fields, **places})
        headers = {"Content-Type": SOAP_1_1, "SOAPAction": f'"{described.action(operation)}"'}
        url = self._token_url if service.is_token_checker else self._url
        return Request("POST", f"{url}{service.path}", headers, body, operation)

    def _exchange(self, operation: str, request: Request, described: Description) -> Reply | Failed:
        sent_at = datetime.now(UTC)
        shown = replace(request, body=xml.as_json(request.body))
        outcome: Answer | NotSent | NoAnswer
        try:
            outcome = self._sender().send(request)
        except (NotSent, NoAnswer) as error:
            outcome = error
        metrics.timing_ms(f"solitude.bango.request.{operation.lower()}", outcome.duration_ms)
        if not isinstance(outcome, Answer):
            exchange = describe(shown, outcome, sent_at=sent_at, kept=record.KEPT)
            busy = outcome.reason in (Reason.BUSY, Reason.NO_CONNECTION_FREE)
            return Failed(isinstance(outcome, NoAnswer), BUSY if busy else str(outcome.reason), (exchange,))
        seen = replace(outcome, body=xml.as_json(outcome.body))
        return _read(operation, outcome, described, (describe(shown, seen, sent_at=sent_at, kept=record.KEPT),))


def local() -> Sender:
    """Who asks Bango where no proxy does. Raises CredentialsMissing."""
    if not settings.SOLITUDE_BANGO_PASSWORD:
        raise CredentialsMissing("SOLITUDE_BANGO_PASSWORD is empty")
    return wire().local


def wire() -> Wire:
    """The one of this process."""
    return _wire(settings.SOLITUDE_BANGO_URL, settings.SOLITUDE_BANGO_TOKEN_URL)


@cache
def _wire(_url: str, _token_url: str) -> Wire:
    return Wire()


def _read(operation: str, answer: Answer, described: Description, exchanges: tuple[Exchange, ...]) -> Reply | Failed:
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return Failed(sent=False, reason=BUSY, exchanges=exchanges)
    try:
        told = _told(operation, answer, described)
    except (xml.NotXml, NotUnderstood) as error:
        log.warning("bango_not_understood", operation=operation, status=answer.status, reason=str(error))
        return Failed(sent=True, reason=str(error), exchanges=exchanges)
    names = ("ResponseCode", "ResponseMessage") if operation == CHECK_TOKEN else ("responseCode", "responseMessage")
    code, message = (told.pop(name) or "" for name in names)
    if not code and operation != CHECK_TOKEN:
        return Failed(sent=True, reason="no_code", exchanges=exchanges)
    return Reply(code, message, told, exchanges)


def _told(operation: str, answer: Answer, described: Description) -> dict[str, Any]:
    """What the answer says. Raises NotXml or NotUnderstood, also for one that is there and no success of HTTP's."""
    is_success = answer.status == HTTPStatus.OK
    try:
        root = xml.parse(answer.body)
    except xml.NotXml:
        if is_success:
            raise
        raise NotUnderstood(f"http_{answer.status}") from None
    if root.find(f"*/{_FAULT}") is not None:
        raise NotUnderstood("soap_fault")
    if not is_success:
        raise NotUnderstood(f"http_{answer.status}")
    return described.read(operation, answer.body)


def _count(operation: str, code: str) -> None:
    if _CODE.fullmatch(code):
        if len(_counted) < CODES_MAX:
            _counted.add(code)
        metrics.count(f"solitude.bango.response.{code.lower() if code in _counted else OTHER_CODE}")
    if operation == CHECK_TOKEN and code != OK:
        metrics.count("solitude.bango.response.checktoken_fail")
