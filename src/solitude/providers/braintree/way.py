"""How Braintree takes a payment that was not asked of it by its name: by the buyer's newest card, or by a nonce."""

from django.conf import settings

from solitude.buyers.models import Buyer
from solitude.payments.contract import Intent
from solitude.providers.braintree import selling
from solitude.providers.braintree.models import PaymentMethod
from solitude.providers.braintree.names import NAME
from solitude.routing.way import Order, Wish
from solitude.web.refusals import REQUIRED, BadFields


class BraintreeWay:
    name = NAME
    outlets: tuple[str, ...] = (NAME,)

    def needs(self, wish: Wish) -> tuple[str, ...]:
        return () if newest_card(wish.buyer) else ("nonce",)

    def why_not(self, wish: Wish) -> str:
        if not settings.SOLITUDE_BRAINTREE_MERCHANT_ID:
            return "not_configured"
        entry = selling.entry_of(wish.product)
        problem = selling.problem(entry)
        if problem or entry is None:
            return problem
        if entry.currency != wish.currency:
            return "currency"
        return "" if wish.amount is None or selling.is_right(entry, wish.amount) else "amount"

    def order(self, wish: Wish) -> Order:
        """By the nonce where there is one: it is what the buyer has just chosen."""
        card = None if wish.nonce else newest_card(wish.buyer)
        return Order(_intent(wish, card), attach=lambda row: selling.attach(row, card))


def newest_card(buyer: Buyer | None) -> PaymentMethod | None:
    """By which a buyer pays who does not say."""
    if buyer is None:
        return None
    cards = PaymentMethod.objects.filter(braintree_buyer__buyer=buyer, braintree_buyer__active=True, active=True)
    return cards.order_by("-pk").first()


def _intent(wish: Wish, card: PaymentMethod | None) -> Intent:
    if wish.amount is None:
        raise BadFields(amount=REQUIRED)
    if card is not None:
        return selling.by_card(wish.amount, card)
    if wish.nonce is None:
        raise BadFields(nonce=REQUIRED)
    return selling.by_nonce(wish.amount, wish.nonce)
