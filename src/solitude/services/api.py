"""`/services/`: what operators ask."""

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from ninja import Router

from solitude.telemetry.logs import get_logger
from solitude.vault import checks
from solitude.web.answers import answer

router = Router()
log = get_logger("solitude.services")


@router.get("/status/")
def status(request: HttpRequest) -> HttpResponse:
    """Unsigned, for the monitoring: 200 when the database answers and the keys work, else 500 with what does not."""
    found = {"db": _database_answers(), "settings": _keys_work()}
    return answer(found, 200 if all(found.values()) else 500)


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
