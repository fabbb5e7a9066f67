"""Braintree's part of the console: what happened, and buttons for what a person wants to happen."""

from solitude_sandbox import console
from solitude_sandbox.braintree.console import actions, pages
from solitude_sandbox.braintree.controls import Controls
from solitude_sandbox.braintree.page import BRAND
from solitude_sandbox.console import ROWS_LIMIT, View
from solitude_sandbox.panels import Form


class Console(console.Console):
    brand, pages = BRAND, pages.PAGES

    def __init__(self, controls: Controls) -> None:
        self._controls = controls

    def view(self, base: str, post_to: str = "") -> View:
        books = self._controls.common.books_as_json(ROWS_LIMIT)
        books["events"] = list(reversed(self._controls.events.newest(ROWS_LIMIT)))
        return View(books, base, post_to)

    def act(self, base: str, form: Form) -> None:  # noqa: ARG002 - nothing that it tells has a link
        actions.act(self._controls, form)
