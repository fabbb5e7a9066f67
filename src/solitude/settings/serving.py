"""`solitude serve`: how much it does at a time, and what besides."""

from urllib.parse import parse_qs, unquote, urlsplit

from solitude.configuration import flag, is_loopback
from solitude.settings.process import SOLITUDE_DATABASE_URL, SOLITUDE_DEBUG
from solitude.settings.reading import environment

_get = environment.get
# A turn waits for the database as long as the way there takes. Where that is no way, more than two threads only take the interpreter from
# one another.
TURNS_FAR, TURNS_HERE = 4, 2


def is_here(database_url: str) -> bool:
    """Whether the database is on this machine, as far as its URL says so."""
    try:
        parts = urlsplit(database_url)
        asked = parse_qs(parts.query).get("host", [])
    except ValueError:
        return False
    hosts = asked or [unquote(parts.hostname or "")]
    return parts.scheme == "sqlite" or all(not host or host.startswith("/") or is_loopback(host) for host in hosts)


SOLITUDE_SERVE_THREADS: int = environment.number(
    "SOLITUDE_SERVE_THREADS",
    320,
    "Requests that one server process has in progress, most of which wait for a provider. A thread is started when it is needed.",
    unit="threads",
    least=1,
    most=8192,
)
SOLITUDE_SERVE_THREADS_READING: int = environment.number(
    "SOLITUDE_SERVE_THREADS_READING",
    SOLITUDE_SERVE_THREADS // 5,
    "Those of them that requests which may change something leave to those that only read; over it 503 `busy`.",
    unit="threads",
    most=8192,
    shown="a fifth of them",
)
SOLITUDE_SERVE_TURNS_WRITING: int = environment.number(
    "SOLITUDE_SERVE_TURNS_WRITING",
    TURNS_HERE if is_here(SOLITUDE_DATABASE_URL) else TURNS_FAR,
    "Requests that may change something that one server process computes at a time. Those that wait for a provider do not count.",
    unit="requests",
    least=1,
    most=512,
    shown=f"{TURNS_FAR}, or {TURNS_HERE} with the database on this machine",
)
SOLITUDE_SERVE_TURNS_READING: int = environment.number(
    "SOLITUDE_SERVE_TURNS_READING",
    8,
    "The same of those that only read. Together that many connections to PostgreSQL.",
    unit="requests",
    least=1,
    most=512,
)
SOLITUDE_SERVE_TURN_WAIT_MS: int = environment.number(
    "SOLITUDE_SERVE_TURN_WAIT_MS",
    10_000,
    "A request that has had no turn after this is answered 503 `busy`.",
    unit="ms",
    least=10,
    most=600_000,
)
SOLITUDE_SERVE_BACKLOG: int = environment.number(
    "SOLITUDE_SERVE_BACKLOG",
    2048,
    "Connections that one server process takes in; others wait, unseen, until one of these is closed.",
    unit="connections",
    least=1,
    most=65_536,
)
SOLITUDE_SERVE_PINNED: bool | None = _get(
    "SOLITUDE_SERVE_PINNED",
    flag,
    None,
    "Whether each server process stays on one processor.",
    shown="true with as many processes as processors, or twice as many, and so on",
)
environment.forbid(
    {
        "SOLITUDE_SERVE_THREADS_READING must be less than SOLITUDE_SERVE_THREADS": (
            SOLITUDE_SERVE_THREADS_READING >= SOLITUDE_SERVE_THREADS
        )
    }
)
SOLITUDE_SERVE_WORKER: bool = _get(
    "SOLITUDE_SERVE_WORKER",
    flag,
    SOLITUDE_DATABASE_URL.startswith("sqlite"),
    "Whether `solitude serve` does the work of `solitude worker` as well.",
    shown="true on SQLite",
)
SOLITUDE_DOCS_PAGE: bool = _get(
    "SOLITUDE_DOCS_PAGE",
    flag,
    SOLITUDE_DEBUG,
    "Whether `/docs/` shows the description of the API to people, unsigned, from this server alone.",
    shown="true with debug",
)
