"""What a route says of itself besides its types: for `response=` and `openapi_extra=`."""

from collections.abc import Mapping
from functools import partial
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject
from ninja import NinjaAPI
from ninja.operation import Operation

from solitude.web.filters import Filters
from solitude.web.openapi.shapes import FORMS
from solitude.web.paging import LIMIT_MAX, PAGE_MAX, PAGE_ROWS

# Under this name a route says that it looks at no If-Match.
UNCONDITIONAL = "x-unconditional"
_PAGING: dict[str, tuple[str, Mapping[str, Any]]] = {
    "page": ("The page, from 1 on.", {"type": "integer", "minimum": 1, "maximum": PAGE_MAX, "default": 1}),
    "limit": ("Rows a page.", {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": PAGE_ROWS}),
    "cursor": (
        "Instead of `page`, for long lists: empty for the beginning, then as `next` has it.",
        {"type": "string", "pattern": "^[0-9a-f]{0,15}$"},
    ),
}


class Api(NinjaAPI):
    def get_openapi_operation_id(self, operation: Operation) -> str:
        """The name of the view, which is said once in the whole house."""
        return operation.view_func.__name__

    def create_temporal_response(self, request: HttpRequest) -> HttpResponse:
        """The answer of a view that gives no answer itself: made when it is asked for, which of the house's own views none does."""
        return cast(HttpResponse, SimpleLazyObject(partial(super().create_temporal_response, request)))


def errors(*statuses: int) -> dict[int, Any]:
    """For `response=`: answers of a route that go wrong in a way of its own."""
    return {status: FORMS[status] for status in statuses}


def query(filters: Filters) -> dict[str, Any]:
    """The query parameters of a list, for `openapi_extra`."""
    return parameters({name: (one.meaning, one.schema) for name, one in filters.items()} | _PAGING)


def parameters(named: Mapping[str, tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """Query parameters by name: what each means, and its schema; for `openapi_extra`. An empty one is as good as none."""
    return {
        "parameters": [
            {"in": "query", "name": name, "description": meaning, "schema": dict(schema), "allowEmptyValue": True}
            for name, (meaning, schema) in named.items()
        ]
    }


def unconditional() -> dict[str, Any]:
    """For `openapi_extra` of a route whose method would let one expect otherwise: If-Match changes nothing."""
    return {UNCONDITIONAL: True}
