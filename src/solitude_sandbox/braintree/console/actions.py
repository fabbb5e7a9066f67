"""What the console's buttons do: the control API without its JSON. Every refusal is a ValueError with a sentence."""

from solitude_sandbox import panels
from solitude_sandbox.braintree import recurring_control
from solitude_sandbox.braintree.controls import Controls
from solitude_sandbox.braintree.processor import AUTHORIZED, PROCESSOR_DECLINED
from solitude_sandbox.panels import Form, given, whole_of

SETTLE, DECLINE, DISPUTE, WIN, LOSE = "settle", "decline", "dispute", "win", "lose"
GIVE, REFUSE = "give", "refuse"
BEHAVE, PLAN, WEBHOOK, RESEND = "behave", "plan", "webhook", "resend"
# What a bank may say that took its time.
OF_BANK = {GIVE: AUTHORIZED, REFUSE: PROCESSOR_DECLINED}
OF_SUBSCRIPTIONS = (recurring_control.RENEW, recurring_control.RETRY, recurring_control.CANCEL)


def act(controls: Controls, form: Form) -> None:
    """Do what the button `action` says."""
    if panels.act(controls.fate, controls.common.post.set_manner, form):
        return
    action = form.get("action", "")
    if action in (SETTLE, DECLINE):
        controls.common.end_settlement({**given(form, "transaction"), "good": action == SETTLE})
    elif action in OF_BANK:
        controls.common.answer_of_bank({**given(form, "transaction"), "status": OF_BANK[action]})
    elif action == DISPUTE:
        controls.disputes.open(given(form, "transaction"))
    elif action in (WIN, LOSE):
        controls.disputes.decide({**given(form, "dispute"), "won": action == WIN})
    elif action in OF_SUBSCRIPTIONS:
        controls.recurring.act(form.get("subscription", ""), action)
    elif action == BEHAVE:
        controls.common.change_method(given(form, "token", "behaviour"))
    elif action == PLAN:
        controls.recurring.set_plan(given(form, "id", "price", "currency_iso_code"))
    else:
        _tell(controls, action, form)


def _tell(controls: Controls, action: str, form: Form) -> None:
    """What the buttons do that are about webhooks."""
    if action == WEBHOOK:
        controls.events.bring_to(form.get("url", "").strip() or None)
    elif action == RESEND:
        controls.events.resend(whole_of(form, "number"))
    else:
        raise ValueError("Unknown action.")
