"""PayPal's classic interface as the engine's contract asks: requests are built here, and answers read.

No database and no Django request: what is known comes in with the call, what was learnt goes out with the result.
"""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from django.conf import settings

from solitude.money.money import Money
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
from solitude.providers.paypal.classic import errors, reading, refunds, requests
from solitude.providers.paypal.classic.reading import Payment
from solitude.providers.paypal.classic.wire import Ask, CredentialsRefused, Reply, Wire
from solitude.providers.paypal.names import NAME, NOT_APPROVED, NUMBER
from solitude.providers.paypal.unanswered import Failed, failed, refused_credentials
from solitude.telemetry.logs import get_logger
from solitude.telemetry.redaction import Secret

log = get_logger("solitude.paypal")
PAY, DETAILS, REFUND = "AdaptivePayments/Pay", "AdaptivePayments/PaymentDetails", "AdaptivePayments/Refund"
PREAPPROVAL = "AdaptivePayments/Preapproval"
PREAPPROVAL_DETAILS, CANCEL_PREAPPROVAL = "AdaptivePayments/PreapprovalDetails", "AdaptivePayments/CancelPreapproval"
# What PayPal took in and did not answer is done by then, or never will be.
SETTLED_S = 3600
# Of the payment, among the ids of a refund's call: its amount, and how much of it PayPal had refunded when the refund was written down.
PAID, REFUNDED_BEFORE = "paid", "refunded_before"
# The same sum among the facts of a look-up.
REFUNDED = "refunded"


class ClassicPayPal:
    name = NAME
    number = NUMBER
    capabilities = frozenset(
        {
            Capability.APPROVAL,
            Capability.CANCEL,
            Capability.STORED_CREDENTIAL,
            Capability.OTHER_FUNDING,
            Capability.REFUND,
            Capability.PARTIAL_REFUND,
            Capability.SEVERAL_REFUNDS,
            Capability.DELAYED_REFUND,
            Capability.PLATFORM_FEE,
            Capability.SEVERAL_RECEIVERS,
            Capability.LOOK_UP,
            Capability.LOOK_UP_BY_REFERENCE,
            Capability.REPEATED_PAYMENT,
            Capability.FOREIGN_REFUND,
            Capability.NOTIFICATIONS,
            Capability.REVERSALS,
            Capability.DELAYED_SETTLEMENT,
        }
    )

    def __init__(self) -> None:
        self.wire = Wire()
        self._performers: dict[Operation, Callable[[Call], Result]] = {
            Operation.PAY: self._pay,
            # PayPal itself takes what the buyer approved: there is only something to see.
            Operation.CAPTURE: self._look_up,
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
        """What became of a call. PayPal finds a payment by our key, and takes that key once; of a refund it tells the sum alone."""
        match call.operation:
            case Operation.PAY:
                return self._guarded(self._find_payment, call)
            case Operation.REFUND:
                return self._guarded(self._find_refund, call)
            case Operation.ASK_CONSENT if call.age_s > settings.SOLITUDE_RESEND_MAX_S:
                # Whatever became of it, nobody was ever sent there.
                return Result(Outcome.DECLINED, reason=Reason("ABANDONED"))
        return self.perform(call)

    def _guarded(self, perform: Callable[[Call], Result], call: Call) -> Result:
        try:
            return perform(call)
        except CredentialsRefused as error:
            return refused_credentials(error.exchanges, call.operation)

    # --- payments ---

    def _pay(self, call: Call) -> Result:
        reply = self.wire.ask(Ask(PAY, "pay", requests.pay(call)))
        if isinstance(reply, Failed):
            return failed(reply)
        if reply.is_success:
            return self._paid(reply, call)
        if reply.error_id == errors.TRACKING_ID_IN_USE:
            return self._seen_before(reply, call, otherwise=reading.unknown(reply))
        refused = reading.refused(reply, _amount(call).currency)
        if call.intent.credential and refused.outcome == Outcome.DECLINED:
            return replace(refused, credential_refused=errors.of_credential(reply.error_id))
        return refused

    def _paid(self, reply: Reply, call: Call) -> Result:
        """The answer to Pay. Of a payment that was taken at once it may not tell the transaction, which a refund is found by."""
        found = _payment(reply, call, awaits_notice=False)
        is_paid = found.evidence is not None and found.evidence.state == Seen.PAID
        if not is_paid or "capture" in found.ids:
            return found
        return self._seen_before(reply, replace(call, ids={**call.ids, **found.ids}), otherwise=found)

    def _seen_before(self, reply: Reply, call: Call, *, otherwise: Result) -> Result:
        """What a look-up says of a payment that PayPal has just said to have; whatever else it says, that stands."""
        found = self._guarded(self._look_up, call)
        if found.evidence is None or found.evidence.state == Seen.EXPIRED:
            return replace(otherwise, exchanges=(*reply.exchanges, *found.exchanges))
        return _after(reply, found)

    def _find_payment(self, call: Call) -> Result:
        """By our key. One that PayPal does not know is sent again for a while, and after that was never taken."""
        reply = self.wire.ask(Ask(DETAILS, "look_up", requests.details(call)))
        if isinstance(reply, Failed):
            return Result(Outcome.UNKNOWN, reason=Reason(reply.reason), exchanges=reply.exchanges)
        if reply.is_success:
            return _payment(reply, call, awaits_notice=call.intent.credential is None)
        if not _is_no_such_payment(reply):
            return reading.unknown(reply)
        if call.age_s <= settings.SOLITUDE_RESEND_MAX_S:
            return _after(reply, self._pay(call))
        if call.age_s < settings.SOLITUDE_RESEND_MAX_S + SETTLED_S:
            # What was sent last may still be at work.
            return reading.unknown(reply)
        reason = Reason("NOT_CHARGED", "PayPal does not know it.")
        return reading.result(reply, Outcome.DECLINED, evidence=Evidence(Seen.EXPIRED), reason=reason)

    def _look_up(self, call: Call) -> Result:
        reply = self.wire.ask(Ask(DETAILS, "look_up", requests.details(call)))
        if isinstance(reply, Failed):
            return failed(reply)
        if reply.is_success:
            return _payment(reply, call, awaits_notice=call.intent.credential is None)
        if _is_no_such_payment(reply):
            return reading.result(reply, Outcome.DECLINED, evidence=Evidence(Seen.EXPIRED), reason=Reason("EXPIRED"))
        return reading.refused(reply) if reply.status == 429 else reading.unknown(reply)

    # --- refunds ---

    def _refund(self, call: Call) -> Result:
        """Never sent twice: PayPal would do it twice."""
        reply = self.wire.ask(Ask(REFUND, "refund", requests.refund(call, whole=_is_whole(call))))
        if isinstance(reply, Failed):
            return failed(reply)
        if not reply.is_success:
            return reading.refused(reply, _amount(call).currency)
        try:
            return refunds.read(reply, call)
        except NotUnderstood as error:
            return _not_understood(reply, error)

    def _find_refund(self, call: Call) -> Result:
        """PayPal tells how much of the payment went back. If that grew by exactly this refund, it was done; if it did not grow
        at all, it was not. Everything else is not known, until a notification tells the refund itself."""
        seen, found = self._seen(call)
        refunded, before, amount = seen.refunded if seen else None, _before(call), _amount(call)
        if seen is None or refunded is None or before is None:
            return replace(found, outcome=Outcome.UNKNOWN)
        if seen.is_refund_pending:
            return replace(found, reason=Reason("REFUND_PENDING"))
        if refunded == before + amount:
            done = RefundEvidence("", RefundSeen.DONE, amount, call.key)
            return replace(found, outcome=Outcome.SUCCEEDED, refund=done)
        if refunded == before and call.age_s >= SETTLED_S:
            return replace(found, outcome=Outcome.DECLINED, reason=Reason("NOT_FOUND_AT_PROVIDER"))
        return replace(found, reason=Reason("REFUNDED_SUM_DIFFERS"))

    def _look_up_refund(self, call: Call) -> Result:
        """A refund that was under way when it was asked for."""
        seen, found = self._seen(call)
        refunded, before, amount = seen.refunded if seen else None, _before(call), _amount(call)
        if seen is None or refunded is None or before is None:
            return found
        state = RefundSeen.DONE
        if seen.is_refund_pending:
            state = RefundSeen.UNDER_WAY
        elif refunded < before + amount:
            state = RefundSeen.FAILED
        outcome = {RefundSeen.DONE: Outcome.SUCCEEDED, RefundSeen.UNDER_WAY: Outcome.PENDING}
        refund = RefundEvidence(call.ids.get("refund", ""), state, amount, call.key)
        return replace(found, outcome=outcome.get(state, Outcome.DECLINED), refund=refund)

    def _seen(self, call: Call) -> tuple[Payment | None, Result]:
        """The payment of a refund's call, and the look-up as a result without evidence."""
        reply = self.wire.ask(Ask(DETAILS, "look_up", requests.details(call)))
        if isinstance(reply, Failed):
            return None, failed(reply)
        if not reply.is_success:
            return None, reading.unknown(reply)
        try:
            paid = _paid_amount(call)
            return reading.payment(reply.pairs, call, paid, awaits_notice=False), reading.result(reply, Outcome.UNKNOWN)
        except NotUnderstood as error:
            return None, _not_understood(reply, error)

    # --- pre-approval ---

    def _ask_consent(self, call: Call) -> Result:
        reply = self.wire.ask(Ask(PREAPPROVAL, "ask_consent", requests.preapproval(call.intent)))
        if isinstance(reply, Failed):
            return failed(reply)
        key = reply.pairs.get("preapprovalKey", "")
        if not reply.is_success or not reading.ID.fullmatch(key):
            return reading.refused(reply, call.intent.terms.get("currency", ""))
        url = reading.buyer_url("_ap-preapproval", preapprovalkey=key)
        evidence = Evidence(Seen.NOT_APPROVED, pay_url=url)
        return reading.result(reply, Outcome.PENDING, credential=Secret(key), evidence=evidence)

    def _store_credential(self, call: Call) -> Result:
        """The temporary key becomes the permanent one by the buyer's consent alone; PayPal says whether that was given."""
        reply = self.wire.ask(Ask(PREAPPROVAL_DETAILS, "store_credential", requests.by_preapproval_key(call.intent)))
        if isinstance(reply, Failed):
            return failed(reply)
        if not reply.is_success:
            return reading.refused(reply)
        match reply.pairs.get("approved"), reply.pairs.get("status", "ACTIVE"):
            case "true", "ACTIVE":
                return reading.result(reply, Outcome.SUCCEEDED, credential=call.intent.credential)
            case (("true" | "false"), ("CANCELED" | "DEACTIVED")):
                return reading.result(
                    reply, Outcome.DECLINED, reason=errors.reason(errors.PREAPPROVAL_CANCELLED, "", "")
                )
            case "false", _:
                reason = Reason(NOT_APPROVED, "The buyer has not approved yet.")
                return reading.result(reply, Outcome.DECLINED, reason=reason)
        return reading.unknown(reply)

    def _delete_credential(self, call: Call) -> Result:
        reply = self.wire.ask(Ask(CANCEL_PREAPPROVAL, "delete_credential", requests.by_preapproval_key(call.intent)))
        if isinstance(reply, Failed):
            return Result(Outcome.UNKNOWN, reason=Reason(reply.reason), exchanges=reply.exchanges)
        # Gone already is what was wanted. Whatever else PayPal says, the key may still be there, and must be tried again.
        gone = reply.error_id in (errors.PREAPPROVAL_CANCELLED, errors.NO_SUCH_PREAPPROVAL)
        return reading.result(reply, Outcome.SUCCEEDED) if reply.is_success or gone else reading.unknown(reply)


_OUTCOMES = {
    Seen.NOT_APPROVED: Outcome.PENDING,
    Seen.UNDER_REVIEW: Outcome.PENDING,
    Seen.PAID: Outcome.SUCCEEDED,
    Seen.DECLINED: Outcome.DECLINED,
    Seen.EXPIRED: Outcome.DECLINED,
}


def _payment(reply: Reply, call: Call, *, awaits_notice: bool) -> Result:
    """The result that a payment in an answer is."""
    try:
        found = reading.payment(reply.pairs, call, _amount(call), awaits_notice=awaits_notice)
    except NotUnderstood as error:
        return _not_understood(reply, error)
    facts = {REFUNDED: found.refunded.text} if found.refunded else {}
    outcome = _OUTCOMES[found.evidence.state]
    return reading.result(reply, outcome, evidence=found.evidence, reason=found.reason, ids=found.ids, facts=facts)


def _not_understood(reply: Reply, error: NotUnderstood) -> Result:
    log.error("paypal_answer_not_understood", problem=str(error), correlation_id=reply.correlation_id)
    return reading.unknown(reply)


def _after(reply: Reply, found: Result) -> Result:
    """What a further call found, with the exchange that came before it."""
    return replace(found, exchanges=(*reply.exchanges, *found.exchanges))


def _is_no_such_payment(reply: Reply) -> bool:
    named = reply.error_id == errors.INVALID_PARAMETER and reply.error_parameter in ("trackingId", "payKey")
    return reading.is_refusal(reply) and (named or reply.error_id in errors.NO_SUCH_PAYMENT)


def _amount(call: Call) -> Money:
    assert call.intent.amount is not None  # noqa: S101  # payments and refunds have one
    return call.intent.amount


def _before(call: Call) -> Money | None:
    """How much PayPal had refunded before; None where that was not asked."""
    text = call.ids.get(REFUNDED_BEFORE)
    return Money(Decimal(text), _amount(call).currency) if text else None


def _paid_amount(call: Call) -> Money:
    """Of the payment that a refund's call is about."""
    return Money(Decimal(call.ids[PAID]), _amount(call).currency)


def _is_whole(call: Call) -> bool:
    return _amount(call) == _paid_amount(call)
