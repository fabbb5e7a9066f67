"""Which path leads where."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from ninja import NinjaAPI

from solitude.buyers.api import router as buyers
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

api = NinjaAPI(openapi_url=None, docs_url=None, parser=JsonParser(), renderer=JsonRenderer(), urls_namespace="solitude")
errors.install(api)
for prefix, router in (
    ("/generic", buyers),
    ("/generic", sellers),
    ("/generic", transactions),
    ("/events", events),
    ("/paypal", paypal_payments),
    ("/paypal", paypal_preapprovals),
    ("/paypal", paypal_records),
    ("/paypal", paypal_webhook),
    ("/services", services),
):
    api.add_router(prefix, router)


def home(request: HttpRequest) -> HttpResponse:
    return answer({"message": "Solitude, a payment server for marketplaces."})


urlpatterns = [path("", home), path("", api.urls)]
handler404 = "solitude.web.errors.unknown_path"
handler500 = "solitude.web.errors.uncaught"
