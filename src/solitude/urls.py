"""Which path leads where."""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any

from django.conf import settings
from django.urls import path, re_path
from ninja import Router

from solitude import packages
from solitude.audit import watching
from solitude.buyers.api import router as buyers
from solitude.buyers.models import parts as buyer_parts
from solitude.buyers.pin_api import router as pins
from solitude.events.api import router as events
from solitude.payments import registry
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
from solitude.web.later import Later
from solitude.web.openapi import Api, document
from solitude.web.openapi.api import router_for
from solitude.web.remembered import Remembered

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
# The house's own providers, and how their paths begin: what speaks to one that is not used is imported with the first request below.
_BELOW = {
    "bango": ("bango/", "provider/bango/"),
    "braintree": ("braintree/",),
    "paypal": ("paypal/",),
    # Behind Bango's, which it would take.
    "reference": ("provider/",),
}
Mounted = tuple[str, str, Router]


def _of_provider(name: str) -> Iterator[Mounted]:
    # What its routes need is offered with it.
    registry.provider(name)
    for prefix, router in import_module(f"solitude.providers.{name}.routes").ROUTES:
        yield prefix, name, router


def _api(*mounted: Mounted) -> Api:
    made = Api(
        openapi_url=None,
        docs_url=None,
        parser=JsonParser(),
        renderer=JsonRenderer(),
        urls_namespace="solitude",
        openapi_extra={"tags": [{"name": name, "description": says} for name, says in TAGS.items()]},
    )
    errors.install(made)
    for prefix, tag, router in mounted:
        made.add_router(prefix, router, tags=[tag])
    watching.install(made)
    return made


@cache
def description() -> dict[str, Any]:
    """The OpenAPI document of everything below, used or not."""
    whole = _api(*_mounted, *(each for name in _unused for each in _of_provider(name))) if _unused else api
    return document(whole, buyer_parts, seller_parts, product_parts, seller_uuids)


_unused = [name for name in _BELOW if not registry.is_used(name)]
_mounted: tuple[Mounted, ...] = (
    ("/generic", "buyers", buyers),
    ("/generic", "buyers", pins),
    ("/generic", "sellers", sellers),
    ("/generic", "transactions", transactions),
    ("/events", "events", events),
    ("/payments", "payments", payments),
    ("/payments", "payments", payments_afterwards),
    *(each for name in _BELOW if name not in _unused for each in _of_provider(name)),
    ("/services", "services", services),
    ("/services", "services", retention),
    ("", "description", router_for(description)),
    *((f"/{name}", name, router) for name, router in _own_routes.items()),
)
api = _api(*_mounted)


def _later(name: str) -> Later:
    return Later(_BELOW[name], lambda: _api(*_of_provider(name)))


# `/provider/<name>/` is the reference interface; of Bango there is one path below it, and nothing else.
_bango_has_no_more = re_path(r"^provider/bango/(?!product/$)", errors.no_method)
# A refund has no path of its own: it is asked about by its uuid.
_no_refund_by_number = path("bango/refund/<int:pk>/", errors.no_method)
urlpatterns = [
    Remembered(
        [
            *pages.urls,
            _bango_has_no_more,
            _no_refund_by_number,
            *(_later(name) for name in _unused if name != "reference"),
            path("", api.urls),
            *(_later(name) for name in _unused if name == "reference"),
        ]
    )
]
handler404 = "solitude.web.errors.unknown_path"
handler500 = "solitude.web.errors.uncaught"
