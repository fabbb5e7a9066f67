"""`/docs/`: the description of the API for people, from this server alone: the files of Swagger UI come with django-ninja.

Unsigned as `/openapi.json` is, which it shows. Off unless SOLITUDE_DOCS_PAGE says so; then it is no path at all.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path

from solitude.web import etags

ROOT = "/docs/"
VERSION_CHARS = 12
_OURS, _SWAGGER = files(__package__ or ""), files("ninja") / "static" / "ninja"
_ASSETS: Mapping[str, tuple[Traversable, str]] = {
    "swagger-ui.css": (_SWAGGER, "text/css"),
    "swagger-ui-bundle.js": (_SWAGGER, "text/javascript"),
    "start.js": (_OURS, "text/javascript"),
}
# Swagger UI's icons are data within its styles.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_ALWAYS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


@dataclass(frozen=True, slots=True)
class Page:
    content: bytes
    kind: str
    caching: str

    def answer(self, request: HttpRequest) -> HttpResponse:
        tag = etags.etag_of_content(self.content)
        headers = {**_ALWAYS, "Cache-Control": self.caching, "ETag": tag}
        if unchanged := etags.not_modified(request, tag):
            return unchanged
        return HttpResponse(self.content, content_type=f"{self.kind}; charset=utf-8", headers=headers)


def index(request: HttpRequest) -> HttpResponse:
    return _page("").answer(request)


def asset(request: HttpRequest, name: str) -> HttpResponse:
    return _page(name).answer(request)


def _page(name: str) -> Page:
    if not settings.SOLITUDE_DOCS_PAGE or (name and name not in _ASSETS):
        raise Http404
    return _read(name)


@cache
def _read(name: str) -> Page:
    """An asset's address has its version in it, and so it can be kept for ever."""
    if name:
        folder, kind = _ASSETS[name]
        return Page((folder / name).read_bytes(), kind, "public, max-age=31536000, immutable")
    html = (_OURS / "index.html").read_text(encoding="utf-8").replace("{{ version }}", _version())
    return Page(html.encode(), "text/html", "no-cache")


def _version() -> str:
    contents = b"".join(_read(name).content for name in _ASSETS)
    return hashlib.sha256(contents).hexdigest()[:VERSION_CHARS]


urls = [path("docs/", index), path("docs/<str:name>/", asset)]
