"""A syslog message as bytes, of RFC 5424 ("The Syslog Protocol") or RFC 3164 ("The BSD syslog Protocol").

No byte-order mark goes before the text, as RFC 5424 would have it for UTF-8: receivers store it, and what reads the JSON stumbles
over it. The text is UTF-8 all the same, and has no control characters.
"""

import datetime
import logging
import os
import platform
import re
from collections.abc import Mapping

from solitude.telemetry import redaction

from .target import RFC5424, Stream

# RFC 5612 keeps this private enterprise number for examples and documentation: the house has none of its own.
STRUCTURED_ID = "solitude@32473"
MESSAGE_ID_MAX_CHARS, HOST_MAX_CHARS = 32, 255
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# RFC 5424, section 6: PRINTUSASCII, which has no space.
_NOT_PRINTED = re.compile(r"[^\x21-\x7e]")
_IN_VALUE = re.compile(r'(["\\\]])')
# RFC 5424, section 6.2.1.
CRITICAL, ERROR, WARNING, NOTICE, INFORMATIONAL, DEBUG = 2, 3, 4, 5, 6, 7


def severity(level: int) -> int:
    """Of a level of the standard library's logging."""
    if level >= logging.CRITICAL:
        return CRITICAL
    if level >= logging.ERROR:
        return ERROR
    if level >= logging.WARNING:
        return WARNING
    return INFORMATIONAL if level >= logging.INFO else DEBUG


def severity_of_event(cef_severity: int) -> int:
    """Of a CEF severity, 0 to 10: what is low (0 to 3), medium (to 6), high (to 8) and very high there."""
    if cef_severity >= 9:
        return CRITICAL
    if cef_severity >= 7:
        return ERROR
    if cef_severity >= 4:
        return WARNING
    # Above 2 an event is an alarm, if a small one.
    return NOTICE if cef_severity == 3 else INFORMATIONAL


def head(
    stream: Stream, severity: int, created: float, message_id: str, facts: Mapping[str, str], *, tagged: bool = True
) -> bytes:
    """What stands before the text, with the space after it. `created` is in seconds since 1970.

    `facts` become structured data; RFC 3164 has no place for them. Not `tagged`: its text is one that names its program itself, as CEF
    does.
    """
    priority = f"<{stream.facility * 8 + severity}>"
    host = _word(platform.node(), HOST_MAX_CHARS)
    if stream.form == RFC5424:
        time = datetime.datetime.fromtimestamp(created, datetime.UTC).isoformat(timespec="milliseconds")
        name = _word(message_id, MESSAGE_ID_MAX_CHARS)
        start = (
            f"{priority}1 {time.replace('+00:00', 'Z')} {host} {stream.tag} {os.getpid()} {name} {_structured(facts)} "
        )
    else:
        # Section 4.1.2 of RFC 3164: local time without a zone, the day padded with a space.
        local = datetime.datetime.fromtimestamp(created)  # noqa: DTZ006
        tag = f"{stream.tag}[{os.getpid()}]: " if tagged else ""
        start = f"{priority}{_MONTHS[local.month - 1]} {local.day:2} {local:%H:%M:%S} {host} {tag}"
    return start.encode()


def whole(head: bytes, text: str, limit_bytes: int) -> bytes:
    """Head and text, the text cut between two characters where both would be longer than the limit."""
    encoded = text.encode(errors="backslashreplace")
    room = limit_bytes - len(head)
    if len(encoded) <= room:
        return head + encoded
    cut = redaction.CUT.encode()
    return head + encoded[: max(0, room - len(cut))].decode(errors="ignore").encode() + cut


def counted(message: bytes) -> bytes:
    """The message as one frame of a stream: octet counting (RFC 6587, section 3.4.1; RFC 5425, section 4.3)."""
    return str(len(message)).encode() + b" " + message


def _word(text: str, limit_chars: int) -> str:
    return _NOT_PRINTED.sub("_", text)[:limit_chars] or "-"


def _structured(facts: Mapping[str, str]) -> str:
    if not facts:
        return "-"
    values = (f'{name}="{_IN_VALUE.sub(_escaped, redaction.clean(value))}"' for name, value in facts.items())
    return f"[{STRUCTURED_ID} {' '.join(values)}]"


def _escaped(found: re.Match[str]) -> str:
    return "\\" + found[0]
