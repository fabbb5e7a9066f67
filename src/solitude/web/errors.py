"""Gives every error the forms of the contract, whoever raised it: the views, ninja, Django or a bug."""

import re
import sys

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from solitude.telemetry import cef
from solitude.telemetry.logs import get_logger
from solitude.web import away
from solitude.web.networks import facts
from solitude.web.refusals import EVERYTHING, REQUIRED, Refused, refusal
from solitude.web.requests import Handler
from solitude.web.signed import BadSignature

log = get_logger("solitude.web")
# Verbs, with the paths that do not have them, whose 405 is without a body.
_silent: list[tuple[str, re.Pattern[str]]] = []


def silence(method: str, path: str) -> None:
    """Where this verb is not offered, the answer has no body. `path` is a pattern. At start."""
    _silent.append((method, re.compile(path)))


class JsonErrors:
    """Gives the errors of the framework, which are pages, the form of ours; before anything keeps them."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code < 400 or response.get("Content-Type", "").startswith("application/json"):
            return response
        kept = {"Allow": _with_head(response["Allow"])} if "Allow" in response else {}
        if response.status_code == 405 and _is_silent(request):
            return HttpResponse(status=405, headers=kept, content_type="application/json")
        return JsonResponse({"detail": f"{response.reason_phrase}."}, status=response.status_code, headers=kept)


def _is_silent(request: HttpRequest) -> bool:
    return any(request.method == method and path.fullmatch(request.path_info) for method, path in _silent)


def _with_head(allow: str) -> str:
    """Whoever may GET may ask with HEAD."""
    methods = {name.strip() for name in allow.split(",")}
    return ", ".join(sorted(methods | {"HEAD"} if "GET" in methods else methods))


def install(api: NinjaAPI) -> None:
    """Makes `api` answer in these forms."""

    @api.exception_handler(Refused)
    def refused(request: HttpRequest, error: Refused) -> HttpResponse:
        return refusal(error)

    @api.exception_handler(BadSignature)
    def used_before(request: HttpRequest, error: BadSignature) -> HttpResponse:
        # The first statement of the view has told it, and the gate says the rest.
        return HttpResponse(status=401)

    @api.exception_handler(ValidationError)
    def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
        return JsonResponse(_by_field(error), status=400)

    @api.exception_handler(HttpError)
    def http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
        # ninja takes whatever the parser raises for "cannot parse"; ours says what is wrong.
        if isinstance(error.__cause__, Refused):
            return refusal(error.__cause__)
        return JsonResponse({"detail": error.message}, status=error.status_code)

    @api.exception_handler(SuspiciousOperation)
    def suspicious(request: HttpRequest, error: SuspiciousOperation) -> HttpResponse:
        # Django's own limits, such as that of a query's fields.
        return JsonResponse({"detail": f"Refused: {type(error).__name__}."}, status=400)

    @api.exception_handler(Exception)
    def unexpected(request: HttpRequest, error: Exception) -> HttpResponse:
        if not away.is_away(error):
            log.error("uncaught_exception", exc_info=error)
        return server_error(request, error)


def server_error(request: HttpRequest, error: BaseException) -> HttpResponse:
    """500 with the name of the error's class and nothing else of it; what else is said where the database is away."""
    if isinstance(error, DatabaseError | InterfaceError) and away.is_away(error):
        return refusal(away.refusal_of(error))
    cef.event(type(error).__name__, 3, request=facts(request))
    return JsonResponse({"error": type(error).__name__}, status=500)


def uncaught(request: HttpRequest) -> HttpResponse:
    """For errors outside of a view, which Django has logged; it calls this while it handles them."""
    return server_error(request, sys.exception() or RuntimeError())


def no_method(request: HttpRequest, **named: str) -> HttpResponse:
    """405, whatever the method: for paths on which there is something elsewhere, and nothing here."""
    return HttpResponseNotAllowed([])


def unknown_path(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if request.path_info.startswith("/proxy/") and not settings.SOLITUDE_PROXY:
        return HttpResponse(status=404, content_type="application/json")
    return JsonResponse({}, status=404)


def _by_field(error: ValidationError) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for item in error.errors:
        # The first says where (body, path), the second is the parameter of the view, which every view calls body. What is left is
        # the field; nothing is left for rules of the whole.
        names = [str(part) for part in item["loc"][2 if item["loc"][0] == "body" else 1 :]]
        field = names[0] if names else EVERYTHING
        text = REQUIRED if item["type"] == "missing" else str(item["msg"]).removeprefix("Value error, ")
        found.setdefault(field, []).append(text)
    return found
