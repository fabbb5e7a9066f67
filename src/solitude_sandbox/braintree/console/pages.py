"""The console's pages by their path."""

from markupsafe import Markup

from solitude_sandbox import html, panels
from solitude_sandbox.braintree.console import actions, tables
from solitude_sandbox.braintree.dispute import UNDECIDED
from solitude_sandbox.braintree.operations import NAMES
from solitude_sandbox.braintree.subscription import PAST_DUE
from solitude_sandbox.console import Pages, View

NEWEST = 10
SIDE_BY_SIDE = Markup('<div class="side-by-side">{}{}</div>')


def overview(view: View) -> Markup:
    """How many of everything, what waits for somebody, and what happened last. The page of all providers shows this too."""
    counts = view.books["counts"]
    figures = [
        (view.at(page), counts[name], words)
        for page, name, words in (
            ("transactions", "transactions", "transactions"),
            ("subscriptions", "subscriptions", "subscriptions"),
            ("cards", "customers", "customers"),
            ("cards", "methods", "cards"),
            ("disputes", "disputes", "disputes"),
            ("events", "events", "events"),
            ("requests", "requests", "requests"),
        )
    ]
    owing = [each for each in view.newest("subscriptions") if each["status"] == PAST_DUE]
    disputed = [each for each in view.newest("disputes") if each["status"] in UNDECIDED]
    failing = [each for each in view.newest("notifications") if panels.is_failing(each)]
    return html.join(
        [
            panels.figures(figures),
            *([tables.disputes(view, disputed, "Waiting for the bank")] if disputed else []),
            *([tables.subscriptions(view, owing, "Past due")] if owing else []),
            *([tables.notifications(view, failing, "Not received yet")] if failing else []),
            tables.transactions(view, view.newest("transactions", NEWEST), "Newest transactions"),
        ]
    )


def transactions(view: View) -> Markup:
    """Sales and refunds."""
    return tables.transactions(view, view.newest("transactions"))


def subscriptions(view: View) -> Markup:
    """Who is subscribed, and to what one can be."""
    return html.join(
        [
            tables.subscriptions(view, view.newest("subscriptions")),
            tables.plans(view.newest("plans")),
            _plan(view),
        ]
    )


def cards(view: View) -> Markup:
    """What is in the vault."""
    return html.join([tables.methods(view, view.newest("methods")), tables.customers(view.newest("customers"))])


def disputes(view: View) -> Markup:
    """What banks have taken back."""
    return tables.disputes(view, view.newest("disputes"))


def events(view: View) -> Markup:
    """Who is told of what, and whether it arrived."""
    return html.join(
        [
            tables.notifications(view, view.newest("notifications")),
            SIDE_BY_SIDE.format(panels.manner(view.books, view.post_to), _webhook(view)),
            tables.events(view, view.newest("events")),
        ]
    )


def requests(view: View) -> Markup:
    """What clients asked for."""
    return tables.requests(view.newest("requests"))


def fate(view: View) -> Markup:
    """What a person can do to all of it."""
    anew = panels.fresh_start("Forgets everything, and goes back to real time.", view.post_to)
    faults = panels.faults(view.books, view.post_to, NAMES, "issue:2001")
    return html.join([faults, SIDE_BY_SIDE.format(panels.clock(view.books, view.post_to), anew)])


def _plan(view: View) -> Markup:
    form = html.form(
        html.field("id", "Plan", required=True),
        html.field("price", "Price", "9.90", required=True),
        html.field("currency_iso_code", "Currency", "USD"),
        html.button(actions.PLAN, "Make or change it"),
        action=view.post_to,
        row=True,
    )
    return html.section("Another plan, or another price", form)


def _webhook(view: View) -> Markup:
    form = html.form(
        html.field(
            "url",
            "Bring all events to",
            view.books["webhook_url"] or "",
            hint="It is asked a challenge. Nothing: nowhere.",
        ),
        html.button(actions.WEBHOOK, "Set"),
        action=view.post_to,
        row=True,
    )
    return html.section("Where they are brought", form)


# Path -> title and what shows it.
PAGES: Pages = {
    "": ("Overview", overview),
    "transactions": ("Transactions", transactions),
    "subscriptions": ("Subscriptions", subscriptions),
    "cards": ("Cards", cards),
    "disputes": ("Disputes", disputes),
    "events": ("Events", events),
    "requests": ("Requests", requests),
    "controls": ("Clock and faults", fate),
}
