"""What a client is told of a provider call: the table of contract/additions, the same for every provider."""

from collections.abc import Container, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import TypedDict

from solitude.outbound.limits import Busy
from solitude.payments import calls
from solitude.payments.contract import BUSY, CONFIGURATION, UNREACHABLE, Outcome, Reason, Result
from solitude.payments.models import ProviderCall
from solitude.transactions.models import Status, Transaction, Type
from solitude.web.refusals import EVERYTHING, Refused

RETRY_AFTER_S = 1
NotSentCode = Literal["provider_unreachable", "provider_configuration"]
_NOT_SENT: dict[NotSentCode, str] = {
    UNREACHABLE: "The provider cannot be reached; nothing was charged by this request.",
    CONFIGURATION: "The provider refuses this server's configuration; nothing was charged by this request.",
}


class Named(TypedDict, total=False):
    """Which transaction it is about: there for a payment and for a refund that was begun."""

    transaction: Annotated[str, Field(examples=["/generic/transaction/7/"])]
    uuid: str


class NotSent(Named):
    """It is certain that the provider did nothing. The transaction is errored; the same key makes a new attempt."""

    detail: str
    code: NotSentCode


class NoRoom(Named):
    """Too much is in progress: here (`busy`, nothing was written) or at the provider, which did nothing; or the database is away
    (`database_unavailable`), and this request has moved no money. Come back later."""

    detail: str
    code: Literal["busy", "provider_busy", "database_unavailable"]


class OutcomeUnknown(Named):
    """The provider may have done it. Ask again under the same key, check the payment, or read the feed; never pay anew."""

    detail: str
    code: Literal["outcome_unknown"]


# For `response=` of a route that asks a provider; what the provider refuses is 422, under the provider's name.
ERRORS: dict[int, Any] = {502: NotSent, 503: NoRoom, 504: OutcomeUnknown}


def of_payment(call: ProviderCall, fields: Container[str] | None = None) -> Result:
    """What a payment came to by now: perhaps it failed only after its call. A field at fault that is none of `fields` is not named."""
    result, row = calls.result_of(call), call.transaction
    if row is not None and row.type == Type.PAYMENT and row.status == Status.FAILED:
        reason = result.reason if result.outcome == Outcome.DECLINED else Reason(row.status_reason or "DECLINED")
        result = replace(result, outcome=Outcome.DECLINED, reason=reason)
    if fields is not None and result.reason is not None and result.reason.field not in fields:
        result = replace(result, reason=replace(result.reason, field=EVERYTHING))
    return result


def refusal(provider: str, result: Result, row: Transaction | None) -> Refused | None:
    """What a result is answered with if it is no success."""
    names: Named = {"transaction": row.resource_uri, "uuid": row.uuid} if row is not None else {}
    match result.outcome:
        case Outcome.DECLINED:
            reason = result.reason
            error = {"code": reason.code if reason else "DECLINED", "message": reason.message if reason else ""}
            return Refused(422, {provider: {reason.field if reason else "__all__": [error]}, **names})
        case Outcome.NOT_SENT:
            return _not_sent(result, names)
        case Outcome.UNKNOWN:
            detail = "It is not known whether the provider did it. Ask again, or read the event feed."
            unknown: OutcomeUnknown = {"detail": detail, "code": "outcome_unknown", **names}
            return Refused(504, unknown)
    return None


@contextmanager
def room() -> Iterator[None]:
    """A place among what this process may have in progress; without one 503, and nothing is written."""
    try:
        with calls.in_progress():
            yield
    except Busy:
        body: NoRoom = {"detail": "Too many payments are in progress.", "code": "busy"}
        raise Refused(503, body, {"Retry-After": str(RETRY_AFTER_S)}) from None


def _not_sent(result: Result, names: Named) -> Refused:
    why = result.reason.code if result.reason else UNREACHABLE
    if why == BUSY:
        detail = "The provider asks to come back later; nothing was charged by this request."
        busy: NoRoom = {"detail": detail, "code": BUSY, **names}
        return Refused(503, busy, {"Retry-After": result.facts.get("retry_after_s", str(RETRY_AFTER_S))})
    code: NotSentCode = CONFIGURATION if why == CONFIGURATION else UNREACHABLE
    body: NotSent = {"detail": _NOT_SENT[code], "code": code, **names}
    return Refused(502, body)
