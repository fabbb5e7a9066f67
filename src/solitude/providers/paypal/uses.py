"""What a pre-approval with limits is used for: counted under the lock of the buyer's row, before a payment by it is begun.

A payment that ends unpaid gives its part back by itself; what is refunded does not.
"""

from dataclasses import replace
from decimal import Decimal

from django.db.models import Q, Sum
from django.utils import timezone

from solitude.providers.paypal.forms.form import Order
from solitude.providers.paypal.models import BuyerPaypal, PreapprovalUse
from solitude.providers.paypal.names import NAME, NUMBER, PREAPPROVAL_LIMIT
from solitude.transactions.models import ENDED_UNPAID, Transaction
from solitude.web.refusals import unprocessable

_ZERO = Decimal(0)


def within_limits(order: Order) -> Order:
    """The order as it may be begun, in the caller's transaction: with the buyer's approval where it goes beyond a limit.

    Raises Refused (422) where that was not asked for.
    """
    known = order.preapproval
    if known is None or not known.is_limited:
        return order
    row = BuyerPaypal.objects.select_for_update(of=("self",)).get(pk=known.pk)
    used, today = _used(row)
    amount = order.amount.amount
    if row.key == known.key and _holds(row, amount, used + amount, today + amount):
        # The database refuses more than the limit, whatever was read here.
        BuyerPaypal.objects.filter(pk=row.pk).update(used_total=used + amount)
        return order
    if not order.intent.fallback:
        message = "This goes beyond what the buyer agreed to."
        raise unprocessable(NAME, {"use_preapproval": (PREAPPROVAL_LIMIT, message)})
    return replace(order, preapproval=None, intent=replace(order.intent, credential=None, fallback=False))


def record(order: Order, payment: Transaction) -> None:
    """Counts a payment that is begun, in the same transaction; begun again without the pre-approval it counts no more."""
    if order.preapproval is not None and order.preapproval.is_limited:
        use = {"preapproval": order.preapproval, "amount": order.amount.amount, "day": timezone.now().date()}
        PreapprovalUse.objects.update_or_create(transaction=payment, defaults=use)
    elif payment.counter:
        # It was there before, and may have been begun by a pre-approval then.
        give_back(payment)


def give_back(payment: Transaction) -> None:
    """The payment goes on without the pre-approval."""
    PreapprovalUse.objects.filter(transaction=payment).delete()


def _used(row: BuyerPaypal) -> tuple[Decimal, Decimal]:
    """Of the locked pre-approval: in all, and today."""
    today = Q(day=timezone.now().date())
    # One that PayPal certainly did not get may have gone on with another provider.
    counted = row.uses.filter(transaction__provider=NUMBER).exclude(transaction__status__in=ENDED_UNPAID)
    sums = counted.aggregate(all=Sum("amount"), today=Sum("amount", filter=today))
    return (row.used_before or _ZERO) + (sums["all"] or _ZERO), sums["today"] or _ZERO


def _holds(row: BuyerPaypal, amount: Decimal, total: Decimal, today: Decimal) -> bool:
    """Whether each limit that there is holds with this payment."""
    reached = {"max_per_payment": amount, "max_total": total, "max_per_day": today}
    return all(limit is None or reached[name] <= limit for name, limit in row.limits.items())
