"""How Bango takes a payment that was not asked of it by its name: its buyer is sent to Bango's page, with the one price."""

from django.conf import settings

from solitude.providers.bango.configured import is_configured
from solitude.providers.bango.countries import CURRENCIES
from solitude.providers.bango.models import ProductBango
from solitude.providers.bango.names import NAME
from solitude.routing import way
from solitude.routing.way import Order, Wish
from solitude.web.reading import form_of


class BangoWay:
    name = NAME
    outlets: tuple[str, ...] = (NAME,)

    def needs(self, wish: Wish) -> tuple[str, ...]:  # noqa: ARG002 - the same for all
        return ("buyer", "description", "return_url", "cancel_url")

    def why_not(self, wish: Wish) -> str:
        if not is_configured() or not settings.SOLITUDE_BANGO_PAY_URL:
            return "not_configured"
        if _sold(wish) is None:
            return "no_product"
        return "" if wish.currency in CURRENCIES else "currency"

    def order(self, wish: Wish) -> Order:
        """Bango is told the transaction's uuid, with which its buyer comes back."""
        # Only here: what speaks to Bango comes with it.
        from solitude.providers.bango.api.payments import ALL, BillingIn, intent_of

        sold = _sold(wish)
        assert sold and wish.amount and wish.buyer  # noqa: PT018, S101  # or it would not do
        with way.fields(
            pageTitle="description",
            prices="amount",
            redirect_url_onsuccess="return_url",
            redirect_url_onerror="cancel_url",
            transaction_uuid="uuid",
            user_uuid="buyer",
        ):
            asked = {
                "seller_product_bango": sold.resource_uri,
                "pageTitle": wish.description,
                "prices": [{"price": wish.amount.amount, "currency": wish.currency, "method": ALL}],
                "redirect_url_onsuccess": wish.return_url,
                "redirect_url_onerror": wish.cancel_url,
                "transaction_uuid": wish.uuid,
                "user_uuid": wish.buyer.uuid,
            }
            return Order(intent_of(form_of(BillingIn, asked), sold))


def _sold(wish: Wish) -> ProductBango | None:
    """What Bango has given a number."""
    known: ProductBango | None = getattr(wish.product, "bango", None)
    return known if known is not None and known.bango_id else None
