"""PayPal's part of the console: what happened, and buttons for what a person wants to happen.

`GET` shows a page, `POST` of one of its forms does what the button says and leads back to the page. What the pages are is in
`pages`, what the buttons do in `actions`; both go through the control API, so that a test can do whatever a person can.
"""

from markupsafe import Markup
from werkzeug.wrappers import Request, Response

from solitude_sandbox import html
from solitude_sandbox.control import base_of
from solitude_sandbox.panels import RESET
from solitude_sandbox.paypal.approval import NotOpenError
from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.console import actions, detail, overview
from solitude_sandbox.paypal.console.actions import Controls
from solitude_sandbox.paypal.console.pages import PAGES
from solitude_sandbox.paypal.console.view import View
from solitude_sandbox.paypal.history import history_of
from solitude_sandbox.paypal.layout import BRAND

PATH = "/sandbox/console"
ROWS_LIMIT = 50

__all__ = ["PATH", "Console", "Controls"]


class Console:
    """Pages under /sandbox/console, and a section of the page that shows all providers."""

    def __init__(self, books: Books, controls: Controls) -> None:
        self._books = books
        self._controls = controls

    def section(self, base: str) -> Markup:
        """What the page of all providers shows of this one; `base` is where PayPal is reached."""
        return overview.show(self._view(base, post_to=f"{base}{PATH}"))

    def answer(self, request: Request, name: str) -> Response:
        """A page, or what one of its buttons does."""
        base = base_of(request)
        if request.method != "POST":
            return self._show(base, name)
        try:
            actions.act(self._controls, base, request.form)
        except NotOpenError as error:
            return self._show(base, name, error.sentence, error.status)
        except ValueError as error:
            return self._show(base, name, str(error), 400)
        # What was shown is gone after a fresh start.
        back = f"{base}{PATH}" if request.form["action"] == RESET else request.base_url
        return Response("", 303, headers={"Location": back})

    def _show(self, base: str, name: str, warning: str = "", status: int = 200) -> Response:
        title, content = self._page(base, name)
        if content is None:
            title, content, status = "Not found", Markup("<p>The console has no such page, or no longer.</p>"), 404
        at = f"{base}{PATH}"
        text = html.page(
            title,
            Markup("{}{}").format(html.alert(warning), content),
            brand=BRAND,
            links=[(f"{at}/{path}".rstrip("/"), words) for path, (words, _) in PAGES.items()],
            here=f"{at}/{name.partition('/')[0]}".rstrip("/"),
        )
        return Response(text, status, content_type=html.CONTENT_TYPE)

    def _page(self, base: str, name: str) -> tuple[str, Markup | None]:
        """Title and content; no content if there is no such page."""
        if name.startswith("payments/"):
            order_id = name.removeprefix("payments/")
            found = history_of(self._books, base, order_id)
            return f"Order {order_id}", detail.show(self._view(base), found) if found is not None else None
        title, show = PAGES.get(name, ("", None))
        return title, show(self._view(base)) if show is not None else None

    def _view(self, base: str, post_to: str = "") -> View:
        books = self._controls.books.books_as_json(base, ROWS_LIMIT)
        books["events"] = [event.summed_up() for event in reversed(self._controls.events.newest(ROWS_LIMIT))]
        return View(books, f"{base}{PATH}", post_to)
