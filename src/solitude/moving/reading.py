"""Reading a file line by line: CSV or JSON lines, in UTF-8. Nothing is held but the line that is being read.

A line of CSV may go over several lines of the file, where a cell in quotation marks does; it is known by the first of them.
"""

import csv
import json
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, BinaryIO

import msgspec

LINE_MAX_BYTES = 262_144
BOM = b"\xef\xbb\xbf"
CSV, JSON_LINES = "csv", "jsonl"
FORMATS = (CSV, JSON_LINES)
# In CSV an empty cell is no value. The empty text is this one, and a text that begins with a backslash is written with two.
EMPTY_TEXT = "\\E"
WHOLE_LINE = ""
_NOT_UTF8 = "is not UTF-8"
_TOO_LONG = f"is longer than {LINE_MAX_BYTES} bytes"
_KEY = re.compile(rb'"\s*:')
_decoder = msgspec.json.Decoder(float_hook=Decimal)


class Unreadable(Exception):
    """The file cannot be read at all; the text is for the operator."""


@dataclass(frozen=True, slots=True)
class Line:
    """What one line says, as JSON would have it: values by column."""

    number: int
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a line: with a column of it, or with the whole."""

    number: int
    column: str
    text: str

    def __str__(self) -> str:
        return f"line {self.number}: {self.column}: {self.text}" if self.column else f"line {self.number}: {self.text}"


def lines(file: BinaryIO, form: str, columns: Collection[str], flags: Collection[str]) -> Iterator[Line | Problem]:
    """Each line of a file from its beginning, or what is wrong with it; empty lines are passed over.

    `flags` are the columns in which CSV has true or false. Raises Unreadable when the first line of CSV names no columns, or others
    than `columns`.
    """
    file.seek(0)
    return _json_lines(file) if form == JSON_LINES else _csv_lines(file, columns, flags)


# --- JSON lines ------------------------------------------------------------------------------------------------------


def _json_lines(file: BinaryIO) -> Iterator[Line | Problem]:
    for number, raw in _raw_lines(file):
        if raw is None:
            yield Problem(number, WHOLE_LINE, _TOO_LONG)
        elif raw.strip():
            yield _json_line(number, raw)


def _json_line(number: int, raw: bytes) -> Line | Problem:
    try:
        values = _decoder.decode(raw)
    except UnicodeDecodeError:
        return Problem(number, WHOLE_LINE, _NOT_UTF8)
    except msgspec.DecodeError as error:  # its text tells the place and nothing of what stands there
        return Problem(number, WHOLE_LINE, f"is not JSON ({error})")
    except (RecursionError, ArithmeticError, ValueError):
        return Problem(number, WHOLE_LINE, "is not JSON")
    if not isinstance(values, dict):
        return Problem(number, WHOLE_LINE, "is not a JSON object")
    # Of two columns of one name, the decoder takes the last. There are no two if there are no more colons than columns.
    if len(_KEY.findall(raw)) > len(values) and (twice := _named_twice(raw)):
        return Problem(number, WHOLE_LINE, f"names {twice[:64]!r} twice")
    return Line(number, values)


def _named_twice(raw: bytes) -> str | None:
    """A name that one of the line's objects has twice."""
    found: list[str] = []

    def look(pairs: list[tuple[str, Any]]) -> None:
        found.extend(filter(None, [_twice(name for name, _ in pairs)]))

    json.loads(raw, object_pairs_hook=look)
    return found[0] if found else None


def _twice(names: Iterable[str]) -> str | None:
    """The first name that comes a second time."""
    known: set[str] = set()
    for name in names:
        if name in known:
            return name
        known.add(name)
    return None


# --- CSV -------------------------------------------------------------------------------------------------------------


def _csv_lines(file: BinaryIO, columns: Collection[str], flags: Collection[str]) -> Iterator[Line | Problem]:
    source = _Text(file)
    records = _csv_records(source)
    header = next(records, None)
    if header is None:
        return
    number, cells, problem = header
    if problem:
        raise Unreadable(f"line {number}: {problem}")
    _check_header(number, cells, columns)
    for number, cells, problem in records:
        yield Problem(number, WHOLE_LINE, problem) if problem else _csv_line(number, header[1], cells, flags)


def _check_header(number: int, names: list[str], columns: Collection[str]) -> None:
    unknown = [name for name in names if name not in columns]
    if unknown:
        raise Unreadable(f"line {number}: there is no column {unknown[0][:64]!r}; there are {', '.join(columns)}")
    if twice := _twice(names):
        raise Unreadable(f"line {number}: names {twice!r} twice")


def _csv_line(number: int, names: list[str], cells: list[str], flags: Collection[str]) -> Line | Problem:
    if len(cells) != len(names):
        return Problem(number, WHOLE_LINE, f"has {len(cells)} cells, and the first line {len(names)}")
    values: dict[str, Any] = {}
    for name, cell in zip(names, cells, strict=True):
        if cell == "":
            continue
        if cell[0] == "\\":
            if cell == EMPTY_TEXT:
                cell = ""  # noqa: PLW2901
            elif cell[1:2] == "\\":
                cell = cell[1:]  # noqa: PLW2901
            else:
                return Problem(number, name, "a text that begins with a backslash is written with two")
        values[name] = _flag(cell) if name in flags else cell
    return Line(number, values)


def _flag(cell: str) -> bool | str:
    return {"true": True, "false": False}.get(cell.lower(), cell)


def _csv_records(source: "_Text") -> Iterator[tuple[int, list[str], str]]:
    """Number, cells and problem of every record that is not empty."""
    reader = csv.reader(source, strict=True)
    while True:
        source.begin_record()
        number, cells, problem = source.number + 1, list[str](), ""
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, _Broken) as error:
            problem = f"is not CSV ({error})" if isinstance(error, csv.Error) else str(error)
        if cells or problem:
            yield number, cells, source.problem or problem


class _Broken(Exception):
    """The record under way cannot be read on."""


class _Text:
    """The lines of a file as text, for the csv module; with what is wrong with the record under way."""

    def __init__(self, file: BinaryIO) -> None:
        self._lines = _raw_lines(file)
        self.number = 0
        self.begin_record()

    def begin_record(self) -> None:
        self.problem, self._left = "", LINE_MAX_BYTES

    def __iter__(self) -> "_Text":
        return self

    def __next__(self) -> str:
        self.number, raw = next(self._lines)
        if raw is None or len(raw) > self._left:
            raise _Broken(f"{_TOO_LONG}; is a quotation mark missing?")
        self._left -= len(raw)
        try:
            return raw.decode()
        except UnicodeDecodeError:
            self.problem = _NOT_UTF8
            return raw.decode(errors="replace")


def _raw_lines(file: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Number and bytes of each line of the file, None for one that is too long."""
    number = 0
    while raw := file.readline(LINE_MAX_BYTES + 1):
        number += 1
        if number == 1:
            raw = raw.removeprefix(BOM)
        if len(raw) <= LINE_MAX_BYTES:
            yield number, raw
            continue
        while raw and not raw.endswith(b"\n"):
            raw = file.readline(LINE_MAX_BYTES)
        yield number, None
