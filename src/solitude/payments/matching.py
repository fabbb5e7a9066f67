"""What a notification is about, and whether it says what we know. Inside one transaction.

Amount, currency, receiver and our reference are compared: what contradicts them is refused and never applied. Of a provider whose amounts
do not bind another one is an alarm, and what was agreed holds.
"""

from dataclasses import replace
from datetime import timedelta

from django.db.models import QuerySet
from django.db.models.functions import Now

from solitude.money.money import Money
from solitude.payments import calls, registry, standing
from solitude.payments.apply import SUPPORT, TAKEN, UID_PAY, was_refused
from solitude.payments.contract import Action, Intent, Notice, Operation, RefundEvidence, Seen, ToldBy
from solitude.payments.models import OPEN, ProviderCall
from solitude.telemetry import cef
from solitude.transactions.amounts import amount_value
from solitude.transactions.keeping import is_of_engine
from solitude.transactions.locks import lock
from solitude.transactions.models import CallOutcome, Status, Transaction, Type

SUPPORT_LOOKED_FOR_DAYS = 7


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


def payment(provider: str, notice: Notice) -> Transaction:
    """The payment that it is about, locked: by our reference, its uuid or the provider's ids, which must not contradict one another."""
    rows = Transaction.objects.filter(provider=registry.provider(provider).number, type=Type.PAYMENT)
    if notice.among:
        notice = _about_ours(rows, notice)
    found: list[int] = []
    for known_by in ({"calls__key": notice.reference}, {"uuid": notice.uuid}):
        if all(known_by.values()):
            found += rows.filter(**known_by).values_list("pk", flat=True)[:1]
    for name, column in ((UID_PAY, "uid_pay"), (TAKEN, "taken_id")):
        if notice.ids.get(name):
            found += rows.filter(**{column: notice.ids[name]}).values_list("pk", flat=True)[:1]
    if not found and notice.ids.get(SUPPORT):
        # Of what was never taken nothing else is known. It is not unique, so what several have is nobody's; and has no index, so that
        # only what has moved lately is looked through.
        lately = rows.filter(modified__gt=Now() - timedelta(days=SUPPORT_LOOKED_FOR_DAYS))
        alike = lately.filter(uid_support=notice.ids[SUPPORT]).values_list("pk", flat=True)[:2]
        found += alike if len(alike) == 1 else ()
    if not found:
        raise NotThereYet
    if len(set(found)) > 1:
        raise Mismatch("reference")
    payment = _locked(found[0])
    _compare(payment, notice)
    return payment


def _about_ours(rows: QuerySet[Transaction], notice: Notice) -> Notice:
    """The same about the one of several payments that is ours. One that is about several of ours is refused: nobody says for which of
    them it is how much."""
    keys = [named.reference for named in notice.among if named.reference]
    taken = [named.ids[TAKEN] for named in notice.among if named.ids.get(TAKEN)]
    by_key = rows.filter(calls__key__in=keys).values_list("calls__key", "pk")
    by_taken = rows.filter(taken_id__in=taken).values_list("taken_id", "pk")
    known = {str(name): pk for name, pk in (*by_key, *by_taken)}
    ours = [named for named in notice.among if {named.reference, named.ids.get(TAKEN, "")} & known.keys()]
    if not ours:
        raise NotThereYet
    if len(set(known.values())) > 1:
        raise Mismatch("several_payments")
    return replace(notice, reference=ours[0].reference, ids=ours[0].ids, among=())


def _locked(pk: int) -> Transaction:
    """A call without known outcome is locked together with its payment, as when it is recorded: see `calls`."""
    open_calls = calls.uncertain().filter(transaction_id=pk).order_by("-pk")
    for call in open_calls.values_list("pk", flat=True)[:1]:
        locked = standing.locked(call).transaction
        assert locked is not None  # noqa: S101  # it was found by its transaction
        return locked
    return lock(pk)


def _compare(payment: Transaction, notice: Notice) -> None:
    if not is_of_engine(payment):
        # A row that a client keeps itself is no business of the provider's.
        raise Mismatch("transaction")
    paying = calls.paying(payment)
    key, intent = (paying.key, paying.intended) if paying else ("", Intent())
    is_past = bool(notice.reference) and was_refused(payment, notice.reference)
    if notice.action == Action.PAYMENT and notice.reference and notice.reference != key and not is_past:
        raise Mismatch("reference")
    for name, known in _known_ids(payment, notice, is_past=is_past).items():
        if notice.ids.get(name) and known and notice.ids[name] != known:
            raise Mismatch(name)
    payee = intent.payee.casefold()
    kind = "@" in payee
    told = [name.casefold() for name in notice.payees if ("@" in name) == kind]
    if payee and told and payee not in told:
        raise Mismatch("receiver")
    if notice.amount and notice.amount_binds:
        _compare_amount(notice.amount, payment, intent.prices, whole=notice.action == Action.PAYMENT)


def agreed(payment: Transaction, told: Money | None) -> Money | None:
    """What was agreed of a payment that is told with this amount, which does not bind; None while it is not known which of the prices."""
    paying = calls.paying(payment)
    prices = _prices(payment, paying.intended.prices if paying else ())
    if told is None or told in prices:
        return told
    extra = {"cs6Label": "payment", "cs6": payment.uuid, "cs7Label": "told", "cs7": f"{told.text} {told.currency}"}
    cef.after_commit("A payment is told with another amount", 8, about=payment.uuid, extra=extra)
    return prices[0] if len(prices) == 1 else next((one for one in prices if one.currency == told.currency), None)


def _prices(payment: Transaction, offered: tuple[Money, ...]) -> tuple[Money, ...]:
    """What it may be paid with: one of the prices where the buyer may choose and has not chosen yet."""
    return offered if payment.amount is None else (Money(payment.amount, payment.currency),)


def _compare_amount(told: Money, payment: Transaction, offered: tuple[Money, ...], *, whole: bool) -> None:
    """With what was agreed."""
    prices = _prices(payment, offered)
    if told.currency not in {price.currency for price in prices}:
        raise Mismatch("currency")
    if whole and told not in prices:
        raise Mismatch("amount")


def _known_ids(payment: Transaction, notice: Notice, *, is_past: bool) -> dict[str, str | None]:
    """The provider's ids that it must not contradict. A charge that was refused, after which the payment has gone on, had ids of its
    own; but money must not be taken twice."""
    if not is_past:
        return {UID_PAY: payment.uid_pay, TAKEN: payment.taken_id}
    is_paid = notice.payment is not None and notice.payment.state == Seen.PAID
    return {TAKEN: payment.taken_id} if is_paid else {}


def captured(payment: Transaction) -> Transaction:
    """Money can only go back from what was captured: until that is known here, the notification waits."""
    if payment.captured_amount is None:
        raise NotThereYet(payment)
    return payment


def own_refund(provider: str, notice: Notice) -> ProviderCall | None:
    reference = notice.refund.reference if notice.refund else ""
    refunds = ProviderCall.objects.filter(provider=provider, operation=Operation.REFUND, key=reference)
    return refunds.select_related("transaction").first()


def ours_of_no_name(payment: Transaction, seen: RefundEvidence) -> ProviderCall | None:
    """The refund of ours that one without our reference is: one of this amount that has no id of the provider's yet.

    Raises NotThereYet while the call for it may still tell its id. The payment is locked.
    """
    rows = Transaction.objects.filter(related=payment, type=Type.REFUND)
    if seen.told_by == ToldBy.REFERENCE or (seen.id and rows.filter(uid_pay=seen.id).exists()):
        return None
    refunds = ProviderCall.objects.filter(operation=Operation.REFUND, transaction__in=rows.filter(uid_pay=None))
    refunds = refunds.filter(
        transaction__amount=amount_value(seen.amount.amount),
        transaction__status__in=(Status.PENDING, Status.COMPLETED),
    )
    call = refunds.select_related("transaction").order_by("pk").first()
    if call and (call.outcome == CallOutcome.NONE or (call.outcome in OPEN and seen.told_by == ToldBy.ID)):
        raise NotThereYet(payment)
    return call
