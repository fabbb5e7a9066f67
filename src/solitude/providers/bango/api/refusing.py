"""What a client is answered where a payment or a refund did not come about at Bango, and what of that is kept under its key."""

from collections.abc import Callable, Mapping
from typing import Any

from solitude.payments import answers, calls
from solitude.payments.answers import Named
from solitude.payments.contract import Outcome, Result
from solitude.payments.models import ProviderCall
from solitude.providers.bango import asking
from solitude.providers.bango.asking import BangoRefusal
from solitude.providers.bango.names import NAME
from solitude.transactions.models import Transaction
from solitude.web.answers import settle
from solitude.web.openapi import Detail, FieldErrors
from solitude.web.refusals import Refused
from solitude.web.requests import ApiRequest


class BangoFault(Named):
    """Bango is in trouble (`BangoError`), or refuses our credentials (`AuthError`); nothing was charged, and the transaction is errored."""

    error: str


# For `response=` of a route of the engine that asks Bango.
ERRORS: dict[int, Any] = {400: BangoRefusal | FieldErrors | Detail, 500: BangoFault, **answers.ERRORS}


def refusal(call: ProviderCall, at_fault: Mapping[str, str] | None = None) -> Refused | None:
    """What the call is refused with, in the form of all that Bango refuses; None where it went well. `at_fault` says by Bango's code
    which field of the request is wrong."""
    return of_result(calls.result_of(call), call.transaction, at_fault)


def of_result(result: Result, row: Transaction | None, at_fault: Mapping[str, str] | None = None) -> Refused | None:
    """The same of a result."""
    reason = result.reason
    said_no = reason is not None and result.outcome == Outcome.DECLINED
    if reason is not None and (said_no or (result.outcome == Outcome.NOT_SENT and reason.code in asking.FATAL)):
        refused = asking.refused(reason.code, reason.message, at_fault)
        named = {"transaction": row.resource_uri, "uuid": row.uuid} if row is not None else {}
        return Refused(refused.status, {**refused.body, **named})
    return answers.refusal(NAME, result, row)


def keep(request: ApiRequest, refused: Refused | None, body: Callable[[], Mapping[str, Any]]) -> None:
    """Keeps the answer under the idempotency key in the commit of the outcome; what is no final answer is not kept."""
    if refused is None:
        settle(request, 200, body())
    elif refused.status == 400:
        settle(request, 400, refused.body)
