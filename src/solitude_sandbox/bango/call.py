"""One SOAP request as the operations see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Json = dict[str, Any]
# What an operation answers, by the names of its elements; without a code it is OK.
Values = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """`fields` are the values by name, those that are absent left out. `now` is the simulator's time."""

    operation: str
    now: datetime
    fields: Mapping[str, Any]

    def text(self, name: str) -> str:
        """A text without spaces around it; none counts as an empty one."""
        return str(self.fields.get(name, "")).strip()

    def number(self, name: str) -> int:
        """A whole number that the schema requires."""
        return int(self.fields[name])
