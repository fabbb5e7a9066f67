"""Whether everything under the seals is as it was sealed: the chain entry by entry, and the rows of each range.

It reads only, holds one range in memory at a time, and needs nothing but the database and the key ring: a restored backup will do.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from solitude.audit import chain, kinds
from solitude.audit.digests import KeyGone
from solitude.audit.heads import Heads
from solitude.audit.kinds import Kind
from solitude.audit.models import Act, Seal
from solitude.audit.ranges import Checked, Range
from solitude.audit.sealing import sealed_through

ENTRIES_AT_ONCE = 20
# Numbers of seals and ids of rows begin with it.
FIRST = 1
# A range is read once more when retention has noted something about it in between.
READINGS_MAX = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was sealed. `what` says it in words, with the id and the group of columns."""

    kind: str
    seal: int
    what: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.what} (seal {self.seal})"


@dataclass(slots=True)
class Verified:
    """What was looked at. `head` and `length` are of the chain's end."""

    seals: int = 0
    length: int = 0
    head: str = ""
    checked: Checked = field(default_factory=Checked)
    unsealed: int = 0


@dataclass(frozen=True, slots=True)
class Wish:
    """What to verify: `since` leaves out what was sealed before, `kind` the rows of other kinds; `heads` were kept elsewhere."""

    kind: str = ""
    since: datetime | None = None
    heads: Heads = field(default_factory=dict)


def verify(wish: Wish, verified: Verified) -> Iterator[Finding]:
    """Finds what was changed, and adds up in `verified` what was looked at. Raises LookupError for a kind that is not sealed."""
    if wish.kind:
        kinds.named(wish.kind)
    # Read before the walk: whoever seals meanwhile makes the chain longer than the walk may get to see.
    length = chain.only().length
    yield from _below_first(wish)
    last = _before(wish)
    if last is not None:
        # From there on nothing was left out only if that is a seal of ours.
        yield from _genuine(last)
    # How far each kind is sealed; of a part of the chain it is not known where that begins.
    through = {} if last else {kind.name: FIRST - 1 for kind in kinds.every()}
    for seal in _entries(last.number if last else FIRST - 1):
        yield from _links(last, seal)
        yield from _tiles(through, seal)
        yield from _is_named(seal, wish.heads)
        genuine = yield from _genuine(seal)
        if genuine and seal.act == Act.SEALED and wish.kind in ("", seal.kind):
            yield from _range(seal, verified.checked)
        last = seal
        verified.seals += 1
    verified.length, verified.head = (last.number, last.head) if last else (0, "")
    yield from _end(last, max([length, *wish.heads]))
    verified.unsealed = sum(kind.rows.filter(pk__gt=sealed_through(kind.name)).count() for kind in _wished(wish))


def _wished(wish: Wish) -> Iterator[Kind]:
    return (kind for kind in kinds.every() if wish.kind in ("", kind.name))


def _below_first(wish: Wish) -> Iterator[Finding]:
    """Seals and rows where none can be, which no range and no walk comes by."""
    for number in Seal.objects.filter(number__lt=FIRST).order_by("number").values_list("number", flat=True):
        yield Finding("chain", number, "inserted: no seal has such a number")
    for kind in _wished(wish):
        for pk in kind.rows.filter(pk__lt=FIRST).order_by("pk").values_list("pk", flat=True):
            yield Finding(kind.name, 0, f"inserted: {pk}, where nothing is sealed")


def _before(wish: Wish) -> Seal | None:
    """The entry before the first that is to be looked at."""
    if wish.since is None:
        return None
    older = Seal.objects.defer("listing").filter(sealed_at__lt=wish.since)
    return older.order_by("-number").first()


def _entries(after: int) -> Iterator[Seal]:
    while some := list(Seal.objects.filter(number__gt=after).order_by("number")[:ENTRIES_AT_ONCE]):
        yield from some
        after = some[-1].number


def _links(last: Seal | None, seal: Seal) -> Iterator[Finding]:
    """Whether the entry is the next one."""
    expected = last.number + 1 if last else 1
    if seal.number != expected:
        missing = f"{expected}" if seal.number == expected + 1 else f"{expected} to {seal.number - 1}"
        yield Finding("chain", seal.number, f"removed: seal {missing}")
    elif seal.previous != (last.head if last else ""):
        yield Finding("chain", seal.number, "changed or moved: the seal before it has another head")


def _genuine(seal: Seal) -> Generator[Finding, None, bool]:
    """Finds what is wrong with the entry itself; returns whether it can be gone by."""
    try:
        genuine = chain.is_genuine(seal)
    except KeyGone as key:
        yield Finding("chain", seal.number, f"cannot be verified: key {str(key)!r} is not in the key ring")
        return False
    if not genuine:
        yield Finding("chain", seal.number, "changed: the seal is not as it was made")
    return genuine


def _tiles(through: dict[str, int], seal: Seal) -> Iterator[Finding]:
    """Whether ranges of a kind follow one another without a gap."""
    if seal.act != Act.SEALED:
        return
    known = through.get(seal.kind)
    if known is not None and seal.first_id != known + 1:
        yield Finding("chain", seal.number, f"changed: {seal.kind} from {known + 1} on are under no seal")
    through[seal.kind] = seal.last_id


def _is_named(seal: Seal, heads: Heads) -> Iterator[Finding]:
    kept = heads.get(seal.number)
    if kept is not None and kept != seal.head:
        yield Finding("chain", seal.number, "changed: its head is not the one that was kept elsewhere")


def _end(last: Seal | None, expected: int) -> Iterator[Finding]:
    """Whether the chain's end is there: as many seals as the chain has said of itself, and as heads that were kept elsewhere say."""
    number = last.number if last else 0
    if number < expected:
        yield Finding("chain", number, f"removed: the end of the chain, which had {expected} seals")


def _range(seal: Seal, checked: Checked) -> Iterator[Finding]:
    """Looks at the rows of a range. Retention may be at it in the meantime: then once more."""
    if not kinds.knows(seal.kind, seal.layout):
        yield Finding(seal.kind, seal.number, "cannot be verified: this version does not know such rows")
        return
    for _ in range(READINGS_MAX):
        known = Range.of(seal)
        found, counts = list(known.problems()), known.checked
        if not found or Range.of(seal).notes == known.notes:
            break
    checked.add(counts)
    for what in found:
        yield Finding(seal.kind, seal.number, what)
