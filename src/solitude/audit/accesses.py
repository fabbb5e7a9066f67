"""Who read or changed personal data: a row for each request and each command of the operator's that does.

A route says by `touches` that it touches such data, and views say by `touched` whom it is about where neither path nor answer tells.
The row is written after the work and before the answer, by one insert of its own. Where that fails, a read is refused, because nobody has
seen anything yet; a change stands, because it may be one at a provider too, and is an alarm instead.
"""

import getpass
import platform
import re
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

from solitude import prepared
from solitude.audit.models import Access, Does
from solitude.telemetry import cef
from solitude.telemetry.logs import get_logger

log = get_logger("solitude.audit")
__all__ = ["Does", "Personal", "alarm", "by_operator", "declared", "record", "touched", "touches"]
# A page of a list has at most 100 rows, each with what it is about.
OBJECTS_MAX = 300
ALARM_SEVERITY = 9
OPERATOR = "system:"
_PERSON = re.compile(r"/generic/(buyer|seller)/\d+/")
_DECLARED = "personal_data"

F = TypeVar("F", bound=Callable[..., Any])

_touched: ContextVar[list[str] | None] = ContextVar("solitude_touched", default=None)


@dataclass(frozen=True, slots=True)
class Personal:
    """What a route does with personal data, and of what kind they are."""

    does: Does
    kind: str


def touches(does: Does, kind: str) -> Callable[[F], F]:
    """Marks a view: each request that it answers is an access to personal data. To stand below the route."""

    def mark(view: F) -> F:
        setattr(view, _DECLARED, Personal(does, kind))
        return view

    return mark


def declared(view: Callable[..., Any]) -> Personal | None:
    """What the view was marked with."""
    found: Personal | None = getattr(view, _DECLARED, None)
    return found


def touched(*paths: str) -> None:
    """Says of the request that is being answered whom or what it is about; outside of one nothing is done."""
    held = _touched.get()
    if held is not None and len(held) < OBJECTS_MAX:
        held.extend(paths)


def begin() -> None:
    """A request begins, of which nothing is known yet."""
    _touched.set([])


def end() -> list[str]:
    """What was said since `begin`."""
    held, _ = _touched.get() or [], _touched.set(None)
    return held


def record(access: Access, objects: Iterable[str]) -> None:
    """Keeps one access, with the paths of what it touched. Raises DatabaseError."""
    paths = list(dict.fromkeys(objects))[:OBJECTS_MAX]
    persons = {path for path in paths if _PERSON.fullmatch(path)}
    access.objects_seen = paths
    access.person = persons.pop() if len(persons) == 1 else ""
    prepared.insert(access)


def alarm(access: Access) -> None:
    """Personal data were changed, and it could not be written down by whom."""
    log.error("access_not_recorded", route=access.route, does=access.does, client=access.client)
    cef.event(
        "Access to personal data not recorded",
        ALARM_SEVERITY,
        extra={"cs5Label": "route", "cs5": access.route, "cs6Label": "does", "cs6": access.does},
    )


def by_operator(does: Does, kind: str, command: str, objects: Iterable[str] = ()) -> None:
    """Keeps that a command of the operator's touches personal data, before it does.

    `command` is how it is called, without values: `solitude buyer export`. The client is `system:` and
    the name of the user in the operating system. Raises DatabaseError.
    """
    access = Access(
        client=f"{OPERATOR}{_user()}"[:64],
        method="command",
        route=command[:128],
        kind=kind,
        does=does,
        status=0,
        peer=platform.node()[:45],
    )
    record(access, objects)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may have no name for its user's number.
        return "unknown"
