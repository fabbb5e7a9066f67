"""Notifications: kept first, then proved genuine, then applied once, in whatever order they come.

keep (one commit) -> verify (no transaction open) -> read -> match with what we know, compare, apply (one commit)

What it is about may not be there yet (the provider can be faster than our own commit): then it is parked and tried again, and is an
orphan after a limit. A crash at any point leaves a row that waits; a worker or the provider's next delivery goes on with it.

Whoever has stood still past its lease writes nothing any more: the row is somebody else's then, who may have applied it.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import BooleanField, Case, F, Q, QuerySet, When
from django.db.models.functions import Now

from solitude import clocks
from solitude.events.models import Event, append
from solitude.outbound.limits import Busy
from solitude.payments import calls, check, leases, news, registry
from solitude.payments.contract import CannotRead, Notice, NotUnderstood, Verdict
from solitude.payments.matching import Mismatch, NotThereYet
from solitude.payments.models import REASON_MAX_CHARS, WAITING, Notification
from solitude.prepared import insert_once
from solitude.telemetry import cef, context
from solitude.telemetry.logs import get_logger
from solitude.transactions.models import ENDED_UNPAID, Transaction

log = get_logger("solitude.payments")
State = Notification.State
PARKED_TOGETHER_MAX = 20
DUPLICATE, PARKED, IN_PROGRESS = "duplicate", "parked", "in_progress"
MISMATCH, ORPHAN, NOT_UNDERSTOOD = "mismatch", "orphan", "not_understood"
# Written with a lease, so that the number of tries tells one holder from the next.
TAKEN: Final[dict[str, Any]] = {"tries": F("tries") + 1}


class _Overtaken(Exception):
    """The notification is somebody else's by now, or ended."""


@dataclass(frozen=True, slots=True)
class Handled:
    """A notification after this delivery. `is_news`: this delivery changed our books. `is_undecided`: it could not be told now
    whether it is genuine; the next delivery may tell."""

    row: Notification
    is_news: bool = False
    is_undecided: bool = False

    @property
    def reason(self) -> str:
        """Why it is where it is, in one word; empty where that needs no word."""
        said = self.row.reason.partition(":")[0]
        return said or (IN_PROGRESS if self.row.state == State.RECEIVED else "")


def receive(provider: str, headers: Mapping[str, str], body: str) -> Handled:
    """Keeps a delivery and goes as far with it as can be gone now."""
    # In one commit, or a worker could take it in between, and whoever brings it would be told to come again.
    with transaction.atomic():
        row = _kept(provider, headers, body)
        if _is_forged(row):
            # Perhaps it was our configuration that was wrong. Its time begins anew.
            forged = Notification.objects.filter(pk=row.pk, state=State.REFUSED, event_id=None)
            forged.update(state=State.RECEIVED, received_at=Now())
        before = leases.sent_before()
        is_ours = leases.take(_waiting(), row.pk, **TAKEN)
    if is_ours:
        return _handle(row.pk, before)
    return Handled(_fresh(row.pk))


def handle_due(limit: int = 1) -> int:
    """Goes on with notifications that wait and whose time has come; how many."""
    before = leases.sent_before()
    pks = leases.take_due(_waiting(), limit, **TAKEN)
    for pk in pks:
        _handle(pk, before)
    return len(pks)


def _taken_on(pk: int) -> Handled | None:
    """Goes on with one, whether it is due or not; None while somebody else is at it."""
    before = leases.sent_before()
    return _handle(pk, before) if leases.take(_waiting(), pk, **TAKEN) else None


def _waiting() -> QuerySet[Notification]:
    return Notification.objects.filter(state__in=WAITING)


def _own(row: Notification) -> QuerySet[Notification]:
    """The row, if it is still that of whoever has taken it with so many tries."""
    return _waiting().filter(pk=row.pk, tries=row.tries)


def _kept(provider: str, headers: Mapping[str, str], body: str) -> Notification:
    row = Notification(
        provider=provider,
        fingerprint=_fingerprint(headers, body),
        headers=dict(headers),
        body=body,
        request_id=context.current().get("request_id", ""),
    )
    if insert_once(row):
        return row
    return Notification.objects.get(provider=provider, fingerprint=row.fingerprint)


def _fingerprint(headers: Mapping[str, str], body: str) -> str:
    parts = [f"{name.lower()}: {headers[name]}" for name in sorted(headers, key=str.lower)]
    return hashlib.sha256("\n".join([*parts, "", body]).encode()).hexdigest()


def _is_forged(row: Notification) -> bool:
    return row.state == State.REFUSED and row.event_id is None


def _handle(pk: int, before: float) -> Handled:
    """Takes a notification as far as it goes now, by whoever has leased it. After `before` (`leases.sent_before`) what is read may be
    somebody else's already."""
    row = _fresh(pk)
    try:
        if clocks.now_s() >= before:
            raise _Overtaken
        return _gone_on_with(row)
    except _Overtaken:
        log.warning("notification_overtaken", provider=row.provider)
        return Handled(_fresh(pk))


def _gone_on_with(row: Notification) -> Handled:
    """Raises _Overtaken."""
    if row.transaction:
        context.about(row.transaction.uuid)
    try:
        inbound = registry.inbound(row.provider)
    except LookupError:
        log.error(registry.PROVIDER_GONE, provider=row.provider)
        return _again_later(row, row.state, registry.PROVIDER_GONE)
    body = (row.body or "").encode()
    if row.event_id is None:
        verdict, why = inbound.verify(row.headers or {}, body)
        if verdict != Verdict.GENUINE:
            return _not_proved(row, verdict, why)
    try:
        notice = inbound.read(row.headers or {}, body)
    except CannotRead as error:
        return _not_proved(row, Verdict.UNDECIDED, str(error))
    except NotUnderstood as error:
        log.error("notification_not_understood", provider=row.provider, problem=str(error))
        return _refused(row, NOT_UNDERSTOOD, 7)
    original = _original(row, notice)
    if original is not None:
        return _duplicate(row, original)
    handled = _apply(row, notice)
    if handled.is_news and handled.row.transaction_id:
        _go_on(handled.row, notice)
    return handled


def _not_proved(row: Notification, verdict: Verdict, why: str) -> Handled:
    if verdict == Verdict.FORGED or _is_too_old(row):
        return replace(_refused(row, why, 7), is_undecided=verdict == Verdict.UNDECIDED)
    return replace(_again_later(row, State.RECEIVED, why), is_undecided=True)


def _original(row: Notification, notice: Notice) -> int | None:
    """Gives the row its event's id, now that it is proved; the pk of the row that has it already, if there is one."""
    if row.event_id is not None:
        return None
    try:
        with transaction.atomic():
            _write(row, event_id=notice.event_id, event_type=notice.event_type)
    except IntegrityError:
        known = Notification.objects.get(provider=row.provider, event_id=notice.event_id)
        return known.pk
    return None


def _duplicate(row: Notification, original: int) -> Handled:
    """Another delivery of an event that has its row: that one is gone on with, and is the answer."""
    _end(row, None, State.IGNORED, DUPLICATE)
    return _taken_on(original) or Handled(_fresh(original))


def _apply(row: Notification, notice: Notice) -> Handled:
    """Applies the notice, and ends the row, in one commit."""
    try:
        with transaction.atomic():
            locked = _own(row).select_for_update().first()
            if locked is None:
                raise _Overtaken
            found = news.apply(row.provider, notice)
            if found.transaction:
                context.about(found.transaction.uuid)
            state = State.APPLIED if found.is_news else State.IGNORED
            _end(locked, notice, state, found.reason, transaction=found.transaction)
            return Handled(locked, is_news=found.is_news)
    except NotThereYet as error:
        return _parked(row, notice, error)
    except Mismatch as error:
        log.error("notification_contradicts", provider=row.provider, what=error.what, event_type=notice.event_type)
        return _refused(row, f"{MISMATCH}:{error.what}", 9, notice)


def _end(row: Notification, notice: Notice | None, state: str, reason: str, **columns: Any) -> None:
    if notice is not None:
        columns |= {"event_type": notice.event_type, "action": notice.action}
        if notice.amount:
            columns |= {"amount": notice.amount.amount, "currency": notice.amount.currency}
    _write(row, state=state, reason=reason[:REASON_MAX_CHARS], ended_at=Now(), leased_until=None, **columns)


def _write(row: Notification, **columns: Any) -> None:
    """Raises _Overtaken where the row is no longer that of who writes."""
    if not _own(row).update(**columns):
        raise _Overtaken
    for name, value in columns.items():
        setattr(row, name, value)


def _refused(row: Notification, reason: str, severity: int, notice: Notice | None = None) -> Handled:
    _end(row, notice, State.REFUSED, reason)
    extra = {"cs6Label": "notification", "cs6": row.event_id or f"fingerprint {row.fingerprint[:12]}"}
    cef.event(f"Notification refused: {reason}", severity, extra=extra)
    return Handled(_fresh(row.pk))


def _parked(row: Notification, notice: Notice, missing: NotThereYet) -> Handled:
    if not _is_too_old(row) or _waits_for_money(missing.transaction):
        return _again_later(row, State.PARKED, PARKED, action=notice.action, transaction=missing.transaction)
    with transaction.atomic():
        _end(row, notice, State.ORPHAN, ORPHAN, transaction=missing.transaction)
        data = {"provider": row.provider, "event_type": notice.event_type}
        append(Event(type="notification.orphan", edge=ORPHAN, resource_uri="", uuid=notice.event_id, data=data))
    cef.event("Notification of something unknown", 8, extra={"cs6Label": "notification", "cs6": notice.event_id})
    return Handled(_fresh(row.pk))


def _waits_for_money(payment: Transaction | None) -> bool:
    """Whether this payment may still be paid: then what is told of its money may become true, however long that takes."""
    return payment is not None and payment.captured_amount is None and payment.status not in ENDED_UNPAID


def _again_later(row: Notification, state: str, reason: str, **columns: Any) -> Handled:
    columns |= {"state": state, "reason": reason[:REASON_MAX_CHARS], "next_try_at": leases.later(row.tries)}
    _write(row, leased_until=None, **columns)
    return Handled(_fresh(row.pk))


def _go_on(row: Notification, notice: Notice) -> None:
    """What may be done now that this is known: take what the buyer approved, and apply what has waited for it."""
    assert row.transaction_id is not None  # noqa: S101
    if news.is_approval(notice):
        try:
            with calls.in_progress():
                check.check(row.transaction_id)
        except Busy:
            log.warning("capture_put_off", transaction=row.transaction_id)
    about = Transaction.objects.filter(Q(pk=row.transaction_id) | Q(relations=row.transaction_id))
    waiting = _waiting().filter(transaction__in=about).order_by("pk")
    for pk in list(waiting.values_list("pk", flat=True)[:PARKED_TOGETHER_MAX]):
        _taken_on(pk)


def _is_too_old(row: Notification) -> bool:
    """By the database's clock, which every node shares."""
    limit = Now() - timedelta(seconds=settings.SOLITUDE_NOTIFICATION_ORPHAN_S)
    old = Case(When(received_at__lt=limit, then=True), default=False, output_field=BooleanField())
    return bool(Notification.objects.annotate(old=old).values_list("old", flat=True).get(pk=row.pk))


def _fresh(pk: int) -> Notification:
    return Notification.objects.select_related("transaction").get(pk=pk)
