"""Bango's part of the console: what happened, and buttons for what a person wants to happen."""

from solitude_sandbox import console
from solitude_sandbox.bango.console import actions, pages
from solitude_sandbox.bango.control import Control
from solitude_sandbox.bango.page import BRAND
from solitude_sandbox.console import ROWS_LIMIT, View
from solitude_sandbox.fate import Fate
from solitude_sandbox.panels import Form


class Console(console.Console):
    brand, pages = BRAND, pages.PAGES

    def __init__(self, control: Control, fate: Fate) -> None:
        self._control = control
        self._fate = fate

    def view(self, base: str, post_to: str = "") -> View:
        books = self._control.books_as_json(ROWS_LIMIT)
        books["events"] = list(reversed(self._control.newest_events(ROWS_LIMIT)))
        return View(books, base, post_to)

    def act(self, base: str, form: Form) -> None:  # noqa: ARG002 - nothing that it tells has a link
        actions.act(self._control, self._fate, form)
