"""The forms with which a person plays fate: those that every console has, and where PayPal's messages are brought."""

from markupsafe import Markup

from solitude_sandbox import html, panels
from solitude_sandbox.console import View
from solitude_sandbox.paypal.classic import operations as classic
from solitude_sandbox.paypal.console import actions
from solitude_sandbox.paypal.operations import NAMES


def clock(view: View) -> Markup:
    """What time it is, and forward."""
    return panels.clock(view.books, view.post_to)


def faults(view: View) -> Markup:
    """Break the next call, and what is still to come."""
    return panels.faults(view.books, view.post_to, NAMES | classic.NAMES)


def manner(view: View) -> Markup:
    """How webhooks are brought, and what has come of it so far."""
    return panels.manner(view.books, view.post_to)


def fresh_start(view: View) -> Markup:
    """Away with it all."""
    what = "Forgets everything but access tokens and certificates, and goes back to real time."
    return panels.fresh_start(what, view.post_to)


def addresses(view: View) -> Markup:
    """What an operator enters in the developer dashboard, and in the account's settings."""
    example = "http://127.0.0.1:2600/paypal/webhook"
    webhook = html.form(
        html.field("url", "Bring all webhook messages to", kind="url", required=True, placeholder=example),
        html.button(actions.WEBHOOK, "Register"),
        action=view.post_to,
        row=True,
    )
    ipn = html.form(
        html.field("url", "Bring IPN messages to (nothing: nowhere)", view.books["ipn_url"] or "", kind="url"),
        html.button(actions.IPN_URL, "Set"),
        action=view.post_to,
        row=True,
    )
    return html.section("Where they are brought", Markup("{}<br>{}").format(webhook, ipn))
