"""The process: where it keeps what, and how much it does at a time."""

from pathlib import Path

from solitude.configuration import flag, folder, host_and_port, metrics_prefix
from solitude.settings.reading import environment

_get = environment.get

SOLITUDE_DEBUG: bool = environment.flag(
    "SOLITUDE_DEBUG",
    default=False,
    meaning="Development: missing keys are made, the simulator's accounts are the default. Never true in production.",
)
SOLITUDE_HOME: Path = _get(
    "SOLITUDE_HOME", folder, Path("var"), "SQLite database, generated keys and logs of the embedded default."
).absolute()
SOLITUDE_DATABASE_URL: str = environment.text(
    "SOLITUDE_DATABASE_URL",
    f"sqlite:///{SOLITUDE_HOME / 'solitude.sqlite3'}",
    "`postgresql://user:password@host:port/name` in production.",
    shown="SQLite in `SOLITUDE_HOME`",
)
SOLITUDE_DATABASE_STATEMENT_TIMEOUT_MS: int = environment.number(
    "SOLITUDE_DATABASE_STATEMENT_TIMEOUT_MS",
    15_000,
    "PostgreSQL gives up a statement after this.",
    unit="ms",
    least=100,
    most=600_000,
)
SOLITUDE_DATABASE_CONNECT_TIMEOUT_S: int = environment.number(
    "SOLITUDE_DATABASE_CONNECT_TIMEOUT_S",
    5,
    "To connect to PostgreSQL, for each address of its host; `connect_timeout` in the URL comes first.",
    unit="s",
    least=2,  # libpq takes a second for two
    most=60,
)
SOLITUDE_KEYS_FILE: Path = environment.path(
    "SOLITUDE_KEYS_FILE",
    None,
    "The key ring: field encryption and keyed hashes. Readable by its owner only.",
    shown="`SOLITUDE_HOME/keys.json`",
) or (SOLITUDE_HOME / "keys.json")
SOLITUDE_LOG_DIR: Path = _get(
    "SOLITUDE_LOG_DIR", folder, None, "Where `solitude.log` and `cef.log` are written.", shown="`SOLITUDE_HOME/logs`"
) or (SOLITUDE_HOME / "logs")
SOLITUDE_SERVE_THREADS: int = environment.number(
    "SOLITUDE_SERVE_THREADS",
    32,
    "Requests that one server process works on at the same time.",
    unit="threads",
    least=1,
    most=512,
)
SOLITUDE_SERVE_BACKLOG: int = environment.number(
    "SOLITUDE_SERVE_BACKLOG",
    256,
    "Requests that one server process takes in before it makes others wait.",
    unit="requests",
    least=1,
    most=8192,
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
SOLITUDE_STATSD: tuple[str, int] | None = _get(
    "SOLITUDE_STATSD", host_and_port, None, "`host:port` of a statsd daemon that gets metrics over UDP; empty = off."
)
SOLITUDE_STATSD_PREFIX: str = _get(
    "SOLITUDE_STATSD_PREFIX", metrics_prefix, "", "Before the name of every metric, with a dot between them."
)
