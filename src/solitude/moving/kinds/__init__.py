"""The kinds of files, in the order in which they are moved in: each refers to those before it only."""

from solitude.moving.kind import Kind
from solitude.moving.kinds.bango_products import BANGO_PRODUCTS
from solitude.moving.kinds.bango_sellers import BANGO_SELLERS
from solitude.moving.kinds.buyers import BUYERS
from solitude.moving.kinds.paypal_buyers import PAYPAL_BUYERS
from solitude.moving.kinds.paypal_products import PAYPAL_PRODUCTS
from solitude.moving.kinds.paypal_sellers import PAYPAL_SELLERS
from solitude.moving.kinds.products import PRODUCTS
from solitude.moving.kinds.sellers import SELLERS
from solitude.moving.kinds.transactions import TRANSACTIONS

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        BUYERS,
        SELLERS,
        PRODUCTS,
        PAYPAL_SELLERS,
        PAYPAL_PRODUCTS,
        PAYPAL_BUYERS,
        BANGO_SELLERS,
        BANGO_PRODUCTS,
        TRANSACTIONS,
    )
}
