"""What the console's pages are made from."""

from dataclasses import dataclass

from solitude_sandbox.control import Json

PATH = "/sandbox/console"
ROWS_LIMIT = 50


@dataclass(frozen=True)
class View:
    """`books` is the newest part of the state page, lists with the oldest first; `base` is where the gateway is reached.

    `post_to` is for forms; empty: to the page on which they stand.
    """

    books: Json
    base: str
    post_to: str = ""

    def newest(self, name: str, limit: int = ROWS_LIMIT) -> list[Json]:
        """A list of the books, the newest first."""
        return list(reversed(self.books[name]))[:limit]

    def at(self, page: str) -> str:
        """The address of a page of the console."""
        return f"{self.base}{PATH}/{page}".rstrip("/")
