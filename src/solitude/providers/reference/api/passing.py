"""`/provider/<name>/<resource>/[<uuid>/]`: what a provider offers, passed on as it is, signed for this server's account there.

Nothing of it is kept. Routes of a provider's own come before these.
"""

from typing import Annotated, Any

from django.http import HttpResponse
from django.urls import register_converter
from ninja import Router
from pydantic import ConfigDict, Field

from solitude.audit.accesses import Does, touches
from solitude.outbound.json_api import Ask
from solitude.providers.reference import asking
from solitude.providers.reference.names import NAME, PRODUCTS, SELLERS, TERMS
from solitude.providers.reference.segments import path_to
from solitude.providers.reference.shown import converted
from solitude.web.answers import answer
from solitude.web.fields import Body
from solitude.web.openapi import unconditional
from solitude.web.refusals import Refused, not_found
from solitude.web.requests import ApiRequest

router = Router()
QUERY_MAX_CHARS = 4096
# What has routes of its own, by our numbers: the provider's names for it lead nowhere here.
KEPT_HERE = frozenset({SELLERS, PRODUCTS, TERMS})


class First:
    """Of a path the first segment; what comes behind the name of a thing means nothing."""

    regex = "[^/]+(?:/.+)?"

    def to_python(self, value: str) -> str:
        return value.partition("/")[0]

    def to_url(self, value: str) -> str:
        return value


register_converter(First, "first")


class Passed(Body):
    """What the provider is to get, as it is."""

    model_config = ConfigDict(extra="allow")

    @property
    def given(self) -> dict[str, Any]:
        return dict(self.model_extra or {})


# An object of the provider's, or a list of them. Of an object `resource_pk` is called `id`, and `resource_uri` leads here.
Said = Annotated[dict[str, Any] | list[Any], Field(description="What the provider says; `{}` where it says nothing.")]
RESPONSES: dict[int, Any] = {200: Said, **asking.ERRORS}
ANY_QUERY: dict[str, Any] = {
    "parameters": [
        {
            "in": "query",
            "name": "query",
            "description": "Whatever filters the provider has; they are passed on.",
            "schema": {"type": "object", "additionalProperties": {"type": "string"}},
            "style": "form",
            "explode": True,
        }
    ]
}


@router.get("/{name}/{resource}/", response=RESPONSES, openapi_extra=unconditional() | ANY_QUERY)
@touches(Does.READ, "passed_on")
def list_at_provider(request: ApiRequest, name: str, resource: str) -> HttpResponse:
    """What a provider has of a resource, with its own filters."""
    return _passed_on(request, name, resource)


@router.post("/{name}/{resource}/", response=RESPONSES)
@touches(Does.CREATED, "passed_on")
def create_at_provider(request: ApiRequest, name: str, resource: str, body: Passed) -> HttpResponse:
    """Makes something at a provider. Nothing is kept here: of a payment that is made so nothing is known."""
    return _passed_on(request, name, resource, body=body.given)


@router.put("/{name}/{resource}/", response=RESPONSES, openapi_extra=unconditional())
@touches(Does.CHANGED, "passed_on")
def put_all_at_provider(request: ApiRequest, name: str, resource: str, body: Passed) -> HttpResponse:
    """A PUT of a resource as a whole, where a provider has one."""
    return _passed_on(request, name, resource, body=body.given)


@router.delete("/{name}/{resource}/", response=RESPONSES, openapi_extra=unconditional())
@touches(Does.REMOVED, "passed_on")
def delete_all_at_provider(request: ApiRequest, name: str, resource: str) -> HttpResponse:
    """A DELETE of a resource as a whole, where a provider has one."""
    return _passed_on(request, name, resource)


@router.get("/{name}/{resource}/{first:uuid}/", response=RESPONSES, openapi_extra=unconditional() | ANY_QUERY)
@touches(Does.READ, "passed_on")
def get_at_provider(request: ApiRequest, name: str, resource: str, uuid: str) -> HttpResponse:
    """One thing that a provider has, by the provider's name of it."""
    return _passed_on(request, name, resource, uuid)


@router.post("/{name}/{resource}/{first:uuid}/", response=RESPONSES)
@touches(Does.CHANGED, "passed_on")
def post_to_one_at_provider(request: ApiRequest, name: str, resource: str, uuid: str, body: Passed) -> HttpResponse:
    """A POST to one thing, where a provider has that."""
    return _passed_on(request, name, resource, uuid, body=body.given)


@router.put("/{name}/{resource}/{first:uuid}/", response=RESPONSES, openapi_extra=unconditional())
@touches(Does.CHANGED, "passed_on")
def put_at_provider(request: ApiRequest, name: str, resource: str, uuid: str, body: Passed) -> HttpResponse:
    """Changes one thing at a provider, which blanks what is left out."""
    return _passed_on(request, name, resource, uuid, body=body.given)


@router.delete("/{name}/{resource}/{first:uuid}/", response=RESPONSES, openapi_extra=unconditional())
@touches(Does.REMOVED, "passed_on")
def delete_at_provider(request: ApiRequest, name: str, resource: str, uuid: str) -> HttpResponse:
    """Deletes one thing at a provider."""
    return _passed_on(request, name, resource, uuid)


def _passed_on(
    request: ApiRequest, name: str, resource: str, uuid: str = "", body: dict[str, Any] | None = None
) -> HttpResponse:
    provider = asking.named(request, name, resource)
    if name == NAME and resource in KEPT_HERE:
        raise not_found() if uuid else Refused(405, {"detail": "Method Not Allowed."}, {"Allow": ""})
    path, method = path_to(resource, uuid), request.method or ""
    if path is None:
        raise not_found()
    query = _query(request) if method == "GET" else ()
    reply = asking.ask(provider, Ask(method, path, f"pass_{method.lower()}", body, query))
    return answer({} if reply.body is None else converted(name, reply.body))


def _query(request: ApiRequest) -> tuple[tuple[str, str], ...]:
    if len(request.META.get("QUERY_STRING", "")) > QUERY_MAX_CHARS:
        raise Refused(400, {"detail": f"A query has at most {QUERY_MAX_CHARS} characters."})
    return tuple((key, value) for key, values in request.GET.lists() for value in values)
