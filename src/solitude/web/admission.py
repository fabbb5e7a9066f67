"""The gate of the API: signature, permission and idempotency key, in this order, before a view sees the request.

It runs after the path was resolved (an unknown path is 404 for everybody) and makes one commit, which on PostgreSQL is one statement: the
token is remembered and the key is claimed together. Without a key the view's first statement takes the token along to the database: nothing
is written, nobody is asked and nothing is answered before it is known to be new. That commit is not waited for until it is on disk; whoever
asks a provider sees to that (`databases.make_durable`).
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError
from django.http import HttpRequest, HttpResponse, JsonResponse

from solitude import databases
from solitude.prepared import insert_both, insert_once, insert_once_soon
from solitude.telemetry import cef, context
from solitude.telemetry.logs import get_logger
from solitude.turns import aside
from solitude.web import idempotency, known_clients, oauth1, purge, signature
from solitude.web.docs import pages
from solitude.web.idempotency import Claim
from solitude.web.models import IdempotencyKey, SeenToken
from solitude.web.networks import facts
from solitude.web.refusals import Refused, refusal, too_big
from solitude.web.requests import ApiRequest, Handler, client_key
from solitude.web.signed import BadSignature, Once, Signed

log = get_logger("solitude.web")
ASKED_BY_MONITORING = "/services/request/"
UNSIGNED_PATHS = {"/", "/openapi.json/", "/services/status/"}
LENGTH_MAX_DIGITS = 18


class Admission:
    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        admitted = cast(ApiRequest, request)
        response = self.get_response(request)
        if admitted.claim is not None:
            return admitted.claim.settle_response(response)
        return response if admitted.once is None else _told_once(request, admitted.once, response)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        try:
            return admit(cast(ApiRequest, request))
        except BadSignature as error:
            # It is answered here, and not once more behind the view.
            cast(ApiRequest, request).once = None
            return _not_signed(request, error)
        except RequestDataTooBig:
            return refusal(too_big())
        except Refused as error:
            return refusal(error)


def _not_signed(request: HttpRequest, error: BadSignature) -> HttpResponse:
    cef.event(f"Signature refused: {error}", 5, request=facts(request))
    return JsonResponse({"detail": str(error)}, status=401, headers={"WWW-Authenticate": error.challenge})


def _told_once(request: HttpRequest, once: Once, response: HttpResponse) -> HttpResponse:
    """The answer, whatever the view has made of what it was told; for a signature that was used before there is another one."""
    if once.is_first is None:
        # No statement has asked.
        with suppress(BadSignature):
            databases.ask_now()
    if once.is_first is None and response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
        raise InterfaceError("the database has not said whether the signature was used before")
    return _not_signed(request, once.again) if once.is_first is False else response


def admit(request: ApiRequest) -> HttpResponse | None:
    """Lets the request pass (None) or gives the answer that is already decided. Raises BadSignature and Refused."""
    length = _length(request)
    if request.path_info in UNSIGNED_PATHS or request.path_info.startswith(pages.ROOT):
        return None
    signed = _signed(request)
    if signed and not signed.client.may(request.method or "", request.path_info):
        cef.event("Permission refused", 5, request=facts(request))
        raise Refused(403, {"detail": "This client may not do that."})
    if len(request.body) < length:
        # Here at the latest: a claim of the key for half a request would refuse the whole one.
        raise Refused(400, {"detail": "The body ended before its Content-Length."})
    if not length and _has_unread(request):
        raise _without_length()
    claimed = _claimed(request, signed)
    if signed:
        _tell(request)
    if isinstance(claimed, HttpResponse):
        return claimed
    request.claim = claimed
    purge.when_due()
    return None


def _tell(request: ApiRequest) -> None:
    """One line for each signed request, without its query, in which there may be an address; the monitoring's own question is asked
    too often for that."""
    write = log.debug if request.path_info == ASKED_BY_MONITORING else log.info
    write("request_signed", method=request.META["REQUEST_METHOD"], path=request.path_info)


def _length(request: ApiRequest) -> int:
    """How many bytes the body has, by what the request says of it. Raises Refused."""
    if "HTTP_TRANSFER_ENCODING" in request.META:
        # Django reads as much as Content-Length says: what comes in chunks would go unseen, by the signature too.
        raise _without_length()
    length = str(request.META.get("CONTENT_LENGTH") or 0)
    if not length.isascii() or not length.isdigit() or len(length) > LENGTH_MAX_DIGITS:
        raise Refused(400, {"detail": "The Content-Length is no number."})
    return int(length)


def _has_unread(request: ApiRequest) -> bool:
    """Whether a body has come without a length all the same: HTTP/2 knows where it ends, and nobody would have read it."""
    if request.META.get("SERVER_PROTOCOL") != "HTTP/2":
        return False
    with aside():
        return bool(request.META["wsgi.input"].read(1))


def _without_length() -> Refused:
    return Refused(411, {"detail": "The body must come with its Content-Length."})


def _claimed(request: ApiRequest, signed: Signed | None) -> Claim | HttpResponse | None:
    """A refused key is an answer and no exception here, because the token must stay remembered."""
    asked: idempotency.Asked | None = None
    try:
        asked = idempotency.asked(request, client_key(request))
    except Refused as error:
        _remember(request, signed, None)
        return refusal(error)
    is_first = _remember(request, signed, asked.row if asked else None)
    try:
        return idempotency.claim(asked, is_first=is_first) if asked else None
    except Refused as error:
        return refusal(error)


def _signed(request: ApiRequest) -> Signed | None:
    signed = _verified(request)
    if signed:
        request.client = signed.client
        context.bind(client=signed.client.key)
    return signed


def _verified(request: ApiRequest) -> Signed | None:
    if settings.SOLITUDE_OAUTH1 and oauth1.is_tried(request):
        return oauth1.verify(request, known_clients.known(), settings.SOLITUDE_URL)
    if not settings.SOLITUDE_REQUIRE_SIGNATURE and "HTTP_AUTHORIZATION" not in request.META:
        return None
    return signature.verify(request, known_clients.known())


def _remember(request: ApiRequest, signed: Signed | None, key: IdempotencyKey | None) -> bool:
    """Refuses a signature that was seen before, on any node that shares the database; whether the key was not there before."""
    if signed is None:
        return key is not None and insert_once(key)
    seen = SeenToken(client=signed.client.key, jti=signed.name, expires=datetime.fromtimestamp(signed.until, UTC))
    if key is None:
        request.once = Once(signed.again)
        insert_once_soon(seen, request.once.hear)
        return False
    is_new, is_first = insert_both(seen, key)
    if not is_new:
        raise signed.again
    return is_first
