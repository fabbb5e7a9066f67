"""Refunds of what PayPal has taken: what asks for one, and what finds out what became of it."""

from collections.abc import Mapping
from dataclasses import replace

from solitude.payments.contract import Call, NotUnderstood, Outcome, Reason, RefundEvidence, RefundSeen, Result, Seen
from solitude.providers.paypal.rest import reading, report, requests
from solitude.providers.paypal.rest.payments import Payments
from solitude.providers.paypal.rest.repeats import (
    MARGIN_S,
    failed_now,
    is_of_the_repeat_alone,
    is_server_error,
    since_failed_s,
)
from solitude.providers.paypal.rest.wire import Ask, Failed, Reply, Wire
from solitude.telemetry.logs import get_logger

log = get_logger("solitude.paypal")
REFUNDS = "/v2/payments/refunds"
REFUND_MEMORY_S = 45 * 24 * 3600 - MARGIN_S
# For so long what is behind a server error may still be at work on a refund, which PayPal lists some minutes late.
REFUND_LISTED_S = 3600
# A refund is repeated so long after it was begun, whatever PayPal answers.
REFUND_REPEATED_S = 3600
_OUTCOMES = {
    RefundSeen.DONE: Outcome.SUCCEEDED,
    RefundSeen.UNDER_WAY: Outcome.PENDING,
    RefundSeen.FAILED: Outcome.DECLINED,
}


class Refunds:
    def __init__(self, wire: Wire, payments: Payments) -> None:
        self._wire, self._payments = wire, payments

    def refund(self, call: Call) -> Result:
        """Asks for a refund, or again for the same one."""
        path = f"{report.CAPTURES}/{call.ids['capture']}/refund"
        body = requests.refund(call.key, call.intent)
        reply = self._wire.ask(Ask("POST", path, "refund", body, request_id=call.key, seller=call.intent.payee))
        if isinstance(reply, Failed):
            return reading.failed(reply)
        if reply.status in (200, 201):
            return _read(reply, call)
        if reply.issue == "CAPTURE_FULLY_REFUNDED":
            return self._refunded_already(call, reply)
        return reading.refused(reply)

    def _refunded_already(self, call: Call, refused: Reply) -> Result:
        """Everything is refunded: by this very operation, or by somebody else. The order lists the refunds."""
        found = self._payments.seen(call)
        if found.evidence is None or found.evidence.state != Seen.PAID:
            return replace(reading.unknown(refused), exchanges=(*refused.exchanges, *found.exchanges))
        own = next((refund for refund in found.evidence.refunds if refund.reference == call.key), None)
        if own:
            return _of_refund(refused, own)
        return reading.result(refused, Outcome.DECLINED, reason=reading.reason_of(refused), evidence=found.evidence)

    def find(self, call: Call) -> Result:
        """A repeat while PayPal remembers our key. Beyond that, and where it answers with an error of its own or refuses who asks, the list
        tells: at once of a refund that is on it, and after a while of one that is not."""
        waited_s, again = since_failed_s(call), None
        if call.age_s <= REFUND_MEMORY_S and (waited_s is None or call.age_s < REFUND_REPEATED_S):
            again = self.refund(call)
            if not is_server_error(again) and not is_of_the_repeat_alone(again):
                # Once one has failed, all is waited for from when the last one was sent.
                return failed_now(again, call) if waited_s is not None and again.outcome == Outcome.UNKNOWN else again
            waited_s = 0
        found = self._payments.look_up(call)
        exchanges = (*(again.exchanges if again else ()), *found.exchanges)
        if found.evidence is not None and found.evidence.state == Seen.PAID:
            own = next((refund for refund in found.evidence.refunds if refund.reference == call.key), None)
            if own is not None:
                return Result(_OUTCOMES[own.state], refund=own, exchanges=exchanges)
            if (call.age_s - REFUND_MEMORY_S if waited_s is None else waited_s) >= REFUND_LISTED_S:
                return Result(Outcome.DECLINED, reason=Reason("NOT_FOUND_AT_PROVIDER"), exchanges=exchanges)
        unknown = Result(Outcome.UNKNOWN, exchanges=exchanges)
        return failed_now(unknown, call) if again else unknown

    def look_up(self, call: Call) -> Result:
        """What PayPal says of a refund that it has given an id."""
        path = f"{REFUNDS}/{call.ids['refund']}"
        reply = self._wire.ask(Ask("GET", path, "look_up_refund", seller=call.intent.payee))
        if isinstance(reply, Failed):
            return reading.failed(reply)
        if reply.status != 200:
            return reading.not_seen(reply)
        return _read(reply, call)


def _read(reply: Reply, call: Call) -> Result:
    try:
        seen, facts = reading.refund(reply.body), reading.refund_facts(reply.body)
        if seen.amount != call.intent.amount:
            raise NotUnderstood("a refund of another amount")
    except NotUnderstood as error:
        log.error("paypal_answer_not_understood", problem=str(error), correlation_id=reply.correlation_id)
        return reading.unknown(reply)
    return _of_refund(reply, seen, facts)


def _of_refund(reply: Reply, seen: RefundEvidence, facts: Mapping[str, str] | None = None) -> Result:
    reason = Reason("REFUND_FAILED") if seen.state == RefundSeen.FAILED else None
    return reading.result(reply, _OUTCOMES[seen.state], refund=seen, facts=facts or {}, reason=reason)
