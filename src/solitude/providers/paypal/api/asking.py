"""Asking PayPal about sellers, for the routes: with a place among what is in progress, with no transaction open, and with an
answer for the client where PayPal gives none."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.db import connection

from solitude.payments import answers
from solitude.providers.paypal.api.shown import ERRORS as ALL_ERRORS
from solitude.providers.paypal.names import NAME
from solitude.providers.paypal.unanswered import NotDone
from solitude.telemetry import context
from solitude.web.refusals import Refused

T = TypeVar("T")
# For `response=`: no outcome is unknown where no money moves.
ERRORS: dict[int, Any] = {status: ALL_ERRORS[status] for status in (422, 502, 503)}


def asked(perform: Callable[[], T]) -> T:
    """What PayPal says. Raises Refused where it says nothing, or refuses."""
    try:
        return attempted(perform)
    except NotDone as error:
        raise refusal(error) from None


def attempted(perform: Callable[[], T]) -> T:
    """The same, for who can go on without an answer. Raises NotDone."""
    if connection.in_atomic_block:
        raise RuntimeError("no transaction may be open while a provider is asked")
    with answers.room():
        try:
            return perform()
        except NotDone as error:
            context.bind(correlation_id=error.result.correlation_id or None)
            raise


def refusal(error: NotDone) -> Refused:
    """What the client is answered."""
    return answers.refusal(NAME, error.result, None) or Refused(502, {"detail": "PayPal did not answer."})
