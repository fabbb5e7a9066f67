"""PayPal's part of the console: what happened, and buttons for what a person wants to happen.

What the pages are is in `pages`, what the buttons do in `actions`.
"""

from markupsafe import Markup

from solitude_sandbox import console
from solitude_sandbox.console import ROWS_LIMIT, View
from solitude_sandbox.panels import Form
from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.console import actions, detail, pages
from solitude_sandbox.paypal.console.actions import Controls
from solitude_sandbox.paypal.history import history_of
from solitude_sandbox.paypal.layout import BRAND

__all__ = ["Console", "Controls"]


class Console(console.Console):
    brand, pages = BRAND, pages.PAGES

    def __init__(self, books: Books, controls: Controls) -> None:
        self._books = books
        self._controls = controls

    def view(self, base: str, post_to: str = "") -> View:
        books = self._controls.books.books_as_json(base, ROWS_LIMIT)
        books["events"] = [event.summed_up() for event in reversed(self._controls.events.newest(ROWS_LIMIT))]
        return View(books, base, post_to)

    def act(self, base: str, form: Form) -> None:
        actions.act(self._controls, base, form)

    def page(self, base: str, name: str) -> tuple[str, Markup | None]:
        """Orders have one each, below the page of all."""
        if not name.startswith("payments/"):
            return super().page(base, name)
        order_id = name.removeprefix("payments/")
        found = history_of(self._books, base, order_id)
        return f"Order {order_id}", detail.show(self.view(base), found) if found is not None else None
