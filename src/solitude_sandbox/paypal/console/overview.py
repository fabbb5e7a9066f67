"""The first page: how many of everything, what waits for somebody, and what happened last."""

from markupsafe import Markup

from solitude_sandbox import html, panels
from solitude_sandbox.console import View
from solitude_sandbox.paypal.console import classic, tables
from solitude_sandbox.paypal.console.parts import waits_for_buyer
from solitude_sandbox.paypal.disputes import RESOLVED

NEWEST = 10


def show(view: View) -> Markup:
    """The page of all providers shows this too."""
    done = [order for order in view.newest("orders") if not waits_for_buyer(order)]
    parts = [_figures(view), *_waiting(view), tables.orders(view, done[:NEWEST], "Newest orders that were approved")]
    sent = view.newest("notifications", NEWEST)
    return html.join([*parts, tables.notifications(view, sent, "Newest notifications")])


def _figures(view: View) -> Markup:
    counts = view.books["counts"]
    shown = [
        ("payments", "orders", counts["orders"]),
        ("payments", "captures", counts["captures"]),
        ("payments", "refunds", counts["refunds"]),
        ("classic", "pay keys", counts["payments"]),
        ("disputes", "disputes", counts["disputes"]),
        ("agreements", "agreements", counts["payment_tokens"]),
        ("notifications", "events", counts["events"]),
        ("accounts", "accounts", counts["accounts"]),
        ("requests", "requests", counts["requests"]),
    ]
    return panels.figures([(view.at(page), count, words) for page, words, count in shown])


def _waiting(view: View) -> list[Markup]:
    """Tables of what waits for a person, without those that are empty."""
    orders = [order for order in view.newest("orders") if waits_for_buyer(order)]
    senders = classic.waiting(view)
    reviews = [capture for capture in view.newest("captures") if capture["status"] == "PENDING"]
    disputes = [dispute for dispute in view.newest("disputes") if dispute["status"] != RESOLVED]
    failing = [each for each in view.newest("notifications") if panels.is_failing(each)]
    return [
        *([tables.orders(view, orders, "Waiting for the buyer")] if orders else []),
        *([classic.payments(view, senders, "Waiting for the sender")] if senders else []),
        *([tables.captures(view, reviews, "Waiting for a review")] if reviews else []),
        *([tables.disputes(view, disputes, "Open disputes")] if disputes else []),
        *([tables.notifications(view, failing, "Not received yet")] if failing else []),
    ]
