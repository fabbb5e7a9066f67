"""The charges of a subscription, which Braintree takes by itself and tells of by webhook.

Each is a transaction of ours, made by the first webhook that tells of it, whichever that is, and moved by those after it. What is taken
is settled some days later, about which cards are not told: the worker asks.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.conf import settings
from django.utils import timezone

from solitude.money.errors import MoneyError
from solitude.money.money import Money
from solitude.payments import news, told
from solitude.payments.contract import UNDOINGS, Action, Evidence, Notice, NotUnderstood, Outcome, Reason, Result, Seen
from solitude.payments.matching import Mismatch, NotThereYet
from solitude.payments.registry import Applied
from solitude.providers.braintree import reading, statuses
from solitude.providers.braintree.models import Subscription, TransactionBraintree
from solitude.providers.braintree.names import NAME, NUMBER
from solitude.providers.braintree.short_ids import short_id
from solitude.telemetry import cef
from solitude.telemetry.logs import get_logger
from solitude.telemetry.redaction import Secret
from solitude.transactions.models import PAID, Status, Transaction
from solitude.web.bulk import numbered

CHARGED: Final = "subscription_charged_successfully"
NOT_CHARGED: Final = "subscription_charged_unsuccessfully"
CANCELED: Final = "subscription_canceled"
KINDS: Final = (CHARGED, NOT_CHARGED, CANCELED)
CHARGES_MAX: Final = 100
_DAYS: Final = ("billing_period_start_date", "billing_period_end_date", "next_billing_date")

log = get_logger("solitude.braintree")


@dataclass(frozen=True, slots=True)
class Charge:
    """One of them as it is told."""

    id: str
    status: str
    why: str
    amount: str
    currency: str

    @property
    def money(self) -> Money:
        return Money.parse(self.amount, self.currency)

    @property
    def evidence(self) -> Evidence:
        seen = statuses.seen(self.status)
        assert seen is not None  # noqa: S101  # others are not recorded
        return replace(seen, captured=self.money) if seen.state == Seen.PAID else seen

    @property
    def ids(self) -> dict[str, str]:
        """Of what was never taken the id is for people alone."""
        state = self.evidence.state
        taken = {reading.TAKEN: self.id} if state == Seen.PAID or state in UNDOINGS else {}
        return {reading.SUPPORT: self.id, **taken}


@dataclass(frozen=True, slots=True)
class Told:
    """What a webhook tells of a subscription; its charges are the newest first. `days` are those of the billing period."""

    kind: str
    subscription: str
    charges: tuple[Charge, ...]
    days: Mapping[str, str | None]
    next_amount: str | None

    def sealed(self) -> Secret:
        return Secret(json.dumps(asdict(self)))

    @classmethod
    def of(cls, notice: Notice) -> "Told":
        assert notice.about is not None  # noqa: S101  # it was read by `read`
        kept = json.loads(notice.about.reveal())
        return cls(**kept | {"charges": tuple(Charge(**one) for one in kept["charges"])})


def read(kind: str, subscription: Any) -> Told:
    """Of the SDK's subscription. Raises NotUnderstood."""
    listed = getattr(subscription, "transactions", None) or []
    if len(listed) > CHARGES_MAX:
        raise NotUnderstood("too many transactions")
    charges = tuple(_charge(one) for one in listed if _is_recorded(str(one.status)))
    days = {name: _day(subscription, name) for name in _DAYS}
    next_amount = _next_amount(subscription, charges[0].currency) if charges else None
    return Told(kind, reading.identity(subscription), charges, days, next_amount)


def enter(notice: Notice) -> Applied:
    """In the transaction that ends the notification. Raises NotThereYet for a subscription that is not known here."""
    about = Told.of(notice)
    # Whatever else is told of the same subscription waits here.
    row = Subscription.objects.select_for_update(no_key=True).filter(provider_id=about.subscription).first()
    if row is None:
        raise NotThereYet
    is_news, known = _mark(row, about.kind), _known(about)
    for charge in reversed(about.charges):
        is_here = charge.id in known
        changed = _moved(known[charge.id], charge, notice) if is_here else _made(row, charge, about)
        is_news = is_news or changed
    reported = reported_by(about)
    payment = reported.transaction if reported else None
    return Applied(payment, is_news=True) if is_news else Applied(payment, reason=news.OLD_NEWS)


def reported_by(about: Told) -> TransactionBraintree | None:
    """The newest of the charges that came to what the webhook is about."""
    wanted, known = PAID if about.kind == CHARGED else (Status.FAILED,), _known(about)
    found = (known[charge.id] for charge in about.charges if charge.id in known)
    return next((row for row in found if row.transaction.status in wanted), None)


def _known(about: Told) -> dict[str, TransactionBraintree]:
    """Those that are here, by Braintree's ids."""
    rows = TransactionBraintree.objects.filter(
        subscription__provider_id=about.subscription,
        transaction__uid_support__in=[charge.id for charge in about.charges],
    )
    return {row.transaction.uid_support or "": row for row in rows.select_related("transaction", "paymethod")}


def _mark(row: Subscription, kind: str) -> bool:
    """Whether it goes on. One that has ended begins no more: what tells so is older than its end."""
    if kind == CANCELED and (row.active or row.cancelled_at is None):
        row.change(active=False, cancelled_at=row.cancelled_at or timezone.now())
        return True
    if kind == CHARGED and not row.active and row.cancelled_at is None:
        row.change(active=True)
        return True
    return False


def _moved(known: TransactionBraintree, charge: Charge, notice: Notice) -> bool:
    """Moves the transaction of a charge that is here already; whether that was news.

    One that contradicts what is known is an alarm, and is passed over: nothing of it is written, and what is told besides is true.
    """
    payment = known.transaction
    again = Notice(
        notice.event_id,
        notice.event_type,
        Action.PAYMENT,
        uuid=payment.uuid,
        ids=charge.ids,
        amount=charge.money,
        payment=statuses.of_taken(charge.evidence) if payment.taken_id else charge.evidence,
        reason=Reason(charge.why),
    )
    try:
        return news.apply(NAME, again).is_news
    except Mismatch as error:
        log.error("braintree_charge_contradicts", what=error.what, transaction=payment.pk)
        extra = {"cs6Label": "payment", "cs6": payment.uuid, "cs7Label": "what", "cs7": error.what}
        cef.after_commit("A charge contradicts what is known", 9, about=payment.uuid, extra=extra)
        return False


def _made(row: Subscription, charge: Charge, about: Told) -> bool:
    """Makes the transaction of a charge."""
    payment, evidence = _payment(row, charge), charge.evidence
    outcome = Outcome.SUCCEEDED if evidence.state == Seen.PAID else Outcome.DECLINED
    told.begin(payment, Result(outcome, evidence=evidence, reason=Reason(charge.why), ids=charge.ids))
    days = {name: date.fromisoformat(day) if day else None for name, day in about.days.items()}
    TransactionBraintree.objects.create(
        transaction=payment,
        kind=about.kind,
        paymethod_id=row.paymethod_id,
        subscription=row,
        next_billing_period_amount=Decimal(about.next_amount) if about.next_amount else None,
        **days,
    )
    return True


def _payment(row: Subscription, charge: Charge) -> Transaction:
    """By the card that the subscription has here."""
    payment = Transaction(
        provider=NUMBER,
        amount=charge.money.amount,
        currency=charge.currency,
        buyer=row.paymethod.braintree_buyer.buyer,
        seller=row.seller_product.seller,
        seller_product=row.seller_product,
    )
    numbered([payment])
    payment.uuid = short_id(payment.pk, payment.created)
    return payment


def _is_recorded(status: str) -> bool:
    return status in settings.SOLITUDE_BRAINTREE_TRANSACTION_STATUSES and statuses.seen(status) is not None


def _charge(found: Any) -> Charge:
    """Raises NotUnderstood."""
    money = reading.money(found)
    return Charge(reading.identity(found), str(found.status), statuses.why(found), money.text, money.currency)


def _day(found: Any, name: str) -> str | None:
    day = getattr(found, name, None)
    return day.isoformat() if isinstance(day, date) else None


def _next_amount(subscription: Any, currency: str) -> str | None:
    """What the next period will cost. Raises NotUnderstood."""
    amount = getattr(subscription, "next_billing_period_amount", None)
    try:
        return None if amount is None else Money.parse(amount, currency).text
    except MoneyError:
        raise NotUnderstood("an amount that is none") from None
