"""Examples of requests and answers, from a recorded run (`make examples`): they are what the server said."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

# Beside the names of the operations, what any of them may answer; and beside the statuses, what was asked: the parameters in the path,
# and the body.
GATE, PATH, REQUEST = "gate", "path", "request"
RECORDED = Path(__file__).with_name("examples.json")


@dataclass(frozen=True, slots=True)
class Examples:
    """By operation the body that was sent, and the answers by their status."""

    recorded: Mapping[str, Mapping[str, Any]]

    @classmethod
    def read(cls) -> Self:
        return cls(json.loads(RECORDED.read_text(encoding="utf-8")))

    def path(self, operation: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.recorded.get(operation, {}).get(PATH, {})
        return found

    def body(self, operation: str) -> Any:
        return self.recorded.get(operation, {}).get(REQUEST)

    def answer(self, operation: str, status: int) -> Any:
        return self.recorded.get(operation, {}).get(str(status))
