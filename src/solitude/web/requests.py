"""What every request gets first: an id for the logs, and a path in its canonical spelling."""

import re
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from django.core.signals import request_finished
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse

from solitude.telemetry import context, metrics
from solitude.web import begun

if TYPE_CHECKING:
    from solitude.web.clients import Client
    from solitude.web.idempotency import Claim

Handler = Callable[[HttpRequest], HttpResponse]
ANONYMOUS = "<anon>"
REQUEST_ID_HEADER = "Transaction-Id"
_USABLE_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")


class ApiRequest(HttpRequest):
    """A request as the gate leaves it: who signed it (None: nobody had to), and its hold on its idempotency key."""

    client: "Client | None"
    claim: "Claim | None"


def client_key(request: ApiRequest) -> str:
    return request.client.key if request.client else ANONYMOUS


class RequestContext:
    """Takes the caller's `Transaction-Id` or makes one, writes it into every log line and echoes it. Counts the answers."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(REQUEST_ID_HEADER, "")
        request_id = given if _USABLE_ID.fullmatch(given) else secrets.token_hex(8)
        context.clear()
        begun.clear()
        context.bind(request_id=request_id)
        admitted = cast(ApiRequest, request)
        admitted.client, admitted.claim = None, None
        response = self.get_response(request)
        response[REQUEST_ID_HEADER] = request_id
        if not response.streaming:
            response.setdefault("Content-Length", str(len(response.content)))
        metrics.count(f"response.{response.status_code}")
        return response


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
