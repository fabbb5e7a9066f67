"""`/services/`: what operators ask."""

from typing import Any

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from ninja import Router

from solitude.payments import calls, recovery
from solitude.payments.models import ProviderCall
from solitude.telemetry.logs import get_logger
from solitude.vault import checks
from solitude.web import paging
from solitude.web.answers import answer, time_text

router = Router()
log = get_logger("solitude.services")
UNCERTAIN_MAX = 1000


@router.get("/status/")
def status(request: HttpRequest) -> HttpResponse:
    """Unsigned, for the monitoring: 200 when the database answers and the keys work, else 500 with what does not."""
    found = {"db": _database_answers(), "settings": _keys_work()}
    return answer(found, 200 if all(found.values()) else 500)


@router.get("/uncertain/")
def uncertain(request: HttpRequest) -> HttpResponse:
    """The calls whose outcome is not known, the oldest first; `count` is of all of them, the list is of at most UNCERTAIN_MAX."""
    paging.only(request)
    now = recovery.backlog()
    found = calls.uncertain().select_related("transaction").order_by("begun_at", "pk")[:UNCERTAIN_MAX]
    return answer(
        {"count": now.uncertain, "oldest_s": now.oldest_s, "transactions": [_uncertain(call) for call in found]}
    )


def _uncertain(call: ProviderCall) -> dict[str, Any]:
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


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return bool(cursor.fetchone() == (1,))
    except DatabaseError:
        log.exception("database does not answer")
        return False


def _keys_work() -> bool:
    try:
        checks.self_test()
    except Exception:
        log.exception("keys do not work")
        return False
    return True
