"""How long provider calls and notifications are kept, and what was said in them; and the idempotency keys of calls.

What was said goes long before the row: a call that is truncated keeps of its intent what books and refunds are made of (`ESSENTIAL`).
"""

from collections.abc import Callable, Collection, Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from solitude.audit import seals
from solitude.payments.contract import Resolved
from solitude.payments.models import OPEN, WAITING, Dispute, Notification, ProviderCall
from solitude.retention import sealed
from solitude.retention.classes import Action, ByMonth, DataClass, Hold, also, declare
from solitude.transactions.models import CallOutcome, Status, Transaction

CALLS, NOTIFICATIONS = "provider_calls", "notifications"
# What a truncated intent keeps: who was to be paid how much, and by which interface the money can go back.
ESSENTIAL = ("amount", "prices", "payee", "fee", "interface", "shares", "delayed")
# For each message a value is sealed anew, which takes longer than an UPDATE.
TRUNCATED_ROWS_MAX = 200
# Why a row stays.
UNKNOWN_OUTCOME, NOT_DECIDED, WAITING_NOW = "its outcome is not known", "the provider has not decided", "still waiting"
DISPUTED = "a dispute that has not ended"

# By a buyer's primary key the subjects of the calls that are about what a provider keeps of it.
Subjects = Callable[[int], Iterable[str]]
_subjects: list[Subjects] = []


def about_buyers(subjects: Subjects) -> None:
    """For providers, at start."""
    _subjects.append(subjects)


def of_buyer(pk: int) -> Q:
    """The calls about a buyer: those of its payments, and those about what lets us charge it."""
    named = [subject for subjects in _subjects for subject in subjects(pk)]
    # By their keys, for which there is an index: an OR with a column of another table is looked for among all calls.
    paid = list(Transaction.objects.filter(buyer=pk).values_list("pk", flat=True))
    return Q(transaction__in=paid) | Q(subject__in=named)


def declare_payments() -> None:
    declare(
        DataClass(
            name="call_bodies",
            what="What was said in calls of providers (redacted), and all that was intended (encrypted)",
            action=Action.TRUNCATE,
            then="The exchanges go; of the intent stay amount, payee, fee and interface, by which money can still go "
            "back. The row stays, with its outcome and the provider's ids.",
            why="They are the evidence of what was asked and answered, while a payment can be disputed: up to 540 "
            "days by the rules of the card schemes. Later refunds need no more than what stays. Credentials, "
            "addresses and texts are not kept longer (GDPR, Art. 5(1)(e)).",
            rows=lambda: ProviderCall.objects.filter(truncated_at=None),
            since="begun_at",
            act=_truncate_calls,
            holds=(
                Hold(UNKNOWN_OUTCOME, lambda: Q(outcome__in=OPEN)),
                Hold(NOT_DECIDED, _is_undecided),
                Hold(DISPUTED, lambda: _is_disputed("transaction")),
            ),
            of_buyer=of_buyer,
            batch_rows_max=TRUNCATED_ROWS_MAX,
        ),
        DataClass(
            name="calls",
            what="Provider calls: what was done when, with which outcome, under which ids",
            action=Action.DELETE,
            then="The rows go.",
            why="They are the vouchers of the books, and are kept as long as those (HGB §257, AO §147).",
            of_erased="provider calls stay without what was said in them: they are the vouchers of what was paid",
            rows=_truncated_calls,
            since="begun_at",
            act=_delete_calls,
            # Whether the engine keeps a transaction is told by its calls.
            holds=(
                Hold(
                    "its transaction still names its buyer",
                    lambda: Q(transaction__anonymised_at=None, transaction__isnull=False),
                ),
                sealed.hold(CALLS),
            ),
            batch_rows_max=seals.ROWS_MAX,
            by_month=ByMonth(CALLS, _truncated_calls),
        ),
        DataClass(
            name="notification_bodies",
            what="Notifications of providers in their own words (encrypted)",
            action=Action.TRUNCATE,
            then="Headers and body go, the row stays with what was made of it; one that was never proved genuine goes as a whole.",
            why="They hold names and addresses of buyers. They are needed while what they told may be questioned: "
            "PayPal takes disputes and classic refunds for 180 days.",
            rows=lambda: Notification.objects.filter(truncated_at=None),
            since="received_at",
            act=_truncate_notifications,
            holds=(
                Hold(WAITING_NOW, lambda: Q(state__in=WAITING)),
                Hold(sealed.WHY, _is_forged_and_unsealed),
                Hold(DISPUTED, lambda: _is_disputed("transaction")),
            ),
            of_buyer=lambda pk: Q(transaction__buyer=pk),
            batch_rows_max=TRUNCATED_ROWS_MAX,
        ),
        DataClass(
            name="notifications",
            what="That a notification came, what it was about, and what was made of it",
            action=Action.DELETE,
            then="The rows go.",
            why="By them each event of a provider is applied once; providers repeat theirs for days. They show why a "
            "state was changed, while claims may be brought (BGB §§195, 199: three years from the end of the year "
            "on).",
            of_erased="that notifications came stays, without their words",
            rows=_truncated_notifications,
            since="received_at",
            act=_delete_notifications,
            holds=(sealed.hold(NOTIFICATIONS),),
            batch_rows_max=seals.ROWS_MAX,
            by_month=ByMonth(NOTIFICATIONS, _truncated_notifications),
        ),
    )
    for name in ("transactions", "transaction_notes"):
        also(name, hold=Hold(DISPUTED, lambda: _is_disputed("pk")))
    also("transactions", hold=Hold(UNKNOWN_OUTCOME, _has_open_call))


def open_subjects(prefix: str) -> list[str]:
    """What the calls that have not ended are about, where it begins with this: what the prefix is followed by."""
    found = ProviderCall.objects.filter(outcome__in=OPEN, subject__startswith=prefix).values_list("subject", flat=True)
    return [subject.removeprefix(prefix) for subject in found]


def needed_keys(pks: Collection[int]) -> set[int]:
    """The idempotency keys among these under which something was begun of which nobody knows what became of it, or whose client has not
    had a key's life to ask since that is known."""
    life = timedelta(seconds=settings.SOLITUDE_IDEMPOTENCY_LIFE_S)
    lately = Q(outcome__in=OPEN) | Q(ended_at__gt=Now() - life)
    found = ProviderCall.objects.filter(lately, idempotency__in=pks).values_list("idempotency", flat=True)
    return {key for key in found if key is not None}


def _truncated_calls() -> QuerySet[ProviderCall]:
    return ProviderCall.objects.filter(truncated_at__isnull=False)


def _truncated_notifications() -> QuerySet[Notification]:
    return Notification.objects.filter(truncated_at__isnull=False)


def _is_undecided() -> Q:
    return Q(outcome=CallOutcome.PENDING, transaction__status=Status.PENDING)


def _is_forged_and_unsealed() -> Q:
    return Q(state=Notification.State.REFUSED, event_id=None) & sealed.unsealed(NOTIFICATIONS)


def _is_disputed(column: str) -> Q:
    """Whether the transaction of that column is: what was said about it is evidence until the dispute has ended."""
    return Q(Exists(Dispute.objects.filter(transaction=OuterRef(column), resolved=Resolved.NO)))


def _has_open_call() -> Q:
    return Q(Exists(ProviderCall.objects.filter(transaction=OuterRef("pk"), outcome__in=OPEN)))


def _truncate_calls(pks: list[Any]) -> int:
    seals.truncated(CALLS, pks)
    found = ProviderCall.objects.filter(pk__in=pks, truncated_at=None)
    for call in found:
        call.essentials = {name: value for name, value in (call.intent or {}).items() if name in ESSENTIAL}
        call.intent, call.exchanges, call.truncated_at = {}, [], Now()
        call.save(update_fields=["essentials", "intent", "exchanges", "truncated_at"])
    return len(found)


def _delete_calls(pks: list[Any]) -> int:
    seals.removed(CALLS, pks)
    return ProviderCall.objects.filter(pk__in=pks).delete()[0]


def _truncate_notifications(pks: list[Any]) -> int:
    rows = Notification.objects.filter(pk__in=pks, truncated_at=None)
    # The next delivery of one of these is looked at anew, for which its words must be there.
    forged = list(rows.filter(state=Notification.State.REFUSED, event_id=None).values_list("pk", flat=True))
    found = list(rows.exclude(pk__in=forged))
    seals.truncated(NOTIFICATIONS, [row.pk for row in found])
    for row in found:
        row.headers, row.body, row.truncated_at = {}, "", Now()
        row.save(update_fields=["headers", "body", "truncated_at"])
    return _delete_notifications(forged) + len(found)


def _delete_notifications(pks: list[Any]) -> int:
    seals.removed(NOTIFICATIONS, pks)
    return Notification.objects.filter(pk__in=pks).delete()[0]
