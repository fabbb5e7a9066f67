"""Security events in the Common Event Format, which the operators' monitoring reads.

Format: "Implementing ArcSight Common Event Format", version 0: a head with seven fields between bars and an extension
of `key=value` pairs. In the head `|` and `\\` are escaped, in the extension `=` and `\\`, in both the ends of lines.
"""

import datetime
import logging
import platform
import re
from collections.abc import Mapping
from functools import lru_cache

from django.db import transaction

from . import context, redaction

LOGGER = "solitude.cef"
ALARM_LOGGER = "solitude.cef.alarm"
_log, _alarm_log = logging.getLogger(LOGGER), logging.getLogger(ALARM_LOGGER)

# Under which a record of the log bears the severity of its event.
SEVERITY = "cef_severity"
DEFAULT_SEVERITY = 5
PRODUCT = "Solitude"
# Events above this severity are also ERROR lines of the ordinary log.
QUIET_SEVERITY = 2
SEVERITIES = range(11)

# Of each value, after escaping. Together they stay below the limit of a line, so that no event is ever cut in its middle.
NAME_LIMIT_BYTES = 512
SHORT_LIMIT_BYTES = 128
VALUE_LIMIT_BYTES = 1024
CUSTOM_LIMIT_BYTES = 512
EXTRA_PAIRS_LIMIT = 3
# So many sets of their names are remembered to be right or wrong; our code has fewer.
PAIRS_KNOWN = 64

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# The custom string fields of CEF: the first is always the user agent, the next three say what the event belongs to.
_EXTRA_NAME = re.compile(r"cs[5-7]")
_CONTEXT_FIELDS = {
    "request_id": "cs2Label=requestId cs2",
    "transaction": "cs3Label=transaction cs3",
    "correlation_id": "cs4Label=correlationId cs4",
}
_NONE = "none"
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
    product: str = PRODUCT,
) -> None:
    """Writes one security event.

    `name` says what happened; `severity` goes from 0 to 10. `request` may have `method`, `path_with_query`, `client`
    (the key that signed), `src` (address), `dhost` (host asked for) and `user_agent`. `extra` are at most three of CEF's
    custom fields `cs5` to `cs7`, each with its label: `{"cs6Label": "old", "cs6": "pending"}`. `cs2` to `cs4` are the
    request, the transaction and the provider's correlation id of `context`, where there are such. Raises ValueError for
    another severity or field, which is a fault of the caller, never for a value. `security_events` lists all names.
    `product` is what of us has noticed it.
    """
    if severity not in SEVERITIES:
        raise ValueError("severity goes from 0 to 10")
    if extra and not _are_pairs(tuple(extra)):
        raise ValueError("extra are at most three of the fields cs5 to cs7, each with its label")
    text = message(name, severity, request or {}, extra or {}, product)
    # For syslog, whose receivers sort by it; the level says nothing, for every event is to be written.
    _log.info("%s", text, extra={SEVERITY: severity})
    if severity > QUIET_SEVERITY:
        _alarm_log.error("%s", text)


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
        if about in ("", context.current().get("transaction")):
            event(name, severity, request=request, extra=extra)
            return
        with context.bound(transaction=about):
            event(name, severity, request=request, extra=extra)

    # Robust: what is committed is done, whatever becomes of its event.
    transaction.on_commit(tell, robust=True)


class CefFormatter(logging.Formatter):
    """Puts time (UTC) and host before the event, as syslog does."""

    def __init__(self) -> None:
        super().__init__()
        self._host = platform.node()

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
        date = f"{_MONTHS[time.month - 1]} {time.day:02} {time.hour:02}:{time.minute:02}:{time.second:02}"
        return redaction.line(f"{date} {self._host} {record.getMessage()}")


def fitting_text(record: logging.LogRecord, _limit_bytes: int) -> str:
    """The event of a record, for syslog, whose messages have time and host themselves. The caller cuts it."""
    return redaction.line(record.getMessage())


def message(
    name: str,
    severity: int,
    request: Mapping[str, str] = _NOTHING,
    extra: Mapping[str, object] = _NOTHING,
    product: str = PRODUCT,
) -> str:
    """The event as it is written, without time and host; arguments as for `event`."""
    bound = context.current()
    target, of_request = _told(request) if request else _NO_REQUEST
    masked_name = redaction.mask(name)
    fields = [
        of_request,
        f"suser={_value(request.get('client') or bound.get('client') or _NONE, SHORT_LIMIT_BYTES)}",
        f"msg={_escaped(masked_name, _VALUE_ESCAPES, NAME_LIMIT_BYTES)}",
        *(
            f"{field}={_value(bound[name], CUSTOM_LIMIT_BYTES)}"
            for name, field in _CONTEXT_FIELDS.items()
            if name in bound
        ),
        *(
            f"{key}={_label(value) if key.endswith('Label') else _value(value, CUSTOM_LIMIT_BYTES)}"
            for key, value in extra.items()
        ),
    ]
    head = f"CEF:0|Mozilla|{product}|0|{target}|{_escaped(masked_name, _HEAD_ESCAPES, NAME_LIMIT_BYTES)}|{severity}"
    return f"{head}|{' '.join(fields)}"


def _told(request: Mapping[str, str]) -> tuple[str, str]:
    """Where a request went, for the head, and the fields of the extension that tell of it."""
    target = redaction.mask_query(request.get("path_with_query") or "-")
    fields = (
        f"cs1Label=requestClientApplication cs1={_value(request.get('user_agent') or _NONE, VALUE_LIMIT_BYTES)}",
        f"requestMethod={_value(request.get('method') or _NONE, SHORT_LIMIT_BYTES)}",
        f"request={_value(target.partition('?')[0], VALUE_LIMIT_BYTES)}",
        f"src={_value(request.get('src') or _NONE, SHORT_LIMIT_BYTES)}",
        f"dhost={_value(request.get('dhost') or _NONE, SHORT_LIMIT_BYTES)}",
    )
    return _escaped(redaction.mask(target), _HEAD_ESCAPES, VALUE_LIMIT_BYTES), " ".join(fields)


def _value(value: object, limit_bytes: int) -> str:
    """A value of the extension."""
    # It stands in most fields of most events, and holds nothing.
    return _NONE if value is _NONE else _escaped(redaction.mask(str(value)), _VALUE_ESCAPES, limit_bytes)


def _label(label: object) -> str:
    """What a custom field is called: a word of our code, and there are few."""
    return _escaped(redaction.mask(str(label)), _VALUE_ESCAPES, SHORT_LIMIT_BYTES)


@lru_cache(PAIRS_KNOWN)
def _are_pairs(keys: tuple[str, ...]) -> bool:
    """Whether each custom field comes with its label, and there are not too many."""
    pairs = {key.removesuffix("Label") for key in keys}
    both = {name for pair in pairs for name in (pair, f"{pair}Label")}
    return set(keys) == both and len(pairs) <= EXTRA_PAIRS_LIMIT and all(_EXTRA_NAME.fullmatch(pair) for pair in pairs)


def _escaped(masked: str, escapes: Mapping[str, str], limit_bytes: int) -> str:
    """The masked text escaped, and cut between characters so that no escape is left half."""
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


# Of an event that no request has caused.
_NO_REQUEST = _told({})
