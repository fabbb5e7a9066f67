"""What the server tells of letting go what it has kept for long enough."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from .wire import Fields


@dataclass(frozen=True, slots=True)
class RetentionRun:
    """A run over a class of data: how many `rows` it deleted or changed, and how many are old enough and `held`.

    `error` is the kind of what went wrong; None: nothing.
    """

    began: datetime
    ended: datetime
    rows: int
    held: int
    error: str | None

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(f.time("began"), f.time("ended"), f.whole("rows"), f.whole("held"), f.text_or_none("error"))


@dataclass(frozen=True, slots=True)
class RetainedClass:
    """A class of data. `action`: delete, truncate or anonymise, after `days` (None: never).

    `due` rows may go now, the oldest of them from `oldest`; `held` says how many stay for which reason. Counts end at 10,000.
    """

    name: str
    action: str
    days: int | None
    due: int
    oldest: datetime | None
    held: Mapping[str, int]
    last_run: RetentionRun | None

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        held, run = f.mapping("held"), f.mapping("last_run")
        return cls(
            name=f.text("name"),
            action=f.text("action"),
            days=f.whole_or_none("days"),
            due=f.whole("due"),
            oldest=f.time_or_none("oldest"),
            held={why: Fields(held).whole(why) for why in held},
            last_run=RetentionRun.from_json(run) if run else None,
        )


@dataclass(frozen=True, slots=True)
class Retention:
    """Every class of data with a period, and the names of those of which something should have gone a day ago."""

    classes: tuple[RetainedClass, ...]
    overdue: tuple[str, ...]

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(tuple(RetainedClass.from_json(item) for item in f.items("classes")), f.texts("overdue"))
