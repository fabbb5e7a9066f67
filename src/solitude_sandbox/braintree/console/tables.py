"""The console's tables, each of rows as the state page has them, the newest first."""

from collections.abc import Iterable

from markupsafe import Markup

from solitude_sandbox import html, panels
from solitude_sandbox.braintree import recurring_control
from solitude_sandbox.braintree.cards import BEHAVIOURS
from solitude_sandbox.braintree.console import actions
from solitude_sandbox.braintree.dispute import UNDECIDED
from solitude_sandbox.braintree.processor import AUTHORIZING
from solitude_sandbox.braintree.settlement import ON_THE_WAY
from solitude_sandbox.braintree.subscription import ENDED, PAST_DUE
from solitude_sandbox.braintree.transactions import NOTHING, SALE, SETTLED
from solitude_sandbox.console import View
from solitude_sandbox.control import Json
from solitude_sandbox.wording import address, code, time, whole, words

NONE = Markup("")
_TONES = {SETTLED: "good", **dict.fromkeys(NOTHING, "bad"), "won": "good", "lost": "bad", "accepted": "bad"}


def transactions(view: View, rows: Iterable[Json], caption: str = "Transactions") -> Markup:
    """Sales and refunds, and how their settlement may end."""
    return html.table(
        caption,
        ("Transaction", "Status", "Amount", "By", "Order id, and of what", "Created", ""),
        [
            (
                code(each["id"]),
                Markup("{} {}").format(badge(each["status"]), _response(each)),
                whole(f"{each['amount']} {each['currency']}"),
                whole(each["paid_with"]),
                _about(each),
                time(each["created"]),
                _for_transaction(view, each),
            )
            for each in rows
        ],
    )


def subscriptions(view: View, rows: Iterable[Json], caption: str = "Subscriptions") -> Markup:
    """Who pays for what, and what may become of it."""
    return html.table(
        caption,
        ("Subscription", "Status", "Plan", "Price", "Owed", "Card", "Period", "Next bill", ""),
        [
            (
                code(each["id"]),
                html.badge(each["status"], "bad" if each["status"] == PAST_DUE else ""),
                each["plan_id"],
                whole(f"{each['price']} {each['currency']}"),
                each["balance"],
                code(each["token"]),
                each["cycle"],
                whole(each["next_billing_date"]),
                _for_subscription(view, each),
            )
            for each in rows
        ],
    )


def plans(rows: Iterable[Json]) -> Markup:
    """What can be subscribed to."""
    return html.table(
        "Plans",
        ("Plan", "Price", "Every", "On day", "Periods", "Trial"),
        [
            (
                code(each["id"]),
                whole(f"{each['price']} {each['currency_iso_code']}"),
                "month" if each["billing_frequency"] == 1 else f"{each['billing_frequency']} months",
                each["billing_day_of_month"] or "of the beginning",
                each["number_of_billing_cycles"] or "any number",
                "yes" if each["trial_period"] else "no",
            )
            for each in rows
        ],
    )


def customers(rows: Iterable[Json]) -> Markup:
    """Whom the cards belong to."""
    return html.table(
        "Customers", ("Customer", "Created"), [(code(each["id"]), time(each["created"])) for each in rows]
    )


def methods(view: View, rows: Iterable[Json]) -> Markup:
    """What is in the vault, and what each card does from now on."""
    return html.table(
        "Cards",
        ("Token", "Of the customer", "Card", ""),
        [
            (code(each["token"]), code(each["customer_id"]), whole(each["shown"]), _for_method(view, each))
            for each in rows
        ],
    )


def disputes(view: View, rows: Iterable[Json], caption: str = "Disputes") -> Markup:
    """What banks have taken back, and how they may decide."""
    return html.table(
        caption,
        ("Dispute", "Status", "Amount", "Of the transaction", "Reason", "Created", ""),
        [
            (
                code(each["id"]),
                badge(each["status"]),
                whole(f"{each['amount']} {each['currency']}"),
                code(each["transaction"]),
                words(each["reason"]),
                time(each["created"]),
                _for_dispute(view, each),
            )
            for each in rows
        ],
    )


def events(view: View, rows: Iterable[Json]) -> Markup:
    """What there is to tell, whether anybody listens or not."""
    return html.table(
        "Events",
        ("Number", "Kind", "About", "At", ""),
        [
            (
                each["number"],
                words(each["kind"]),
                code(each["about"]),
                time(each["created"]),
                _for_event(view, each["number"], "Send"),
            )
            for each in rows
        ],
    )


def notifications(view: View, rows: Iterable[Json], caption: str = "Events sent") -> Markup:
    """One line for each event to an address."""
    return html.table(
        caption,
        ("Event", "Kind", "About", "To", "Status", "Tries", "Last answer", "Next try", ""),
        [
            (
                each["event"],
                words(each["event_type"]),
                code(each["resource"]),
                address(each["url"]),
                panels.delivery_status(each),
                each["tries"],
                each["last_answer"],
                time(each["due"]) if each["due"] else NONE,
                _for_event(view, each["event"], "Send again"),
            )
            for each in rows
        ],
    )


def requests(rows: Iterable[Json]) -> Markup:
    """What clients asked for."""
    return html.table(
        "Requests",
        ("At", "Operation", "Answer", "Fault", "Known by"),
        [
            (
                time(each["at"]),
                words(each["operation"]),
                each["status"] or "none",
                each["fault"] or "",
                code(each["request_id"] or ""),
            )
            for each in rows
        ],
    )


def badge(status: str) -> Markup:
    """A status, coloured by what it means for the merchant."""
    return html.badge(status, _TONES.get(status, "wait"))


def _response(transaction: Json) -> str:
    """Why nothing came of it."""
    return (
        str(transaction["response"]) if transaction["status"] in NOTHING and transaction["response"] != "1000" else ""
    )


def _about(transaction: Json) -> Markup:
    """The shop's own name of it; the sale that it refunds, or the subscription that it is a charge of."""
    of = transaction["refunded_transaction_id"] or transaction["subscription_id"]
    shown = [code(transaction["order_id"])] if transaction["order_id"] else []
    return Markup("<br>").join([*shown, *([Markup("of {}").format(code(of))] if of else [])])


def _for_transaction(view: View, transaction: Json) -> Markup:
    about = html.hidden("transaction", transaction["id"])
    if transaction["status"] == AUTHORIZING:
        buttons = [html.button(actions.GIVE, "The bank gives it"), html.button(actions.REFUSE, "The bank refuses it")]
        return html.form(about, *buttons, action=view.post_to)
    if transaction["status"] in ON_THE_WAY:
        buttons = [html.button(actions.SETTLE, "Settle"), html.button(actions.DECLINE, "Decline the settlement")]
        return html.form(about, *buttons, action=view.post_to)
    if transaction["status"] == SETTLED and transaction["type"] == SALE:
        return html.form(about, html.button(actions.DISPUTE, "Dispute"), action=view.post_to)
    return NONE


def _for_subscription(view: View, subscription: Json) -> Markup:
    if subscription["status"] in ENDED:
        return NONE
    retry = [html.button(recurring_control.RETRY, "Try again")] if subscription["status"] == PAST_DUE else []
    return html.form(
        html.hidden("subscription", subscription["id"]),
        html.button(recurring_control.RENEW, "Renew now"),
        *retry,
        html.button(recurring_control.CANCEL, "Cancel"),
        action=view.post_to,
    )


def _for_method(view: View, method: Json) -> Markup:
    return html.form(
        html.hidden("token", method["token"]),
        html.selection("behaviour", "From now on", BEHAVIOURS, method["behaviour"]),
        html.button(actions.BEHAVE, "Change"),
        action=view.post_to,
        row=True,
    )


def _for_dispute(view: View, dispute: Json) -> Markup:
    if dispute["status"] not in UNDECIDED:
        return NONE
    return html.form(
        html.hidden("dispute", dispute["id"]),
        html.button(actions.WIN, "The merchant wins"),
        html.button(actions.LOSE, "The buyer wins"),
        action=view.post_to,
    )


def _for_event(view: View, number: object, label: str) -> Markup:
    return html.form(html.hidden("number", str(number)), html.button(actions.RESEND, label), action=view.post_to)
