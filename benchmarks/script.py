"""A recorded unit as a script for pgbench: the same SQL in the same transactions, so that it can be run again and again.

What stays and what becomes new with each run is decided by three facts. The ids of each table have a range of their own, so a number says
whose id it is: that of a row which this unit inserted becomes what the insert returns (`\\gset`). A text that it writes, which nobody
had said before the unit, was made for this unit and must be unique: it becomes an expression of a random number, of the same kind and
length, everywhere in the unit. All else is the same for each run; several units of different customers are recorded, so that runs beside
one another wait no more for one another's rows than the customers did.
"""

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field

from benchmarks.recording import Recording, Statement, changes
from solitude.monthly import ROW_MASK

Ranges = dict[str, range]
_LITERAL = re.compile(r"(?<![Xx])(E?)'((?:[^']|'')*)'((?:::[a-z]+(?:\[\])?)?)", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\w.$:\"'])(\d{7,16})(?![\w.\"'])")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d.*")
_RETURNS = re.compile(r'RETURNING\b.*?"?\b(id)\b"?', re.IGNORECASE | re.DOTALL)
_INSERTS = re.compile(r'INSERT INTO "?(\w+)"?', re.IGNORECASE)
_SPACE = re.compile(r"\s+")
_BYTES = re.compile(r"\\x([0-9a-f]+)")
# Shorter ones are words of the code, such as a status.
UNIQUE_FROM_CHARS = 8
NUMBER_MAX = 2**62
HEX_DIGITS = 16


@dataclass(slots=True)
class Script:
    """Lines for pgbench. `statements` is how many go over the wire in each run."""

    statements: int = 0
    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + "\n"


class Writer:
    """Writes one script; remembers which values are new in each run, and where ids come from."""

    def __init__(self, recording: Recording, ranges: Ranges, uuids: Container[str] = ()) -> None:
        self._recording = recording
        self._uuids = uuids
        self._ranges = ranges
        self._fresh = fresh(recording)
        self._numbers: dict[str, str] = {}
        # By the place of an insert the id that it returned, and by such an id the variable that has it.
        self._returned = returned(recording, ranges)
        self._ids: dict[str, str] = {}

    def script(self) -> Script:
        said = self._recording.statements
        bodies = [self._statement(place, statement) for place, statement in enumerate(said)]
        script = Script(len(said))
        for name in self._numbers.values():
            script.lines.append(f"\\set {name} random(1, {NUMBER_MAX})")
        script.lines += bodies
        return script

    def _statement(self, place: int, statement: Statement) -> str:
        sql = "".join(self._written(statement.sql)).strip().rstrip(";")
        prefix = self._prefix(place)
        return f"{sql} \\gset {prefix}" if prefix else f"{sql};"

    def _prefix(self, place: int) -> str:
        """Of what the id is kept in that this statement returns; empty where no later one names it."""
        if place not in self._returned:
            return ""
        self._ids[self._returned[place]] = f"row{place}_id"
        return f"row{place}_"

    def _written(self, sql: str) -> Iterator[str]:
        """The parts of a statement, literals and what is between them; each on one line."""
        end = 0
        for literal in _LITERAL.finditer(sql):
            yield self._numbered(_SPACE.sub(" ", sql[end : literal.start()]))
            yield self._literal(*literal.groups())
            end = literal.end()
        yield self._numbered(_SPACE.sub(" ", sql[end:]))

    def _literal(self, escaped: str, text: str, kind: str) -> str:
        if text in self._fresh:
            # The log tells no type of a value that came beside its statement.
            kind = "::uuid" if text in self._uuids else kind
            return self._fresh_literal(text, self._numbers.setdefault(text, f"fresh{len(self._numbers) + 1}"), kind)
        if text.isdecimal() and text in self._ids:
            return f":{self._ids[text]}"
        return self._kept_literal(text, escaped=bool(escaped)) + kind

    def _fresh_literal(self, text: str, number: str, kind: str) -> str:
        return expression(text, number, kind)

    def _kept_literal(self, text: str, *, escaped: bool) -> str:
        return quoted(text, escaped=escaped)

    def _numbered(self, sql: str) -> str:
        """Ids that an insert of this unit returned, written as numbers outside of literals."""
        return _NUMBER.sub(lambda number: f":{self._ids[number[1]]}" if number[1] in self._ids else number[1], sql)


def returned(recording: Recording, ranges: Ranges) -> dict[int, str]:
    """By the places of those inserts whose ids later statements name: the ids.

    The log does not tell what an insert returned. But ids of a table grow, and each is named behind its insert only: so the greatest is
    that of the last insert before it is named, and so on.
    """
    said, found = [statement.sql for statement in recording.statements], {}
    inserts: dict[str, list[int]] = {}
    for place, sql in enumerate(said):
        table = _INSERTS.search(sql)
        if table is not None and _RETURNS.search(sql) is not None:
            inserts.setdefault(table[1], []).append(place)
    for name, places in inserts.items():
        ids = _new(ranges.get(f"{name}_id_seq", range(0)), recording.earlier, " ".join(said))
        for number in sorted(ids, reverse=True):
            named_at = next(place for place, sql in enumerate(said) if re.search(rf"\b{number}\b", sql))
            before = [place for place in places if place < named_at and place not in found]
            if before:
                found[before[-1]] = str(number)
    return found


def _new(ids: range, earlier: str, later: str) -> set[int]:
    """Numbers of this range that were first said later; in a table by month the range is that of their lower bits."""
    numbers = {int(number) for number in re.findall(r"\b\d{7,16}\b", later)}
    return {number for number in numbers if number & ROW_MASK in ids and not re.search(rf"\b{number}\b", earlier)}


def fresh(recording: Recording) -> set[str]:
    """Texts that this unit wrote and that nobody had said before it."""
    found = set()
    for statement in recording.statements:
        if changes(statement):
            found |= {text for _, text, _ in _LITERAL.findall(statement.sql) if may_be_unique(text)}
    return {text for text in found if f"'{text}'" not in recording.earlier}


def may_be_unique(text: str) -> bool:
    """Whether a text may be a name or a hash: not a time, a number, a word or a document."""
    if len(text) < UNIQUE_FROM_CHARS or _TIME.fullmatch(text) or text[0] in "{[" or text.isdecimal():
        return False
    # PayPal's names are of digits and capitals, and now and then one is without digits.
    return any(character.isdigit() or character.isupper() for character in text)


def expression(text: str, number: str, kind: str) -> str:
    """SQL that makes a text like this one of a random number: the same for the same number."""
    digits = f"to_hex(:{number}::bigint)"
    if _UUID.fullmatch(text) or kind == "::uuid":
        return f"lpad({digits}, 32, '0')::uuid" + ("" if kind == "::uuid" else "::text")
    content = _BYTES.fullmatch(text)
    if content is not None:
        return f"decode(lpad({digits}, {len(content[1])}, '0'), 'hex')"
    if len(text) <= HEX_DIGITS:
        return f"lpad({digits}, {len(text)}, '0'){kind}"
    # What is behind stays: zeros could be compressed, and this text could not.
    return f"(lpad({digits}, {HEX_DIGITS}, '0') || {quoted(text[HEX_DIGITS:], escaped=False)}){kind}"


def quoted(text: str, *, escaped: bool) -> str:
    """A literal in which pgbench sees no variable: it takes `:word` for one also within a text."""
    if ":" not in text and not escaped and "\\" not in text:
        return f"'{text}'"
    plain = text if escaped else text.replace("\\", "\\\\")
    return "E'" + plain.replace(":", "\\x3a").replace("\n", "\\n").replace("\r", "\\r") + "'"


def scripts(recordings: Sequence[Recording], ranges: Ranges, uuids: Container[str] = ()) -> list[Script]:
    """One for each unit. `uuids` are the values that the database keeps as such."""
    return [Writer(recording, ranges, uuids).script() for recording in recordings]
