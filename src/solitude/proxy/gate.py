"""The gate of the proxy: nothing but its own status is said to anybody who does not sign as the database process.

What is passed on is looked at where it is (`passing`), because its answer must be signed too.
"""

from collections.abc import Callable
from typing import Any, cast

from django.http import HttpRequest, HttpResponse, JsonResponse

from solitude.proxy import signed
from solitude.telemetry import cef
from solitude.web.errors import JsonErrors
from solitude.web.networks import facts
from solitude.web.requests import ApiRequest, Handler
from solitude.web.signed import BadSignature

PASSED = "/proxy/"
UNSIGNED_PATHS = frozenset({"/", "/services/status/"})


class Gate:
    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        # The errors of providers come back as they are.
        self._in_json = JsonErrors(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request) if request.path_info.startswith(PASSED) else self._in_json(request)

    def process_view(
        self,
        request: HttpRequest,
        _view: Callable[..., Any],
        _args: Any,
        _kwargs: Any,
    ) -> HttpResponse | None:
        if request.path_info in UNSIGNED_PATHS or request.path_info.startswith(PASSED):
            return None
        try:
            cast(ApiRequest, request).client = signed.verified(request).client
        except BadSignature as error:
            return not_signed(request, error)
        return None


def not_signed(request: HttpRequest, error: BadSignature) -> HttpResponse:
    cef.event(f"Signature refused: {error}", 5, request=facts(request))
    return JsonResponse({"detail": str(error)}, status=401, headers={"WWW-Authenticate": error.challenge})
