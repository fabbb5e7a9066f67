"""The forms with which a person plays fate: the clock, faults, the manner of delivery, a fresh start."""

from markupsafe import Markup

from solitude_sandbox import html
from solitude_sandbox.faults import ANY, NAMED_FAULTS
from solitude_sandbox.paypal.classic import operations as classic
from solitude_sandbox.paypal.console import actions
from solitude_sandbox.paypal.console.view import View, time
from solitude_sandbox.paypal.operations import NAMES

STEPS = {"3600": "1 hour", "10800": "3 hours", "86400": "1 day", "259200": "3 days"}


def clock(view: View) -> Markup:
    """What time it is, and forward."""
    now, ahead = view.books["clock"]["now"], view.books["clock"]["advanced_s"]
    words = f"{ahead:,} seconds ahead of real time." if ahead else "Real time."
    steps = html.form(
        html.hidden("action", actions.ADVANCE),
        *(html.button(seconds, f"+ {words}", name="advance_s") for seconds, words in STEPS.items()),
        action=view.post_to,
        row=True,
    )
    any_step = html.form(
        html.field("advance_s", "Seconds", 60, kind="number", min=0, required=True),
        html.button(actions.ADVANCE, "Move the clock"),
        action=view.post_to,
        row=True,
    )
    content = Markup('<p>{} UTC <span class="note">{}</span></p>{}<br>{}').format(time(now), words, steps, any_step)
    return html.section("Clock", content)


def faults(view: View) -> Markup:
    """Break the next call, and what is still to come."""
    names = html.join(Markup('<option value="{}"></option>').format(name) for name in sorted(NAMED_FAULTS))
    order = html.form(
        html.selection("operation", "Operation", {name: name for name in (ANY, *sorted(NAMES | classic.NAMES))}),
        html.field("fault", "Fault", list="faults", required=True, placeholder="timeout_after or issue:NAME"),
        Markup('<datalist id="faults">{}</datalist>').format(names),
        html.field("account", "Only for this seller", placeholder="seller@shop.example"),
        html.field("count", "Times (0: always)", 1, kind="number", min=0),
        html.field("delay_ms", "Delay (ms)", 1000, kind="number", min=0),
        html.field("retry_after_s", "Retry-After (s)", 1, kind="number", min=0),
        html.button(actions.FAULT, "Break it", look="first"),
        action=view.post_to,
        row=True,
    )
    return html.section("Break the next call", Markup("{}{}").format(order, _faults_to_come(view)))


def _faults_to_come(view: View) -> Markup:
    if not view.books["faults"]:
        return Markup("")
    lines = html.join(
        Markup("<li><code>{}</code>{}: {}, {}</li>").format(
            fault["operation"], _for(fault["account"]), fault["fault"], _times(fault["count"])
        )
        for fault in view.books["faults"]
    )
    clear = html.form(html.button(actions.CLEAR, "Clear all faults"), action=view.post_to)
    return Markup("<h3>To come</h3><ul>{}</ul>{}").format(lines, clear)


def _for(account: str | None) -> str:
    return f" for {account}" if account is not None else ""


def _times(count: int) -> str:
    return {0: "until cleared", 1: "once"}.get(count, f"{count} times")


def manner(view: View) -> Markup:
    """How webhooks are brought, and what has come of it so far."""
    now = view.books["delivery"]
    counts = html.definitions(
        [
            ("Received", now["received"]),
            ("Failed tries", now["failed"]),
            ("Given up", now["given_up"]),
            ("Waiting", now["waiting"]),
        ]
    )
    form = html.form(
        html.selection("paused", "Delivery", {"": "on", "yes": "paused"}, "yes" if now["paused"] else ""),
        html.selection("shuffle", "Order", {"": "as it came", "yes": "shuffled"}, "yes" if now["shuffle"] else ""),
        html.field("duplicates", "Duplicates", now["duplicates"], kind="number", min=0),
        html.field("delay_ms", "Delay (ms)", now["delay_ms"], kind="number", min=0),
        html.button(actions.MANNER, "Change"),
        action=view.post_to,
        row=True,
    )
    return html.section("How they are brought", Markup("{}{}").format(counts, form))


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


def fresh_start(view: View) -> Markup:
    """Away with it all."""
    return html.section(
        "Start anew",
        Markup("<p>Forgets everything but access tokens and certificates, and goes back to real time.</p>{}").format(
            html.form(html.button(actions.RESET, "Forget everything", look="danger"), action=view.post_to)
        ),
    )
