"""What the console's buttons do: the control API without its JSON. Every refusal is a ValueError with a sentence."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from solitude_sandbox.paypal.by_hand import ByHand
from solitude_sandbox.paypal.call import Json
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
RESEND, MANNER, WEBHOOK = "resend", "manner", "webhook"
IPN_URL = "ipn_url"
REVERSE, GIVE_AGAIN = "reverse", "give_again"
SUSPEND, RESUME, END = "suspend", "resume", "end"
ADVANCE, FAULT, CLEAR, RESET = "advance", "fault", "clear", "reset"


@dataclass(frozen=True)
class Controls:
    """The control API, by what it controls."""

    books: Control
    events: EventControl
    disputes: DisputeControl
    by_hand: ByHand
    sellers: SellerControl
    classic: ClassicControl
    ipns: IpnControl


Form = Mapping[str, str]
Act = Callable[[Controls, str, Form], object]


def act(controls: Controls, base: str, form: Form) -> None:
    """Do what the button `action` says; `base` is for the links in what is told of it."""
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


def _advance(controls: Controls, _base: str, form: Form) -> None:
    controls.books.advance(_whole(form, "advance_s"))


def _fault(controls: Controls, _base: str, form: Form) -> None:
    numbers = {key: _whole(form, key, "0") for key in ("count", "delay_ms", "retry_after_s")}
    named = {"operation": form.get("operation"), "fault": form.get("fault"), **_given(form, "account")}
    controls.books.set_fault({**named, **numbers})


def _manner(controls: Controls, _base: str, form: Form) -> None:
    numbers = {key: _whole(form, key, "0") for key in ("duplicates", "delay_ms")}
    controls.events.set_manner(
        {**numbers, "shuffle": form.get("shuffle") == "yes", "paused": form.get("paused") == "yes"}
    )


ACTIONS: dict[str, Act] = {
    APPROVE: _answer,
    DECLINE: _decline,
    ACCEPT: _decide,
    DENY: _decide,
    REFUND: lambda controls, base, form: controls.by_hand.give_back(base, _given(form, "capture", "amount")),
    REVOKE: lambda controls, base, form: controls.by_hand.end_agreement(base, _given(form, "token")),
    TAKE_BACK: lambda controls, base, form: controls.sellers.take_back(base, form.get("merchant", "")),
    DISPUTE: lambda controls, base, form: controls.disputes.open_dispute(
        base, _given(form, "capture", "amount", "reason")
    ),
    UPDATE: lambda controls, base, form: controls.disputes.change(
        base, _given(form, "dispute", "stage", "status", "message")
    ),
    RESOLVE: lambda controls, base, form: controls.disputes.end_dispute(
        base, _given(form, "dispute", "outcome", "amount")
    ),
    RESEND: lambda controls, _base, form: controls.events.resend(form.get("event", "")),
    MANNER: _manner,
    WEBHOOK: lambda controls, base, form: controls.events.bring_to(base, form.get("url", "").strip()),
    IPN_URL: lambda controls, _base, form: controls.ipns.set_url(form.get("url", "").strip() or None),
    REVERSE: _reverse,
    GIVE_AGAIN: _reverse,
    SUSPEND: _change_preapproval,
    RESUME: _change_preapproval,
    END: _change_preapproval,
    ADVANCE: _advance,
    FAULT: _fault,
    CLEAR: lambda controls, _base, _form: controls.books.clear_faults(),
    RESET: lambda controls, _base, _form: controls.books.start_anew(),
}


def _given(form: Form, *names: str) -> Json:
    """The fields that were filled in."""
    return {name: form[name].strip() for name in names if form.get(name, "").strip()}


def _whole(form: Form, name: str, default: str = "") -> int:
    value = form.get(name, default).strip()
    if not (value.isascii() and value.isdigit()):
        raise ValueError(f"{name} must be a whole number.")
    return int(value)
