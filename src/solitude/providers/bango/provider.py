"""Bango as the engine's contract asks: requests are built here, and answers read.

No database and no Django request: what is known comes in with the call, what was learnt goes out with the result.

Bango tells nothing about a payment when it is asked: the buyer's return and its events do (`inbound`). It takes no key of ours for what
must be done once, and needs none: a second page for a payment harms nobody, because nobody is sent to one whose number did not arrive;
and a payment is refunded once, as a whole.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from django.conf import settings

from solitude.money.money import Money
from solitude.payments.contract import (
    Call,
    Capability,
    Evidence,
    Operation,
    Outcome,
    Reason,
    RefundEvidence,
    RefundSeen,
    Result,
    Seen,
)
from solitude.providers.bango import requests
from solitude.providers.bango.names import NAME, NUMBER
from solitude.providers.bango.soap.description import NotConfigured
from solitude.providers.bango.soap.wire import ACCESS_DENIED, OK, Failed, Reply, wire
from solitude.providers.bango.unanswered import failed, not_configured

PENDING: Final = "PENDING"
ALREADY_REFUNDED: Final = "ALREADY_REFUNDED"
ABANDONED: Final = "ABANDONED"
NO_NUMBER: Final = "no_number"
# Bango is in trouble, and may have done what it was asked for.
TROUBLE = ("INTERNAL_ERROR", "SERVICE_UNAVAILABLE")
# Of a refund that was taken and does not come about.
REFUND_FAILED = ("CANT_REFUND", "NOT_SUPPORTED")
# A refund that Bango is not asked for has these among its terms, by Bango's names: what stands for Bango's answer.
FAKE_CODE, FAKE_MESSAGE, FAKE_ID = "responseCode", "responseMessage", "refundTransactionId"
# Among the facts of a call: what Bango answered.
CODE, MESSAGE = "code", "message"

# How long after the end of its page the news of a payment may still be on their way.
NEWS_LATE_S: Final = 240


def approval_life_s() -> int:
    """For how long a payment waits for its buyer."""
    return int(settings.SOLITUDE_BANGO_TRANSACTION_EXPIRY_S) + requests.PAGE_OUTLIVES_S + NEWS_LATE_S


class Bango:
    name = NAME
    number = NUMBER
    capabilities = frozenset(
        {
            Capability.APPROVAL,
            Capability.SEVERAL_PRICES,
            Capability.REFUND,
            Capability.DELAYED_REFUND,
            Capability.FAILED_REFUND,
            Capability.FOREIGN_REFUND,
            Capability.NOTIFICATIONS,
        }
    )

    def __init__(self) -> None:
        self._performers: dict[Operation, Callable[[Call], Result]] = {
            Operation.PAY: self._pay,
            Operation.REFUND: self._refund,
            Operation.LOOK_UP_REFUND: self._look_up_refund,
        }

    def perform(self, call: Call) -> Result:
        return _guarded(self._performers[call.operation], call)

    def find_out(self, call: Call) -> Result:
        """What became of a call: Bango cannot be asked, but may be told again."""
        match call.operation:
            case Operation.PAY if call.age_s > settings.SOLITUDE_BANGO_TRANSACTION_EXPIRY_S:
                # Whatever became of it, nobody was ever sent there, and nobody waits any more.
                reason = Reason(ABANDONED, "Bango did not answer while the buyer waited.")
                return Result(Outcome.DECLINED, evidence=Evidence(Seen.EXPIRED), reason=reason)
            case Operation.REFUND:
                return _guarded(self._refund_again, call)
        return self.perform(call)

    def _pay(self, call: Call) -> Result:
        reply = wire().ask(requests.CREATE_BILLING, requests.billing(call.intent))
        if isinstance(reply, Failed):
            return failed(reply)
        if reply.code in TROUBLE:
            # Whether there is a page now or not: nobody can be charged on it.
            return _result(reply, Outcome.NOT_SENT, reason=Reason(reply.code, reply.message))
        if not reply.is_ok:
            return _refused(reply)
        number = reply.values.get("billingConfigurationId")
        if not number:
            return _result(reply, Outcome.UNKNOWN, reason=Reason(NO_NUMBER))
        evidence = Evidence(Seen.NOT_APPROVED, pay_url=_pay_url(number))
        return _result(reply, Outcome.PENDING, evidence=evidence, ids={"payment": str(number)})

    def _refund(self, call: Call) -> Result:
        if FAKE_CODE in call.intent.terms:
            return _faked(call)
        reply = wire().ask(requests.DO_REFUND, requests.refund(call))
        if isinstance(reply, Reply) and reply.code == ALREADY_REFUNDED:
            # Nothing of ours has asked for it before this.
            elsewhere = RefundEvidence("", RefundSeen.DONE, _amount(call))
            return replace(_refused(reply), evidence=Evidence(Seen.PAID, refunds=(elsewhere,)))
        return _numbered(_refund_result(reply, call))

    def _refund_again(self, call: Call) -> Result:
        """The same once more: what an earlier try has done is not done twice."""
        if FAKE_CODE in call.intent.terms:
            return _faked(call)
        reply = wire().ask(requests.DO_REFUND, requests.refund(call))
        if isinstance(reply, Reply) and reply.code == ALREADY_REFUNDED:
            done = RefundEvidence(call.ids.get("refund", ""), RefundSeen.DONE, _amount(call), call.key)
            return _result(reply, Outcome.SUCCEEDED, refund=done)
        return _numbered(_refund_result(reply, call))

    def _look_up_refund(self, call: Call) -> Result:
        """A refund that was pending when it was asked for."""
        if FAKE_CODE in call.intent.terms:
            done = RefundEvidence(call.ids["refund"], RefundSeen.DONE, _amount(call), call.key)
            return Result(Outcome.SUCCEEDED, refund=done)
        if not call.ids["refund"]:
            # One that was kept as pending before such an answer was taken for unknown.
            return self._refund_again(call)
        reply = wire().ask(requests.REFUND_STATUS, requests.refund_status(call))
        if isinstance(reply, Reply) and reply.code in REFUND_FAILED:
            gone = RefundEvidence(call.ids["refund"], RefundSeen.FAILED, _amount(call), call.key)
            return replace(_refused(reply), refund=gone)
        return _refund_result(reply, call)


def _guarded(perform: Callable[[Call], Result], call: Call) -> Result:
    try:
        return perform(call)
    except NotConfigured as error:
        return not_configured(error)


def _faked(call: Call) -> Result:
    """What the intent says that Bango would say."""
    terms = call.intent.terms
    reply = Reply(terms[FAKE_CODE], terms[FAKE_MESSAGE], {requests.REFUND_ID: terms[FAKE_ID]}, ())
    return _refund_result(reply, call) if reply.code in (OK, PENDING) else _refused(reply)


def _refund_result(reply: Reply | Failed, call: Call) -> Result:
    if isinstance(reply, Failed):
        return failed(reply)
    if reply.code in TROUBLE:
        return _result(reply, Outcome.UNKNOWN, reason=Reason(reply.code, reply.message))
    if reply.code not in (OK, PENDING):
        return _refused(reply)
    is_done = reply.code == OK
    number = str(reply.values.get(requests.REFUND_ID) or call.ids.get("refund", ""))
    seen = RefundEvidence(number, RefundSeen.DONE if is_done else RefundSeen.UNDER_WAY, _amount(call), call.key)
    return _result(reply, Outcome.SUCCEEDED if is_done else Outcome.PENDING, refund=seen)


def _numbered(found: Result) -> Result:
    """A refund that takes its time can be looked up by its number alone. Without one it is unknown, and asked for again by who holds its
    call, which no look-up does: it might come when the refund has failed and another one is made, and Bango would say that it is done."""
    if found.refund and found.refund.state == RefundSeen.UNDER_WAY and not found.refund.id:
        return replace(found, outcome=Outcome.UNKNOWN, refund=None, reason=Reason(NO_NUMBER))
    return found


def _refused(reply: Reply) -> Result:
    """Bango understood, and said no. To our credentials it says it before it looks at anything else."""
    outcome = Outcome.NOT_SENT if reply.code == ACCESS_DENIED else Outcome.DECLINED
    return _result(reply, outcome, reason=Reason(reply.code, reply.message))


def _result(reply: Reply, outcome: Outcome, **more: Any) -> Result:
    facts = {CODE: reply.code, MESSAGE: reply.message}
    return Result(outcome, facts=facts, exchanges=reply.exchanges, **more)


def _pay_url(number: int) -> str:
    base: str = settings.SOLITUDE_BANGO_PAY_URL
    return f"{base}{number}" if base else ""


def _amount(call: Call) -> Money:
    assert call.intent.amount is not None  # noqa: S101  # a refund has one
    return call.intent.amount
