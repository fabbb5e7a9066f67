"""What a server really says to PostgreSQL in one unit: its statements in their transactions, read from the database's own log.

The log is JSON, a line a message. Before each unit a mark is put into it, by a statement of our own. A statement comes in two forms: with
its values written into it (`statement: ...`), or prepared, with the values beside it (`execute name: ...` and, in its detail, `parameters:
$1 = '...'`).
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

MARK = "solitude-bench-mark"
_SAID = re.compile(r"(?:statement|execute [^:]*): (.*)", re.DOTALL)
# "Parameters: $1 = ..." since PostgreSQL 16.
_VALUES = re.compile(r"^parameters: ", re.IGNORECASE)
_PLACE = re.compile(r"\$(\d+)")
_QUOTED = re.compile(r"'(?:[^']|'')*'")
_VALUE = re.compile(r"\$(\d+) = ('(?:[^']|'')*'|NULL)(?:, |$)")
BEGIN, COMMIT, ROLLBACK = "BEGIN", "COMMIT", "ROLLBACK"


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with its values in it. `backend` is the process that was asked; `prepared`: it came with its values beside it."""

    backend: int
    sql: str
    prepared: bool = False

    @property
    def shape(self) -> str:
        """The statement without what differs between two of its kind."""
        return re.sub(r"\b\d+\b", "0", _QUOTED.sub("''", re.sub(r'"?\bs\d+_x\d+"?', "savepoint", self.sql)))

    @property
    def verb(self) -> str:
        return self.sql.split(None, 1)[0].upper().rstrip(";")


@dataclass(slots=True)
class Recording:
    """One unit's statements. `earlier` is all that was said before it began."""

    label: str
    statements: list[Statement] = field(default_factory=list)
    earlier: str = ""

    @property
    def shape(self) -> tuple[str, ...]:
        return tuple(statement.shape for statement in self.statements)


def mark(label: str) -> str:
    """The statement that says in the log that a unit begins."""
    return f"SELECT '{MARK} {label}'"


def statements(lines: Iterable[str]) -> Iterable[Statement]:
    """All statements in the log, in order; the last line may be cut short."""
    for line in lines:
        try:
            said = json.loads(line)
        except ValueError:
            continue
        found = _SAID.fullmatch(said.get("message", ""))
        if found is None:
            continue
        values = _values(said.get("detail", ""))
        yield Statement(
            int(said["pid"]), _filled(found[1].strip(), values), prepared=said["message"].startswith("execute")
        )


def _values(detail: str) -> dict[str, str]:
    if not _VALUES.match(detail):
        return {}
    return dict(_VALUE.findall(_VALUES.sub("", detail, count=1)))


def _filled(sql: str, values: dict[str, str]) -> str:
    """The values in their places; what looks like a place within a text stays."""
    if not values:
        return sql
    parts, end = [], 0
    for text in _QUOTED.finditer(sql):
        parts += [_PLACE.sub(lambda place: values.get(place[1], place[0]), sql[end : text.start()]), text[0]]
        end = text.end()
    parts.append(_PLACE.sub(lambda place: values.get(place[1], place[0]), sql[end:]))
    return "".join(parts)


def units(said: Iterable[Statement]) -> list[Recording]:
    """What was said after each mark, up to the next."""
    found: list[Recording] = []
    before: list[str] = []
    marker = 0
    for statement in said:
        label = _marked(statement.sql)
        if label is not None:
            found.append(Recording(label, [], "\n".join(before)))
            marker = statement.backend
        elif found and statement.backend != marker:
            found[-1].statements.append(statement)
        before.append(statement.sql)
    return found


def _marked(sql: str) -> str | None:
    return sql.split(MARK, 1)[1].strip().rstrip("'").strip() if sql.startswith(f"SELECT '{MARK} ") else None


def usual(recordings: Sequence[Recording]) -> list[Recording]:
    """Those with the shape that most have: without what a first request does once, or what a watcher happened to ask."""
    shapes = Counter(recording.shape for recording in recordings)
    if not shapes:
        return []
    shape = shapes.most_common(1)[0][0]
    return [recording for recording in recordings if recording.shape == shape]


def commits(said: Sequence[Statement]) -> int:
    """Commits that write: a transaction that was begun and committed, and each changing statement outside of one."""
    count, inside, wrote = 0, False, False
    for statement in said:
        if statement.verb == BEGIN:
            inside, wrote = True, False
        elif statement.verb in (COMMIT, ROLLBACK):
            count += statement.verb == COMMIT and wrote
            inside = False
        elif changes(statement):
            wrote = True
            count += not inside
    return count


def changes(statement: Statement) -> bool:
    """Whether it writes: also a query whose common table expressions do."""
    return (
        re.search(r"\b(INSERT INTO|UPDATE|DELETE FROM)\b(?! OF\b)", _QUOTED.sub("''", _without_locks(statement.sql)))
        is not None
    )


def _without_locks(sql: str) -> str:
    return re.sub(r"\bFOR (NO KEY )?UPDATE\b", "", sql)
