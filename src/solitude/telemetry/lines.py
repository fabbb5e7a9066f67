"""Log lines: one JSON object a line, or a text for people at a console and for the older form of syslog.

Every line carries time (UTC, milliseconds), level, logger, event, and what `context` has bound. Whoever wrote a line,
here or in a library, it is masked (see `redaction`) and cannot look like two.
"""

import datetime
import json
import logging
import math
import sys
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from structlog.processors import CallsiteParameter, CallsiteParameterAdder

from . import context, redaction

# The forms that a console can have.
JSON, TEXT = "json", "text"
FIELDS_LIMIT = 32
ITEMS_LIMIT = 32
DEPTH_LIMIT = 4
NAME_LIMIT_CHARACTERS = 64
TEXT_LIMIT_CHARACTERS = 2048
EXCEPTION_LIMIT_CHARACTERS = 4096
FRAMES_LIMIT = 40
# A number of so many digits could be a card number, so it is judged as a text.
DIGITS_LIMIT = 12

HEAD = ("time", "level", "logger", "event")
# What a line keeps when it would be too long with all its fields: how much of each text, ever less.
SHORTER_CHARACTERS = (512, 128, 32)
ANONYMOUS, NO_REQUEST = "<anon>", "-"
_WHERE = CallsiteParameterAdder({CallsiteParameter.FILENAME, CallsiteParameter.LINENO}, ["solitude.telemetry"])

Entry = dict[str, Any]

# Kept, because `json.dumps` makes one anew for each call with options.
_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_SPACED = json.JSONEncoder(ensure_ascii=False)


class LineFormatter(logging.Formatter):
    """Turns a record, of ours or of a library, into one safe line.

    Several handlers show the same record: whoever comes first leaves on it what was made of it (`_Made`).
    """

    def __init__(self, render: Callable[[Entry], str]) -> None:
        super().__init__()
        self._render = render

    def format(self, record: logging.LogRecord) -> str:
        made = _made(record)
        if (line := made.lines.get(self._render)) is not None:
            return line
        try:
            if made.entry is None:
                made.entry = _entry(record)
            line = made.lines[self._render] = self._render(made.entry)
            return line
        except Exception as error:  # noqa: BLE001 - wrong arguments or a failing __str__ must not cost the caller its work
            lost = {"event": "a log line could not be rendered", "error": type(error).__name__}
            return self._render(_head(record) | lost)


class _Made:
    """What was made of a record: its fields, the same for every form, and its line by the function that renders it."""

    __slots__ = ("entry", "lines")

    def __init__(self) -> None:
        self.entry: Entry | None = None
        self.lines: dict[Callable[[Entry], str], str] = {}


def _made(record: logging.LogRecord) -> _Made:
    made: _Made | None = getattr(record, "made", None)
    if made is None:
        made = record.made = _Made()
    return made


def fitting_json(record: logging.LogRecord, limit_bytes: int) -> str:
    """The JSON of a record, for syslog: whole, unless the limit is so narrow that not even its head fits."""
    return LineFormatter(lambda entry: as_json(entry, min(limit_bytes, redaction.LINE_LIMIT_BYTES))).format(record)


def fitting_text(record: logging.LogRecord, _limit_bytes: int) -> str:
    """The text of a record, for the older syslog: `logger:LEVEL client:request_id event name=value :file:line`. The caller cuts it."""
    return LineFormatter(lambda entry: _as_older_text(entry, _where(record))).format(record)


def as_json(entry: Entry, limit_bytes: int = redaction.LINE_LIMIT_BYTES) -> str:
    """One JSON object of at most so many bytes, always complete: what does not fit is cut within it."""
    line = _json_line(entry)
    for characters in SHORTER_CHARACTERS:
        if len(line.encode()) <= limit_bytes:
            return line
        shorter = {name: _shortened(str(entry[name]), characters) for name in (*HEAD, *context.NAMES) if name in entry}
        # The end of a traceback tells more than its beginning.
        trace = {"exception": entry["exception"][-4 * characters :]} if "exception" in entry else {}
        line = _json_line(shorter | trace | {"cut": True})
    return line


def as_text(entry: Entry) -> str:
    """For people at a console: a line, and below it the traceback, each of its lines behind a bar."""
    rest = " ".join(
        f"{name}={_shown(value)}" for name, value in entry.items() if name not in HEAD and name != "exception"
    )
    line = f"{entry['time']} {entry['level']:<8} {entry['logger']}: {entry['event']} {rest}".rstrip()
    trace = entry.get("exception", "").splitlines()
    return "\n".join([redaction.line(line), *(f"  | {redaction.line(part)}" for part in trace)])


def _as_older_text(entry: Entry, where: str) -> str:
    who = f"{entry.get('client', ANONYMOUS)}:{entry.get('request_id', NO_REQUEST)}"
    known = {*HEAD, "client", "request_id"}
    rest = "".join(f" {name}={_shown(value)}" for name, value in entry.items() if name not in known)
    return redaction.line(f"{entry['logger']}:{entry['level'].upper()} {who} {entry['event']}{rest} :{where}")


def _where(record: logging.LogRecord) -> str:
    """File and line of the code that wrote the record; of our own loggers the record itself only knows structlog's."""
    found = _WHERE(
        logging.getLogger(record.name), "", {"_record": record, "_from_structlog": hasattr(record, "_logger")}
    )
    return f"{found['filename']}:{found['lineno']}"


def _json_line(entry: Entry) -> str:
    text = _COMPACT.encode(entry)
    line = redaction.clean(text)
    if line != text and not _is_json(line):
        # The values were masked one by one; what was found only now spans several. Rather a line in a line than broken.
        line = _SPACED.encode({name: entry[name] for name in HEAD if name != "event"} | {"event": line})
    return line


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _head(record: logging.LogRecord) -> Entry:
    time = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
    return {
        "time": time.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z",
        "level": record.levelname.lower(),
        "logger": record.name,
    }


def _entry(record: logging.LogRecord) -> Entry:
    fields: dict[str, Any] = {}
    event: object = record.msg
    exception: Any = record.exc_info
    if isinstance(record.msg, dict) and hasattr(record, "_logger"):  # so structlog hands its events over
        fields = dict(record.msg)
        event = fields.pop("event", "")
        exception = fields.pop("exc_info", exception)
    elif record.args:
        event = record.getMessage()
    entry = _head(record) | {"event": _plain(event)}
    for name, value in list((context.current() | fields).items())[:FIELDS_LIMIT]:
        if name not in HEAD:
            entry[_name(name)] = _value(name, value)
    trace = _traceback(exception)
    return entry | {"exception": trace} if trace else entry


def _traceback(exception: Any) -> str:
    """The traceback as a masked text that keeps its beginning and, above all, its end."""
    if exception is True:
        exception = sys.exc_info()
    if isinstance(exception, tuple):
        exception = exception[1]
    if not isinstance(exception, BaseException):
        return ""
    text = redaction.mask("".join(traceback.format_exception(exception, limit=-FRAMES_LIMIT)))
    if len(text) <= EXCEPTION_LIMIT_CHARACTERS:
        return text
    return text[: EXCEPTION_LIMIT_CHARACTERS // 4] + "\n...\n" + text[-EXCEPTION_LIMIT_CHARACTERS * 3 // 4 :]


def _name(name: str) -> str:
    return _shortened(redaction.mask(name), NAME_LIMIT_CHARACTERS)


def _value(name: str, value: object, depth: int = 1) -> Any:
    return redaction.MASK if redaction.is_sensitive(name) else _plain(value, depth)


def _plain(value: object, depth: int = 0) -> Any:
    """The value as masked, bounded JSON."""
    # Most are texts, and would be asked for all else first.
    if isinstance(value, str):
        return _shortened(redaction.mask(str(value)))
    match value:
        case None | bool():
            return value
        case float() if math.isfinite(value):
            return value
        case int() if abs(value) < 10**DIGITS_LIMIT:
            return value
        case bytes() | bytearray() | memoryview():
            return f"[{len(value)} bytes]"
        case BaseException():
            return _shortened(redaction.mask(f"{type(value).__name__}: {value}"))
        case Mapping() | list() | tuple() | set() | frozenset() if depth >= DEPTH_LIMIT:
            return f"[{len(value)} items]"
        case Mapping():
            items = [(str(key), inner) for key, inner in list(value.items())[:ITEMS_LIMIT]]
            return {_name(key): _value(key, inner, depth + 1) for key, inner in items}
        case list() | tuple() | set() | frozenset():
            return [_plain(inner, depth + 1) for inner in list(value)[:ITEMS_LIMIT]]
        case _:
            return _shortened(redaction.mask(str(value)))


def _shortened(text: str, characters: int = TEXT_LIMIT_CHARACTERS) -> str:
    return text if len(text) <= characters else text[:characters] + redaction.CUT


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else _SPACED.encode(value)
    is_one_word = text and " " not in text and '"' not in text and "=" not in text
    return text if is_one_word else _SPACED.encode(text)
