"""PayPal's REST platform as the engine's contract asks: requests are built here, and answers read.

No database and no Django request: what is known comes in with the call, what was learnt goes out with the result.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from django.conf import settings

from solitude.money.money import Money
from solitude.outbound.record import Exchange
from solitude.payments.contract import (
    Call,
    Capability,
    Evidence,
    NotUnderstood,
    Operation,
    Outcome,
    Reason,
    RefundEvidence,
    RefundSeen,
    Result,
    Seen,
)
from solitude.providers.paypal.names import NAME, NOT_APPROVED, NUMBER
from solitude.providers.paypal.rest import reading, report, requests
from solitude.providers.paypal.rest.wire import Ask, Failed, Reply, TokenRefused, Wire
from solitude.providers.paypal.unanswered import refused_credentials
from solitude.telemetry.logs import get_logger
from solitude.telemetry.redaction import Secret

log = get_logger("solitude.paypal")
ORDERS, SETUP_TOKENS, PAYMENT_TOKENS = "/v2/checkout/orders", "/v3/vault/setup-tokens", "/v3/vault/payment-tokens"
REFUNDS = "/v2/payments/refunds"
# How long PayPal remembers a request id: then a repeat is a new request, and comes only after a look-up. A little less than PayPal
# says, because a repeat takes its time, and nobody's clock is exact.
MARGIN_S = 600
ORDER_MEMORY_S = 6 * 3600 - MARGIN_S
REFUND_MEMORY_S = 45 * 24 * 3600 - MARGIN_S
VAULT_MEMORY_S = 3 * 3600 - MARGIN_S
# How long PayPal keeps an order of which nothing is taken, and so the longest for which it can still be taken; for some accounts more.
ORDER_LIFE_S = 6 * 3600
# For so long what is behind a server error may still be at work on a refund, which PayPal lists some minutes late.
REFUND_LISTED_S = 3600
# A refund is repeated so long after it was begun, whatever PayPal answers.
REFUND_REPEATED_S = 3600
# Of a repeat that PayPal answered with an error of its own: how long after the first try. The next one may not send it again.
_FAILED_AT_S = "failed_at_s"

_NOTHING_TAKEN = {"ORDER_NOT_APPROVED"}
_CHOOSE_ANOTHER = {"INSTRUMENT_DECLINED", "PAYER_ACTION_REQUIRED", "REDIRECT_PAYER_FOR_ALTERNATE_FUNDING"}
# Statuses of refusals that come before PayPal looks at its memory of our key.
_OF_THE_ASKER = {403, 404, 405, 415}
_LOOK_UP = {"ORDER_ALREADY_CAPTURED", "DUPLICATE_INVOICE_ID"}
_ENDS = {Seen.PAID, Seen.UNDER_REVIEW, Seen.DECLINED, Seen.EXPIRED}


class RestPayPal:
    name = NAME
    number = NUMBER
    # An order has one amount, in which one seller and the marketplace share. That a refund may fail later is in PayPal's description; its
    # sandboxes let none do so.
    capabilities = frozenset(
        {
            Capability.APPROVAL,
            Capability.STORED_CREDENTIAL,
            Capability.CAPTURE,
            Capability.CANCEL,
            Capability.OTHER_FUNDING,
            Capability.REFUND,
            Capability.PARTIAL_REFUND,
            Capability.SEVERAL_REFUNDS,
            Capability.DELAYED_REFUND,
            Capability.PLATFORM_FEE,
            Capability.PARTIAL_REFUND_OF_SHARES,
            Capability.DELAYED_DISBURSEMENT,
            Capability.IDEMPOTENCY_KEY,
            Capability.LOOK_UP,
            Capability.LOOK_UP_BY_REFERENCE,
            Capability.REPEATED_PAYMENT,
            Capability.FOREIGN_REFUND,
            Capability.NOTIFICATIONS,
            Capability.DELAYED_SETTLEMENT,
            Capability.REVERSALS,
            Capability.DISPUTES,
        }
    )

    def __init__(self) -> None:
        self.wire = Wire()
        self._performers: dict[Operation, Callable[[Call], Result]] = {
            Operation.PAY: self._pay,
            Operation.CAPTURE: self._capture,
            Operation.REFUND: self._refund,
            Operation.LOOK_UP: self._look_up,
            Operation.LOOK_UP_REFUND: self._look_up_refund,
            Operation.ASK_CONSENT: self._ask_consent,
            Operation.STORE_CREDENTIAL: self._store_credential,
            Operation.DELETE_CREDENTIAL: self._delete_credential,
        }

    def perform(self, call: Call) -> Result:
        return self._guarded(self._performers[call.operation], call)

    def find_out(self, call: Call) -> Result:
        """What became of a call: PayPal is asked by what it knows; where that is only our key, the call is repeated.

        A repeat under the same PayPal-Request-Id does nothing new as long as PayPal remembers it; a payment may be charged
        for the first time by it, so it is repeated for a short while only. PayPal may also remember a server error of its own
        for ever: then a look-up decides.
        """
        match call.operation:
            case Operation.PAY if call.age_s > min(settings.SOLITUDE_RESEND_MAX_S, ORDER_MEMORY_S):
                return self._guarded(self._find_payment, call)
            case Operation.CAPTURE:
                return self._guarded(self._find_capture, call)
            case Operation.REFUND:
                return self._guarded(self._find_refund, call)
            case Operation.STORE_CREDENTIAL if call.age_s > VAULT_MEMORY_S:
                return self._guarded(self._find_credential, call)
            case Operation.ASK_CONSENT if call.age_s > VAULT_MEMORY_S:
                # Whatever became of it, nobody was ever sent there, and PayPal lets it expire.
                return Result(Outcome.DECLINED, reason=Reason("ABANDONED"))
        again = self.perform(call)
        return replace(again, outcome=Outcome.UNKNOWN) if _is_of_the_repeat_alone(again) else again

    def _guarded(self, perform: Callable[[Call], Result], call: Call) -> Result:
        try:
            return perform(call)
        except TokenRefused as error:
            return refused_credentials(error.exchanges, call.operation)

    # --- payments ---

    def _pay(self, call: Call) -> Result:
        found = self._ordered(call)
        return reading.of_credential(found) if call.intent.credential else found

    def _ordered(self, call: Call) -> Result:
        reply = self._ask("pay", call, "POST", ORDERS, requests.order(call.key, call.intent))
        if isinstance(reply, Failed):
            return reading.failed(reply)
        if reply.status in (200, 201):
            return self._order(reply, call.intent.amount, call.key)
        if reply.issue == "DUPLICATE_INVOICE_ID":
            # The invoice id is this operation's own: an earlier try of it was taken, and PayPal does not say how it ended.
            return reading.unknown(reply)
        return reading.refused(reply)

    def _capture(self, call: Call, *, is_first: bool = True) -> Result:
        path = f"{ORDERS}/{call.ids['payment']}/capture"
        reply = self._ask("capture", call, "POST", path, {})
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
        found = self._guarded(self._look_up, replace(call, operation=Operation.LOOK_UP) if is_untouched else call)
        exchanges = (*refused.exchanges, *found.exchanges)
        if found.evidence and found.evidence.state in _ENDS:
            return replace(found, exchanges=exchanges)
        # Also an order that looks as if nothing had been taken: the refusal says that something was.
        return replace(reading.unknown(refused), exchanges=exchanges)

    def _find_payment(self, call: Call) -> Result:
        """PayPal cannot be asked for an order by our reference: its report of transactions lists it, some hours late."""
        found = self._reported(call, call.key, settings.SOLITUDE_RESEND_MAX_S)
        if found.order:
            seen = self._look_up(_with_ids(call, payment=found.order, capture=found.capture))
            return _after(found.exchanges, seen)
        if found.is_absent:
            reason = Reason("NOT_CHARGED", "PayPal's report does not list it.")
            return Result(Outcome.DECLINED, evidence=Evidence(Seen.EXPIRED), reason=reason, exchanges=found.exchanges)
        return Result(Outcome.UNKNOWN, reason=Reason("NOT_IN_REPORT_YET"), exchanges=found.exchanges)

    def _reported(self, call: Call, reference: str, span_s: int) -> report.Found:
        """What PayPal's report has under our reference of what was made within so long after the first try."""
        now = datetime.now(UTC)
        since = now - timedelta(seconds=call.age_s)

        def page(path: str) -> Reply | Failed:
            return self._ask("report", call, "GET", path, seller=call.intent.payee)

        return report.find(page, reference, since, since + timedelta(seconds=span_s), now)

    def _find_capture(self, call: Call) -> Result:
        found = self._look_up(call)
        if found.evidence is None and _is_gone(found) and call.paying_key:
            return _after(found.exchanges, self._find_reported_capture(call))
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
            return _after(found.exchanges, self._look_up_capture(_with_ids(call, capture=found.capture)))
        if found.is_absent:
            reason = Reason("EXPIRED", "PayPal's report does not list it.")
            return Result(Outcome.DECLINED, evidence=Evidence(Seen.EXPIRED), reason=reason, exchanges=found.exchanges)
        return Result(Outcome.UNKNOWN, reason=Reason("NOT_IN_REPORT_YET"), exchanges=found.exchanges)

    def _capture_again(self, call: Call, seen: Result) -> Result:
        """A repeat of what looks as if it had never been done. PayPal may answer with an error of its own while it is at work, and may keep
        that under our key, which then takes nothing any more: the order tells, when it still looks the same after a while.

        An order is captured once, whatever the key: so another operation may try then.
        """
        waited_s = _since_failed_s(call)
        if waited_s is None:
            again = self._capture(call, is_first=False)
            return _after(seen.exchanges, _failed_now(again, call) if _is_server_error(again) else again)
        if waited_s < settings.SOLITUDE_PAYPAL_SETTLED_S:
            return Result(Outcome.UNKNOWN, exchanges=seen.exchanges)
        reason = Reason("NOT_CAPTURED", "PayPal answered with an error of its own, and has taken nothing.")
        return Result(Outcome.DECLINED, evidence=seen.evidence, reason=reason, exchanges=seen.exchanges)

    def _look_up(self, call: Call) -> Result:
        reply = self._ask("look_up", call, "GET", f"{ORDERS}/{call.ids['payment']}")
        if isinstance(reply, Failed):
            return reading.failed(reply)
        if reply.status == 404 and reply.understood and reply.issue:
            return self._gone(call, reply)
        if reply.status != 200:
            return reading.refused(reply) if reply.status == 429 else reading.unknown(reply)
        # A refund's amount is not the order's.
        return self._order(reply, None if call.operation == Operation.REFUND else call.intent.amount)

    def _gone(self, call: Call, reply: Reply) -> Result:
        """PayPal has no such order. What was taken of it tells itself; while nobody knows whether anything was, this says nothing."""
        if call.ids.get("capture") and call.operation != Operation.REFUND:
            return _after(reply.exchanges, self._look_up_capture(call))
        if call.operation == Operation.LOOK_UP:
            return reading.result(reply, Outcome.DECLINED, evidence=Evidence(Seen.EXPIRED), reason=Reason("EXPIRED"))
        return reading.unknown(reply)

    def _look_up_capture(self, call: Call) -> Result:
        """What was taken, without what went back of it since."""
        reply = self._ask(
            "look_up_capture", call, "GET", f"{report.CAPTURES}/{call.ids['capture']}", seller=call.intent.payee
        )
        if isinstance(reply, Failed):
            return reading.failed(reply)
        if reply.status != 200:
            return reading.refused(reply) if reply.status == 429 else reading.unknown(reply)
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

    # --- refunds ---

    def _refund(self, call: Call) -> Result:
        path = f"/v2/payments/captures/{call.ids['capture']}/refund"
        reply = self._ask(
            "refund", call, "POST", path, requests.refund(call.key, call.intent), seller=call.intent.payee
        )
        if isinstance(reply, Failed):
            return reading.failed(reply)
        if reply.status in (200, 201):
            return _refund_result(reply, call)
        if reply.issue == "CAPTURE_FULLY_REFUNDED":
            return self._refunded_already(call, reply)
        return reading.refused(reply)

    def _refunded_already(self, call: Call, refused: Reply) -> Result:
        """Everything is refunded: by this very operation, or by somebody else. The order lists the refunds."""
        found = self._guarded(self._look_up, call)
        if found.evidence is None or found.evidence.state != Seen.PAID:
            return replace(reading.unknown(refused), exchanges=(*refused.exchanges, *found.exchanges))
        own = next((refund for refund in found.evidence.refunds if refund.reference == call.key), None)
        if own:
            return _of_refund(refused, own)
        return reading.result(refused, Outcome.DECLINED, reason=reading.reason_of(refused), evidence=found.evidence)

    def _find_refund(self, call: Call) -> Result:
        """A repeat while PayPal remembers our key. Beyond that, and where it answers with an error of its own or refuses who asks, the list
        tells: at once of a refund that is on it, and after a while of one that is not."""
        waited_s, again = _since_failed_s(call), None
        if call.age_s <= REFUND_MEMORY_S and (waited_s is None or call.age_s < REFUND_REPEATED_S):
            again = self._refund(call)
            if not _is_server_error(again) and not _is_of_the_repeat_alone(again):
                # Once one has failed, all is waited for from when the last one was sent.
                return _failed_now(again, call) if waited_s is not None and again.outcome == Outcome.UNKNOWN else again
            waited_s = 0
        found = self._look_up(call)
        exchanges = (*(again.exchanges if again else ()), *found.exchanges)
        if found.evidence is not None and found.evidence.state == Seen.PAID:
            own = next((refund for refund in found.evidence.refunds if refund.reference == call.key), None)
            if own is not None:
                return Result(_REFUND_OUTCOMES[own.state], refund=own, exchanges=exchanges)
            if (call.age_s - REFUND_MEMORY_S if waited_s is None else waited_s) >= REFUND_LISTED_S:
                return Result(Outcome.DECLINED, reason=Reason("NOT_FOUND_AT_PROVIDER"), exchanges=exchanges)
        unknown = Result(Outcome.UNKNOWN, exchanges=exchanges)
        return _failed_now(unknown, call) if again else unknown

    def _look_up_refund(self, call: Call) -> Result:
        reply = self._ask("look_up_refund", call, "GET", f"{REFUNDS}/{call.ids['refund']}", seller=call.intent.payee)
        if isinstance(reply, Failed):
            return reading.failed(reply)
        if reply.status != 200:
            return reading.refused(reply) if reply.status == 429 else reading.unknown(reply)
        return _refund_result(reply, call)

    # --- pre-approval ---

    def _ask_consent(self, call: Call) -> Result:
        reply = self._ask("ask_consent", call, "POST", SETUP_TOKENS, requests.setup_token(call.intent), vault=True)
        if isinstance(reply, Failed):
            return reading.failed(reply)
        token = reply.body.get("id")
        if reply.status not in (200, 201) or not isinstance(token, str) or not token:
            return reading.refused(reply) if reply.status >= 400 else reading.unknown(reply)
        url = reading.buyer_link(reply.link("approve"), f"/agreements/approve?approval_session_id={token}")
        return reading.result(
            reply, Outcome.PENDING, credential=Secret(token), evidence=Evidence(Seen.NOT_APPROVED, pay_url=url)
        )

    def _store_credential(self, call: Call) -> Result:
        reply = self._ask(
            "store_credential", call, "POST", PAYMENT_TOKENS, requests.payment_token(call.intent), vault=True
        )
        if isinstance(reply, Failed):
            return reading.failed(reply)
        key = reply.body.get("id")
        if reply.status == 422:
            return self._why_not_stored(reply, call)
        if reply.status not in (200, 201) or not isinstance(key, str) or not key:
            return reading.refused(reply) if reply.status >= 400 else reading.unknown(reply)
        return reading.result(reply, Outcome.SUCCEEDED, credential=Secret(key))

    def _why_not_stored(self, refused: Reply, call: Call) -> Result:
        """PayPal's refusal has several names; whether the buyer approved is what the setup token itself says."""
        found = self.wire.ask(
            Ask("GET", f"{SETUP_TOKENS}/", "look_up", vault=True, secret_in_path=call.intent.credential)
        )
        if (
            isinstance(found, Reply)
            and found.status == 200
            and found.body.get("status") in ("CREATED", "PAYER_ACTION_REQUIRED")
        ):
            return reading.result(
                refused, Outcome.DECLINED, reason=Reason(NOT_APPROVED, "The buyer has not approved yet.")
            )
        return reading.refused(refused)

    def _find_credential(self, call: Call) -> Result:
        """Beyond PayPal's memory of our key: the setup token says whether it was used, and its customer has the permanent key."""
        setup = self.wire.ask(
            Ask("GET", f"{SETUP_TOKENS}/", "look_up", vault=True, secret_in_path=call.intent.credential)
        )
        if isinstance(setup, Failed):
            return reading.failed(setup)
        if setup.status == 404:
            return reading.result(setup, Outcome.DECLINED, reason=Reason("EXPIRED"))
        if setup.status != 200:
            return reading.unknown(setup)
        if setup.body.get("status") in ("CREATED", "PAYER_ACTION_REQUIRED", "APPROVED"):
            return self._store_credential(call)
        customer = setup.body.get("customer")
        customer_id = customer.get("id") if isinstance(customer, dict) else None
        if not isinstance(customer_id, str):
            return reading.unknown(setup)
        path = f"{PAYMENT_TOKENS}?customer_id="
        listed = self.wire.ask(
            Ask("GET", path, "look_up", vault=True, secret_in_path=Secret(quote(customer_id, safe="")))
        )
        if isinstance(listed, Failed):
            return reading.failed(listed)
        tokens = listed.body.get("payment_tokens")
        keys = [token.get("id") for token in tokens if isinstance(token, dict)] if isinstance(tokens, list) else []
        if listed.status != 200 or not keys or not isinstance(keys[-1], str):
            return reading.unknown(listed)
        return reading.result(listed, Outcome.SUCCEEDED, credential=Secret(keys[-1]))

    def _delete_credential(self, call: Call) -> Result:
        reply = self.wire.ask(
            Ask("DELETE", f"{PAYMENT_TOKENS}/", "delete_credential", vault=True, secret_in_path=call.intent.credential)
        )
        if isinstance(reply, Failed):
            return Result(Outcome.UNKNOWN, reason=Reason(reply.reason), exchanges=reply.exchanges)
        # Gone already is what was wanted. Whatever else PayPal says, the key may still be there, and must be tried again.
        return reading.result(reply, Outcome.SUCCEEDED) if reply.status in (204, 404) else reading.unknown(reply)

    def _ask(
        self,
        operation: str,
        call: Call,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        seller: str = "",
        vault: bool = False,
    ) -> Reply | Failed:
        request_id = call.key if method == "POST" else ""
        return self.wire.ask(Ask(method, path, operation, body, request_id, seller, vault))


_OUTCOMES = {
    Seen.NOT_APPROVED: Outcome.PENDING,
    Seen.APPROVED: Outcome.PENDING,
    Seen.UNDER_REVIEW: Outcome.PENDING,
    Seen.PAID: Outcome.SUCCEEDED,
    Seen.DECLINED: Outcome.DECLINED,
    Seen.EXPIRED: Outcome.DECLINED,
}
_REFUND_OUTCOMES = {
    RefundSeen.DONE: Outcome.SUCCEEDED,
    RefundSeen.UNDER_WAY: Outcome.PENDING,
    RefundSeen.FAILED: Outcome.DECLINED,
}


def _with_ids(call: Call, **ids: str) -> Call:
    """The call with what has been learnt of PayPal's ids."""
    return replace(call, ids={**call.ids, **{name: value for name, value in ids.items() if value}})


def _after(exchanges: tuple[Exchange, ...], found: Result) -> Result:
    """What a further call found, with the exchanges that came before it."""
    return replace(found, exchanges=(*exchanges, *found.exchanges))


def _is_gone(found: Result) -> bool:
    """Whether PayPal's last word was that it has no such thing."""
    last = found.exchanges[-1] if found.exchanges else None
    return last is not None and last.status == 404


def _failed_now(again: Result, call: Call) -> Result:
    """Of a repeat."""
    return replace(again, facts={**again.facts, _FAILED_AT_S: str(call.age_s)})


def _since_failed_s(call: Call) -> int | None:
    """How long nothing was sent since a repeat failed; None where none did."""
    failed_at_s = call.facts.get(_FAILED_AT_S)
    return None if failed_at_s is None else call.age_s - int(failed_at_s)


def _is_server_error(found: Result) -> bool:
    """Whether PayPal answered, with an error of its own: it may keep that under our key, and repeat it for ever."""
    last = found.exchanges[-1] if found.exchanges else None
    return found.outcome == Outcome.UNKNOWN and last is not None and (last.status or 0) >= 500


def _is_of_the_repeat_alone(again: Result) -> bool:
    """Whether a repeat was refused for who asked, and not for what was asked: an earlier try may have been let in, and have been done."""
    last = again.exchanges[-1] if again.exchanges else None
    return again.outcome == Outcome.DECLINED and last is not None and last.status in _OF_THE_ASKER


def _choose_another(reply: Reply, call: Call) -> Result:
    pay_url = reading.buyer_link(
        reply.link("payer-action", "redirect", "approve"), f"/checkoutnow?token={call.ids['payment']}"
    )
    evidence = Evidence(Seen.INSTRUMENT_DECLINED, pay_url=pay_url)
    return reading.result(reply, Outcome.DECLINED, evidence=evidence, reason=reading.reason_of(reply))


def _refund_result(reply: Reply, call: Call) -> Result:
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
    return reading.result(reply, _REFUND_OUTCOMES[seen.state], refund=seen, facts=facts or {}, reason=reason)
