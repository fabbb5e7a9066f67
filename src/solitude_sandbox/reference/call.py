"""One API request as the operations see it, and what they answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Call:
    """`uuid` is what the path names; `form` what the body holds. `now` is the simulator's time."""

    now: datetime
    uuid: str
    query: Mapping[str, str]
    form: Mapping[str, object]


@dataclass(frozen=True)
class Answer:
    """HTTP status, and what is shown as JSON; None is an empty body."""

    status: int
    body: Any


def named(resource: str, uuid: str) -> dict[str, str]:
    """What every object says of itself; `resource` is a plural."""
    return {"resource_pk": uuid, "resource_name": resource, "resource_uri": f"/{resource}/{uuid}"}
