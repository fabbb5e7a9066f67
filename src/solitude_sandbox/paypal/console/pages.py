"""The console's pages by their path."""

from markupsafe import Markup

from solitude_sandbox import html
from solitude_sandbox.console import Pages, View
from solitude_sandbox.paypal.console import classic, controls, overview, tables


def payments(view: View) -> Markup:
    """Orders and all that follows from them."""
    return html.join(
        [
            tables.orders(view, view.newest("orders")),
            tables.captures(view, view.newest("captures")),
            tables.money_back(view.newest("refunds"), "Refunds"),
        ]
    )


def agreements(view: View) -> Markup:
    """Questions to buyers, and their consents."""
    return html.join(
        [
            tables.setup_tokens(view, view.newest("setup_tokens")),
            tables.payment_tokens(view, view.newest("payment_tokens")),
        ]
    )


def disputes(view: View) -> Markup:
    """Disputes, and the money that they took back."""
    return html.join(
        [tables.disputes(view, view.newest("disputes")), tables.money_back(view.newest("reversals"), "Reversals")]
    )


def notifications(view: View) -> Markup:
    """Who is told of what, and whether it arrived."""
    return html.join(
        [
            tables.notifications(view, view.newest("notifications")),
            Markup('<div class="side-by-side">{}{}</div>').format(controls.manner(view), controls.addresses(view)),
            tables.webhooks(view.newest("webhooks")),
            tables.events(view, view.newest("events")),
        ]
    )


def accounts(view: View) -> Markup:
    """Who has how much."""
    return tables.accounts(view, view.newest("accounts"))


def requests(view: View) -> Markup:
    """What clients asked for."""
    return tables.requests(view.newest("requests"))


def fate(view: View) -> Markup:
    """What a person can do to all of it."""
    beside = Markup('<div class="side-by-side">{}{}</div>').format(controls.clock(view), controls.fresh_start(view))
    return html.join([controls.faults(view), beside])


# Path -> title and what shows it.
PAGES: Pages = {
    "": ("Overview", overview.show),
    "payments": ("Payments", payments),
    "agreements": ("Agreements", agreements),
    "classic": ("Classic", classic.show),
    "disputes": ("Disputes", disputes),
    "notifications": ("Notifications", notifications),
    "accounts": ("Accounts", accounts),
    "requests": ("Requests", requests),
    "controls": ("Clock and faults", fate),
}
