"""What is kept of Braintree here: customers, cards, subscriptions, transactions, and the catalogue of what is sold there."""

from collections.abc import Iterator

from . import braintree_answers as braintree
from .braintree import PAYMETHODS, SUBSCRIPTIONS
from .calls import Calls, Path, decimal_text, filters_of, path_of
from .catalogue import PRODUCTS
from .wire import Amount

BUYERS, TRANSACTIONS = "/braintree/mozilla/buyer/", "/braintree/mozilla/transaction/"
CATALOGUE = "/braintree/product/"


class BraintreeRecords(Calls):
    """To change `active` changes it here alone: Braintree is not told."""

    def get_braintree_buyer(self, braintree_buyer: int | Path) -> braintree.BraintreeBuyer:
        return self._get(path_of(BUYERS, braintree_buyer), braintree.BraintreeBuyer.from_json)

    def iter_braintree_buyers(
        self, *, buyer: int | None = None, active: bool | None = None
    ) -> Iterator[braintree.BraintreeBuyer]:
        """Every customer for whom all that is given holds, the newest first. `buyer`: the pk of the buyer."""
        return self._iter(BUYERS, filters_of(buyer=buyer, active=active), braintree.BraintreeBuyer.from_json)

    def change_braintree_buyer(
        self, braintree_buyer: int | Path, *, active: bool, if_match: str | None = None
    ) -> braintree.BraintreeBuyer:
        """Says here whether it is active."""
        path = path_of(BUYERS, braintree_buyer)
        return self._change(path, {"active": active}, braintree.BraintreeBuyer.from_json, if_match)

    def get_braintree_paymethod(self, paymethod: int | Path) -> braintree.BraintreePaymethod:
        return self._get(path_of(PAYMETHODS, paymethod), braintree.BraintreePaymethod.from_json)

    def iter_braintree_paymethods(
        self, *, braintree_buyer: int | None = None, buyer_uuid: str | None = None, active: bool | None = None
    ) -> Iterator[braintree.BraintreePaymethod]:
        """Every card for which all that is given holds, the newest first. `braintree_buyer`: the pk of the customer."""
        filters = filters_of(braintree_buyer=braintree_buyer, braintree_buyer__buyer__uuid=buyer_uuid, active=active)
        return self._iter(PAYMETHODS, filters, braintree.BraintreePaymethod.from_json)

    def change_braintree_paymethod(
        self, paymethod: int | Path, *, active: bool, if_match: str | None = None
    ) -> braintree.BraintreePaymethod:
        """Says here whether it is active; to delete it, `delete_braintree_paymethod`."""
        path = path_of(PAYMETHODS, paymethod)
        return self._change(path, {"active": active}, braintree.BraintreePaymethod.from_json, if_match)

    def get_braintree_subscription(self, subscription: int | Path) -> braintree.BraintreeSubscription:
        return self._get(path_of(SUBSCRIPTIONS, subscription), braintree.BraintreeSubscription.from_json)

    def iter_braintree_subscriptions(
        self,
        *,
        paymethod: int | None = None,
        product: int | None = None,
        provider_id: str | None = None,
        active: bool | None = None,
    ) -> Iterator[braintree.BraintreeSubscription]:
        """Every subscription for which all that is given holds, the newest first. `paymethod` and `product`: their pks."""
        filters = filters_of(paymethod=paymethod, seller_product=product, provider_id=provider_id, active=active)
        return self._iter(SUBSCRIPTIONS, filters, braintree.BraintreeSubscription.from_json)

    def mark_braintree_subscription(
        self, subscription: int | Path, *, active: bool, if_match: str | None = None
    ) -> braintree.BraintreeSubscription:
        """Says here whether it is active; to end it, `cancel_braintree_subscription`."""
        path = path_of(SUBSCRIPTIONS, subscription)
        return self._change(path, {"active": active}, braintree.BraintreeSubscription.from_json, if_match)

    def get_braintree_transaction(self, braintree_transaction: int | Path) -> braintree.BraintreeTransaction:
        return self._get(path_of(TRANSACTIONS, braintree_transaction), braintree.BraintreeTransaction.from_json)

    def iter_braintree_transactions(self, *, buyer_uuid: str | None = None) -> Iterator[braintree.BraintreeTransaction]:
        """What Braintree told of every transaction, or of a buyer's, the newest first."""
        filters = filters_of(transaction__buyer__uuid=buyer_uuid)
        return self._iter(TRANSACTIONS, filters, braintree.BraintreeTransaction.from_json)

    def create_braintree_product(
        self,
        product: int | Path,
        *,
        amount: Amount | None = None,
        currency: str | None = None,
        recurrence: str | None = None,
        kind: str | None = None,
        description: str | None = None,
        active: bool | None = None,
        idempotency_key: str | None = None,
    ) -> braintree.BraintreeProduct:
        """Puts a product into the catalogue, from which Braintree's payments are made.

        Without an `amount` the buyer chooses it; it is in `currency`, else in USD. `recurrence`: "monthly" for what is subscribed to,
        where the product's public_id is the name of the plan at Braintree. `kind`: "products" or "donations".
        """
        body = {
            "seller_product": path_of(PRODUCTS, product),
            "amount": decimal_text(amount),
            "currency": currency,
            "recurrence": recurrence,
            "kind": kind,
            "description": description,
            "active": active,
        }
        return self._post(CATALOGUE, body, braintree.BraintreeProduct.from_json, idempotency_key)

    def get_braintree_product(self, braintree_product: int | Path) -> braintree.BraintreeProduct:
        return self._get(path_of(CATALOGUE, braintree_product), braintree.BraintreeProduct.from_json)

    def iter_braintree_products(
        self, *, product: int | None = None, active: bool | None = None
    ) -> Iterator[braintree.BraintreeProduct]:
        """Every entry for which all that is given holds, the newest first. `product`: the pk of the product."""
        filters = filters_of(seller_product=product, active=active)
        return self._iter(CATALOGUE, filters, braintree.BraintreeProduct.from_json)

    def change_braintree_product(
        self,
        braintree_product: int | Path,
        *,
        amount: Amount | None = None,
        currency: str | None = None,
        recurrence: str | None = None,
        kind: str | None = None,
        description: str | None = None,
        active: bool | None = None,
        if_match: str | None = None,
    ) -> braintree.BraintreeProduct:
        """Changes what is given and keeps the rest."""
        body = {
            "amount": decimal_text(amount),
            "currency": currency,
            "recurrence": recurrence,
            "kind": kind,
            "description": description,
            "active": active,
        }
        path = path_of(CATALOGUE, braintree_product)
        return self._change(path, body, braintree.BraintreeProduct.from_json, if_match)
