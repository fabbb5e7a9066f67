"""What a client is answered where something did not come about at Braintree, and what of that is kept under its key."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

from django.http import HttpResponse
from pydantic import Field
from typing_extensions import TypedDict

from solitude.payments import answers, calls
from solitude.payments.answers import Named
from solitude.payments.contract import Operation, Outcome, Reason
from solitude.payments.models import ProviderCall
from solitude.providers.braintree import errors
from solitude.providers.braintree.names import NAME
from solitude.transactions.models import Status
from solitude.web.answers import settle
from solitude.web.openapi import CodedError, Detail
from solitude.web.refusals import Refused
from solitude.web.requests import ApiRequest


class BraintreeRefusal(Named):
    """Braintree refused, or ended it without money. By field of its request, `__all__` where none is at fault; `code` is its own."""

    braintree: Annotated[
        dict[str, list[CodedError]],
        Field(examples=[{"__all__": [{"code": "2000", "message": "Do Not Honor"}]}]),
    ]


class BraintreeFormRefusal(TypedDict):
    """The form is wrong; nothing was written and nothing was sent. `code` is ours: `required`, `does_not_exist`, `max_value`, ..."""

    mozilla: Annotated[
        dict[str, list[CodedError]],
        Field(examples=[{"amount": [{"code": "min_value", "message": "must be at least 1"}]}]),
    ]


# For `response=` of a route that has a form, and asks Braintree.
ERRORS: dict[int, Any] = {422: BraintreeRefusal | BraintreeFormRefusal | Detail, **answers.ERRORS}


def refusal(call: ProviderCall) -> Refused | None:
    """What the call is refused with; None where it went well."""
    result, row = calls.result_of(call), call.transaction
    if call.operation == Operation.PAY and row is not None and row.status == Status.FAILED:
        # Perhaps it failed only after its call: the bank did not pay in the end.
        reason = result.reason if result.outcome == Outcome.DECLINED else Reason(row.status_reason or "DECLINED")
        result = replace(result, outcome=Outcome.DECLINED, reason=reason)
    if result.outcome != Outcome.DECLINED:
        return answers.refusal(NAME, result, row)
    named: Named = {"transaction": row.resource_uri, "uuid": row.uuid} if row is not None else {}
    return Refused(422, {NAME: errors.of_facts(result.facts, result.reason), **named})


def keep(request: ApiRequest, call: ProviderCall, made: Callable[[], HttpResponse]) -> None:
    """Keeps the answer under the idempotency key in the commit of the outcome; what is no final answer is not kept."""
    refused = refusal(call)
    if refused is None:
        response = made()
        if request.claim is not None:
            request.claim.settle(response)
    elif refused.status == 422:
        settle(request, 422, refused.body)
