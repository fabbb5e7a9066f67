"""How PayPal takes a payment that was not asked of it by its name: by the buyer's pre-approval if one covers it, else with the buyer's
approval."""

from dataclasses import replace

from django.conf import settings

from solitude.outbound import breaker
from solitude.providers.paypal import configured, currencies, uses
from solitude.providers.paypal.forms import form, limits, wiki_form
from solitude.providers.paypal.forms.form import Reading, Sold
from solitude.providers.paypal.forms.wiki_form import PlainPaymentIn
from solitude.providers.paypal.names import CLASSIC, CLASSIC_WAY, NAME
from solitude.providers.paypal.sellers import payees
from solitude.routing import choosing, way
from solitude.routing.way import Order, Wish
from solitude.web.reading import form_of

# By interface, the name of its way out of the house.
_OUTLETS = {CLASSIC: CLASSIC_WAY}


class PayPalWay:
    name = NAME
    # Which one it is, the seller decides: see `why_not`.
    outlets: tuple[str, ...] = ()

    def needs(self, wish: Wish) -> tuple[str, ...]:
        given = {"return_url": settings.SOLITUDE_PAYPAL_RETURN_URL, "cancel_url": settings.SOLITUDE_PAYPAL_CANCEL_URL}
        return () if _is_covered(wish) else tuple(name for name, by_default in given.items() if not by_default)

    def why_not(self, wish: Wish) -> str:
        sold = _sold(wish)
        if sold is None:
            return "no_paypal_id"
        if not _is_configured(sold):
            return "not_configured"
        if wish.currency not in currencies.ACCEPTED:
            return "currency"
        try:
            if wish.amount is not None:
                limits.amount(wish.amount.amount, wish.currency)
        except ValueError:
            return "amount"
        return choosing.BREAKER_OPEN if breaker.is_open(_OUTLETS.get(sold.payee.interface, NAME)) else ""

    def order(self, wish: Wish) -> Order:
        sold, reading = _sold(wish), Reading()
        assert sold and wish.amount  # noqa: PT018, S101  # or it would not do
        with way.fields(memo="description", platform_fee="__all__"):
            asked = {
                "amount": wish.amount.amount,
                "currency": wish.currency,
                "use_preapproval": True,
                "return_url": wish.return_url or None,
                "cancel_url": wish.cancel_url or None,
                "memo": wish.description or None,
            }
            reading.urls({"notify_url": wish.notify_url}, needed=False)
            found = wiki_form.assembled(reading, form_of(PlainPaymentIn, asked), wish.buyer, sold)
        if wish.notify_url:
            found = replace(found, intent=replace(found.intent, notify_url=wish.notify_url))
        counted = uses.within_limits(found)
        return Order(counted.intent, attach=lambda row: uses.record(counted, row))


def _sold(wish: Wish) -> Sold | None:
    """None where nobody is known who can be paid."""
    payee = payees.payee(wish.product)
    try:
        return Sold(wish.product.seller, wish.product, form.payable(payee, ""))
    except ValueError:
        return None


def _is_configured(sold: Sold) -> bool:
    return configured.classic() if sold.payee.interface == CLASSIC else configured.rest()


def _is_covered(wish: Wish) -> bool:
    """Whether the buyer has agreed already. One with limits may turn out not to cover it: then the buyer is asked."""
    known = form.preapproval(wish.buyer, wish.currency, _sold(wish))
    return known is not None and not known.is_limited
