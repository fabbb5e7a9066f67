"""Every route of the API, read from the routes themselves, so that what holds for all of them is tested with each that is added."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from solitude.urls import api
from solitude.web.admission import UNSIGNED_PATHS
from solitude.web.openapi.operations import operations

# Of no row.
NOBODY = {"integer": "999999999", "string": "00000000-0000-4000-8000-000000000000"}


@dataclass(frozen=True)
class Route:
    """One verb of one path. `fields` are the names in its body; None if it takes none. `filters` are its query parameters.

    `hands_on`: any query has a meaning, for somebody else.
    """

    method: str
    target: str
    fields: tuple[str, ...] | None
    filters: tuple[str, ...]
    hands_on: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.target}"


@cache
def routes() -> tuple[Route, ...]:
    """The routes that need a signature."""
    return tuple(route for route in _all() if route.target not in UNSIGNED_PATHS)


def taking_a_body() -> list[Route]:
    return [route for route in routes() if route.fields is not None]


def read() -> list[Route]:
    """Those that are read, and know what may be asked of them in the query. What is asked in a body may be wrong before that."""
    return [route for route in routes() if route.method == "GET" and not route.hands_on and not route.fields]


def by_path() -> dict[str, set[str]]:
    """The verbs of each path."""
    found: dict[str, set[str]] = {}
    for route in routes():
        found.setdefault(route.target, set()).add(route.method)
    return found


def _all() -> Iterator[Route]:
    for one in operations(api):
        target = one.path
        for name, schema in one.path_parameters.items():
            target = target.replace(f"{{{name}}}", NOBODY[schema["type"]])
        fields = None if one.body is None else tuple(one.body.model_fields)
        parameters = one.extra.get("parameters", ())
        filters = tuple(parameter["name"] for parameter in parameters)
        hands_on = any(parameter["schema"].get("type") == "object" for parameter in parameters)
        yield Route(one.method.upper(), target, fields, filters, hands_on)
