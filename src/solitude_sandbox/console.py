"""What the consoles of all simulators have in common.

`GET` shows a page, `POST` of one of its forms does what the button says and leads back to the page; both go through the control API, so
that a test can do whatever a person can.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from markupsafe import Markup
from werkzeug.wrappers import Request, Response

from solitude_sandbox import html
from solitude_sandbox.control import Json, NotNowError, base_of
from solitude_sandbox.panels import RESET, Form

PATH = "/sandbox/console"
ROWS_LIMIT = 50


@dataclass(frozen=True)
class View:
    """`books` is the newest part of the state page, lists with the oldest first; `base` is where the provider is reached.

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


# By the last part of its address what a page is called, and what it shows; the first one has no such part.
Pages = dict[str, tuple[str, Callable[[View], Markup]]]


class Console(ABC):
    """Pages under `PATH`, and a section of the page that shows all providers: the first of them."""

    brand: ClassVar[str]
    pages: ClassVar[Pages]

    @abstractmethod
    def view(self, base: str, post_to: str = "") -> View:
        """What pages are made from, as it is now."""

    @abstractmethod
    def act(self, base: str, form: Form) -> None:
        """Does what the button says. Every refusal is a ValueError or `NotNowError` with a sentence."""

    def page(self, base: str, name: str) -> tuple[str, Markup | None]:
        """Title and content; no content if there is no such page."""
        title, show = self.pages.get(name, ("", None))
        return title, show(self.view(base)) if show is not None else None

    def section(self, base: str) -> Markup:
        """What the page of all providers shows of this one; `base` is where it is reached."""
        _, overview = self.pages[""]
        return overview(self.view(base, post_to=f"{base}{PATH}"))

    def answer(self, request: Request, name: str) -> Response:
        """A page, or what one of its buttons does."""
        base = base_of(request)
        if request.method != "POST":
            return self._show(base, name)
        try:
            self.act(base, request.form)
        except NotNowError as error:
            return self._show(base, name, error.sentence, error.status)
        except ValueError as error:
            return self._show(base, name, str(error), 400)
        # What was shown is gone after a fresh start.
        back = f"{base}{PATH}" if request.form["action"] == RESET else request.base_url
        return Response("", 303, headers={"Location": back})

    def _show(self, base: str, name: str, warning: str = "", status: int = 200) -> Response:
        title, content = self.page(base, name)
        if content is None:
            title, content, status = "Not found", Markup("<p>The console has no such page, or no longer.</p>"), 404
        at = f"{base}{PATH}"
        text = html.page(
            title,
            Markup("{}{}").format(html.alert(warning), content),
            brand=self.brand,
            links=[(f"{at}/{path}".rstrip("/"), words) for path, (words, _) in self.pages.items()],
            here=f"{at}/{name.partition('/')[0]}".rstrip("/"),
        )
        return Response(text, status, content_type=html.CONTENT_TYPE)
