"""`/` and `/openapi.json`: what anybody in an allowed network may read, unsigned."""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router
from typing_extensions import TypedDict

from solitude.web.answers import answer
from solitude.web.bodies import encode
from solitude.web.openapi.description import JSON


class Welcome(TypedDict):
    """Who is there."""

    message: str


def router_for(describe: Callable[[], dict[str, Any]]) -> Router:
    """The routes; `describe` gives the document, which is made when it is first asked for."""
    router = Router()

    @cache
    def written() -> bytes:
        return encode(describe())

    @router.get("/", response=Welcome)
    def home(request: HttpRequest) -> HttpResponse:
        """Says who is there."""
        return answer({"message": "Solitude, a payment server for marketplaces."})

    @router.get("/openapi.json/", response=dict[str, Any])
    def get_description(request: HttpRequest) -> HttpResponse:
        """This document."""
        return HttpResponse(written(), content_type=JSON)

    return router
