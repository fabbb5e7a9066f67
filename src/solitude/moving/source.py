"""A file to import: its lines, checked one by one against the form of its kind."""

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pydantic import ValidationError

from solitude.moving.kind import Kind
from solitude.moving.reading import FORMATS, WHOLE_LINE, Line, Problem, Unreadable, lines
from solitude.web.refusals import REQUIRED


class Changed(Exception):
    """The file has been changed while it was read."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line that has the form of its kind. `row` counts the lines that are not empty, from 1; `number` is the line's in the file."""

    row: int
    number: int
    line: Any


class Source:
    """An open file of a kind. It is read more than once, so it is a file and no pipe. Raises Unreadable."""

    def __init__(self, path: Path, kind: Kind, form: str) -> None:
        self.kind, self.form = kind, form
        try:
            if not stat.S_ISREG(path.stat().st_mode):
                raise Unreadable(f"{path}: is not a file")
            self._file = path.open("rb")
        except OSError as error:
            raise Unreadable(f"{path}: {error.strerror}") from None
        self._state = self._look()
        self.sha256 = hashlib.file_digest(self._file, "sha256").hexdigest()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def entries(self) -> Iterator[Entry | list[Problem]]:
        """Each line that is not empty, or all that is wrong with it."""
        names = [column.name for column in self.kind.columns]
        found = lines(self._file, self.form, names, self.kind.flags)
        for row, line in enumerate(found, 1):
            yield [line] if isinstance(line, Problem) else _entry(row, line, self.kind)

    def require_unchanged(self) -> None:
        """Raises Changed: what was checked is then not what is read."""
        if self._look() != self._state:
            raise Changed

    def _look(self) -> tuple[int, int]:
        now = os.fstat(self._file.fileno())
        return now.st_size, now.st_mtime_ns


def form_of(path: Path) -> str | None:
    """The format that the file's name tells."""
    ending = path.suffix.removeprefix(".").lower()
    return ending if ending in FORMATS else None


def _entry(row: int, line: Line, kind: Kind) -> Entry | list[Problem]:
    try:
        valid = kind.line.model_validate(line.values)
    except ValidationError as error:
        return [_problem(line.number, item) for item in error.errors(include_url=False, include_input=False)]
    wrong = [Problem(line.number, column, text) for column, text in kind.rules(valid)]
    return wrong or Entry(row, line.number, valid)


def _problem(number: int, item: Any) -> Problem:
    column = str(item["loc"][0])[:64] if item["loc"] else WHOLE_LINE
    said = {"missing": REQUIRED, "extra_forbidden": "there is no such column"}
    return Problem(number, column, said.get(item["type"]) or str(item["msg"]).removeprefix("Value error, "))
