"""The console's pages by their path."""

from markupsafe import Markup

from solitude_sandbox import html, panels
from solitude_sandbox.bango.codes import PENDING
from solitude_sandbox.bango.console import actions, tables
from solitude_sandbox.bango.operations import NAMES
from solitude_sandbox.bango.operators import DECISIONS
from solitude_sandbox.console import Pages, View

NEWEST = 10
SIDE_BY_SIDE = Markup('<div class="side-by-side">{}{}</div>')


def overview(view: View) -> Markup:
    """How many of everything, what waits for somebody, and what happened last. The page of all providers shows this too."""
    counts = view.books["counts"]
    figures = [
        (view.at(page), counts[name], words)
        for page, name, words in (
            ("payments", "configurations", "configurations"),
            ("payments", "payments", "payments"),
            ("refunds", "refunds", "refunds"),
            ("sellers", "packages", "packages"),
            ("sellers", "numbers", "numbers"),
            ("events", "events", "events"),
            ("requests", "requests", "requests"),
        )
    ]
    offered = [each for each in view.newest("configurations") if each["status"] == tables.OPEN]
    pending = [each for each in view.newest("refunds") if each["status"] == PENDING]
    failing = [each for each in view.newest("notifications") if panels.is_failing(each)]
    return html.join(
        [
            panels.figures(figures),
            *([tables.configurations(view, offered, "Waiting for the buyer")] if offered else []),
            *([tables.refunds(view, pending, "Waiting for the operator")] if pending else []),
            *([tables.notifications(view, failing, "Not received yet")] if failing else []),
            tables.payments(view.newest("payments", NEWEST), "Newest payments"),
        ]
    )


def payments(view: View) -> Markup:
    """What is offered, and what was paid."""
    return html.join(
        [tables.configurations(view, view.newest("configurations")), tables.payments(view.newest("payments"))]
    )


def refunds(view: View) -> Markup:
    """What goes back, and what the operators are to decide about the next."""
    return html.join([tables.refunds(view, view.newest("refunds")), _operators(view)])


def sellers(view: View) -> Markup:
    """Packages, and their products."""
    return html.join([tables.packages(view.newest("packages")), tables.numbers(view.newest("numbers"))])


def events(view: View) -> Markup:
    """Who is told of what, and whether it arrived."""
    return html.join(
        [
            tables.notifications(view, view.newest("notifications")),
            SIDE_BY_SIDE.format(panels.manner(view.books, view.post_to), _address(view)),
            tables.events(view, view.newest("events")),
        ]
    )


def requests(view: View) -> Markup:
    """What clients asked for."""
    return tables.requests(view.newest("requests"))


def fate(view: View) -> Markup:
    """What a person can do to all of it."""
    anew = panels.fresh_start("Forgets everything, and goes back to real time.", view.post_to)
    faults = panels.faults(view.books, view.post_to, NAMES, "issue:NO_BANGO_EXISTS")
    return html.join([faults, SIDE_BY_SIDE.format(panels.clock(view.books, view.post_to), anew)])


def _operators(view: View) -> Markup:
    now = view.books["refunds_to_come"]
    form = html.form(
        html.selection("outcome", "The next refunds are", {each: each for each in DECISIONS}, now["outcome"]),
        html.field("count", "So many (0: all to come)", now["count"], kind="number", min=0),
        html.button(actions.DECIDE, "Decide"),
        action=view.post_to,
        row=True,
    )
    return html.section("What operators decide", form)


def _address(view: View) -> Markup:
    form = html.form(
        html.field(
            "url", "Bring all events to", view.books["event_url"] or "", hint="Nothing: where each package wants them."
        ),
        html.field("username", "As the user"),
        html.field("password", "With the password"),
        html.button(actions.EVENT_URL, "Set"),
        action=view.post_to,
        row=True,
    )
    return html.section("Where they are brought", form)


# Path -> title and what shows it.
PAGES: Pages = {
    "": ("Overview", overview),
    "payments": ("Payments", payments),
    "refunds": ("Refunds", refunds),
    "sellers": ("Sellers", sellers),
    "events": ("Events", events),
    "requests": ("Requests", requests),
    "controls": ("Clock and faults", fate),
}
