"""Writes rows in the form that import reads."""

import csv
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from django.db.models import Model

from solitude.moving.kind import Kind
from solitude.moving.reading import EMPTY_TEXT, JSON_LINES
from solitude.moving.report import Report
from solitude.web.bodies import encode

ROWS_AT_ONCE = 1000
STANDARD_OUTPUT = "-"


def export(kind: Kind, path: str, form: str, report: Report, *, with_secrets: bool) -> int:
    """Writes all rows of a kind, the oldest first; how many. A file is there when it is whole, and its owner's alone.

    Raises OSError (FileExistsError: an export never takes the place of a file) and Unsealable.
    """
    columns = [column for column in kind.columns if column.shown and (with_secrets or not column.secret)]
    rows = 0
    with _opened(path) as file:
        put = writer(file, [column.name for column in columns], form)
        for row in _rows(kind):
            put([column.shown(row) for column in columns if column.shown])
            rows += 1
            report.progress("exported", rows)
    return rows


def _rows(kind: Kind) -> Iterator[Model]:
    """By primary key, some at a time: what is read is never held by a lock or a snapshot."""
    last = 0
    while some := list(
        kind.model._default_manager.select_related(*kind.joins).filter(pk__gt=last).order_by("pk")[:ROWS_AT_ONCE]
    ):
        yield from some
        last = some[-1].pk


def writer(file: IO[bytes], names: Sequence[str], form: str) -> Callable[[Sequence[Any]], None]:
    """Writes rows of values in JSON's terms into columns of these names."""
    if form == JSON_LINES:

        def line(values: Sequence[Any]) -> None:
            file.write(encode(dict(zip(names, values, strict=True))) + b"\n")

        return line
    cells = csv.writer(_Text(file))
    cells.writerow(names)

    def row(values: Sequence[Any]) -> None:
        cells.writerow([_cell(value) for value in values])

    return row


class _Text:
    """What the csv module wants to write to."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, text: str) -> int:
        return self._file.write(text.encode())


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return str(value)
    if value == "":
        return EMPTY_TEXT
    return f"\\{value}" if value.startswith("\\") else value


@contextmanager
def _opened(path: str) -> Iterator[IO[bytes]]:
    if path == STANDARD_OUTPUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    whole, part = Path(path), Path(f"{path}.part")
    if whole.exists():
        raise FileExistsError(f"{path} is there already")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        # Not a rename, which would take the place of a file that has come meanwhile.
        os.link(part, whole)
    finally:
        part.unlink()
