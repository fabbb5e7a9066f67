"""What the console's buttons do: the control API without its JSON. Every refusal is a ValueError or `NotNowError` with a sentence."""

from solitude_sandbox import panels
from solitude_sandbox.bango import buying
from solitude_sandbox.bango.control import Control
from solitude_sandbox.fate import Fate
from solitude_sandbox.panels import Form, given, whole_of

SETTLE, DECIDE, RESEND, EVENT_URL = "settle", "decide", "resend", "event_url"


def act(control: Control, fate: Fate, form: Form) -> None:
    """Do what the button `action` says."""
    if panels.act(fate, control.post.set_manner, form):
        return
    action = form.get("action", "")
    if action in buying.ACTIONS:
        control.click({"configuration": form.get("configuration", ""), "action": action})
    elif action == SETTLE:
        control.settle(whole_of(form, "refund"), form.get("outcome", ""))
    elif action == DECIDE:
        control.decide({"outcome": form.get("outcome"), "count": whole_of(form, "count", "0")})
    elif action == RESEND:
        control.resend(whole_of(form, "event"))
    elif action == EVENT_URL:
        control.bring_to({"url": None, **given(form, "url", "username", "password")})
    else:
        raise ValueError("Unknown action.")
