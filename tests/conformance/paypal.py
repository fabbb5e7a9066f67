"""What PayPal's adapters share: the marketplace's side, which is the same whatever interface PayPal is asked by."""

from decimal import Decimal
from typing import Any

from tests.conformance.adapter import Consent
from tests.support.marketplace import Answer, Marketplace


class PaypalMarketplace:
    """PayPal's routes of our API, in the words of the kit."""

    currency = "EUR"

    def pay(
        self, shop: Marketplace, product: str, amount: str, *, buyer: str = "", fee: str = "", key: str = ""
    ) -> Answer:
        more: dict[str, Any] = {"platform_fee": Decimal(fee)} if fee else {}
        if buyer:
            more |= {"user_id": buyer, "use_preapproval": True}
        return shop.pay(product, _key(key), amount=Decimal(amount), currency=self.currency, **more)

    def check(self, shop: Marketplace, uuid: str) -> Answer:
        return shop.check(uuid=uuid)

    def refund(self, shop: Marketplace, uuid: str, amount: str = "", *, key: str = "") -> Answer:
        part = {"amount": amount} if amount else {}
        return shop.refund(_key(key), uuid=uuid, **part)

    def ask_consent(self, shop: Marketplace, buyer: str) -> Consent:
        begun = shop.preapproval(buyer)
        assert begun.status == 201, begun
        return Consent(begun["resource_uri"], begun["paypal_url"])

    def store_credential(self, shop: Marketplace, consent: Consent) -> Answer:
        return shop.put(consent.resource, {})

    def delete_credential(self, shop: Marketplace, buyer: str) -> Answer:
        (found,) = shop.get(f"/generic/buyer/?uuid={buyer}")["objects"]
        return shop.delete(found["paypal"]["resource_uri"])


def _key(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key} if key else {}


def fees_of(breakdown: dict[str, Any]) -> Decimal:
    """The platform fees in PayPal's breakdown of a capture or refund."""
    return sum((Decimal(fee["amount"]["value"]) for fee in breakdown.get("platform_fees", [])), Decimal(0))
