"""The page about one order: what it is, what became of the money, what a person can do now, and its history."""

import json

from markupsafe import Markup

from solitude_sandbox import html
from solitude_sandbox.clock import stamp
from solitude_sandbox.console import View
from solitude_sandbox.panels import delivery_status
from solitude_sandbox.paypal.call import Json
from solitude_sandbox.paypal.console import actions, buttons, tables
from solitude_sandbox.paypal.console.parts import captures_of, money, waits_for_buyer
from solitude_sandbox.paypal.disputes import MESSAGE_LENGTH, REASONS, RESOLVED, STAGES, STATES
from solitude_sandbox.paypal.funding import DEFAULT_BUYER, FUNDINGS, OK
from solitude_sandbox.paypal.history import History, Moment
from solitude_sandbox.wording import code, time

TEXTS = {"description": "For", "custom_id": "Custom id", "invoice_id": "Invoice id"}


def show(view: View, found: History) -> Markup:
    """The page itself."""
    captures = captures_of(found.order)
    parts = [_order(found.order), *(_capture(view, capture) for capture in captures)]
    if waits_for_buyer(found.order):
        parts.append(_answer(view, found.order))
    boxes = Markup('<div class="side-by-side">{}</div>').format(html.join(parts))
    refunds = [
        refund for unit in found.order["purchase_units"] for refund in unit.get("payments", {}).get("refunds", [])
    ]
    return html.join(
        [
            boxes,
            *([tables.money_back(refunds, "Refunds")] if refunds else []),
            *([tables.disputes(view, found.disputes)] if found.disputes else []),
            *(_further(view, dispute) for dispute in found.disputes if dispute["status"] != RESOLVED),
            _history(found.moments),
            _raw(found.order),
        ]
    )


def _order(order: Json) -> Markup:
    pairs: list[tuple[str, object]] = [("Status", html.badge(order["status"])), ("Created", time(order["create_time"]))]
    if "payer" in order:
        pairs.append(("Buyer", order["payer"]["email_address"]))
    for unit in order["purchase_units"]:
        pairs += [("Amount", money(unit["amount"])), ("Seller", unit["payee"]["email_address"])]
        pairs += [(words, unit[key]) for key, words in TEXTS.items() if key in unit]
        fees = unit["payment_instruction"].get("platform_fees", [])
        pairs += [("Platform fee", money(fee["amount"])) for fee in fees]
    return html.section("Order", html.definitions(pairs))


def _answer(view: View, order: Json) -> Markup:
    """The buyer's page, here."""
    form = html.form(
        html.hidden("token", order["id"]),
        html.field("buyer", "Buyer", DEFAULT_BUYER, kind="email", required=True),
        html.choices("funding", "Pays with", FUNDINGS, {OK}),
        html.button(actions.APPROVE, "Approve as the buyer", look="first"),
        action=view.post_to,
    )
    return html.section("Waiting for the buyer", form)


def _capture(view: View, capture: Json) -> Markup:
    breakdown = capture.get("seller_receivable_breakdown", {})
    pairs: list[tuple[str, object]] = [
        ("Id", code(capture["id"])),
        ("Status", html.badge(capture["status"])),
        ("Amount", money(capture["amount"])),
    ]
    if breakdown:
        pairs.append(("PayPal's fee", money(breakdown["paypal_fee"])))
        pairs += [("Platform fee", money(fee["amount"])) for fee in breakdown.get("platform_fees", [])]
        pairs.append(("Seller got", money(breakdown["net_amount"])))
    given_back = capture["status"] not in buttons.NOT_GIVEN_BACK
    forms = buttons.for_capture(view, capture) if given_back else _money_back(view, capture)
    return html.section("Payment", Markup("{}{}").format(html.definitions(pairs), forms))


def _money_back(view: View, capture: Json) -> Markup:
    hidden = html.hidden("capture", capture["id"])
    amount = html.field("amount", "Amount", placeholder="all that is left", inputmode="decimal")
    refund = html.form(hidden, amount, html.button(actions.REFUND, "Refund"), action=view.post_to, row=True)
    reasons = html.selection("reason", "Reason", {reason: reason.capitalize().replace("_", " ") for reason in REASONS})
    dispute = html.form(hidden, reasons, html.button(actions.DISPUTE, "Open dispute"), action=view.post_to, row=True)
    return Markup("{}<br>{}").format(refund, dispute)


def _further(view: View, dispute: Json) -> Markup:
    """An open dispute changes without an end."""
    statuses = {status: status for status in STATES if status != RESOLVED}
    form = html.form(
        html.hidden("dispute", dispute["dispute_id"]),
        html.selection("stage", "Stage", {stage: stage for stage in STAGES}, dispute["dispute_life_cycle_stage"]),
        html.selection("status", "Status", statuses, dispute["status"]),
        html.field("message", "Message of the buyer", maxlength=MESSAGE_LENGTH),
        html.button(actions.UPDATE, "Change it"),
        action=view.post_to,
        row=True,
    )
    return html.section(f"Take {dispute['dispute_id']} further", form)


def _history(moments: list[Moment]) -> Markup:
    return html.table(
        "History",
        ("At", "What happened", "Result", "Notified"),
        [
            (
                time(stamp(moment.at)),
                moment.what,
                code(moment.result),
                html.join(
                    Markup('{} <span class="note">{}</span> ').format(delivery_status(message), message["url"])
                    for message in moment.messages
                ),
            )
            for moment in moments
        ],
    )


def _raw(order: Json) -> Markup:
    return Markup("<section><details><summary>As the API shows it</summary><pre>{}</pre></details></section>").format(
        json.dumps(order, indent=2)
    )
