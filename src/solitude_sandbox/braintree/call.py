"""One API request as the operations see it, and what they answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from solitude_sandbox.control import Json


@dataclass(frozen=True)
class Call:
    """`name` is what the path names; `fields` what the body holds below its root. `base` is where the client reaches us.

    `now` is the simulator's time; `ordered` the processor's response code that a fault asks for.
    """

    now: datetime
    name: str
    query: Mapping[str, str]
    fields: Json
    base: str = ""
    ordered: str | None = None

    def text(self, name: str) -> str | None:
        """A field's text, or None where nothing stands."""
        return text(self.fields, name)

    def part(self, name: str) -> Json:
        """What stands below a field; none counts as empty."""
        found = self.fields.get(name)
        return found if isinstance(found, dict) else {}


def text(fields: Mapping[str, Any], name: str) -> str | None:
    """The text of a field, or None where nothing stands, or no plain value."""
    value = fields.get(name)
    return None if value is None or isinstance(value, dict | list) else str(value)


def flag(fields: Mapping[str, Any], name: str) -> bool:
    """Whether a field says yes: a boolean, or the text of one."""
    return fields.get(name) in (True, "true", "1")


@dataclass(frozen=True)
class Answer:
    """The root of an answer, and what stands in it; without a `root` it is empty."""

    root: str = ""
    content: Any = field(default_factory=dict)
    status: int = 200
