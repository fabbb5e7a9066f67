"""What a client is told of a provider call: the table of contract/additions, the same for every provider."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from solitude.outbound.limits import Busy
from solitude.payments import calls
from solitude.payments.contract import BUSY, CONFIGURATION, UNREACHABLE, Outcome, Result
from solitude.transactions.models import Transaction
from solitude.web.refusals import Refused

_DETAILS = {
    UNREACHABLE: "The provider cannot be reached; nothing was charged by this request.",
    BUSY: "The provider asks to come back later; nothing was charged by this request.",
    CONFIGURATION: "The provider refuses this server's configuration; nothing was charged by this request.",
}
RETRY_AFTER_S = 1


def refusal(provider: str, result: Result, row: Transaction | None) -> Refused | None:
    """What a result is answered with if it is no success."""
    names = {"transaction": row.resource_uri, "uuid": row.uuid} if row is not None else {}
    match result.outcome:
        case Outcome.DECLINED:
            reason = result.reason
            error = {"code": reason.code if reason else "DECLINED", "message": reason.message if reason else ""}
            return Refused(422, {provider: {reason.field if reason else "__all__": [error]}, **names})
        case Outcome.NOT_SENT:
            return _not_sent(result, names)
        case Outcome.UNKNOWN:
            detail = "It is not known whether the provider did it. Ask again, or read the event feed."
            return Refused(504, {"detail": detail, "code": "outcome_unknown", **names})
    return None


@contextmanager
def room() -> Iterator[None]:
    """A place among what this process may have in progress; without one 503, and nothing is written."""
    try:
        with calls.in_progress():
            yield
    except Busy:
        body = {"detail": "Too many payments are in progress.", "code": "busy"}
        raise Refused(503, body, {"Retry-After": str(RETRY_AFTER_S)}) from None


def _not_sent(result: Result, names: dict[str, Any]) -> Refused:
    code = result.reason.code if result.reason and result.reason.code in _DETAILS else UNREACHABLE
    body = {"detail": _DETAILS[code], "code": code, **names}
    if code == BUSY:
        return Refused(503, body, {"Retry-After": result.facts.get("retry_after_s", str(RETRY_AFTER_S))})
    return Refused(502, body)
