"""Which path leads where at the proxy. It has nothing of the API but what says how it is."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path, re_path
from ninja import NinjaAPI

from solitude.proxy import passing
from solitude.services.proxy_api import router
from solitude.web import errors
from solitude.web.bodies import JsonParser, JsonRenderer

api = NinjaAPI(openapi_url=None, docs_url=None, parser=JsonParser(), renderer=JsonRenderer(), urls_namespace="proxy")
errors.install(api)
api.add_router("/services", router)


def home(_request: HttpRequest) -> HttpResponse:
    return JsonResponse({"message": "Solitude's proxy."})


urlpatterns = [
    path("", home),
    re_path(r"^proxy/(?P<service>bango|paypal|braintree)$", passing.own),
    # The view takes the rest from the signature, which has it as it was sent.
    re_path(r"^proxy/provider/(?P<name>[\w-]+)/", passing.provider),
    path("", api.urls),
]
handler404 = "solitude.web.errors.unknown_path"
handler500 = "solitude.web.errors.uncaught"
