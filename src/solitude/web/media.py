"""JSON only: other request bodies are 415, callers that accept no JSON 406; an empty body is an empty object.

Nothing is read here, but what the request says of its body: one that never comes would hold the thread. The signature or the view reads.

The pages of the documentation are for browsers, which accept what there is.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from solitude.web.docs import pages
from solitude.web.refusals import refusal, too_big
from solitude.web.requests import Handler

JSON = "application/json"


class JsonOnly:
    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        length = int(request.META.get("CONTENT_LENGTH") or 0)  # `admission` has seen that it is a number
        if length > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return refusal(too_big())
        if length and request.content_type != JSON:
            return JsonResponse({"detail": f"The body must be {JSON}."}, status=415)
        wants_page = request.path_info.startswith(pages.ROOT)
        accepted = request.META.get("HTTP_ACCEPT", "").strip()
        if accepted not in ("", "*/*", JSON) and not wants_page and not request.accepts(JSON):
            return JsonResponse({"detail": f"Answers are {JSON} only."}, status=406)
        if not length and request.method in ("GET", "POST", "PUT", "PATCH"):
            # After the signature, which is over the body as it was sent; ninja would call an empty one missing.
            request._body = b"{}"
        return None
