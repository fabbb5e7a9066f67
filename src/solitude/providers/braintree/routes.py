"""Which path leads where below those of Braintree."""

from ninja import Router

from solitude.providers.braintree.api.customers import router as customers
from solitude.providers.braintree.api.paymethods import router as paymethods
from solitude.providers.braintree.api.products import router as products
from solitude.providers.braintree.api.records import router as records
from solitude.providers.braintree.api.refunds import router as refunds
from solitude.providers.braintree.api.sales import router as sales
from solitude.providers.braintree.api.subscriptions import router as subscriptions
from solitude.providers.braintree.api.webhook import router as webhook

ROUTES: tuple[tuple[str, Router], ...] = (
    ("/braintree", customers),
    ("/braintree", paymethods),
    ("/braintree", sales),
    ("/braintree", refunds),
    ("/braintree", subscriptions),
    ("/braintree", webhook),
    ("/braintree", products),
    ("/braintree", records),
)
