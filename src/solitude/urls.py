"""Which path leads where."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from solitude.buyers.api import router as buyers
from solitude.buyers.pin_api import router as pins
from solitude.events.api import router as events
from solitude.providers.paypal.api import router as paypal_payments
from solitude.providers.paypal.preapproval_api import router as paypal_preapprovals
from solitude.providers.paypal.records_api import router as paypal_records
from solitude.providers.paypal.webhook_api import router as paypal_webhook
from solitude.sellers.api import router as sellers
from solitude.services.api import router as services
from solitude.transactions.api import router as transactions
from solitude.web import errors
from solitude.web.answers import answer
from solitude.web.bodies import JsonParser, JsonRenderer
from solitude.web.openapi import Api

api = Api(openapi_url=None, docs_url=None, parser=JsonParser(), renderer=JsonRenderer(), urls_namespace="solitude")
errors.install(api)
for prefix, tag, router in (
    ("/generic", "buyers", buyers),
    ("/generic", "buyers", pins),
    ("/generic", "sellers", sellers),
    ("/generic", "transactions", transactions),
    ("/events", "events", events),
    ("/paypal", "paypal", paypal_payments),
    ("/paypal", "paypal", paypal_preapprovals),
    ("/paypal", "paypal", paypal_records),
    ("/paypal", "paypal", paypal_webhook),
    ("/services", "services", services),
):
    api.add_router(prefix, router, tags=[tag])


def home(request: HttpRequest) -> HttpResponse:
    return answer({"message": "Solitude, a payment server for marketplaces."})


urlpatterns = [path("", home), path("", api.urls)]
handler404 = "solitude.web.errors.unknown_path"
handler500 = "solitude.web.errors.uncaught"
