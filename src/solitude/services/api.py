"""`/services/`: what operators and the monitoring ask. Only `/services/status/`, at this very path, needs no signature."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from ninja import Router
from typing_extensions import TypedDict

from solitude.payments import calls, recovery
from solitude.payments.models import ProviderCall
from solitude.sellers import statuses
from solitude.sellers.statuses import BadStatus
from solitude.services import health, shown_settings
from solitude.services.health import Health
from solitude.services.shown_settings import SettingShown
from solitude.telemetry import trial
from solitude.telemetry.trial import Trial
from solitude.transactions.failures import failed_products
from solitude.web import paging
from solitude.web.answers import answer, time_text
from solitude.web.openapi import Time, errors, unconditional
from solitude.web.refusals import Refused, not_found
from solitude.web.requests import ApiRequest

router = Router()
UNCERTAIN_MAX = 1000


class Authenticated(TypedDict):
    """The key of the client that signed; null where nobody had to."""

    authenticated: str | None


class FailedProduct(TypedDict):
    """The last transaction of a product, which failed. `product_id` is the product's external id."""

    id: int
    uuid: str
    uid_pay: str | None
    uid_support: str | None
    uri: str
    product_id: str


class FailedProducts(TypedDict):
    """The newest first."""

    transactions: list[FailedProduct]


class BadStatuses(TypedDict):
    """The newest first."""

    statuses: list[BadStatus]


class UncertainCall(TypedDict):
    """A provider call whose outcome is not known. `transaction` and `uuid` are null for those of a pre-approval."""

    transaction: str | None
    uuid: str | None
    provider: str
    operation: str
    since: Time
    tries: int
    next_try: Time


class Uncertain(TypedDict):
    """How many there are, how old the oldest is, and as many as one answer holds, the oldest first."""

    count: int
    oldest_s: int
    transactions: list[UncertainCall]


class TestError(Exception):
    """Raised on purpose, to see whether the alarm comes in."""


@router.get("/status/", response={200: Health, 500: Health})
def status(request: ApiRequest) -> HttpResponse:
    """Unsigned, for the monitoring: 200, or 500 when the server is not well, with what does not work. `proxies` alone is no 500."""
    role = health.role()
    found = role.examined()
    return answer(found, 200 if role.is_well(found) else 500, **{"Cache-Control": "no-store"})


@router.get("/request/", response=Authenticated)
def authenticated(request: ApiRequest) -> HttpResponse:
    """Proves that signing works from end to end."""
    paging.only(request)
    found: Authenticated = {"authenticated": request.client.key if request.client else None}
    return answer(found)


@router.get("/error/", response=errors(500))
def error(request: ApiRequest) -> HttpResponse:
    """Always 500, as for any fault of this server: a line in the log, and a security event of severity 3."""
    paging.only(request)
    raise TestError


@router.get("/logs/", response=Trial)
def try_logs(request: ApiRequest) -> HttpResponse:
    """Writes a line at every level to every logger. 200 also when one cannot be written: look at `failed`."""
    paging.only(request)
    return answer(trial.run())


@router.get("/settings/", response=list[str])
def list_settings(request: ApiRequest) -> HttpResponse:
    """The names of all settings."""
    paging.only(request)
    _check_settings_access()
    return answer(shown_settings.names())


@router.get("/settings/{name}/", response=SettingShown, openapi_extra=unconditional())
def get_setting(request: ApiRequest, name: str) -> HttpResponse:
    """One setting, without its secrets."""
    paging.only(request)
    _check_settings_access()
    found = shown_settings.shown(name)
    if found is None:
        raise not_found()
    return answer(found)


@router.get("/failures/transactions/", response=FailedProducts)
def list_failed_products(request: ApiRequest) -> HttpResponse:
    """Each product whose last transaction failed, with that transaction, the newest first; see transactions/failures.py for the limits."""
    paging.only(request)
    rows = failed_products().values("pk", "uuid", "uid_pay", "uid_support", "seller_product__external_id")
    found: FailedProducts = {"transactions": [_failed_product(row) for row in rows]}
    return answer(found)


@router.get("/failures/statuses/", response=BadStatuses)
def list_bad_statuses(request: ApiRequest) -> HttpResponse:
    """Each product whose last check by a provider was bad. Empty as long as no provider here checks products."""
    paging.only(request)
    found: BadStatuses = {"statuses": statuses.bad()}
    return answer(found)


@router.get("/uncertain/", response=Uncertain)
def uncertain(request: ApiRequest) -> HttpResponse:
    """The calls whose outcome is not known, the oldest first; `count` is of all of them, the list is of at most UNCERTAIN_MAX."""
    paging.only(request)
    now = recovery.backlog()
    rows = calls.uncertain().select_related("transaction").order_by("begun_at", "pk")[:UNCERTAIN_MAX]
    listed = [_uncertain(call) for call in rows]
    found: Uncertain = {"count": now.uncertain, "oldest_s": now.oldest_s, "transactions": listed}
    return answer(found)


def _check_settings_access() -> None:
    if not settings.SOLITUDE_CLEANSED_SETTINGS_ACCESS:
        raise Refused(403, {"detail": "SOLITUDE_CLEANSED_SETTINGS_ACCESS is off."})


def _failed_product(row: Mapping[str, Any]) -> FailedProduct:
    return {
        "id": row["pk"],
        "uuid": row["uuid"],
        "uid_pay": row["uid_pay"],
        "uid_support": row["uid_support"],
        "uri": f"/generic/transaction/{row['pk']}/",
        "product_id": row["seller_product__external_id"],
    }


def _uncertain(call: ProviderCall) -> UncertainCall:
    row = call.transaction
    return {
        "transaction": row.resource_uri if row else None,
        "uuid": row.uuid if row else None,
        "provider": call.provider,
        "operation": call.operation,
        "since": time_text(call.begun_at),
        "tries": call.tries,
        "next_try": time_text(max(call.next_try_at, call.leased_until or call.next_try_at)),
    }
