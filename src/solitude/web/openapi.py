"""The description of the API, OpenAPI 3.1, made from the routes: what they take and what they answer.

A route names its answers (`response=`) with the TypedDicts that its functions return, so that the type checker holds the code to
them and the document cannot say anything else. What is the same everywhere (signature, request id, errors of the gate) is added here.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Generic, NotRequired, TypeVar

from ninja import NinjaAPI
from ninja.operation import Operation
from pydantic import TypeAdapter
from typing_extensions import TypedDict

from solitude.web.filters import Filters
from solitude.web.parts import Parts

T = TypeVar("T")
JSON = "application/json"


class Meta(TypedDict):
    """What a list says of itself: the page, and the links to its neighbours. Behind a cursor nothing is counted."""

    page: int | None
    total_count: int | None
    next: str | None
    prev: str | None


class Page(TypedDict, Generic[T]):
    meta: Meta
    objects: list[T]


class Detail(TypedDict):
    """An error in words. `code` is there where a program has to tell cases apart."""

    detail: str
    code: NotRequired[str]


class ServerError(TypedDict):
    """A fault of this server: the class of the error, and nothing else of it."""

    error: str


# By field; `__all__` for rules that no one field breaks.
FieldErrors = dict[str, list[str]]


class CodedError(TypedDict):
    code: str
    message: str


# By namespace and field.
NamespacedErrors = dict[str, dict[str, list[CodedError]]]


class Api(NinjaAPI):
    def get_openapi_operation_id(self, operation: Operation) -> str:
        """The name of the view, which is said once in the whole house."""
        return operation.view_func.__name__


# What may be answered whatever the route does, in the forms of the contract; None is an empty body.
_FORMS: dict[int, Any] = {
    304: None,
    400: FieldErrors | Detail,
    401: Detail,
    403: Detail,
    404: Detail,
    406: Detail,
    409: Detail,
    411: Detail,
    412: None,
    413: Detail,
    415: Detail,
    422: NamespacedErrors | Detail,
    500: ServerError,
    502: Detail,
    503: Detail,
    504: Detail,
}
_ALWAYS = (400, 401, 403, 406, 500)
_BY_METHOD = {
    "get": (304, 412),
    "post": (409, 411, 413, 415, 422),
    "put": (411, 412, 413, 415),
    "patch": (411, 412, 413, 415),
    "delete": (412,),
}
_SCHEMAS = "#/components/schemas/{model}"


def errors(*statuses: int) -> dict[int, Any]:
    """For `response=`: answers of a route that go wrong in a way of its own."""
    return {status: _FORMS[status] for status in statuses}


def document(api: NinjaAPI, *parts: Parts[Any]) -> dict[str, Any]:
    """The whole description: what the routes say of themselves, what the gate may answer to any of them, and the providers' parts."""
    found: dict[str, Any] = api.get_openapi_schema(path_prefix="")
    schemas = found["components"]["schemas"]
    for whole in parts:
        for name, shape in whole.shapes.items():
            schemas[whole.shown_as]["properties"][name] = _schema(shape, schemas)
            schemas[whole.shown_as]["required"].append(name)
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            not_found = (404,) if "{" in path else ()
            for status in (*_ALWAYS, *_BY_METHOD[method], *not_found):
                operation["responses"].setdefault(status, _response(status, schemas))
            operation["responses"] = {str(status): said for status, said in sorted(operation["responses"].items())}
    return found


def _response(status: int, schemas: dict[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = {"description": HTTPStatus(status).phrase}
    form = _FORMS[status]
    if form is not None:
        said["content"] = {JSON: {"schema": _schema(form, schemas)}}
    return said


def _schema(form: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    """The schema of a type; those that it names are put among the `schemas`."""
    schema = TypeAdapter(form).json_schema(ref_template=_SCHEMAS, mode="serialization")
    schemas |= schema.pop("$defs", {})
    return schema


def query(filters: Filters) -> dict[str, Any]:
    """The query parameters of a list, for `openapi_extra`."""
    return parameters({name: (one.meaning, one.schema) for name, one in filters.items()} | _PAGING)


def parameters(named: Mapping[str, tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """Query parameters by name: what each means, and its schema; for `openapi_extra`."""
    return {
        "parameters": [
            {"in": "query", "name": name, "description": meaning, "required": False, "schema": dict(schema)}
            for name, (meaning, schema) in named.items()
        ]
    }


_PAGING: dict[str, tuple[str, Mapping[str, Any]]] = {
    "page": ("The page, from 1 on.", {"type": "integer", "minimum": 1, "maximum": 100_000, "default": 1}),
    "limit": ("Rows a page.", {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}),
    "cursor": (
        "Instead of `page`, for long lists: empty for the beginning, then as `next` has it.",
        {"type": "string", "pattern": "^[0-9a-f]{0,15}$"},
    ),
}
