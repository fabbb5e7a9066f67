"""Buttons that stand in a row of a table, each row with a form of its own."""

from markupsafe import Markup

from solitude_sandbox import html
from solitude_sandbox.console import View
from solitude_sandbox.paypal.call import Json
from solitude_sandbox.paypal.console import actions
from solitude_sandbox.paypal.console.parts import waits_for_buyer
from solitude_sandbox.paypal.disputes import ACCEPTED, BUYER_FAVOUR, CANCELLED, PAYOUT, RESOLVED, SELLER_FAVOUR

# The outcomes that have a button of their own.
OUTCOMES = {
    BUYER_FAVOUR: "For the buyer",
    SELLER_FAVOUR: "For the seller",
    ACCEPTED: "Seller accepts",
    CANCELLED: "Buyer cancels",
    PAYOUT: "PayPal pays",
}
NOT_GIVEN_BACK = ("COMPLETED", "PARTIALLY_REFUNDED")
NONE = Markup("")


def for_answer(view: View, resource: Json) -> Markup:
    """The buyer's page of an order or a setup token, and the click without it."""
    if not waits_for_buyer(resource):
        return NONE
    page = next(link["href"] for link in resource["links"] if link["rel"] in ("approve", "payer-action"))
    return answer(view, resource["id"], page)


def answer(view: View, token: str, page: str) -> Markup:
    """The buyer's click about a token, and the page on which it is made."""
    form = html.form(
        html.hidden("token", token),
        html.button(actions.APPROVE, "Approve"),
        html.button(actions.DECLINE, "Decline card"),
        action=view.post_to,
    )
    return Markup('{} <a href="{}">Buyer\'s page</a>').format(form, page)


def for_capture(view: View, capture: Json) -> Markup:
    """A decision for what is under review; trouble for what is paid."""
    hidden = html.hidden("capture", capture["id"])
    if capture["status"] == "PENDING":
        buttons = (html.button(actions.ACCEPT, "Accept"), html.button(actions.DENY, "Deny"))
    elif capture["status"] in NOT_GIVEN_BACK:
        buttons = (html.button(actions.REFUND, "Refund"), html.button(actions.DISPUTE, "Open dispute"))
    else:
        return NONE
    return html.form(hidden, *buttons, action=view.post_to)


def for_dispute(view: View, dispute: Json) -> Markup:
    """How it may end."""
    if dispute["status"] == RESOLVED:
        return NONE
    return html.form(
        html.hidden("dispute", dispute["dispute_id"]),
        html.hidden("action", actions.RESOLVE),
        *(html.button(outcome, words, name="outcome") for outcome, words in OUTCOMES.items()),
        action=view.post_to,
    )


def for_agreement(view: View, token: Json) -> Markup:
    """The buyer's way out."""
    if token["deleted"]:
        return NONE
    return html.form(
        html.hidden("token", token["id"]), html.button(actions.REVOKE, "Buyer revokes"), action=view.post_to
    )


def for_consent(view: View, account: Json) -> Markup:
    """What the seller lets the marketplace do, and the way out of it."""
    consent = account["consent"]
    if consent is None:
        return NONE
    if consent["revoked"]:
        return Markup("taken back")
    take_back = html.form(
        html.hidden("merchant", account["merchant_id"]),
        html.button(actions.TAKE_BACK, "Seller takes it back"),
        action=view.post_to,
    )
    return Markup("{} {}").format(", ".join(consent["features"]), take_back)


def for_event(view: View, event_id: str, words: str = "Send again") -> Markup:
    """Once more to all who want it."""
    return html.form(html.hidden("event", event_id), html.button(actions.RESEND, words), action=view.post_to)
