"""`solitude serve`: how much it does at a time, and what besides."""

from solitude.configuration import flag
from solitude.settings.process import SOLITUDE_DATABASE_URL, SOLITUDE_DEBUG
from solitude.settings.reading import environment

_get = environment.get

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
