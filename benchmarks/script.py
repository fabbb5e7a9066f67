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
        returned = self._returned(place, statement.sql)
        return f"{sql} \\gset {returned}" if returned else f"{sql};"

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

    def _returned(self, place: int, sql: str) -> str:
        """The prefix of what this insert's id is kept in, if a later statement names an id of its table."""
        table = _INSERTS.search(sql)
        if table is None or _RETURNS.search(sql) is None:
            return ""
        ids = self._ranges.get(f"{table[1]}_id_seq", range(0))
        later = " ".join(statement.sql for statement in self._recording.statements[place + 1 :])
        own = sorted(_new(ids, self._recording.earlier, later))
        unknown = [str(number) for number in own if str(number) not in self._ids]
        if not unknown:
            return ""
        prefix = f"row{place}_"
        self._ids[unknown[0]] = f"{prefix}id"
        return prefix


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
