"""What must be as somebody remembers it when something is written on the strength of that: the database itself sees to it.

To look first, and then to write, is two ways to the database. Here the look goes with what is written later (see `writing`), locks what it
finds, and is an error of the database where it finds nothing: then nothing of it all is written.
"""

from django.db import DataError

from solitude.prepared.asking import database
from solitude.prepared.reading import Found

# SQLSTATE (https://www.postgresql.org/docs/15/errcodes-appendix.html).
_DIVISION_BY_ZERO = "22012"


class _Missing(DataError):
    """SQLite divides by zero without a word."""


def require_later(found: Found, *values: int | str) -> None:  # type: ignore[type-arg]
    """Has the transaction fail with the commit, or with the next statement, unless something is found by these values.

    The error is one for which `is_missing` is true.
    """
    text, given = found.written(*values)
    database().ask_later(f"SELECT 1 / count(*) FROM ({text}) AS required", given, _require)  # noqa: S608 - ours


def is_missing(error: DataError) -> bool:
    """Whether something that was required was not found."""
    return isinstance(error, _Missing) or getattr(error.__cause__, "sqlstate", None) == _DIVISION_BY_ZERO


def _require(found: tuple[list[tuple[object, ...]], int]) -> None:
    if found[0][0][0] is None:
        raise _Missing("what was required is not there")
