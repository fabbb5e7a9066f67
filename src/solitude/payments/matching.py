"""What a notification is about, whether it says what we know, and how it enters our books. Inside one transaction.

Amount, currency, receiver and our reference are compared: what contradicts them is refused and never applied.
"""

from dataclasses import dataclass

from solitude.events.models import Event, append
from solitude.money.money import Money
from solitude.payments import apply as books
from solitude.payments import calls, money_back, registry
from solitude.payments.contract import (
    ENDINGS,
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
from solitude.payments.models import OPEN, ProviderCall
from solitude.telemetry import cef
from solitude.transactions.amounts import amount_text
from solitude.transactions.models import PROVIDER_NUMBERS, Status, Transaction, Type

OLD_NEWS, NOT_OF_CONCERN = "known_already", "not_of_concern"
_NUMBERS = {name: number for number, name in PROVIDER_NUMBERS.items()}
_REFUND_OUTCOMES = {
    RefundSeen.DONE: Outcome.SUCCEEDED,
    RefundSeen.UNDER_WAY: Outcome.PENDING,
    RefundSeen.FAILED: Outcome.DECLINED,
}
_OUTCOMES = {Seen.PAID: Outcome.SUCCEEDED, Seen.DECLINED: Outcome.DECLINED, Seen.EXPIRED: Outcome.DECLINED}


class NotThereYet(Exception):
    """What the notification is about is not in our books, or not as far as it must be; `transaction` if that much is known."""

    def __init__(self, transaction: Transaction | None = None) -> None:
        super().__init__("not there yet")
        self.transaction = transaction


class Mismatch(Exception):
    """The notification contradicts what we know; `what` names it."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


@dataclass(frozen=True, slots=True)
class Applied:
    """`is_news`: our books have changed."""

    transaction: Transaction | None = None
    is_news: bool = False
    reason: str = ""


def is_approval(notice: Notice) -> bool:
    return notice.payment is not None and notice.payment.state == Seen.APPROVED


def apply(provider: str, notice: Notice) -> Applied:
    """Raises NotThereYet and Mismatch, which undo everything."""
    own = registry.notice_applier(provider, notice.action) if notice.action else None
    if own:
        return own(notice)
    match notice.action:
        case None:
            return Applied(reason=NOT_OF_CONCERN)
        case Action.REFUND if notice.refund and notice.refund.reference:
            refund = _own_refund(provider, notice)
            if refund:
                return _refund_of_ours(refund, notice.refund, notice)
    payment = _payment(provider, notice)
    match notice.action:
        case Action.PAYMENT:
            return _payment_news(payment, notice)
        case Action.DISPUTE if notice.dispute:
            return _dispute_news(_captured(payment), notice.dispute)
        case Action.REFUND | Action.REVERSAL if notice.refund:
            return _went_back(_captured(payment), notice.action, notice.refund)
    raise Mismatch("evidence")


def _payment(provider: str, notice: Notice) -> Transaction:
    """The payment that it is about, locked: by our reference, else by the provider's ids. They must not contradict one another."""
    rows = Transaction.objects.filter(provider=_NUMBERS[provider], type=Type.PAYMENT)
    found: list[int] = []
    if notice.reference:
        found += rows.filter(calls__key=notice.reference).values_list("pk", flat=True)[:1]
    for name, column in ((books.UID_PAY, "uid_pay"), (books.TAKEN, "taken_id")):
        if notice.ids.get(name):
            found += rows.filter(**{column: notice.ids[name]}).values_list("pk", flat=True)[:1]
    if not found:
        raise NotThereYet
    if len(set(found)) > 1:
        raise Mismatch("reference")
    payment = _locked(found[0])
    _compare(payment, notice)
    return payment


def _locked(pk: int) -> Transaction:
    """A call without known outcome is locked together with its payment, as when it is recorded: see `calls`."""
    open_calls = ProviderCall.objects.filter(transaction_id=pk, outcome__in=OPEN).order_by("-pk")
    for call in open_calls.values_list("pk", flat=True)[:1]:
        locked = calls.locked(call).transaction
        assert locked is not None  # noqa: S101  # it was found by its transaction
        return locked
    joins = ("buyer", "seller", "seller_product__seller")
    return Transaction.objects.select_for_update(of=("self",)).select_related(*joins).get(pk=pk)


def _compare(payment: Transaction, notice: Notice) -> None:
    first = payment.calls.filter(operation=Operation.PAY).first()
    if first is None:
        # A row that a client keeps itself is no business of the provider's.
        raise Mismatch("transaction")
    if notice.action == Action.PAYMENT and notice.reference and notice.reference != first.key:
        raise Mismatch("reference")
    for name, known in ((books.UID_PAY, payment.uid_pay), (books.TAKEN, payment.taken_id)):
        if notice.ids.get(name) and known and notice.ids[name] != known:
            raise Mismatch(name)
    payee = first.intended.payee.casefold()
    kind = "@" in payee
    told = [name.casefold() for name in notice.payees if ("@" in name) == kind]
    if told and payee not in told:
        raise Mismatch("receiver")
    if notice.amount and notice.amount.currency != payment.currency:
        raise Mismatch("currency")
    if notice.action == Action.PAYMENT and notice.amount and notice.amount.amount != payment.amount:
        raise Mismatch("amount")


def _captured(payment: Transaction) -> Transaction:
    """Money can only go back from what was captured: until that is known here, the notification waits."""
    if payment.captured_amount is None:
        raise NotThereYet(payment)
    return payment


def _payment_news(payment: Transaction, notice: Notice) -> Applied:
    evidence = notice.payment
    if evidence is None:
        raise Mismatch("evidence")
    before = payment.counter
    if evidence.state not in ENDINGS:
        if payment.status not in (Status.STARTED, Status.PENDING):
            return Applied(payment, reason=OLD_NEWS)
        if evidence.state == Seen.APPROVED:
            # Says that there is something to take, and moves nothing by itself.
            return Applied(payment, is_news=True)
    elif payment.status == Status.COMPLETED and evidence.state != Seen.PAID:
        extra = {"cs6Label": "payment", "cs6": payment.uuid, "cs7Label": "told", "cs7": evidence.state}
        cef.event("A payment that was taken is told as not taken", 8, extra=extra)
        raise Mismatch("state")
    found = Result(
        _OUTCOMES.get(evidence.state, Outcome.PENDING), evidence=evidence, reason=notice.reason, ids=notice.ids
    )
    call = _open_call(payment, evidence.state)
    if call:
        payment = calls.enter(call, found).transaction or payment
    else:
        books.payment(payment, found)
    is_news = payment.counter != before
    return Applied(payment, is_news, "" if is_news else OLD_NEWS)


def _open_call(payment: Transaction, state: Seen) -> ProviderCall | None:
    """The call whose unknown outcome this evidence ends. The taking of the money, where that is what is told."""
    open_calls = payment.calls.filter(outcome__in=OPEN, operation__in=(Operation.PAY, Operation.CAPTURE))
    return open_calls.order_by("-pk").first() if state in ENDINGS or state == Seen.UNDER_REVIEW else None


def _own_refund(provider: str, notice: Notice) -> ProviderCall | None:
    reference = notice.refund.reference if notice.refund else ""
    refunds = ProviderCall.objects.filter(provider=provider, operation=Operation.REFUND, key=reference)
    return refunds.select_related("transaction").first()


def _refund_of_ours(call: ProviderCall, seen: RefundEvidence, notice: Notice) -> Applied:
    refund = call.transaction
    assert refund is not None and refund.related_id is not None  # noqa: PT018, S101  # a refund has its payment
    payment = Transaction.objects.select_for_update().get(pk=refund.related_id)
    if notice.ids.get(books.TAKEN) and payment.taken_id and notice.ids[books.TAKEN] != payment.taken_id:
        raise Mismatch("reference")
    if seen.amount.currency != refund.currency or seen.amount.amount != refund.amount:
        raise Mismatch("amount")
    refund = Transaction.objects.select_for_update(of=("self",)).select_related("buyer", "seller").get(pk=refund.pk)
    before = refund.counter
    if call.outcome in OPEN:
        refund = calls.enter(call, Result(_REFUND_OUTCOMES[seen.state], refund=seen)).transaction or refund
    else:
        money_back.advance(payment, refund, seen)
    is_news = refund.counter != before
    return Applied(refund, is_news, "" if is_news else OLD_NEWS)


def _went_back(payment: Transaction, action: Action, seen: RefundEvidence) -> Applied:
    if seen.amount.amount <= 0:
        raise Mismatch("amount")
    before = payment.counter
    record = money_back.refund_seen if action == Action.REFUND else money_back.reversal_seen
    row = record(payment, seen)
    is_news = payment.counter != before
    return Applied(row or payment, is_news, "" if is_news else OLD_NEWS)


def _dispute_news(payment: Transaction, seen: DisputeEvidence) -> Applied:
    dispute, news = money_back.dispute_seen(payment, seen)
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
    return Applied(payment, is_news=True) if news else Applied(payment, reason=OLD_NEWS)
