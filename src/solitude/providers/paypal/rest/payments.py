"""Payments by PayPal's orders: what asks for one, what takes it, and what finds out how it ended."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from django.conf import settings

from solitude.money.money import Money
from solitude.payments.contract import Call, Evidence, NotUnderstood, Operation, Outcome, Reason, Result, Seen
from solitude.providers.paypal.rest import reading, report, requests
from solitude.providers.paypal.rest.repeats import (
    after,
    failed_now,
    is_gone,
    is_of_the_repeat_alone,
    is_server_error,
    since_failed_s,
)
from solitude.providers.paypal.rest.wire import Ask, Failed, Reply, TokenRefused, Wire
from solitude.providers.paypal.unanswered import refused_credentials
from solitude.telemetry.logs import get_logger

log = get_logger("solitude.paypal")
ORDERS = "/v2/checkout/orders"
# How long PayPal keeps an order of which nothing is taken, and so the longest for which it can still be taken; for some accounts more.
ORDER_LIFE_S = 6 * 3600

_NOTHING_TAKEN = {"ORDER_NOT_APPROVED"}
_CHOOSE_ANOTHER = {"INSTRUMENT_DECLINED", "PAYER_ACTION_REQUIRED", "REDIRECT_PAYER_FOR_ALTERNATE_FUNDING"}
_LOOK_UP = {"ORDER_ALREADY_CAPTURED", "DUPLICATE_INVOICE_ID"}
_ENDS = {Seen.PAID, Seen.UNDER_REVIEW, Seen.DECLINED, Seen.EXPIRED}
_OUTCOMES = {
    Seen.NOT_APPROVED: Outcome.PENDING,
    Seen.APPROVED: Outcome.PENDING,
    Seen.UNDER_REVIEW: Outcome.PENDING,
    Seen.PAID: Outcome.SUCCEEDED,
    Seen.DECLINED: Outcome.DECLINED,
    Seen.EXPIRED: Outcome.DECLINED,
}


class Payments:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def pay(self, call: Call) -> Result:
        """Asks for an order, which a stored credential pays at once, and otherwise its buyer approves."""
        found = self._ordered(call)
        return reading.of_credential(found) if call.intent.credential else found

    def _ordered(self, call: Call) -> Result:
        reply = self._wire.ask(Ask("POST", ORDERS, "pay", requests.order(call.key, call.intent), request_id=call.key))
        if isinstance(reply, Failed):
            return reading.failed(reply)
        if reply.status in (200, 201):
            return self._order(reply, call.intent.amount, call.key)
        if reply.issue == "DUPLICATE_INVOICE_ID":
            # The invoice id is this operation's own: an earlier try of it was taken, and PayPal does not say how it ended.
            return reading.unknown(reply)
        return reading.refused(reply)

    def capture(self, call: Call, *, is_first: bool = True) -> Result:
        """Takes what the buyer has approved. `is_first`: nothing was tried before."""
        path = f"{ORDERS}/{call.ids['payment']}/capture"
        reply = self._wire.ask(Ask("POST", path, "capture", {}, request_id=call.key))
        if isinstance(reply, Failed):
            return reading.failed(reply)
        if reply.status in (200, 201):
            return self._order(reply, call.intent.amount)
        if reply.issue in _NOTHING_TAKEN:
            return reading.result(
                reply, Outcome.DECLINED, evidence=Evidence(Seen.NOT_APPROVED), reason=reading.reason_of(reply)
            )
        if reply.issue in _CHOOSE_ANOTHER:
            return _choose_another(reply, call)
        if reply.issue in _LOOK_UP or reply.status == 404:
            return self._taken_already(call, reply, is_first=is_first)
        if reply.issue == "ORDER_COMPLETION_IN_PROGRESS":
            return reading.unknown(reply)
        return reading.refused(reply)

    def _taken_already(self, call: Call, refused: Reply, *, is_first: bool) -> Result:
        """A capture that PayPal refused because of what was before: the order tells, and nothing else."""
        # Of an order that is gone before anything was tried nothing was taken.
        is_untouched = is_first and refused.status == 404
        found = self.seen(replace(call, operation=Operation.LOOK_UP) if is_untouched else call)
        exchanges = (*refused.exchanges, *found.exchanges)
        if found.evidence and found.evidence.state in _ENDS:
            return replace(found, exchanges=exchanges)
        # Also an order that looks as if nothing had been taken: the refusal says that something was.
        return replace(reading.unknown(refused), exchanges=exchanges)

    def find(self, call: Call) -> Result:
        """PayPal cannot be asked for an order by our reference: its report of transactions lists it, some hours late."""
        found = self._reported(call, call.key, settings.SOLITUDE_RESEND_MAX_S)
        if found.order:
            seen = self.look_up(_with_ids(call, payment=found.order, capture=found.capture))
            return after(found.exchanges, seen)
        return _not_listed(found, "NOT_CHARGED")

    def _reported(self, call: Call, reference: str, span_s: int) -> report.Found:
        """What PayPal's report has under our reference of what was made within so long after the first try."""
        now = datetime.now(UTC)
        since = now - timedelta(seconds=call.age_s)

        def page(path: str) -> Reply | Failed:
            return self._wire.ask(Ask("GET", path, "report", seller=call.intent.payee))

        return report.find(page, reference, since, since + timedelta(seconds=span_s), now)

    def find_capture(self, call: Call) -> Result:
        """The order tells what became of a capture, and where PayPal has it no more, its report of transactions."""
        found = self.look_up(call)
        if found.evidence is None and is_gone(found) and call.paying_key:
            return after(found.exchanges, self._find_reported_capture(call))
        if found.evidence is None:
            return Result(Outcome.UNKNOWN, exchanges=found.exchanges)
        match found.evidence.state:
            case Seen.APPROVED:
                return self._capture_again(call, found)
            case Seen.NOT_APPROVED:
                return replace(found, outcome=Outcome.DECLINED, reason=None, ids={})
        return found

    def _find_reported_capture(self, call: Call) -> Result:
        """Of an order that PayPal has no more: its report lists what was taken."""
        found = self._reported(call, call.paying_key, max(settings.SOLITUDE_PAYPAL_ORDER_LIFE_S, ORDER_LIFE_S))
        if found.capture:
            return after(found.exchanges, self._look_up_capture(_with_ids(call, capture=found.capture)))
        return _not_listed(found, "EXPIRED")

    def _capture_again(self, call: Call, seen: Result) -> Result:
        """A repeat of what looks as if it had never been done. PayPal may answer with an error of its own while it is at work, and may keep
        that under our key, which then takes nothing any more; or it may refuse who asks, and be at work on what it let in before. The order
        tells, when it still looks the same after a while.

        An order is captured once, whatever the key: so another operation may try then.
        """
        waited_s = since_failed_s(call)
        if waited_s is None:
            again = self.capture(call, is_first=False)
            if is_server_error(again) or is_of_the_repeat_alone(again):
                again = failed_now(replace(again, outcome=Outcome.UNKNOWN), call)
            return after(seen.exchanges, again)
        if waited_s < settings.SOLITUDE_PAYPAL_SETTLED_S:
            return Result(Outcome.UNKNOWN, exchanges=seen.exchanges)
        reason = Reason("NOT_CAPTURED", "PayPal did not do what was repeated, and has taken nothing.")
        return Result(Outcome.DECLINED, evidence=seen.evidence, reason=reason, exchanges=seen.exchanges)

    def look_up(self, call: Call) -> Result:
        """What PayPal's order says now."""
        reply = self._wire.ask(Ask("GET", f"{ORDERS}/{call.ids['payment']}", "look_up"))
        if isinstance(reply, Failed):
            return reading.failed(reply)
        if reply.status == 404 and reply.understood and reply.issue:
            return self._gone(call, reply)
        if reply.status != 200:
            return reading.not_seen(reply)
        # A refund's amount is not the order's.
        return self._order(reply, None if call.operation == Operation.REFUND else call.intent.amount)

    def seen(self, call: Call) -> Result:
        """What the order says, or that PayPal takes our credentials no more: so that what was asked before is not lost with it."""
        try:
            return self.look_up(call)
        except TokenRefused as error:
            return refused_credentials(error.exchanges, call.operation)

    def _gone(self, call: Call, reply: Reply) -> Result:
        """PayPal has no such order. What was taken of it tells itself; while nobody knows whether anything was, this says nothing."""
        if call.ids.get("capture") and call.operation != Operation.REFUND:
            return after(reply.exchanges, self._look_up_capture(call))
        if call.operation == Operation.LOOK_UP:
            return reading.result(reply, Outcome.DECLINED, evidence=Evidence(Seen.EXPIRED), reason=Reason("EXPIRED"))
        return reading.unknown(reply)

    def _look_up_capture(self, call: Call) -> Result:
        """What was taken, without what went back of it since."""
        path = f"{report.CAPTURES}/{call.ids['capture']}"
        reply = self._wire.ask(Ask("GET", path, "look_up_capture", seller=call.intent.payee))
        if isinstance(reply, Failed):
            return reading.failed(reply)
        if reply.status != 200:
            return reading.not_seen(reply)
        try:
            evidence, reason = reading.capture(reply.body, call.intent.amount)
            if reading.identity(reply.body, "a capture") != call.ids["capture"]:
                raise NotUnderstood("a capture of another id")
        except NotUnderstood as error:
            log.error("paypal_answer_not_understood", problem=str(error), correlation_id=reply.correlation_id)
            return reading.unknown(reply)
        return reading.result(reply, _OUTCOMES[evidence.state], evidence=evidence, reason=reason, ids=call.ids)

    def _order(self, reply: Reply, expected: Money | None, key: str = "") -> Result:
        """The result that an order in an answer is; `key` is the reference that it must bear if it bears one."""
        try:
            if key and reading.reference(reply.body) not in ("", key):
                raise NotUnderstood("an order of another reference")
            token = str(reply.body.get("id", ""))
            pay_url = reading.buyer_link(reply.link("payer-action", "approve"), f"/checkoutnow?token={token}")
            evidence, reason, ids = reading.order(reply.body, pay_url, expected)
        except NotUnderstood as error:
            log.error("paypal_answer_not_understood", problem=str(error), correlation_id=reply.correlation_id)
            return reading.unknown(reply)
        return reading.result(reply, _OUTCOMES[evidence.state], evidence=evidence, reason=reason, ids=ids)


def _with_ids(call: Call, **ids: str) -> Call:
    """The call with what has been learnt of PayPal's ids."""
    return replace(call, ids={**call.ids, **{name: value for name, value in ids.items() if value}})


def _not_listed(found: report.Found, code: str) -> Result:
    """What a report comes to without the payment. It is long over then, and may take longer to read than a lease."""
    if not found.is_absent:
        return Result(Outcome.UNKNOWN, reason=Reason("NOT_IN_REPORT_YET"), exchanges=found.exchanges)
    return Result(
        Outcome.DECLINED,
        evidence=Evidence(Seen.EXPIRED),
        reason=Reason(code, "PayPal's report does not list it."),
        exchanges=found.exchanges,
        is_past_repeating=True,
    )


def _choose_another(reply: Reply, call: Call) -> Result:
    pay_url = reading.buyer_link(
        reply.link("payer-action", "redirect", "approve"), f"/checkoutnow?token={call.ids['payment']}"
    )
    evidence = Evidence(Seen.INSTRUMENT_DECLINED, pay_url=pay_url)
    return reading.result(reply, Outcome.DECLINED, evidence=evidence, reason=reading.reason_of(reply))
