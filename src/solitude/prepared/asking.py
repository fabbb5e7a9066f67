"""To ask the database by a text that stays the same: it is prepared there the first time that a connection runs it."""

from collections.abc import Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

# A statement and its values.
Asked = tuple[str, Sequence[Any]]
# Rows, and how many they are or were changed.
Found = tuple[list[tuple[Any, ...]], int]


def run(text: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows of a statement that gives such."""
    rows: list[tuple[Any, ...]] = database().ask(text, values)[0]
    return rows


def run_later(text: str, values: Sequence[Any]) -> None:
    """Runs a statement of which nobody wants to hear with the commit, or before the next one."""
    database().ask_later(text, values, lambda _: None)


def database() -> Any:
    """This thread's connection itself: whatever is asked of `connection` is looked for in the thread each time."""
    return connections[DEFAULT_DB_ALIAS]
