"""The gate's part of the access log: it sees each answer, also one that was kept under an idempotency key and is given again."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, cast

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI

from solitude.audit import accesses
from solitude.audit.accesses import Personal
from solitude.audit.models import Access, Does
from solitude.telemetry import context
from solitude.telemetry.logs import get_logger
from solitude.web.networks import caller_address
from solitude.web.requests import ApiRequest, Handler, client_key

log = get_logger("solitude.audit")
# By these a list is looked through for an e-mail address, or for its hash.
EMAIL_FILTERS = ("email", "email_sig", "paypal_id")
PATH_MAX_CHARS = 128
# In an answer: what it shows, and the persons to whom that belongs.
_PATHS = ("resource_uri", "buyer", "seller", "braintree_buyer")
# An answer, its part of ours, a list in it, a thing in that, what it belongs to.
DEPTH_MAX = 4
_ROW = re.compile(r"/\D+/\d+/")
_PARAMETER = re.compile(r"{([a-z_:]+)}")

_routes: dict[tuple[str, str], Personal] = {}


def install(api: NinjaAPI) -> None:
    """Learns from the routes which of them touch personal data. At start."""
    for router in api._get_bound_routers():
        for path, view in router.path_operations.items():
            for operation in view.operations:
                if personal := accesses.declared(operation.view_func):
                    route = _PARAMETER.sub(r"<\1>", re.sub("/+", "/", f"/{router.prefix}/{path}"))
                    _routes.update(
                        {(route.replace("uuidstr:", "uuid:"), method): personal for method in operation.methods}
                    )


class AccessLog:
    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        accesses.begin()
        try:
            response = self.get_response(request)
        finally:
            touched = accesses.end()
        route = f"/{request.resolver_match.route}" if request.resolver_match else ""
        personal = _routes.get((route.replace("uuidstr:", "uuid:"), request.method or ""))
        if personal is None or not _is_access(personal, response.status_code):
            return response
        access = _access(cast(ApiRequest, request), route, personal, response.status_code)
        try:
            accesses.record(access, [*_own_path(request), *touched, *_shown(response)])
        except (DatabaseError, InterfaceError):
            if personal.does == Does.READ:
                log.exception("access_not_recorded", route=route, does=personal.does)
                return _refused()
            accesses.alarm(access)
        return response


def _is_access(personal: Personal, status: int) -> bool:
    """Whether anything was shown or changed, or may have been changed."""
    return status < 400 or (status >= 500 and personal.does != Does.READ)


def _access(request: ApiRequest, route: str, personal: Personal, status: int) -> Access:
    return Access(
        client=client_key(request)[:64],
        request_id=context.current().get("request_id", "")[:64],
        method=request.META["REQUEST_METHOD"][:16],
        route=route[:PATH_MAX_CHARS],
        kind=personal.kind,
        does=personal.does,
        by_email=any(request.GET.get(name) for name in EMAIL_FILTERS),
        status=status,
        peer=str(caller_address(request) or ""),
    )


def _own_path(request: HttpRequest) -> Iterable[str]:
    """The path itself, where it names a row by its primary key."""
    match = request.resolver_match
    if match is None or not isinstance(match.kwargs.get("pk"), int):
        return []
    # What comes behind the key is what is done with the row.
    named = _ROW.match(request.path_info)
    return [named[0][:PATH_MAX_CHARS]] if named else []


def _shown(response: HttpResponse) -> Iterator[str]:
    """The paths in an answer: of what it shows, one thing or a page of a list."""
    if response.streaming or not response.content or response.status_code >= 400:
        return
    try:
        body = json.loads(response.content)
    except ValueError:
        return
    yield from _paths_in(body, DEPTH_MAX)


def _paths_in(thing: Any, depth: int) -> Iterator[str]:
    """The paths of a thing, and of those that stand in it."""
    if isinstance(thing, dict):
        named = (thing.get(name) for name in _PATHS)
        yield from (path for path in named if isinstance(path, str) and path.startswith("/"))
    within = thing.values() if isinstance(thing, dict) else thing if isinstance(thing, list) else ()
    for one in within if depth else ():
        yield from _paths_in(one, depth - 1)


def _refused() -> HttpResponse:
    """As whenever the database is away: only a database that takes no row comes to this."""
    body = {"detail": "Who reads this could not be written down, so it is not shown.", "code": "database_unavailable"}
    return JsonResponse(body, status=503, headers={"Retry-After": "1"})
