"""How a notification enters our books: through the same graph as our own calls, whatever has come before it."""

from dataclasses import replace

from solitude.events.models import Event, append
from solitude.money.money import Money
from solitude.payments import apply as books
from solitude.payments import calls, disputes, matching, money_back, registry
from solitude.payments.contract import (
    ENDINGS,
    UNDOINGS,
    Action,
    DisputeEvidence,
    Notice,
    Operation,
    Outcome,
    RefundEvidence,
    RefundSeen,
    Result,
    Seen,
)
from solitude.payments.matching import Mismatch, NotThereYet
from solitude.payments.models import OPEN, ProviderCall
from solitude.payments.registry import NOT_OF_CONCERN, Applied
from solitude.telemetry import cef
from solitude.transactions.amounts import amount_text
from solitude.transactions.locks import lock
from solitude.transactions.models import PAID, Status, Transaction

OLD_NEWS = "known_already"
_REFUND_OUTCOMES = {
    RefundSeen.DONE: Outcome.SUCCEEDED,
    RefundSeen.UNDER_WAY: Outcome.PENDING,
    RefundSeen.FAILED: Outcome.DECLINED,
}
_OUTCOMES = {
    Seen.PAID: Outcome.SUCCEEDED,
    Seen.DECLINED: Outcome.DECLINED,
    Seen.CANCELLED: Outcome.DECLINED,
    Seen.EXPIRED: Outcome.DECLINED,
    Seen.UNSETTLED: Outcome.DECLINED,
    Seen.VOIDED: Outcome.DECLINED,
}


def is_approval(notice: Notice) -> bool:
    return notice.payment is not None and notice.payment.state == Seen.APPROVED


def apply(provider: str, notice: Notice) -> Applied:
    """Inside one transaction. Raises NotThereYet and Mismatch, which undo everything."""
    own = registry.notice_applier(provider, notice.action) if notice.action else None
    if own:
        return own(notice)
    match notice.action:
        case None:
            return Applied(reason=NOT_OF_CONCERN)
        case Action.REFUND if notice.refund and notice.refund.reference:
            refund = matching.own_refund(provider, notice)
            if refund:
                return _refund_of_ours(refund, notice.refund, notice)
    payment = matching.payment(provider, notice)
    match notice.action:
        case Action.PAYMENT:
            return _payment_news(payment, notice)
        case Action.DISPUTE if notice.dispute:
            return _dispute_news(payment, notice.dispute)
        case Action.REFUND | Action.REVERSAL if notice.refund:
            return _went_back(matching.captured(payment), notice.action, notice.refund, notice)
    raise Mismatch("evidence")


def _payment_news(payment: Transaction, notice: Notice) -> Applied:
    evidence = notice.payment
    if evidence is None:
        raise Mismatch("evidence")
    if not notice.amount_binds:
        evidence = replace(evidence, captured=matching.agreed(payment, notice.amount))
    before = payment.counter
    is_past = bool(notice.reference) and books.was_refused(payment, notice.reference)
    if is_past and evidence.state != Seen.PAID:
        return Applied(payment, reason=OLD_NEWS)
    if evidence.state not in ENDINGS:
        if payment.status not in (Status.STARTED, Status.PENDING):
            return Applied(payment, reason=OLD_NEWS)
        if evidence.state == Seen.APPROVED:
            # Says that there is something to take, and moves nothing by itself.
            return Applied(payment, is_news=True)
    elif payment.status in PAID and evidence.state != Seen.PAID and not _is_undoing(payment, evidence.state):
        if _is_other_attempt(payment, notice):
            return Applied(payment, reason=OLD_NEWS)
        extra = {"cs6Label": "payment", "cs6": payment.uuid, "cs7Label": "told", "cs7": evidence.state}
        cef.event("A payment that was taken is told as not taken", 8, extra=extra)
        raise Mismatch("state")
    found = Result(
        _OUTCOMES.get(evidence.state, Outcome.PENDING), evidence=evidence, reason=notice.reason, ids=notice.ids
    )
    call = None if is_past else _open_call(payment, evidence.state)
    if call:
        payment = calls.enter(call, found).transaction or payment
    else:
        books.payment(payment, found)
    is_news = payment.counter != before
    return Applied(payment, is_news, "" if is_news else OLD_NEWS)


def _is_undoing(payment: Transaction, state: Seen) -> bool:
    """Whether this is what may become of a payment that is taken and not settled yet."""
    return state in UNDOINGS and payment.status == Status.CHECKED


def _is_other_attempt(payment: Transaction, notice: Notice) -> bool:
    """Of a provider that gives each attempt at a payment a name of its own: whether another one has paid."""
    attempt = notice.ids.get(books.SUPPORT)
    return bool(attempt and payment.taken_id and attempt != payment.taken_id)


def _open_call(payment: Transaction, state: Seen) -> ProviderCall | None:
    """The call whose unknown outcome this evidence ends. The taking of the money, where that is what is told.

    Raises NotThereYet for one that came to nothing while somebody is at it, by whom it may be done after all.
    """
    if state not in ENDINGS and state != Seen.UNDER_REVIEW:
        return None
    open_calls = payment.calls.filter(outcome__in=OPEN, operation__in=(Operation.PAY, Operation.CAPTURE))
    call = open_calls.order_by("-pk").first()
    if call and _OUTCOMES.get(state) == Outcome.DECLINED and calls.is_under_way(call):
        raise NotThereYet(payment)
    return call


def _refund_of_ours(call: ProviderCall, seen: RefundEvidence, notice: Notice) -> Applied:
    refund = call.transaction
    assert refund is not None and refund.related_id is not None  # noqa: PT018, S101  # a refund has its payment
    payment = lock(refund.related_id)
    if notice.ids.get(books.TAKEN) and payment.taken_id and notice.ids[books.TAKEN] != payment.taken_id:
        raise Mismatch("reference")
    if seen.amount.currency != refund.currency or seen.amount.amount != refund.amount:
        raise Mismatch("amount")
    refund = lock(refund.pk)
    before = refund.counter
    if call.outcome in OPEN:
        refund = calls.enter(call, Result(_REFUND_OUTCOMES[seen.state], refund=seen)).transaction or refund
    else:
        money_back.advance(payment, refund, seen)
    is_news = refund.counter != before
    return Applied(refund, is_news, "" if is_news else OLD_NEWS)


def _went_back(payment: Transaction, action: Action, seen: RefundEvidence, notice: Notice) -> Applied:
    if seen.amount.amount <= 0:
        raise Mismatch("amount")
    asked_for = matching.ours_of_no_name(payment, seen) if action == Action.REFUND else None
    if asked_for:
        return _refund_of_ours(asked_for, seen, notice)
    before = payment.counter
    if action == Action.REFUND:
        row = money_back.refund_seen(payment, seen)
    elif seen.state == RefundSeen.UNDONE:
        row = money_back.reversal_undone(payment, seen)
        if row is None:
            raise NotThereYet(payment)
    else:
        row = money_back.reversal_seen(payment, seen)
    is_news = payment.counter != before
    return Applied(row or payment, is_news, "" if is_news else OLD_NEWS)


def _dispute_news(payment: Transaction, seen: DisputeEvidence) -> Applied:
    if disputes.takes_back(seen):
        payment = matching.captured(payment)
    before = payment.counter
    dispute, news = disputes.enter(payment, seen)
    amount: Money | None = seen.amount
    data = {
        "dispute": dispute.dispute_id,
        "provider": dispute.provider,
        "amount": amount_text(amount.amount, amount.currency) if amount else None,
        "currency": amount.currency if amount else None,
        "resolved": dispute.resolved,
        "related": f"/generic/transaction/{dispute.reversal_id}/" if dispute.reversal_id else None,
    }
    for one in news:
        append(
            Event(
                type=f"dispute.{one}",
                edge=f"dispute_{one}",
                resource_uri=payment.resource_uri,
                uuid=payment.uuid,
                reason=seen.status,
                data=data,
            )
        )
    is_news = bool(news) or payment.counter != before
    return Applied(payment, is_news, "" if is_news else OLD_NEWS)
