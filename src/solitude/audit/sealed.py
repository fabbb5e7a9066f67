"""The access log is sealed like the rest: no column of it ever changes."""

from solitude.audit.kinds import Group, Kind
from solitude.audit.models import Access

_ACCESS = Group(
    "access",
    (
        "at", "client", "request_id", "method", "route", "kind", "does", "person", "objects_seen", "by_email", "status", "peer",
    ),
)  # fmt: skip
ACCESSES = Kind("accesses", Access, began="at", layouts={1: (_ACCESS,)})
