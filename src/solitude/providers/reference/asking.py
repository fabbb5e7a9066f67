"""Asking a provider for the routes: with a place among what is in progress, with no transaction open, and with an answer for the client
where the provider gives none or refuses."""

from dataclasses import replace
from typing import Annotated, Any, Literal

from django.conf import settings
from django.db import connection
from pydantic import Field
from typing_extensions import TypedDict

from solitude.outbound.json_api import Ask, Failed, Reply
from solitude.payments import answers, outcomes
from solitude.payments.contract import BUSY, UNREACHABLE, Outcome, Reason, Result
from solitude.providers.reference.configured import ReferenceProvider
from solitude.providers.reference.wire import CREDENTIALS_REFUSED, error_of, wire
from solitude.telemetry import cef, redaction
from solitude.web.bodies import encode
from solitude.web.networks import facts
from solitude.web.openapi import Detail, FieldErrors, NamespacedErrors, ServerError
from solitude.web.refusals import Refused, not_found
from solitude.web.requests import ApiRequest

ERROR_MAX_CHARS = 4096
# The refusals of a provider that its clients are answered with as they are; any other is 400.
STATUSES = frozenset({400, 403, 404, 405, 406, 409, 410, 413, 415, 422})
# These change nothing at a provider: one without an answer leaves nothing to find out.
_READING = frozenset({"GET", "HEAD"})


class ProviderRefuses(TypedDict):
    """The provider refuses: in its own words, which for a form are JSON of field and reason."""

    error_message: Annotated[str, Field(examples=['{"currency":"value must be one of AUD, CAD"}'])]


class ProviderBroke(TypedDict):
    """The provider itself failed."""

    error: Literal["ProviderError"]


# For `response=` of a route that asks a provider and is answered as it is.
ERRORS: dict[int, Any] = {
    **dict.fromkeys(sorted(STATUSES - {400, 422}), ProviderRefuses | Detail),
    400: ProviderRefuses | FieldErrors | Detail,
    422: ProviderRefuses | NamespacedErrors | Detail,
    500: ProviderBroke | ServerError,
    502: answers.NotSent,
    503: answers.NoRoom,
    504: answers.OutcomeUnknown,
}


def named(request: ApiRequest, name: str, resource: str) -> ReferenceProvider:
    """The provider that the settings call so; the security log is told what is wanted of it. Raises Refused (404)."""
    found: ReferenceProvider | None = settings.SOLITUDE_REFERENCE_PROVIDERS.get(name)
    cef.event(f"{name}:{resource}" if found else "unknown:unknown", cef.QUIET_SEVERITY, request=facts(request))
    if found is None:
        raise not_found()
    return found


def ask(provider: ReferenceProvider, ask: Ask) -> Reply:
    """The provider's answer, of a success. Raises Refused for all else."""
    reply = attempted(provider, ask)
    if reply.is_success:
        return reply
    raise refused(reply)


def attempted(provider: ReferenceProvider, ask: Ask) -> Reply:
    """The same, but a refusal by the provider comes back as it is."""
    if connection.in_atomic_block:
        raise RuntimeError("no transaction may be open while a provider is asked")
    with answers.room():
        found = wire(provider).ask(ask)
    if isinstance(found, Reply) and found.status == CREDENTIALS_REFUSED:
        raise _told(outcomes.refused_credentials(provider.name, ask.operation, found.exchanges))
    if isinstance(found, Reply) and found.status == outcomes.TOO_MANY:
        facts = {"retry_after_s": str(found.retry_after_s)} if found.retry_after_s else {}
        raise _told(Result(Outcome.NOT_SENT, reason=Reason(BUSY), facts=facts))
    if isinstance(found, Reply) and (found.is_success or found.is_refusal):
        return found
    if isinstance(found, Reply) and found.status >= 500:
        raise Refused(500, ProviderBroke(error="ProviderError"))
    # No answer, or none of which one could say what it is.
    gone = found if isinstance(found, Failed) else Failed(sent=True, reason="not_understood")
    result = outcomes.failed(gone)
    if ask.method in _READING and result.outcome == Outcome.UNKNOWN:
        result = replace(result, outcome=Outcome.NOT_SENT, reason=Reason(UNREACHABLE))
    raise _told(result)


def refused(reply: Reply) -> Refused:
    """What a client is answered for a refusal: the same status, and the provider's own words, or all that it says."""
    text = error_of(reply).get("message")
    if not isinstance(text, str):
        # A page of some server's may repeat how we have signed.
        text = redaction.mask(reply.unread if reply.body is None else encode(reply.body).decode())
    status = reply.status if reply.status in STATUSES else 400
    return Refused(status, ProviderRefuses(error_message=text[:ERROR_MAX_CHARS]))


def _told(result: Result) -> Refused:
    refusal = answers.refusal("", result, None)
    assert refusal is not None  # noqa: S101  # whatever was not sent or is not known is none
    return refusal
