"""The first pass: all that can be wrong with a file is found before anything of it is written."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from django.db.models import Model
from django.utils import timezone

from solitude.moving.kind import Key, Kind, Reference
from solitude.moving.reading import Problem
from solitude.moving.report import Report
from solitude.moving.seen import Seen
from solitude.moving.source import Entry, Source

ROWS_AT_ONCE = 1000
# How a row came to be what it is; a row that is there already may have come to it otherwise.
NOT_COMPARED = {"modified", "counter", "resource_uri"}
T = TypeVar("T")
# By column, the primary keys of what the values of that column name.
Found = Mapping[str, Mapping[str, int]]


def check(source: Source, report: Report, done: Callable[[], int], *, skip_existing: bool) -> int:
    """Reports whatever is wrong; the number of rows. The first `done()` rows are in already, and others may be adding to them."""
    rows = 0
    with Seen() as seen:
        for some in in_turn(source.entries(), ROWS_AT_ONCE):
            rows += len(some)
            entries = [entry for entry in some if isinstance(entry, Entry)]
            problems = list(_earlier_in_file(source.kind, entries, seen))
            missing = list(_not_there(source.kind, entries, seen))
            # What a row that is in already named may have gone since. Asked after what was missing, as below.
            so_far = done() if missing else 0
            problems += [problem for entry, problem in missing if entry.row > so_far]
            problems += against_database(source.kind, entries, done, skip_existing=skip_existing)
            problems += [problem for wrong in some if not isinstance(wrong, Entry) for problem in wrong]
            report.add(problems)
            report.progress("checked", rows)
    source.require_unchanged()
    return rows


def against_database(
    kind: Kind, entries: Sequence[Entry], done: Callable[[], int], *, skip_existing: bool
) -> list[Problem]:
    """What is wrong because of rows that are there already, and did not come from this file."""
    taken = list(_taken(kind, entries))
    if not taken:
        return []
    # Asked after what was found: rows of this file come in with the count of them.
    so_far = done()
    theirs = [one for one in taken if one[0].row > so_far]
    if not skip_existing:
        return [Problem(entry.number, _names(key), "is there already") for entry, key, _ in theirs]
    known = existing(kind, [entry for entry, _, _ in theirs])
    problems = []
    for entry, key, pk in theirs:
        row = known.get(entry.row)
        if row is None or row.pk != pk:
            problems.append(Problem(entry.number, _names(key), "is there already, in another row"))
        elif key is kind.keys[0] and (other := differing(kind, entry.line, row)):
            problems.append(Problem(entry.number, _names(key), f"is there already, with another {', '.join(other)}"))
    return problems


def existing(kind: Kind, entries: Sequence[Entry]) -> dict[int, Model]:
    """The rows that are there already for these entries, by the entry's `row`."""
    pks = {entry.row: pk for entry, key, pk in _taken(kind, entries) if key is kind.keys[0]}
    rows = kind.model._default_manager.select_related(*kind.joins).in_bulk(set(pks.values()))
    return {number: rows[pk] for number, pk in pks.items() if pk in rows}


def resolved(kind: Kind, lines: Iterable[Any]) -> Found:
    """The primary keys of what the lines refer to; what is not there is missing."""
    named = list(lines)
    return {reference.column: _pks(reference, named) for reference in kind.references}


def found_for(line: Any, found: Found) -> dict[str, int]:
    """By column, the primary keys of what this line refers to."""
    named = {column: getattr(line, column) for column in found}
    return {column: found[column][value] for column, value in named.items() if value in found[column]}


def differing(kind: Kind, line: Any, row: Model) -> list[str]:
    """The columns in which a line says something else than a row that is there already."""
    references = {reference.column for reference in kind.references}
    now: datetime = timezone.now()
    other = kind.make(line, defaultdict(int), now)
    return [
        column.name
        for column in kind.columns
        if column.shown
        and column.name in line.model_fields_set - NOT_COMPARED
        and column.shown(row) != (getattr(line, column.name) if column.name in references else column.shown(other))
    ]


def in_turn(things: Iterable[T], size: int) -> Iterator[list[T]]:
    left = iter(things)
    while some := list(islice(left, size)):
        yield some


def _earlier_in_file(kind: Kind, entries: Sequence[Entry], seen: Seen) -> Iterator[Problem]:
    """Lines that say what an earlier line has said, where only one may."""
    said = [(entry, key, value) for entry in entries for key in kind.keys if (value := key.of(entry.line)) is not None]
    digests = [seen.digest(_names(key), value) for _, key, value in said]
    known, new = seen.lines_of(digests), dict[bytes, int]()
    for (entry, key, _), digest in zip(said, digests, strict=True):
        earlier = known.setdefault(digest, entry.number)
        if earlier == entry.number:
            new[digest] = earlier
        else:
            yield Problem(entry.number, _names(key), f"is the same as in line {earlier}")
    seen.remember(new)


def _not_there(kind: Kind, entries: Sequence[Entry], seen: Seen) -> Iterator[tuple[Entry, Problem]]:
    """References to what is neither in the database nor, where it may be, earlier in the file."""
    found = resolved(kind, [entry.line for entry in entries])
    return not_there(kind, entries, found, lambda values: _lines_of_own(kind, values, seen))


def not_there(
    kind: Kind, entries: Sequence[Entry], found: Found, lines_of_own: Callable[[Sequence[str]], Mapping[str, int]]
) -> Iterator[tuple[Entry, Problem]]:
    """References to what is not among what was `found`, nor, where it may be, made by an earlier line: `lines_of_own` tells by which."""
    for reference in kind.references:
        named = [(entry, value) for entry in entries if (value := _name(reference, entry.line)) is not None]
        missing = [(entry, value) for entry, value in named if value not in found[reference.column]]
        known = lines_of_own([value for _, value in missing]) if reference.own else {}
        for entry, value in missing:
            if known.get(value, entry.number) >= entry.number:
                yield entry, Problem(entry.number, reference.column, _says_missing(reference))


def _lines_of_own(kind: Kind, values: Sequence[str], seen: Seen) -> dict[str, int]:
    """The lines that make the rows which these values name."""
    digests = {value: seen.digest(_names(kind.keys[0]), (value,)) for value in values}
    lines = seen.lines_of(set(digests.values()))
    return {value: lines[digest] for value, digest in digests.items() if digest in lines}


def _name(reference: Reference, line: Any) -> Any:
    """What the line refers to; None for nothing, which the empty text is too, and 0 is not."""
    value = getattr(line, reference.column)
    return None if value == "" else value


def _says_missing(reference: Reference) -> str:
    text = f"there is no {reference.model._meta.verbose_name} with this {reference.lookup}"
    return f"{text}, and none earlier in the file" if reference.own else text


def _pks(reference: Reference, lines: Sequence[Any]) -> dict[str, int]:
    values = {value for line in lines if (value := _name(reference, line)) is not None}
    pks: dict[str, int] = {}
    for some in in_turn(values, ROWS_AT_ONCE):
        rows = reference.model._default_manager.filter(**{f"{reference.lookup}__in": some})
        pks.update(rows.values_list(reference.lookup, "pk"))
    return pks


def _taken(kind: Kind, entries: Sequence[Entry]) -> Iterator[tuple[Entry, Key, int]]:
    """Entries whose value of a key a row has already, with that row's primary key."""
    for some in in_turn(entries, ROWS_AT_ONCE):
        for key in kind.keys:
            wanted = {value: entry for entry in some if (value := key.of(entry.line)) is not None}
            for value, pk in _rows_with(kind, key, list(wanted)):
                if value in wanted:
                    yield wanted[value], key, pk


def _rows_with(kind: Kind, key: Key, values: Sequence[tuple[Any, ...]]) -> Iterator[tuple[tuple[Any, ...], int]]:
    """Rows that have one of these values; where the key has several columns, also others that have parts of them."""
    if not values:
        return
    parts = {f"{lookup}__in": {value[place] for value in values} for place, lookup in enumerate(key.lookups)}
    rows = kind.model._default_manager.filter(key.only, **parts).values_list("pk", *key.lookups)
    # Parts of other values may be many more than what was asked for.
    for pk, *value in rows if len(parts) == 1 else rows.iterator():
        yield tuple(value), pk


def _names(key: Key) -> str:
    return " and ".join(key.columns)
