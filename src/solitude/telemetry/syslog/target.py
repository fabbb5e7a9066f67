"""Where a stream of lines goes, and in which form: what the settings say, checked."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

RFC5424, RFC3164 = "rfc5424", "rfc3164"
UDP, TCP, TLS, UNIX = "udp", "tcp", "tls", "unix"
# IANA's registry of service names and port numbers: syslog, syslog-conn, syslog-tls.
PORTS = {UDP: 514, TCP: 601, TLS: 6514}
# RFC 5424, section 6.2.1. The kernel's own (0) is left out: no program writes as the kernel.
FACILITIES = {
    "user": 1, "mail": 2, "daemon": 3, "auth": 4, "syslog": 5, "lpr": 6, "news": 7, "uucp": 8, "cron": 9, "authpriv": 10, "ftp": 11,
    **{f"local{number}": 16 + number for number in range(8)},
}  # fmt: skip

# RFC 5424 allows a tag (APP-NAME) of 48 characters, RFC 3164 one of 32 letters and digits; "-" and "_" are read everywhere.
_TAG = re.compile(r"[A-Za-z0-9_-]{1,32}")
# What `sockaddr_un` has room for on Linux (unix(7)), with its final NUL.
UNIX_PATH_MAX_BYTES = 107


@dataclass(frozen=True, slots=True)
class Target:
    """A receiver: `transport`, and a host with a port, or the path of a Unix socket for datagrams."""

    transport: str
    host: str = ""
    port: int = 0
    path: str = ""

    def __str__(self) -> str:
        return f"unix://{self.path}" if self.path else f"{self.transport}://{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Certificates:
    """For TLS: who is trusted (None: whom the system trusts), and with what we show who we are (None: we do not)."""

    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream of lines. `limit_bytes` is of a whole message with its head, `queue_lines` of those that wait."""

    target: Target
    facility: int
    form: str = RFC5424
    tag: str = "solitude"
    limit_bytes: int = 8192
    queue_lines: int = 4096
    certificates: Certificates = Certificates()


@dataclass(frozen=True, slots=True)
class Streams:
    """The two streams of the house; None is not sent."""

    application: Stream | None = None
    security: Stream | None = None


def target(text: str) -> Target | None:
    """Of `udp://host:514`, `tcp://host:601`, `tls://host:6514` or `unix:///dev/log`; the port may be left out, empty is None.

    Raises ValueError.
    """
    if not text:
        return None
    wrong = ValueError("must be udp://host:port, tcp://host:port, tls://host:port or unix:///path")
    if not text.isascii() or not text.isprintable():
        raise wrong
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
        # What is no name by the rules of names cannot be looked up: no line would ever be sent, and nobody told.
        (host or "").encode("idna")
    except ValueError:
        raise wrong from None
    if parts.query or parts.fragment or parts.username is not None:
        raise wrong
    if parts.scheme == UNIX and not parts.netloc and 1 < len(parts.path) <= UNIX_PATH_MAX_BYTES:
        return Target(UNIX, path=parts.path)
    if parts.scheme not in PORTS or not host or port == 0 or parts.path not in ("", "/"):
        raise wrong
    return Target(parts.scheme, host, port or PORTS[parts.scheme])


def facility(text: str) -> int:
    """The number of a facility, `local7`. Raises ValueError."""
    if text.lower() not in FACILITIES:
        raise ValueError(f"must be one of {', '.join(FACILITIES)}")
    return FACILITIES[text.lower()]


def tag(text: str) -> str:
    """The name under which the lines stand. Raises ValueError."""
    if not _TAG.fullmatch(text):
        raise ValueError("must be at most 32 letters, digits, _ and -")
    return text
