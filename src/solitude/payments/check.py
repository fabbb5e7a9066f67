"""Check a payment: end what is uncertain, take what the buyer approved, record what was seen. Safe at any time."""

from dataclasses import dataclass

from django.db import IntegrityError, transaction

from solitude import prepared
from solitude.payments import apply, calls, money_back, registry
from solitude.payments.contract import Call, Capability, Intent, Operation, Outcome, RefundSeen, Result, Seen
from solitude.payments.models import LIVE, OPEN, ProviderCall
from solitude.telemetry import context
from solitude.transactions.keeping import is_of_engine
from solitude.transactions.locks import lock
from solitude.transactions.models import Status, Transaction, provider_name


@dataclass(frozen=True, slots=True)
class Checked:
    """The payment after the check. `unknown` is the call whose outcome stays so; `failed` is the look-up that got no answer, or the
    capture that could not be sent, after which all is as it was; `seen` is what the look-up saw."""

    row: Transaction
    failed: Result | None = None
    seen: Seen | None = None
    unknown: Result | None = None


def check(pk: int) -> Checked:
    """Finds out all that can be found out now about a payment or a refund."""
    uncertain = end_uncertain(pk)
    row = _row(pk)
    context.about(row.uuid)
    if uncertain:
        return Checked(row, unknown=calls.result_of(uncertain))
    if row.status not in apply.waiting_states(row) or not (row.uid_pay or row.taken_id or row.related_id):
        return Checked(row)
    if row.related_id:
        return _look_up_refund(row)
    if not registry.can(provider_name(row.provider), Capability.LOOK_UP):
        # Only its notifications tell more.
        return Checked(row, seen=Seen.NOT_APPROVED)
    return _look_up(row)


def end_uncertain(pk: int) -> ProviderCall | None:
    """Asks about each call of the transaction whose outcome is not known; the first that stays so."""
    tried = [calls.find_out(call) for call in _open_calls.all(pk)]
    return next((call for call in tried if call.outcome in OPEN), None)


_open_calls = prepared.Found(lambda pk: calls.uncertain().filter(transaction_id=pk).order_by("pk"), int)


def _look_up(row: Transaction) -> Checked:
    provider = provider_name(row.provider)
    ids = {apply.UID_PAY: row.uid_pay or ""} | ({apply.TAKEN: row.taken_id} if row.taken_id else {})
    paying = calls.paying(row)
    if paying is None and not is_of_engine(row):
        return Checked(row)
    key, intent = (paying.key, paying.intended) if paying else ("", Intent())
    found = calls.ask(provider, Call(Operation.LOOK_UP, key, intent, ids))
    with transaction.atomic():
        locked = lock(row.pk)
        calls.note(locked, provider, Operation.LOOK_UP, found, ids)
        # What was seen before somebody else moved the payment says nothing about it now.
        is_news = locked.counter == row.counter
        if found.evidence and is_news:
            apply.payment(locked, found)
    if not is_news:
        return _other_capture(row)
    if not found.evidence:
        return Checked(_row(row.pk), found)
    if found.evidence.state == Seen.APPROVED:
        return _capture(locked, provider, ids, intent)
    return Checked(_row(row.pk), seen=found.evidence.state)


def _look_up_refund(row: Transaction) -> Checked:
    """A refund that the provider has taken and not done yet."""
    provider = provider_name(row.provider)
    call = ProviderCall.objects.filter(transaction=row, operation=Operation.REFUND).first()
    if call is None or row.related_id is None:
        return Checked(row)
    ids = {**call.ids, "refund": row.uid_pay or ""}
    found = calls.ask(provider, Call(Operation.LOOK_UP_REFUND, call.key, call.intended, ids))
    with transaction.atomic():
        payment, locked = lock(row.related_id), lock(row.pk)
        calls.note(locked, provider, Operation.LOOK_UP_REFUND, found, ids)
        # What was seen before somebody else moved the refund says nothing about it now, unless it was done.
        is_news = locked.counter == row.counter
        if found.refund and (is_news or found.refund.state == RefundSeen.DONE):
            reason = {"status_reason": found.reason.code} if found.reason else {}
            money_back.advance(payment, locked, found.refund, **reason)
    return Checked(_row(row.pk), None if found.refund else found)


class _Ended(Exception):
    """The payment has ended since it was looked at."""


def _capture(row: Transaction, provider: str, ids: dict[str, str], intent: Intent) -> Checked:
    """Takes what the buyer approved. The database lets one capture live; who comes second sees what became of the first.

    A payment that was cancelled in the meantime is not taken: whoever cancels holds the same lock.
    """

    def begin() -> ProviderCall:
        locked = lock(row.pk)
        if locked.status != Status.PENDING:
            raise _Ended
        return calls.begin(provider, Operation.CAPTURE, intent, row=locked, ids=ids)

    try:
        call = calls.intended(begin)
    except _Ended:
        return Checked(_row(row.pk))
    except IntegrityError:
        return _other_capture(row)
    ended = calls.carry_out(call)
    # As it was recorded just now.
    return _after(ended.transaction or _row(row.pk), ended)


def _other_capture(row: Transaction) -> Checked:
    other = ProviderCall.objects.filter(transaction=row, operation=Operation.CAPTURE, outcome__in=LIVE).first()
    return _after(_row(row.pk), other)


def _after(row: Transaction, call: ProviderCall | None) -> Checked:
    if call is not None and call.outcome in OPEN:
        return Checked(row, unknown=calls.result_of(call))
    if call is not None and call.outcome == Outcome.NOT_SENT:
        return Checked(row, calls.result_of(call))
    return Checked(row)


def _row(pk: int) -> Transaction:
    row = _row_of.first(pk)
    if row is None:
        raise Transaction.DoesNotExist
    return row


_row_of = prepared.Found(lambda pk: Transaction.objects.filter(pk=pk), int)
