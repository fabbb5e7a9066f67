"""The process: whether it is for development, and where it keeps what."""

from pathlib import Path

from solitude.configuration import folder
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
