"""What each scheme of signing (`signature`, `oauth1`) tells the gate: who sent the request, and what must not come again."""

from dataclasses import dataclass

from solitude.web.clients import Client


class BadSignature(Exception):
    """The request does not prove who sent it; the text says which check failed and holds nothing of the signature.

    `challenge` is the value of `WWW-Authenticate`: the scheme that was tried.
    """

    challenge = 'Bearer error="invalid_token"'


@dataclass(frozen=True, slots=True)
class Signed:
    """A verified signature. Its `name` is good for one request of this client; at `until` (Unix seconds) it would be refused anyway.

    `again` is what the name is refused with the second time.
    """

    client: Client
    name: str
    until: int
    again: BadSignature


class Once:
    """Whether a request is the first with its signature, which the database tells with the first of the request's own statements."""

    def __init__(self, again: BadSignature) -> None:
        self.again = again
        self.is_first: bool | None = None

    def hear(self, is_first: bool) -> None:  # noqa: FBT001
        """Raises `again`, in the place of what the statement has found."""
        self.is_first = is_first
        if not is_first:
            raise self.again
