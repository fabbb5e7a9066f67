"""The database is away, or takes no write: what such an error is, and what is answered then."""

from typing import Any, Literal

from django.db import DatabaseError, InterfaceError, InternalError, OperationalError, connections
from typing_extensions import TypedDict

from solitude.telemetry.logs import get_logger
from solitude.web import begun
from solitude.web.refusals import Refused

log = get_logger("solitude.web")
RETRY_AFTER_S = 1
# Primary result codes (https://sqlite.org/rescode.html): BUSY, LOCKED, READONLY, IOERR, FULL, CANTOPEN. Others are faults of ours.
_SQLITE_AWAY = {5, 6, 8, 10, 13, 14}
# SQLSTATE of a write on a standby (https://www.postgresql.org/docs/15/errcodes-appendix.html).
READ_ONLY = "25006"


class DatabaseUnavailable(TypedDict):
    """The database is away, or changes hands: this request has moved no money. Ask again under the same key."""

    detail: str
    code: Literal["database_unavailable"]


def is_away(error: BaseException) -> bool:
    """Whether the database, and not what was asked of it, is at fault: it is gone, full, locked, overloaded or read-only."""
    if isinstance(error, InterfaceError):
        return True
    cause: Any = error.__cause__
    if isinstance(error, OperationalError):
        result_code = getattr(cause, "sqlite_errorcode", None)
        return result_code is None or result_code & 0xFF in _SQLITE_AWAY
    return isinstance(error, InternalError) and getattr(cause, "sqlstate", None) == READ_ONLY


def refusal_of(error: DatabaseError | InterfaceError) -> Refused:
    """503, or 504 where a provider may have acted for this request: then a worker finds out what became of it."""
    drop_connections()
    names = begun.current()
    # The text of the error may hold names of hosts and users.
    log.error(
        "database_unavailable",
        error=type(error).__name__,
        sqlstate=getattr(error.__cause__, "sqlstate", None),
        provider_may_have_acted=names is not None,
    )
    if names is not None:
        detail = "It is not known whether the provider did it, and the database is not available. Ask again under the same key."
        return Refused(504, {"detail": detail, "code": "outcome_unknown", **names})
    body: DatabaseUnavailable = {
        "detail": "The database is not available; this request has moved no money. Ask again under the same key.",
        "code": "database_unavailable",
    }
    return Refused(503, body, {"Retry-After": str(RETRY_AFTER_S)})


def drop_connections() -> None:
    """Closes this thread's connections: one to a former primary answers reads, and would never take a write again."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()
