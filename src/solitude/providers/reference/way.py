"""How a provider that speaks the reference interface takes a payment that was not asked of it by its name."""

from django.conf import settings

from solitude.providers.reference import form
from solitude.providers.reference.configured import ReferenceProvider
from solitude.providers.reference.form import ReferencePaymentIn
from solitude.providers.reference.names import NAME
from solitude.routing import way
from solitude.routing.way import Order, Wish
from solitude.web.reading import form_of

NEEDED = ("region", "carrier", "return_url", "cancel_url", "notify_url")
# Who is asked for by the buyer's network pays by the bill of the phone.
PAY_METHOD = "OPERATOR"


class ReferenceWay:
    """One of them, by its name in the settings."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.outlets: tuple[str, ...] = (name,)

    def needs(self, wish: Wish) -> tuple[str, ...]:  # noqa: ARG002 - the same for all
        return NEEDED

    def why_not(self, wish: Wish) -> str:
        provider = self._provider()
        if provider is None:
            return "not_configured"
        if wish.currency not in form.CURRENCIES:
            return "currency"
        try:
            form.id_of(provider, wish.product, None)
        except ValueError:
            return "no_product"
        try:
            if wish.amount is not None:
                form.payable(wish.amount.amount, wish.currency)
        except ValueError:
            return "amount"
        return ""

    def order(self, wish: Wish) -> Order:
        provider = self._provider()
        assert provider and wish.amount  # noqa: PT018, S101  # or it would not do
        with way.fields(
            seller_product="product",
            success_url="return_url",
            error_url="cancel_url",
            callback_success_url="notify_url",
            callback_error_url="notify_url",
        ):
            asked = {
                "seller_product": wish.product.resource_uri,
                "amount": wish.amount.amount,
                "currency": wish.currency,
                "pay_method": PAY_METHOD,
                "carrier": wish.carrier,
                "region": wish.region,
                "success_url": wish.return_url,
                "error_url": wish.cancel_url,
                "callback_success_url": wish.notify_url,
                "callback_error_url": wish.notify_url,
            }
            found = form.order(provider, form_of(ReferencePaymentIn, asked))
        return Order(found.intent, provider=NAME)

    def _provider(self) -> ReferenceProvider | None:
        found: ReferenceProvider | None = settings.SOLITUDE_REFERENCE_PROVIDERS.get(self.name)
        return found
