"""What every answer tells whoever may hold it on its way, and a browser that was led here: keep nothing, show nothing, guess nothing.

No browser is meant to call this server; where one does, an answer must be nothing but data to it. The fields are those of the Fetch and
CSP 3 standards, RFC 9111 (caches) and RFC 6797 (HTTPS only).
"""

from typing import Any

from django.http import HttpRequest, HttpResponse

from solitude.web.requests import Handler

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
HTTPS_ONLY = "max-age=31536000; includeSubDomains"
# As Django keeps the headers of an answer.
_KEPT = {name.lower(): (name, value) for name, value in HEADERS.items()}


class SafeHeaders:
    """A view that has a header of its own keeps it: the page of the API's description, and what a marketplace may keep in its memory."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # Django's own, and not documented: what its `setdefault` comes to, which looks twice for each and encodes it.
        headers: Any = response.headers
        for name, header in _KEPT.items():
            headers._store.setdefault(name, header)
        if request.is_secure():
            response.setdefault("Strict-Transport-Security", HTTPS_ONLY)
        return response
