"""What a test does to any simulator of the sandbox: reads its books, breaks it, moves its clock, clicks on its pages."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import urllib3


class Controlled:
    """Speaks HTTP with one simulator, as everybody does. `root` is where the sandbox is, `url` where the simulator is."""

    def __init__(self, root: str, provider: str) -> None:
        self.root = root
        self.url = f"{root}/{provider}"
        self._http = urllib3.PoolManager(retries=False)

    def fault(self, operation: str, fault: str, count: int = 1, **more: Any) -> None:
        """Breaks the next `count` calls of an operation; see docs/sandbox.md."""
        self._control("POST", "faults", {"operation": operation, "fault": fault, "count": count, **more})

    def faults(self) -> list[dict[str, Any]]:
        """The faults that wait for their operation."""
        return list(self._control("GET", "faults")["faults"])

    def clear_faults(self) -> None:
        self._control("DELETE", "faults")

    def advance(self, seconds: int) -> None:
        self._control("POST", "clock", {"advance_s": seconds})

    def reset(self) -> None:
        self._control("POST", "reset", {})

    def state(self) -> dict[str, Any]:
        """The simulator's books."""
        books: dict[str, Any] = self._control("GET", "state")
        return books

    def calls(self, operation: str) -> list[dict[str, Any]]:
        """The API requests of this operation that arrived, the oldest first."""
        return [request for request in self.state()["requests"] if request["operation"] == operation]

    def _click(self, url: str, fields: Mapping[str, str | list[str]]) -> str:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self._http.request("POST", url, body=urlencode(fields, doseq=True), headers=kind, redirect=False)
        assert answer.status in (301, 302, 303), answer.data[:500]
        return str(answer.headers["Location"])

    def _control(self, method: str, what: str, body: dict[str, Any] | None = None) -> Any:
        headers = {"Content-Type": "application/json"}
        sent = None if body is None else json.dumps(body).encode()
        answer = self._http.request(method, f"{self.url}/sandbox/{what}", body=sent, headers=headers)
        assert answer.status < 300, answer.data[:500]
        return json.loads(answer.data) if answer.data else None
