"""What is logged, and where it goes."""

from pathlib import Path

from solitude.configuration import certificates_file, folder, one_of
from solitude.settings.process import SOLITUDE_DEBUG, SOLITUDE_HOME
from solitude.settings.reading import environment
from solitude.telemetry.lines import JSON, TEXT
from solitude.telemetry.syslog import target
from solitude.telemetry.syslog.connection import tls_context
from solitude.telemetry.syslog.target import Certificates, Stream, Streams, Target

_get = environment.get

SOLITUDE_LOG_DIR: Path = _get(
    "SOLITUDE_LOG_DIR", folder, None, "Where `solitude.log` and `cef.log` are written.", shown="`SOLITUDE_HOME/logs`"
) or (SOLITUDE_HOME / "logs")
# PCI DSS 4.0, 10.5.1, asks for twelve months of an audit log.
SOLITUDE_LOG_KEEP_DAYS: int = environment.number(
    "SOLITUDE_LOG_KEEP_DAYS",
    366,
    "Log files that were closed longer ago are removed; 0 = none by age, ten of each as ever.",
    unit="days",
    most=3660,
)
SOLITUDE_CONSOLE_FORMAT: str = _get(
    "SOLITUDE_CONSOLE_FORMAT",
    one_of(JSON, TEXT),
    TEXT if SOLITUDE_DEBUG else JSON,
    "How the console shows the application log: `json`, as the file has it, or `text` for people.",
    shown="`json`; `text` with debug",
)

# --- syslog, besides the files -------------------------------------------------------------------------------------
SOLITUDE_SYSLOG: Target | None = _get(
    "SOLITUDE_SYSLOG",
    target.target,
    None,
    "Where the application log goes besides: `udp://host:514`, `tcp://host:601`, `tls://host:6514` or `unix:///dev/log`; empty = nowhere.",
)
SOLITUDE_SYSLOG_CEF: Target | None = _get(
    "SOLITUDE_SYSLOG_CEF",
    target.target,
    SOLITUDE_SYSLOG,
    "Where the security log goes besides; empty = nowhere.",
    shown="`SOLITUDE_SYSLOG`",
)
SOLITUDE_SYSLOG_FORMAT: str = _get(
    "SOLITUDE_SYSLOG_FORMAT",
    one_of(target.RFC5424, target.RFC3164),
    target.RFC5424,
    "`rfc5424` (JSON, with structured data) or `rfc3164` (text).",
)
SOLITUDE_SYSLOG_FACILITY: int = _get(
    "SOLITUDE_SYSLOG_FACILITY",
    target.facility,
    target.FACILITIES["local7"],
    "Of the application log.",
    shown="local7",
)
SOLITUDE_SYSLOG_CEF_FACILITY: int = _get(
    "SOLITUDE_SYSLOG_CEF_FACILITY",
    target.facility,
    target.FACILITIES["local4"],
    "Of the security log.",
    shown="local4",
)
SOLITUDE_SYSLOG_TAG: str = _get(
    "SOLITUDE_SYSLOG_TAG", target.tag, "solitude", "The name of the program in every message."
)
# RFC 5424, section 6.1: every receiver takes 480 bytes, and should take 2048; many stop at 8192.
SOLITUDE_SYSLOG_MAX_BYTES: int = environment.number(
    "SOLITUDE_SYSLOG_MAX_BYTES",
    0,
    "The longest message, with its head; 0 = 2048 over UDP, else 8192.",
    unit="bytes",
    most=60_000,
)
SOLITUDE_SYSLOG_QUEUE: int = environment.number(
    "SOLITUDE_SYSLOG_QUEUE",
    4096,
    "Messages of one stream that wait in one process; when there are more, the newest are lost and counted.",
    unit="messages",
    least=16,
    most=100_000,
)
SOLITUDE_SYSLOG_CA_FILE: Path | None = _get(
    "SOLITUDE_SYSLOG_CA_FILE",
    certificates_file,
    None,
    "PEM file of the authorities that the receiver's certificate may be from, over TLS.",
    shown="the system's",
)
SOLITUDE_SYSLOG_CERT_FILE: Path | None = _get(
    "SOLITUDE_SYSLOG_CERT_FILE",
    certificates_file,
    None,
    "PEM file with the certificate that we show to the receiver, over TLS, and its chain.",
)
SOLITUDE_SYSLOG_KEY_FILE: Path | None = environment.path(
    "SOLITUDE_SYSLOG_KEY_FILE", None, "PEM file with the private key of that certificate, without a password."
)

_LEAST_BYTES, _UDP_BYTES, _OTHER_BYTES = 480, 2048, 8192
_certificates = Certificates(SOLITUDE_SYSLOG_CA_FILE, SOLITUDE_SYSLOG_CERT_FILE, SOLITUDE_SYSLOG_KEY_FILE)


def _is_unusable() -> bool:
    try:
        tls_context(_certificates)
    except OSError:
        return True
    return False


environment.forbid(
    {
        f"SOLITUDE_SYSLOG_MAX_BYTES must be 0 or at least {_LEAST_BYTES}": 0 < SOLITUDE_SYSLOG_MAX_BYTES < _LEAST_BYTES,
        "SOLITUDE_SYSLOG_CERT_FILE and SOLITUDE_SYSLOG_KEY_FILE belong together": (
            bool(SOLITUDE_SYSLOG_CERT_FILE) != bool(SOLITUDE_SYSLOG_KEY_FILE)
        ),
        "SOLITUDE_SYSLOG_KEY_FILE must be the key of the certificate, in PEM and without a password": (
            SOLITUDE_SYSLOG_CERT_FILE and SOLITUDE_SYSLOG_KEY_FILE and _is_unusable()
        ),
    }
)


def _stream(to: Target | None, facility: int) -> Stream | None:
    if to is None:
        return None
    usual = _UDP_BYTES if to.transport == target.UDP else _OTHER_BYTES
    return Stream(
        to,
        facility,
        SOLITUDE_SYSLOG_FORMAT,
        SOLITUDE_SYSLOG_TAG,
        SOLITUDE_SYSLOG_MAX_BYTES or usual,
        SOLITUDE_SYSLOG_QUEUE,
        _certificates,
    )


SYSLOG_STREAMS = Streams(
    _stream(SOLITUDE_SYSLOG, SOLITUDE_SYSLOG_FACILITY), _stream(SOLITUDE_SYSLOG_CEF, SOLITUDE_SYSLOG_CEF_FACILITY)
)
