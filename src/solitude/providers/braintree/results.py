"""What the gateway's answers are to the engine: an outcome with its evidence, of what the wire has brought."""

from typing import Any, Final

from django.conf import settings

from solitude.outbound.record import Exchange
from solitude.payments.contract import (
    Call,
    Evidence,
    NotUnderstood,
    Outcome,
    Reason,
    RefundSeen,
    Result,
    Seen,
)
from solitude.providers.braintree import errors, reading, statuses
from solitude.providers.braintree.unanswered import failed
from solitude.providers.braintree.wire import Absent, Failed, Reply
from solitude.telemetry.logs import get_logger

ABANDONED: Final = "ABANDONED"
NOT_FOUND: Final = "NOT_FOUND"
_REFUND_OUTCOMES: Final = {
    RefundSeen.DONE: Outcome.SUCCEEDED,
    RefundSeen.UNDER_WAY: Outcome.PENDING,
    RefundSeen.FAILED: Outcome.DECLINED,
}

log = get_logger("solitude.braintree")


def sale(reply: Reply, transaction: Any, call: Call) -> Result:
    try:
        evidence, reason, ids = reading.sale(transaction, call.intent.amount, call.key)
    except reading.Undecided as error:
        # It is asked about again, however long its bank takes.
        return Result(Outcome.UNKNOWN, reason=Reason(str(error)), exchanges=reply.exchanges)
    except NotUnderstood as error:
        return not_understood(reply, error)
    if reading.TAKEN in call.ids:
        evidence = statuses.of_taken(evidence)
    if evidence.state == Seen.DECLINED:
        told = errors.of_transaction(transaction)
        return _declined(told, reply, evidence=evidence, ids=ids)
    outcome = Outcome.SUCCEEDED if evidence.state == Seen.PAID else Outcome.DECLINED
    return Result(outcome, evidence=evidence, reason=reason, ids=ids, exchanges=reply.exchanges)


def voided(reply: Reply, transaction: Any) -> Result:
    try:
        evidence, _, ids = reading.sale(transaction, None)
    except NotUnderstood as error:
        return not_understood(reply, error)
    if evidence.state != Seen.VOIDED:
        return not_understood(reply, NotUnderstood("a void that left the sale as it was"))
    return Result(Outcome.SUCCEEDED, evidence=evidence, ids=ids, exchanges=reply.exchanges)


def refund(reply: Reply, transaction: Any, call: Call) -> Result:
    try:
        seen = reading.refund(transaction, call.intent.amount, call.key)
    except NotUnderstood as error:
        return not_understood(reply, error)
    reason = Reason(str(transaction.status)) if seen.state == RefundSeen.FAILED else None
    return Result(_REFUND_OUTCOMES[seen.state], refund=seen, reason=reason, exchanges=reply.exchanges)


def refused(reply: Reply) -> Result:
    """Of what the SDK has as a result that is no success."""
    return _declined(errors.told(reply.value), reply)


def absent(call: Call, exchanges: tuple[Exchange, ...]) -> Result:
    """Of a call that the gateway knows nothing of: it may still be on its way for a while."""
    if call.age_s < settings.SOLITUDE_BRAINTREE_ABSENT_AFTER_S:
        return Result(Outcome.UNKNOWN, reason=Reason("NOT_FOUND_YET"), exchanges=exchanges)
    reason = Reason(ABANDONED, "Braintree has not done it.")
    return Result(Outcome.DECLINED, evidence=Evidence(Seen.EXPIRED), reason=reason, exchanges=exchanges)


def not_found(reply: Absent) -> Result:
    """What was to be given back or given up is not there, so nothing was done."""
    reason = Reason(NOT_FOUND, "Braintree does not know this payment.")
    return Result(Outcome.DECLINED, reason=reason, exchanges=reply.exchanges)


def unanswered(reply: Absent | Failed) -> Result:
    """Of a call to which 404 says nothing about what was asked."""
    if isinstance(reply, Failed):
        return failed(reply)
    return Result(Outcome.UNKNOWN, reason=Reason(NOT_FOUND), exchanges=reply.exchanges)


def not_understood(reply: Reply, error: NotUnderstood) -> Result:
    log.error("braintree_answer_not_understood", problem=str(error))
    return Result(Outcome.UNKNOWN, reason=Reason("not_understood", str(error)), exchanges=reply.exchanges)


def _declined(told: errors.Errors, reply: Reply, **more: Any) -> Result:
    reason, facts = errors.reason(told), errors.kept(told)
    return Result(Outcome.DECLINED, reason=reason, facts=facts, exchanges=reply.exchanges, **more)
