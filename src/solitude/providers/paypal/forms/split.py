"""Who else gets a part of a payment in the classic interface: the marketplace, and whoever the settings name.

There the seller is paid the full amount, and PayPal passes the others' shares on from it: a chained payment.
"""

from django.conf import settings

from solitude.money.money import Money
from solitude.payments.contract import Share
from solitude.providers.paypal import currencies


def shares(paid: Money, fee: Money | None) -> tuple[Share, ...]:
    """The shares of everybody but the seller; `fee` is the marketplace's own. Raises ValueError with a sentence for the developer."""
    found = _of_chains(paid)
    if fee is not None:
        own = settings.SOLITUDE_PAYPAL_CLASSIC_EMAIL
        if not own:
            raise ValueError("the classic interface needs SOLITUDE_PAYPAL_CLASSIC_EMAIL for it")
        # PayPal takes each receiver once.
        found = {own: fee + found.pop(own, Money.zero(paid.currency)), **found}
        if sum(found.values(), Money.zero(paid.currency)) > paid:
            raise ValueError("is more than the other receivers leave of the amount")
    return tuple(Share(email, amount) for email, amount in found.items())


def _of_chains(paid: Money) -> dict[str, Money]:
    """Each one's percentage, rounded to the nearest, a tie to the even digit. All of them together are never more than the amount:
    what is too much by rounding the last one goes without."""
    found: dict[str, Money] = {}
    left = paid
    for percent, email in settings.SOLITUDE_PAYPAL_CHAINS:
        share = min(paid.percent(percent, digits=currencies.digits(paid.currency)), left)
        left -= share
        if share.amount:
            found[email] = share
    return found
