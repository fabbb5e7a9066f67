"""ACME on the bench of the kit: what a marketplace has to do there before it can sell."""

from tests.conformance.adapter import Seller
from tests.conformance.neutral import AtJsonProvider
from tests.support.marketplace import Marketplace

from solitude_acme import NAME
from solitude_acme.provider import Acme as Provider


class Acme(AtJsonProvider):
    name = NAME
    capabilities = Provider.capabilities

    def product(self, shop: Marketplace, seller: Seller) -> str:
        sold_by = shop.seller(paypal_id=None)
        account = "closed" if seller == Seller.CLOSED else "account-1"
        shop.post("/acme/seller/", {"seller": sold_by["resource_uri"], "account": account})
        return shop.product(seller=sold_by)
