"""Which path leads where."""

from functools import cache
from typing import Any

from django.conf import settings
from django.urls import path, re_path

from solitude import packages
from solitude.audit import watching
from solitude.buyers.api import router as buyers
from solitude.buyers.models import parts as buyer_parts
from solitude.buyers.pin_api import router as pins
from solitude.events.api import router as events
from solitude.providers.bango.api.login import router as bango_login
from solitude.providers.bango.api.money_matters import router as bango_money_matters
from solitude.providers.bango.api.notifications import router as bango_notifications
from solitude.providers.bango.api.packages import router as bango_packages
from solitude.providers.bango.api.payments import router as bango_payments
from solitude.providers.bango.api.products import provider_router as bango_ready_products
from solitude.providers.bango.api.products import router as bango_products
from solitude.providers.bango.api.refunds import router as bango_refunds
from solitude.providers.bango.api.sbi import router as bango_sbi
from solitude.providers.bango.api.status import router as bango_status
from solitude.providers.braintree.api.customers import router as braintree_customers
from solitude.providers.braintree.api.paymethods import router as braintree_paymethods
from solitude.providers.braintree.api.products import router as braintree_products
from solitude.providers.braintree.api.records import router as braintree_records
from solitude.providers.braintree.api.refunds import router as braintree_refunds
from solitude.providers.braintree.api.sales import router as braintree_sales
from solitude.providers.braintree.api.subscriptions import router as braintree_subscriptions
from solitude.providers.braintree.api.webhook import router as braintree_webhook
from solitude.providers.paypal.api.accounts import router as paypal_accounts
from solitude.providers.paypal.api.ipn import router as paypal_ipn
from solitude.providers.paypal.api.payments import router as paypal_payments
from solitude.providers.paypal.api.permissions import router as paypal_permissions
from solitude.providers.paypal.api.personal import router as paypal_personal
from solitude.providers.paypal.api.preapprovals import router as paypal_preapprovals
from solitude.providers.paypal.api.products import router as paypal_products
from solitude.providers.paypal.api.records import router as paypal_records
from solitude.providers.paypal.api.webhook import router as paypal_webhook
from solitude.providers.reference.api.notices import router as reference_notices
from solitude.providers.reference.api.passing import router as reference_passing
from solitude.providers.reference.api.payments import router as reference_payments
from solitude.providers.reference.api.records import router as reference_records
from solitude.routing.api.afterwards import router as payments_afterwards
from solitude.routing.api.payments import router as payments
from solitude.sellers.api import router as sellers
from solitude.sellers.models import parts as seller_parts
from solitude.sellers.models import product_parts, seller_uuids
from solitude.services.api import router as services
from solitude.services.retention_api import router as retention
from solitude.transactions.api import router as transactions
from solitude.web import errors
from solitude.web.bodies import JsonParser, JsonRenderer
from solitude.web.docs import pages
from solitude.web.openapi import Api, document
from solitude.web.openapi.api import router_for

TAGS = {
    "buyers": "Who buys, and the PIN that protects a purchase.",
    "sellers": "Who sells, and what.",
    "transactions": "What was paid, by whom, for what, and what became of it.",
    "events": "The feed: each change of anything, once and in order.",
    "payments": "Payments whose provider this server chooses, and what follows a payment at any provider.",
    "paypal": "Payments, refunds, pre-approvals and notifications, and what is kept of buyers, sellers and products, for PayPal.",
    "bango": "Payments by way of phone bills and cards, and what is kept of sellers and products, for Bango.",
    "braintree": "Cards and subscriptions, and what is kept of buyers and products, for Braintree.",
    "reference": "Payments through providers that speak the reference interface, and what else they offer, passed on.",
    "services": "How the server is.",
    "description": "What this server is, and this description of it.",
}
# What a provider in a package of its own has besides /payments/ is below its name.
_own_routes = {
    package.name: module.router
    for package in settings.PROVIDER_PACKAGES
    if (module := package.part(packages.ROUTES)) is not None
}
TAGS |= {name: f"What the provider {name} has of its own." for name in _own_routes}
api = Api(
    openapi_url=None,
    docs_url=None,
    parser=JsonParser(),
    renderer=JsonRenderer(),
    urls_namespace="solitude",
    openapi_extra={"tags": [{"name": name, "description": says} for name, says in TAGS.items()]},
)
errors.install(api)


@cache
def description() -> dict[str, Any]:
    """The OpenAPI document of everything below."""
    return document(api, buyer_parts, seller_parts, product_parts, seller_uuids)


for prefix, tag, router in (
    ("/generic", "buyers", buyers),
    ("/generic", "buyers", pins),
    ("/generic", "sellers", sellers),
    ("/generic", "transactions", transactions),
    ("/events", "events", events),
    ("/payments", "payments", payments),
    ("/payments", "payments", payments_afterwards),
    ("/paypal", "paypal", paypal_payments),
    ("/paypal", "paypal", paypal_preapprovals),
    ("/paypal", "paypal", paypal_records),
    ("/paypal", "paypal", paypal_products),
    ("/paypal", "paypal", paypal_permissions),
    ("/paypal", "paypal", paypal_personal),
    ("/paypal", "paypal", paypal_accounts),
    ("/paypal", "paypal", paypal_webhook),
    ("/paypal", "paypal", paypal_ipn),
    ("/bango", "bango", bango_payments),
    ("/bango", "bango", bango_notifications),
    ("/bango", "bango", bango_refunds),
    ("/bango", "bango", bango_packages),
    ("/bango", "bango", bango_products),
    ("/bango", "bango", bango_money_matters),
    ("/bango", "bango", bango_login),
    ("/bango", "bango", bango_sbi),
    ("/bango", "bango", bango_status),
    ("/braintree", "braintree", braintree_customers),
    ("/braintree", "braintree", braintree_paymethods),
    ("/braintree", "braintree", braintree_sales),
    ("/braintree", "braintree", braintree_refunds),
    ("/braintree", "braintree", braintree_subscriptions),
    ("/braintree", "braintree", braintree_webhook),
    ("/braintree", "braintree", braintree_products),
    ("/braintree", "braintree", braintree_records),
    ("/provider/bango", "bango", bango_ready_products),
    ("/provider/reference", "reference", reference_records),
    ("/provider", "reference", reference_payments),
    ("/provider", "reference", reference_notices),
    # Last below /provider: it takes whatever path is left.
    ("/provider", "reference", reference_passing),
    ("/services", "services", services),
    ("/services", "services", retention),
    ("", "description", router_for(description)),
    *((f"/{name}", name, router) for name, router in _own_routes.items()),
):
    api.add_router(prefix, router, tags=[tag])


watching.install(api)

# `/provider/<name>/` is the reference interface; of Bango there is one path below it, and nothing else.
_bango_has_no_more = re_path(r"^provider/bango/(?!product/$)", errors.no_method)
# A refund has no path of its own: it is asked about by its uuid.
_no_refund_by_number = path("bango/refund/<int:pk>/", errors.no_method)
urlpatterns = [*pages.urls, _bango_has_no_more, _no_refund_by_number, path("", api.urls)]
handler404 = "solitude.web.errors.unknown_path"
handler500 = "solitude.web.errors.uncaught"
