"""How ACME takes a payment that was asked of `/payments/`."""

from solitude.payments.contract import Intent
from solitude.routing.way import Order, Wish
from solitude_acme import NAME
from solitude_acme.models import SellerAcme

CURRENCIES = ("EUR", "USD")


class AcmeWay:
    name = NAME
    outlets: tuple[str, ...] = (NAME,)

    def needs(self, wish: Wish) -> tuple[str, ...]:  # noqa: ARG002  # it needs the same of every wish
        return ("return_url", "cancel_url")

    def why_not(self, wish: Wish) -> str:
        if wish.currency not in CURRENCIES:
            return "currency"
        return "" if SellerAcme.objects.filter(seller=wish.product.seller).exists() else "no_account"

    def order(self, wish: Wish) -> Order:
        account = SellerAcme.objects.get(seller=wish.product.seller).account
        return Order(Intent(amount=wish.amount, payee=account, return_url=wish.return_url, cancel_url=wish.cancel_url))
