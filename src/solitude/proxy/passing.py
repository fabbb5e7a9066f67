"""What is passed on: a request of the database process becomes one to the provider, with our credentials, and its answer goes back, signed.

Whatever goes wrong, the answer says in its mark whether the provider may have acted.
"""

import json
import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse

from solitude import clocks
from solitude.outbound import in_time, vouching, ways, xml
from solitude.outbound.failures import NoAnswer, NotSent, Reason
from solitude.outbound.hop import climbs
from solitude.outbound.http import Answer, Request
from solitude.outbound.vouching import Mark, Said
from solitude.outbound.ways import PROVIDER, Way
from solitude.proxy import signed
from solitude.proxy.gate import not_signed
from solitude.proxy.seen import Full, Names
from solitude.proxy.signed import Proven
from solitude.telemetry import cef, metrics
from solitude.telemetry.logs import get_logger
from solitude.web.networks import facts
from solitude.web.refusals import refusal, too_big
from solitude.web.signed import BadSignature

VERBS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"})
UNKNOWN_TYPE = "application/octet-stream"
_OPERATION = re.compile(r"[A-Za-z0-9_.-]{1,64}", re.ASCII)
_STATUSES = range(200, 600)
_WITHOUT_BODY = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})

log = get_logger("solitude.proxy")
_names = Names()
# Who answers is forked from the process that has imported this, perhaps in the place of one that has died.
os.register_at_fork(after_in_child=_names.begin)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the database process is told."""

    mark: Mark
    status: int
    body: bytes = b""
    reason: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):
    """The request is not passed on; nothing was sent."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.reply = Reply(Mark.REFUSED, status, json.dumps({"detail": detail} if detail else {}).encode())


def begin() -> None:
    """To be called before the process listens: what comes at once could not be told from what another one has taken."""
    _names.wait()


def own(request: HttpRequest, service: str) -> HttpResponse:
    """`/proxy/bango` and the like: the URL is told in a header."""
    return _answered(request, service, request.headers.get(vouching.WAY, "") or service)


def provider(request: HttpRequest, name: str) -> HttpResponse:
    """`/proxy/provider/<name>/<rest>`: the URL is the provider's, and the rest of the path."""
    return _answered(request, PROVIDER, name)


def _answered(request: HttpRequest, service: str, name: str) -> HttpResponse:
    found = _way(service, name)
    try:
        proven = signed.verified(request, vouching.CARRIED | found.headers if found else None)
    except BadSignature as error:
        return not_signed(request, error)
    except RequestDataTooBig:
        return refusal(too_big())
    try:
        reply = _taken(request, proven) or _passed(request, proven, found)
    except Refused as refused:
        cef.event(f"Proxy passes it not on: {refused}", 5, request=facts(request))
        reply = refused.reply
    return _response(request, proven, reply)


def _way(service: str, name: str) -> Way | None:
    """The way of this name, if it is one of this service, and served here."""
    try:
        found = ways.way(name)
    except ways.NoWay:
        return None
    served = (name if service == PROVIDER else service) in settings.SOLITUDE_PROXY_SERVES
    return found if found.service == service and served else None


def _taken(request: HttpRequest, proven: Proven) -> Reply | None:
    """Nothing of a request that is new. Of one that came before nobody can say that it was not sent."""
    try:
        is_new = _names.take(proven.name, proven.issued, proven.until)
    except Full:
        return Reply(Mark.NOT_SENT, HTTPStatus.SERVICE_UNAVAILABLE, reason=Reason.BUSY)
    if is_new:
        return None
    cef.event("Signature refused: The token was used before.", 5, request=facts(request))
    return Reply(Mark.NO_ANSWER, HTTPStatus.UNAUTHORIZED, reason=Reason.UNVERIFIED)


def _passed(request: HttpRequest, proven: Proven, found: Way | None) -> Reply:
    if found is None:
        raise Refused(404, "")
    asked = _request(request, proven, found)
    began = time.monotonic()
    # Whoever has signed it may have been given up for dead by then, and somebody else be at the same.
    with in_time.sending_before(clocks.now_s() + proven.left_s()):
        reply = _sent(found, asked)
    place = found.name if found.service == PROVIDER else found.service
    name = place.replace("-", "_")
    metrics.timing_ms(f"solitude.proxy.{name}.{found.service}", round((time.monotonic() - began) * 1000))
    write = log.info if reply.mark == Mark.ANSWERED and reply.status < HTTPStatus.BAD_REQUEST else log.warning
    write("passed_on", provider=place, operation=asked.operation, mark=reply.mark, status=reply.status)
    return reply


def _request(request: HttpRequest, proven: Proven, way: Way) -> Request:
    """The request to the provider, without our credentials. Raises Refused."""
    # Bango knows one verb only.
    method = "POST" if way.service == "bango" else request.META["REQUEST_METHOD"]
    if method not in VERBS:
        raise Refused(405, "This verb is not passed on.")
    names = {"content-type", "accept"} | way.headers
    headers = {name: value for name in names if (value := request.headers.get(name, ""))}
    if soap_action := request.headers.get(vouching.SOAP_ACTION, ""):
        headers["SOAPAction"] = soap_action
    if request.body and _has_document_type(headers.get("content-type", ""), request.body):
        raise Refused(400, "The body has a document type.")
    operation = request.headers.get(vouching.OPERATION, "")
    tail = request.headers.get(vouching.SECRET_TAIL, "")
    return Request(
        method,
        _url(request, proven, way),
        headers,
        request.body,
        operation if _OPERATION.fullmatch(operation) else "",
        secret_tail=int(tail) if tail.isascii() and tail.isdigit() and len(tail) < 5 else 0,
    )


def _url(request: HttpRequest, proven: Proven, way: Way) -> str:
    told = request.headers.get(vouching.SERVICE, "")
    if not way.below:
        if not told:
            raise Refused(400, f"The header {vouching.SERVICE} is missing.")
        return told
    if told not in ("", way.below):
        raise Refused(403, f"The url of {way.name} is another one here.")
    # As it was sent and signed: Django's path has lost how it was escaped.
    before, _, rest = proven.target.partition(f"/proxy/provider/{way.name}/")
    if before or climbs(f"/{rest.partition('?')[0]}"):
        raise Refused(400, "The path does not stay below the provider's.")
    return f"{way.below}/{rest}"


def _sent(way: Way, asked: Request) -> Reply:
    try:
        sender = ways.local(way.name)
    except Exception:
        log.exception("cannot be sent", provider=way.name)
        return Reply(Mark.NOT_SENT, 500, reason=Reason.UNEXPECTED)
    try:
        return _of_answer(sender.send(asked))
    except NotSent as error:
        if error.reason in (Reason.REFUSED_URL, Reason.REFUSED_OPERATION):
            raise Refused(403, f"{way.name} is not asked this: {error.reason}.") from None
        if error.reason == Reason.INVALID_REQUEST:
            raise Refused(400, "This cannot be sent.") from None
        return Reply(Mark.NOT_SENT, 500, reason=error.reason)
    except NoAnswer as error:
        return Reply(Mark.NO_ANSWER, 500, reason=error.reason)
    except Exception:
        # It may have come after something was sent.
        log.exception("unknown whether it was sent", provider=way.name)
        return Reply(Mark.NO_ANSWER, 500, reason=Reason.UNEXPECTED)


def _of_answer(answer: Answer) -> Reply:
    kind = answer.headers.get("Content-Type", "") or UNKNOWN_TYPE
    if answer.status not in _STATUSES:
        return Reply(Mark.NO_ANSWER, 500, reason=Reason.NOT_HTTP)
    if _has_document_type(kind, answer.body):
        return Reply(Mark.NO_ANSWER, 500, reason=Reason.UNDECODABLE)
    headers = {"Content-Type": kind}
    if "Retry-After" in answer.headers:
        headers["Retry-After"] = answer.headers["Retry-After"]
    if answer.correlation_id:
        headers[vouching.CORRELATION_ID] = answer.correlation_id
    return Reply(Mark.ANSWERED, answer.status, answer.body, headers=headers)


def _has_document_type(content_type: str, body: bytes) -> bool:
    if "xml" not in content_type.lower():
        return False
    try:
        xml.parse(body)
    except xml.NotXml as error:
        return str(error) == "document_type"
    return False


def _response(request: HttpRequest, proven: Proven, reply: Reply) -> HttpResponse:
    is_bare = request.META["REQUEST_METHOD"] == "HEAD" or reply.status in _WITHOUT_BODY
    body = b"" if is_bare else reply.body
    headers = {"Content-Type": "application/json", **reply.headers, vouching.MARK: str(reply.mark)}
    if reply.reason:
        headers[vouching.REASON] = str(reply.reason)
    said = Said(reply.status, headers, body)
    proof = vouching.proof(proven.secret, proven.name, said)
    return HttpResponse(body, status=reply.status, headers=headers | {vouching.PROOF: proof})
