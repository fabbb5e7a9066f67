"""Asking Bango for the routes: with a place among what is in progress, with no transaction open, and with an answer for the client
where Bango refuses or gives none.

Not for payments and refunds, which are the engine's.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final, Literal

from django.db import connection
from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from solitude.payments import answers
from solitude.payments.contract import Result
from solitude.providers.bango.names import NAME
from solitude.providers.bango.soap import values
from solitude.providers.bango.soap.description import NotConfigured
from solitude.providers.bango.soap.wire import ACCESS_DENIED, Failed, Reply, wire
from solitude.providers.bango.unanswered import failed, not_configured
from solitude.web.openapi import Detail, FieldErrors, ServerError
from solitude.web.refusals import EVERYTHING, BadFields, Refused

AUTH_ERROR: Final = "AuthError"
BANGO_ERROR: Final = "BangoError"
# Codes that are nobody's fault but ours or Bango's, and the class that the client is told.
FATAL = {ACCESS_DENIED: AUTH_ERROR, "INTERNAL_ERROR": BANGO_ERROR, "SERVICE_UNAVAILABLE": BANGO_ERROR}


@with_config(ConfigDict(extra="allow"))
class BangoRefusal(TypedDict):
    """Bango refused: its sentence under the field that is at fault, or under `__all__`; `__bango__` is its code, `__type__` `bango`."""

    __bango__: str
    __type__: Literal["bango"]


# For `response=` of a route that asks Bango.
BANGO_ERRORS: dict[int, Any] = {400: BangoRefusal | FieldErrors | Detail, 500: ServerError, **answers.ERRORS}


def ask(
    operation: str,
    fields: Mapping[str, Any],
    *,
    at_fault: Mapping[str, str] | None = None,
    tolerated: Collection[str] = (),
) -> Reply:
    """Bango's answer, which is OK or one of the `tolerated` codes. Raises Refused for any other, and where there is none.

    `fields` are by Bango's names; `at_fault` says by code which field of the client's is wrong.
    """
    if connection.in_atomic_block:
        raise RuntimeError("no transaction may be open while a provider is asked")
    if wrong := values.unwritable(fields):
        raise BadFields(**dict.fromkeys(wrong, "has characters or digits that Bango cannot be told"))
    with answers.room():
        try:
            found = wire().ask(operation, fields)
        except NotConfigured as error:
            raise _refusal(not_configured(error)) from None
    if isinstance(found, Failed):
        raise _refusal(failed(found))
    if found.is_ok or found.code in tolerated:
        return found
    raise refused(found.code, found.message, at_fault)


def refused(code: str, message: str, at_fault: Mapping[str, str] | None = None) -> Refused:
    """What the client is answered where Bango said something else than OK."""
    if code in FATAL:
        return Refused(500, {"error": FATAL[code]})
    field = (at_fault or {}).get(code, EVERYTHING)
    return Refused(400, {field: [message or code], "__bango__": code, "__type__": NAME})


def _refusal(result: Result) -> Refused:
    return answers.refusal(NAME, result, None) or Refused(502, {"detail": "Bango did not answer."})
