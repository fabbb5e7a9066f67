"""Security events in the Common Event Format, which the operators' monitoring reads.

Format: "Implementing ArcSight Common Event Format", version 0: a head with seven fields between bars and an extension
of `key=value` pairs. In the head `|` and `\\` are escaped, in the extension `=` and `\\`, in both the ends of lines.
"""

import datetime
import logging
import platform
import re
from collections.abc import Mapping

from django.db import transaction

from . import context, redaction

LOGGER = "solitude.cef"
ALARM_LOGGER = "solitude.cef.alarm"

# Under which a record of the log bears the severity of its event.
SEVERITY = "cef_severity"
DEFAULT_SEVERITY = 5
# Events above this severity are also ERROR lines of the ordinary log.
QUIET_SEVERITY = 2
SEVERITIES = range(11)

# Of each value, after escaping. Together they stay below the limit of a line, so that no event is ever cut in its middle.
NAME_LIMIT_BYTES = 512
SHORT_LIMIT_BYTES = 128
VALUE_LIMIT_BYTES = 1024
CUSTOM_LIMIT_BYTES = 512
EXTRA_PAIRS_LIMIT = 3

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# The custom string fields of CEF: the first is always the user agent, the next three say what the event belongs to.
_EXTRA_NAME = re.compile(r"cs[5-7]")
_CONTEXT_FIELDS = {
    "cs2": ("requestId", "request_id"),
    "cs3": ("transaction", "transaction"),
    "cs4": ("correlationId", "correlation_id"),
}
_NOTHING: Mapping[str, str] = {}
_HEAD_ESCAPES = {"\\": "\\\\", "|": "\\|", "\r": "\\r", "\n": "\\n"}
# Nothing to escape, and each character one byte: nearly all values.
_PLAIN = re.compile(r"[ !-<>-\[\]-{}~]*")
_VALUE_ESCAPES = {"\\": "\\\\", "=": "\\=", "\r": "\\r", "\n": "\\n"}


def event(
    name: str,
    severity: int = DEFAULT_SEVERITY,
    *,
    request: Mapping[str, str] | None = None,
    extra: Mapping[str, object] | None = None,
) -> None:
    """Writes one security event.

    `name` says what happened; `severity` goes from 0 to 10. `request` may have `method`, `path_with_query`, `client`
    (the key that signed), `src` (address), `dhost` (host asked for) and `user_agent`. `extra` are at most three of CEF's
    custom fields `cs5` to `cs7`, each with its label: `{"cs6Label": "old", "cs6": "pending"}`. `cs2` to `cs4` are the
    request, the transaction and the provider's correlation id of `context`, where there are such. Raises ValueError for
    another severity or field, which is a fault of the caller, never for a value. `security_events` lists all names.
    """
    if severity not in SEVERITIES:
        raise ValueError("severity goes from 0 to 10")
    if extra and not _are_pairs(extra):
        raise ValueError("extra are at most three of the fields cs5 to cs7, each with its label")
    text = message(name, severity, request or {}, extra or {})
    # For syslog, whose receivers sort by it; the level says nothing, for every event is to be written.
    logging.getLogger(LOGGER).info("%s", text, extra={SEVERITY: severity})
    if severity > QUIET_SEVERITY:
        logging.getLogger(ALARM_LOGGER).error("%s", text)


def after_commit(
    name: str,
    severity: int = DEFAULT_SEVERITY,
    *,
    about: str = "",
    request: Mapping[str, str] | None = None,
    extra: Mapping[str, object] | None = None,
) -> None:
    """The same, once the transaction that is open is committed, and never if it is not: for what has been done.

    `about` is the uuid of the transaction of ours that it is about, if it is not the one of `context`.
    """

    def tell() -> None:
        with context.bound(transaction=about or None):
            event(name, severity, request=request, extra=extra)

    # Robust: what is committed is done, whatever becomes of its event.
    transaction.on_commit(tell, robust=True)


class CefFormatter(logging.Formatter):
    """Puts time (UTC) and host before the event, as syslog does."""

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
        date = f"{_MONTHS[time.month - 1]} {time.day:02} {time:%H:%M:%S}"
        return redaction.line(f"{date} {platform.node()} {record.getMessage()}")


def fitting_text(record: logging.LogRecord, _limit_bytes: int) -> str:
    """The event of a record, for syslog, whose messages have time and host themselves. The caller cuts it."""
    return redaction.line(record.getMessage())


def message(
    name: str, severity: int, request: Mapping[str, str] = _NOTHING, extra: Mapping[str, object] = _NOTHING
) -> str:
    """The event as it is written, without time and host; arguments as for `event`."""
    target = redaction.mask_query(request.get("path_with_query") or "-")
    head = [
        "CEF:0",
        "Mozilla",
        "Solitude",
        "0",
        _escaped(target, _HEAD_ESCAPES, VALUE_LIMIT_BYTES),
        _escaped(name, _HEAD_ESCAPES, NAME_LIMIT_BYTES),
        str(severity),
    ]
    short, long, custom = SHORT_LIMIT_BYTES, VALUE_LIMIT_BYTES, CUSTOM_LIMIT_BYTES
    bound = context.current()
    fields = [
        ("cs1Label", "requestClientApplication", short),
        ("cs1", request.get("user_agent") or "none", long),
        ("requestMethod", request.get("method") or "none", short),
        ("request", target.partition("?")[0], long),
        ("src", request.get("src") or "none", short),
        ("dhost", request.get("dhost") or "none", short),
        ("suser", request.get("client") or bound.get("client") or "none", short),
        ("msg", name, NAME_LIMIT_BYTES),
        *(
            pair
            for key, (label, name_bound) in _CONTEXT_FIELDS.items()
            if name_bound in bound
            for pair in ((f"{key}Label", label, short), (key, bound[name_bound], custom))
        ),
        *((key, value, short if key.endswith("Label") else custom) for key, value in extra.items()),
    ]
    pairs = [f"{key}={_escaped(value, _VALUE_ESCAPES, limit)}" for key, value, limit in fields]
    return "|".join([*head, " ".join(pairs)])


def _are_pairs(extra: Mapping[str, object]) -> bool:
    """Whether each custom field comes with its label, and there are not too many."""
    pairs = {key.removesuffix("Label") for key in extra}
    both = {name for pair in pairs for name in (pair, f"{pair}Label")}
    return set(extra) == both and len(pairs) <= EXTRA_PAIRS_LIMIT and all(_EXTRA_NAME.fullmatch(pair) for pair in pairs)


def _escaped(text: object, escapes: Mapping[str, str], limit_bytes: int) -> str:
    """The text masked and escaped, cut between characters so that no escape is left half."""
    masked = redaction.mask(str(text))
    if len(masked) <= limit_bytes and _PLAIN.fullmatch(masked):
        return masked
    parts: list[str] = []
    left = limit_bytes
    for character in masked:
        part = escapes.get(character) or redaction.without_control(character)
        left -= len(part.encode())
        if left < 0:
            break
        parts.append(part)
    return "".join(parts)
