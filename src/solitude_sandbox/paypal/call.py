"""One API request as the operations see it, and what they answer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from solitude_sandbox.paypal import assertion
from solitude_sandbox.paypal.accounts import Account
from solitude_sandbox.paypal.errors import refuse
from solitude_sandbox.paypal.oauth import Login

Json = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """`base` is where the client reaches the simulator; all links start with it. `now` is the simulator's time."""

    operation: str
    base: str
    now: datetime
    client_id: str
    path_id: str
    query: dict[str, str]
    body: Any
    request_id: str | None
    auth_assertion: str | None
    representation: bool
    raw: bytes = b""  # the body as it came
    person: Login | None = None  # who has logged in, where the token is that of a person

    def link(self, path: str, rel: str, method: str = "GET") -> dict[str, str]:
        """A HATEOAS link to `path` of this simulator."""
        return {"href": f"{self.base}{path}", "rel": rel, "method": method}

    def object(self) -> Json:
        """The body as a JSON object; no body counts as an empty one. 400 if it is something else."""
        if self.body is None:
            return {}
        if not isinstance(self.body, dict):
            raise refuse("MALFORMED_REQUEST_JSON", "/")
        return self.body

    def require_consent_of(self, seller: Account, *, needed: bool) -> None:
        """403 unless PayPal-Auth-Assertion names this seller; without the header, 403 only if it is `needed`."""
        if self.auth_assertion is None and not needed:
            return
        if not assertion.names(self.auth_assertion or "", self.client_id, seller):
            raise refuse("PERMISSION_DENIED")


def looking(base: str, now: datetime) -> Call:
    """A call that only looks: for what is shown without a client's request."""
    return Call(
        operation="look",
        base=base,
        now=now,
        client_id="",
        path_id="",
        query={},
        body=None,
        request_id=None,
        auth_assertion=None,
        representation=True,
    )


@dataclass(frozen=True)
class Answer:
    """HTTP status, and how to show the resource as it is *then*: a repeated request gets the latest state.

    What is shown is JSON, nothing, or (certificates) a text.
    """

    status: int
    show: Callable[[Call], Json | str | None]
