"""Recovery: every call whose outcome is not known is asked about until evidence ends it, and what waits for others is not forgotten.

Nothing here turns into a failure by age. A call that stays unknown is asked about ever more rarely, is listed for the operators,
and raises the alarm of the monitoring.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, DurationField, ExpressionWrapper, F, Min
from django.db.models.functions import Now

from solitude.payments import apply, calls, cancel, check, leases, registry
from solitude.payments.contract import Seen
from solitude.payments.models import OPEN, WAITING, Notification, ProviderCall
from solitude.telemetry import metrics
from solitude.telemetry.logs import get_logger
from solitude.transactions.models import Transaction, provider_name

log = get_logger("solitude.payments")
FOLLOW_UP_MAX_S = 24 * 3600


def run_once(limit: int = 1) -> int:
    """Asks about calls without known outcome whose time has come, the longest due first; how many."""
    before = leases.sent_before()
    pks = leases.take_due(calls.uncertain(), limit, **leases.TAKEN_OVER)
    for pk in pks:
        call = calls.find_out_leased(pk, before)
        if call.outcome not in OPEN:
            metrics.timing_ms("recovery.time_to_truth", _age_ms(call.pk))
        log.info("recovery", operation=call.operation, outcome=call.outcome, tries=call.tries)
    return len(pks)


def follow_up(limit: int = 1) -> int:
    """Asks about payments and refunds that wait for the buyer or the provider; how many.

    It takes what a buyer approved who never came back, and ends what nobody approved. Notifications say all of this sooner; but
    they may be lost.
    """
    # Its next turn is its lease: whoever takes one on puts it off.
    pks = leases.take_due(Transaction.objects.all(), limit, due="follow_up_at", lease="follow_up_at")
    for pk in pks:
        checked = check.check(pk)
        if checked.failed or checked.unknown:
            log.info("follow_up_without_answer", transaction=pk)
        if checked.seen == Seen.NOT_APPROVED and _is_over(checked.row):
            cancel.expire(pk)
        _schedule(pk)
    return len(pks)


def _is_over(row: Transaction) -> bool:
    """Whether the buyer was waited for long enough, by the database's clock."""
    life_s = registry.approval_life_s(provider_name(row.provider))
    if life_s is None:
        return False
    began_at_the_latest = Now() - timedelta(seconds=life_s)
    # By its call, because a row that its client kept before may be much older than its payment.
    paying = calls.paying(row)
    return paying is not None and ProviderCall.objects.filter(pk=paying.pk, begun_at__lt=began_at_the_latest).exists()


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is not settled yet: calls without known outcome and notifications that wait, and how old the oldest of each is.

    `orphans` are the notifications of the last day that turned out to be about nothing known here.
    """

    uncertain: int
    oldest_s: int
    notifications: int
    notification_oldest_s: int
    orphans: int


def backlog() -> Backlog:
    open_now = calls.uncertain().aggregate(count=Count("pk"), age=_age(Min("begun_at")))
    waiting = Notification.objects.filter(state__in=WAITING)
    waiting_now = waiting.aggregate(count=Count("pk"), age=_age(Min("received_at")))
    day_ago = Now() - timedelta(days=1)
    orphans = Notification.objects.filter(state=Notification.State.ORPHAN, ended_at__gt=day_ago).count()
    ages = [max(int(now["age"].total_seconds()), 0) if now["age"] else 0 for now in (open_now, waiting_now)]
    return Backlog(open_now["count"], ages[0], waiting_now["count"], ages[1], orphans)


def tell_backlog() -> None:
    """The backlog as metrics."""
    now = backlog()
    metrics.gauge("uncertain.count", now.uncertain)
    metrics.gauge("uncertain.oldest_s", now.oldest_s)
    metrics.gauge("notifications.waiting", now.notifications)
    metrics.gauge("notifications.oldest_s", now.notification_oldest_s)


def _schedule(pk: int) -> None:
    """The longer it waits already, the longer until the next look. What no longer waits is looked after no more."""
    row = Transaction.objects.annotate(age=_age(F("created"))).get(pk=pk)
    # Whoever has moved it since has said when to look again; where that was before, the lease brings it back.
    unmoved = Transaction.objects.filter(pk=pk, counter=row.counter)
    if row.status not in apply.waiting_states(row):
        unmoved.update(follow_up_at=None)
        return
    age_s = int(row.age.total_seconds())
    wait_s = min(max(age_s // 2, settings.SOLITUDE_FOLLOW_UP_S), FOLLOW_UP_MAX_S)
    unmoved.update(follow_up_at=Now() + timedelta(seconds=wait_s))


def _age_ms(pk: int) -> int:
    took = ProviderCall.objects.annotate(took=_age(F("begun_at"))).values_list("took", flat=True).get(pk=pk)
    return int(took / timedelta(milliseconds=1))


def _age(moment: F | Min) -> Any:
    return ExpressionWrapper(Now() - moment, output_field=DurationField())
