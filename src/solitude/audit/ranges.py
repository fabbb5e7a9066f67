"""One range of rows, held to its seal and to what later entries of the chain say of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any

from django.db.models import Model

from solitude.audit import chain, digests, kinds, listings
from solitude.audit.digests import UNREADABLE, KeyGone
from solitude.audit.kinds import Group, Kind
from solitude.audit.listings import UNKNOWN, Digests
from solitude.audit.models import Act, LeftOpen, Seal
from solitude.vault.fields import Unsealable

ROWS_AT_ONCE = 200


@dataclass(slots=True)
class Checked:
    """How many rows were looked at: as they were sealed (`whole`), of these emptied in part by retention (`truncated`) or not at their end
    yet (`still_open`); and how many are gone by retention (`removed`)."""

    whole: int = 0
    truncated: int = 0
    still_open: int = 0
    removed: int = 0

    def add(self, other: "Checked") -> None:
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))


@dataclass(slots=True)
class Range:
    """What the chain says of the rows of one range. `later` are the digests of rows that were open at first, with their key's id.

    `notes` are the numbers of the entries that say it; `wrong` is what is wrong with those.
    """

    seal: Seal
    kind: Kind
    removed: set[int] = field(default_factory=set)
    truncated: set[int] = field(default_factory=set)
    later: dict[int, tuple[str, Digests]] = field(default_factory=dict)
    is_emptied: bool = False
    notes: list[int] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    checked: Checked = field(default_factory=Checked)

    @classmethod
    def of(cls, seal: Seal) -> "Range":
        known = cls(seal, kinds.named(seal.kind))
        emptied_at_once = Seal.objects.filter(
            number__gt=seal.number,
            act=Act.EMPTIED,
            about=None,
            kind=seal.kind,
            first_id__lte=seal.first_id,
            last_id__gte=seal.last_id,
        )
        for note in Seal.objects.filter(about=seal.number).union(emptied_at_once, all=True).order_by("number"):
            known.notes.append(note.number)
            known._take(note)
        return known

    @property
    def groups(self) -> tuple[Group, ...]:
        return self.kind.layouts[self.seal.layout]

    def problems(self) -> Iterator[str]:
        """What is not as it was sealed, in words."""
        if self.is_emptied:
            self.checked.removed += self.seal.count
            yield from (f"inserted: {pk}" for pk, _row in self._rows())
            return
        yield from self.wrong
        listing = _listing(self.seal)
        if listing is None:
            yield "changed: what the seal lists is not what was sealed"
            return
        expected = listings.rows_of(listing, len(self.groups))
        self.checked.removed += len(self.removed & expected.keys())
        left = {pk: sealed for pk, sealed in expected.items() if pk not in self.removed}
        for pk, row in self._rows():
            sealed = left.pop(pk, None)
            if sealed is None:
                yield f"inserted: {pk}"
            elif row is None:
                yield f"changed: {pk}, which cannot be read"
            else:
                yield from self._row(row, sealed)
        yield from (f"removed: {pk}" for pk in left)

    def as_sealed(self, pks: set[int]) -> set[int]:
        """Which of these rows are as they were sealed; all of them where nobody can tell any more."""
        if not kinds.knows(self.seal.kind, self.seal.layout):
            return pks
        sealed, rows = self._sealed(), self._read(self.kind.rows.filter(pk__in=pks))
        try:
            return {pk for pk, row in rows if row is not None and pk in sealed and not any(self._row(row, sealed[pk]))}
        except KeyGone:
            return pks

    def are_the_last(self, pks: set[int]) -> bool:
        """Whether nothing of what was sealed is left but these rows, and all else went with a note."""
        return bool(self._sealed()) and self._sealed().keys() <= self.removed | pks

    def _sealed(self) -> dict[int, Digests]:
        """What the seal lists; nothing where that is not what was sealed, or of another version."""
        if not kinds.knows(self.seal.kind, self.seal.layout):
            return {}
        try:
            return listings.rows_of(_listing(self.seal) or b"", len(self.groups))
        except ValueError:
            return {}

    def _take(self, note: Seal) -> None:
        """What a later entry says. One that is not genuine says nothing; the walk along the chain tells of it."""
        try:
            if not chain.is_genuine(note):
                return
        except KeyGone:
            return
        if note.act == Act.EMPTIED:
            self.is_emptied = True
            return
        listing = _listing(note)
        if listing is None:
            self.wrong.append(f"changed: what seal {note.number} lists is not what was sealed")
        elif note.act == Act.REMOVED:
            self.removed |= listings.ids_of(listing)
        elif note.act == Act.TRUNCATED:
            self.truncated |= listings.ids_of(listing)
        elif note.act == Act.ENDED and kinds.knows(note.kind, note.layout):
            self._take_ended(note, listing)

    def _take_ended(self, note: Seal, listing: bytes) -> None:
        """A row ends once. Who opens it again, and changes it, is not to get another seal for it."""
        key_id = digests.key_id_of(note.head)
        for pk, found in listings.rows_of(listing, len(self.groups)).items():
            if self.later.setdefault(pk, (key_id, found)) != (key_id, found):
                self.wrong.append(f"changed: {pk} was sealed once more as it ended, by seal {note.number}")

    def _rows(self) -> Iterator[tuple[int, Model | None]]:
        """The rows by their ids; None for one in which there stands what no such column can have."""
        rows = self.kind.rows.filter(pk__range=(self.seal.first_id, self.seal.last_id)).order_by("pk")
        last = self.seal.first_id - 1
        while some := self._read(rows.filter(pk__gt=last)[:ROWS_AT_ONCE]):
            yield from some
            last = some[-1][0]

    def _read(self, rows: Any) -> list[tuple[int, Model | None]]:
        try:
            return [(row.pk, row) for row in rows]
        except UNREADABLE:
            return [(pk, self._readable(pk)) for pk in rows.values_list("pk", flat=True)]

    def _readable(self, pk: int) -> Model | None:
        try:
            return next(iter(self.kind.rows.filter(pk=pk)), None)
        except UNREADABLE:
            return None

    def _row(self, row: Model, sealed: Digests) -> Iterator[str]:
        key_id = digests.key_id_of(self.seal.head)
        # What was fixed from the beginning must not have changed before the end came; the rest is in the row's own seal.
        fixed = [(key_id, digest) for digest in sealed]
        if UNKNOWN in sealed and row.pk in self.later:
            key_id, ended = self.later[row.pk]
            fixed = [
                (key_id, digest) if first == UNKNOWN else (known, first)
                for (known, first), digest in zip(fixed, ended, strict=True)
            ]
        elif UNKNOWN in sealed:
            yield from self._open(row)
        for group, (key_id, digest) in zip(self.groups, fixed, strict=True):
            if digest != UNKNOWN:
                yield from self._compared(row, key_id, group, digest)
        self.checked.whole += 1
        self.checked.truncated += row.pk in self.truncated

    def _compared(self, row: Model, key_id: str, group: Group, digest: bytes) -> Iterator[str]:
        try:
            if row.pk in self.truncated and group.can_be_emptied:
                if any(digests.value_of(row, column) for column in group.columns):
                    yield f"changed: {row.pk} {group.name}, which was emptied"
            elif digests.of_group(key_id, self.kind.name, row, group) != digest:
                yield f"changed: {row.pk} {group.name}"
        except Unsealable:
            yield f"changed: {row.pk} {group.name}, which cannot be decrypted"
        except UNREADABLE:
            yield f"changed: {row.pk} {group.name}, which cannot be read"

    def _open(self, row: Model) -> Iterator[str]:
        """A row that was open when it was sealed is so still, or waits for its seal."""
        if self.kind.open_among([row.pk]) or LeftOpen.objects.filter(kind=self.kind.name, row_id=row.pk).exists():
            self.checked.still_open += 1
        else:
            yield f"changed: {row.pk} has ended, and nothing waits to seal it"


def _listing(seal: Seal) -> bytes | None:
    """What the entry lists, if it is what was sealed."""
    listing = bytes(seal.listing or b"")
    return listing if listings.digest(listing) == seal.digest else None
