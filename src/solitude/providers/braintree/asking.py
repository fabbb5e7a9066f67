"""Asking the gateway for the routes: with a place among what is in progress, with no transaction open, and with an answer for the client
where it refuses or gives none.

Not for payments, refunds and cards, which are the engine's: nothing that is asked for here can be done twice to anybody's harm.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.db import connection

from solitude.payments import answers
from solitude.payments.contract import UNREACHABLE, Outcome, Reason, Result
from solitude.providers.braintree import errors
from solitude.providers.braintree.gateway import NotConfigured
from solitude.providers.braintree.names import NAME
from solitude.providers.braintree.results import unanswered
from solitude.providers.braintree.unanswered import not_configured
from solitude.providers.braintree.wire import Reply, wire
from solitude.web.refusals import Refused


def ask(operation: str, perform: Callable[[Any], Any]) -> Any:
    """What the SDK makes of the gateway's answer. Raises Refused where there is none."""
    if connection.in_atomic_block:
        raise RuntimeError("no transaction may be open while a provider is asked")
    with answers.room():
        try:
            found = wire().ask(operation, perform)
        except NotConfigured as error:
            raise _refusal(not_configured(error)) from None
    if isinstance(found, Reply):
        return found.value
    raise _refusal(unanswered(found))


def done(operation: str, perform: Callable[[Any], Any]) -> Any:
    """The same of a result of the SDK's, which must be a success. Raises Refused (422) where the gateway refuses."""
    result = ask(operation, perform)
    if result.is_success:
        return result
    raise Refused(422, {NAME: errors.told(result)})


def _refusal(result: Result) -> Refused:
    if result.outcome == Outcome.UNKNOWN:
        # Whether the gateway got a question that it did not answer makes no difference here.
        result = replace(result, outcome=Outcome.NOT_SENT, reason=Reason(UNREACHABLE))
    return answers.refusal(NAME, result, None) or Refused(502, {"detail": "Braintree did not answer."})
