"""What the console's buttons do: the control API without its JSON. Every refusal is a ValueError with a sentence."""

from collections.abc import Callable
from dataclasses import dataclass

from solitude_sandbox import panels
from solitude_sandbox.fate import Fate
from solitude_sandbox.panels import Form, given
from solitude_sandbox.paypal.by_hand import ByHand
from solitude_sandbox.paypal.classic.control import ClassicControl
from solitude_sandbox.paypal.classic.reversals import REASONS
from solitude_sandbox.paypal.control import Control
from solitude_sandbox.paypal.dispute_control import DisputeControl
from solitude_sandbox.paypal.event_control import EventControl
from solitude_sandbox.paypal.funding import DECLINED, DEFAULT_BUYER, OK
from solitude_sandbox.paypal.ipn_control import IpnControl
from solitude_sandbox.paypal.seller_control import SellerControl

APPROVE, DECLINE = "approve", "decline"
ACCEPT, DENY = "accept", "deny"
REFUND, DISPUTE, RESOLVE, UPDATE = "refund", "dispute", "resolve", "update"
REVOKE, TAKE_BACK = "revoke", "take_back"
RESEND, WEBHOOK = "resend", "webhook"
IPN_URL = "ipn_url"
REVERSE, GIVE_AGAIN = "reverse", "give_again"
SUSPEND, RESUME, END = "suspend", "resume", "end"


@dataclass(frozen=True)
class Controls:
    """The control API, by what it controls."""

    fate: Fate
    books: Control
    events: EventControl
    disputes: DisputeControl
    by_hand: ByHand
    sellers: SellerControl
    classic: ClassicControl
    ipns: IpnControl


Act = Callable[[Controls, str, Form], object]


def act(controls: Controls, base: str, form: Form) -> None:
    """Do what the button `action` says; `base` is for the links in what is told of it."""
    if panels.act(controls.fate, controls.events.post.set_manner, form):
        return
    action = ACTIONS.get(form.get("action", ""))
    if action is None:
        raise ValueError("Unknown action.")
    action(controls, base, form)


def _answer(controls: Controls, base: str, form: Form) -> None:
    buyer = form.get("buyer", "").strip() or DEFAULT_BUYER
    funding = form.get("funding", OK)
    controls.books.click(
        base, {"token": form.get("token", ""), "action": form.get("action"), "funding": funding, "buyer": buyer}
    )


def _decline(controls: Controls, base: str, form: Form) -> None:
    controls.books.click(base, {"token": form.get("token", ""), "funding": DECLINED})


def _decide(controls: Controls, base: str, form: Form) -> None:
    if "payment" in form:
        controls.books.decide_payment(base, form["payment"], form["action"])
    else:
        controls.books.decide(base, form.get("capture", ""), form["action"])


def _reverse(controls: Controls, base: str, form: Form) -> None:
    action = "reverse" if form["action"] == REVERSE else "cancel"
    controls.classic.reverse(base, form.get("payment", ""), action, REASONS[0])


def _change_preapproval(controls: Controls, base: str, form: Form) -> None:
    action = "cancel" if form["action"] == END else form["action"]
    controls.classic.change_preapproval(base, form.get("preapproval", ""), action)


ACTIONS: dict[str, Act] = {
    APPROVE: _answer,
    DECLINE: _decline,
    ACCEPT: _decide,
    DENY: _decide,
    REFUND: lambda controls, base, form: controls.by_hand.give_back(base, given(form, "capture", "amount")),
    REVOKE: lambda controls, base, form: controls.by_hand.end_agreement(base, given(form, "token")),
    TAKE_BACK: lambda controls, base, form: controls.sellers.take_back(base, form.get("merchant", "")),
    DISPUTE: lambda controls, base, form: controls.disputes.open_dispute(
        base, given(form, "capture", "amount", "reason")
    ),
    UPDATE: lambda controls, base, form: controls.disputes.change(
        base, given(form, "dispute", "stage", "status", "message")
    ),
    RESOLVE: lambda controls, base, form: controls.disputes.end_dispute(
        base, given(form, "dispute", "outcome", "amount")
    ),
    RESEND: lambda controls, _base, form: controls.events.resend(form.get("event", "")),
    WEBHOOK: lambda controls, base, form: controls.events.bring_to(base, form.get("url", "").strip()),
    IPN_URL: lambda controls, _base, form: controls.ipns.set_url(form.get("url", "").strip() or None),
    REVERSE: _reverse,
    GIVE_AGAIN: _reverse,
    SUSPEND: _change_preapproval,
    RESUME: _change_preapproval,
    END: _change_preapproval,
}
