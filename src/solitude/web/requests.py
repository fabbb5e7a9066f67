"""What every request gets first: an id for the logs, and a path in its canonical spelling."""

import re
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

from django.core.signals import request_finished
from django.dispatch import receiver
from django.http import HttpHeaders, HttpRequest, HttpResponse

from solitude.telemetry import context, metrics, tracing, waited
from solitude.web import begun

if TYPE_CHECKING:
    from solitude.web.clients import Client
    from solitude.web.idempotency import Claim
    from solitude.web.signed import Once

Handler = Callable[[HttpRequest], HttpResponse]
ANONYMOUS = "<anon>"
REQUEST_ID_HEADER = "Transaction-Id"
# The answer was kept under an idempotency key, and is given again.
REPLAYED = "Idempotency-Replayed"
# https://www.w3.org/TR/server-timing/
TIMING_HEADER = "Server-Timing"
READING = ("GET", "HEAD", "OPTIONS")
METHODS = ("POST", "PUT", "PATCH", "DELETE", *READING)
# Nothing is there, or it was refused before anybody looked.
NO_ROUTE = "none"
# `request.headers` would copy all of them to be asked for one.
_REQUEST_ID, _TRACE = map(HttpHeaders.to_wsgi_name, (REQUEST_ID_HEADER, tracing.HEADER))
_USABLE_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")


class ApiRequest(HttpRequest):
    """A request as the gate leaves it: who signed it (None: nobody had to), its hold on its idempotency key, and whether it is the first
    with its signature, where that is not known yet."""

    client: "Client | None"
    claim: "Claim | None"
    once: "Once | None"


def client_key(request: ApiRequest) -> str:
    return request.client.key if request.client else ANONYMOUS


class RequestContext:
    """Takes the caller's `Transaction-Id` or makes one, writes it into every log line and echoes it. Counts and times the answers."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.META.get(_REQUEST_ID, "")
        request_id = given if _USABLE_ID.fullmatch(given) else context.new_id()
        context.clear()
        begun.clear()
        waited.clear()
        context.bind(request_id=request_id)
        admitted = cast(ApiRequest, request)
        admitted.client, admitted.claim, admitted.once = None, None, None
        began = time.monotonic_ns()
        with tracing.incoming(_method(request), request.META.get(_TRACE, "")) as told:
            response = self.get_response(request)
            told.update(_shown(request, response))
        response[REQUEST_ID_HEADER] = request_id
        if not response.streaming:
            response.setdefault("Content-Length", str(len(response.content)))
        took_ns = time.monotonic_ns() - began
        # Not for strangers: to the tenth of a ms it tells more than a network lets them see.
        if admitted.client is not None:
            response[TIMING_HEADER] = _timing(took_ns / 1e6)
        _measure(request, response, took_ns // 1_000_000)
        return response


def _timing(took_ms: float) -> str:
    """How long the request took, and how much of that providers did, where one was asked."""
    provider_ms = waited.total_s() * 1000
    return f"total;dur={took_ms:.1f}" + (f", provider;dur={provider_ms:.1f}" if provider_ms else "")


def _measure(request: HttpRequest, response: HttpResponse, took_ms: int) -> None:
    """By the route's template, and never by the path: that has ids in it."""
    route, method = _route(request), _method(request)
    metrics.count(f"response.{response.status_code}")
    metrics.timing_ms("solitude_http_request_duration_seconds", took_ms, route=route, method=method)
    metrics.count("solitude_http_responses_total", route=route, method=method, status=str(response.status_code))


def _shown(request: HttpRequest, response: HttpResponse) -> dict[str, str | int]:
    """What a trace tells of a request, by OpenTelemetry's names."""
    route, method, status = _route(request), _method(request), response.status_code
    told: dict[str, str | int] = {
        "http.route": route,
        "http.request.method": method,
        "http.response.status_code": status,
    }
    told[tracing.NAME] = f"{method} {route}"
    return told | ({tracing.FAILED: 1} if status >= HTTPStatus.INTERNAL_SERVER_ERROR else {})


def _route(request: HttpRequest) -> str:
    route = request.resolver_match.route if request.resolver_match else ""
    return f"/{route.lstrip('^')}" if route else NO_ROUTE


def _method(request: HttpRequest) -> str:
    """Anybody can make up a method, and each would be a series of its own."""
    return request.method if request.method in METHODS else "other"


@receiver(request_finished)
def forget(**_: object) -> None:
    """Django's own last line about a request comes after all middleware, so the context ends here."""
    context.clear()


class BothSpellings:
    """A path with and without its final slash is the same path; nothing redirects.

    `request.path` stays as it was sent, because the signature is over that.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.endswith("/"):
            request.path_info += "/"
        return self.get_response(request)


class HeadIsGet:
    """HEAD is answered as GET is, without the body. `META` keeps what was sent, because the signature is over that."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method != "HEAD":
            return self.get_response(request)
        request.method = "GET"
        response = self.get_response(request)
        response["Content-Length"] = str(len(response.content))
        response.content = b""
        return response
