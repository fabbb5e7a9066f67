"""Braintree's part of the console: what happened, and buttons for what a person wants to happen.

`GET` shows a page, `POST` of one of its forms does what the button says and leads back to the page; both go through the control
API, so that a test can do whatever a person can.
"""

from markupsafe import Markup
from werkzeug.wrappers import Request, Response

from solitude_sandbox import html
from solitude_sandbox.braintree.console import actions, pages
from solitude_sandbox.braintree.console.view import PATH, ROWS_LIMIT, View
from solitude_sandbox.braintree.controls import Controls
from solitude_sandbox.braintree.page import BRAND
from solitude_sandbox.control import base_of

__all__ = ["PATH", "Console"]


class Console:
    """Pages under /sandbox/console, and a section of the page that shows all providers."""

    def __init__(self, controls: Controls) -> None:
        self._controls = controls

    def section(self, base: str) -> Markup:
        """What the page of all providers shows of this one; `base` is where the gateway is reached."""
        return pages.overview(self._view(base, post_to=f"{base}{PATH}"))

    def answer(self, request: Request, name: str) -> Response:
        """A page, or what one of its buttons does."""
        if request.method != "POST":
            return self._show(request, name)
        try:
            actions.act(self._controls, request.form)
        except ValueError as error:
            return self._show(request, name, str(error), 400)
        return Response("", 303, headers={"Location": request.base_url})

    def _show(self, request: Request, name: str, warning: str = "", status: int = 200) -> Response:
        view = self._view(base_of(request))
        title, show = pages.PAGES.get(name, ("Not found", None))
        if show is None:
            content, status = Markup("<p>The console has no such page.</p>"), 404
        else:
            content = show(view)
        text = html.page(
            title,
            Markup("{}{}").format(html.alert(warning), content),
            brand=BRAND,
            links=[(view.at(path), words) for path, (words, _) in pages.PAGES.items()],
            here=view.at(name),
        )
        return Response(text, status, content_type=html.CONTENT_TYPE)

    def _view(self, base: str, post_to: str = "") -> View:
        books = self._controls.common.books_as_json(ROWS_LIMIT)
        books["events"] = list(reversed(self._controls.events.newest(ROWS_LIMIT)))
        return View(books, base, post_to)
