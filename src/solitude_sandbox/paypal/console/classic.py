"""The page of the classic interface: payments by their pay keys, and pre-approvals."""

from collections.abc import Iterable

from markupsafe import Markup

from solitude_sandbox import html
from solitude_sandbox.console import View
from solitude_sandbox.paypal.call import Json
from solitude_sandbox.paypal.classic.payment import COMPLETED, CREATED, PENDING
from solitude_sandbox.paypal.classic.preapproval import ACTIVE, CANCELED
from solitude_sandbox.paypal.console import actions, buttons
from solitude_sandbox.wording import code, whole, words

# What the pages of the classic interface are called in their address, and what names the thing there.
PAYMENT, PREAPPROVAL = ("_ap-payment", "paykey"), ("_ap-preapproval", "preapprovalkey")


def show(view: View) -> Markup:
    """The page itself."""
    return html.join([payments(view, view.newest("payments")), preapprovals(view, view.newest("preapprovals"))])


def payments(view: View, rows: Iterable[Json], caption: str = "Payments by pay key") -> Markup:
    """Who gets what, and what can be done about it."""
    return html.table(
        caption,
        ("Pay key", "Status", "Receivers", "Kind", "Tracking id", "From", ""),
        [
            (
                code(payment["payKey"]),
                html.badge(payment["status"]),
                Markup("<br>").join(_receiver(part, payment["currencyCode"]) for part in _parts(payment)),
                words(payment["actionType"]),
                payment.get("trackingId", ""),
                payment.get("senderEmail", ""),
                _for_payment(view, payment),
            )
            for payment in rows
        ],
    )


def preapprovals(view: View, rows: Iterable[Json]) -> Markup:
    """What senders have agreed to, and how much of it is used up."""
    return html.table(
        "Pre-approvals",
        ("Key", "Status", "Approved", "Until", "Used", "From", ""),
        [
            (
                code(each["preapprovalKey"]),
                html.badge(each["status"]),
                "yes" if each["approved"] == "true" else "not yet",
                whole(each["endingDate"][:10]),
                f"{each['curPaymentsAmount']} of {each['maxTotalAmountOfAllPayments']} {each['currencyCode']}",
                each.get("senderEmail", ""),
                _for_preapproval(view, each),
            )
            for each in rows
        ],
    )


def waiting(view: View) -> list[Json]:
    """The payments that wait for their senders."""
    return [payment for payment in view.newest("payments") if payment["status"] == CREATED]


def _parts(payment: Json) -> list[Json]:
    parts: list[Json] = payment["paymentInfoList"]["paymentInfo"]
    return parts


def _receiver(part: Json, currency: str) -> Markup:
    receiver = part["receiver"]
    primary = " (primary)" if receiver["primary"] == "true" else ""
    return Markup("{}{}: {}").format(receiver["email"], primary, whole(f"{receiver['amount']} {currency}"))


def _for_payment(view: View, payment: Json) -> Markup:
    key, status = payment["payKey"], payment["status"]
    if status == CREATED:
        return _for_answer(view, key, PAYMENT)
    choices = {
        PENDING: ((actions.ACCEPT, "Accept"), (actions.DENY, "Deny")),
        COMPLETED: ((actions.REVERSE, "Reverse"), (actions.GIVE_AGAIN, "Cancel reversal")),
    }
    return _with(view, "payment", key, choices.get(status, ()))


def _for_preapproval(view: View, each: Json) -> Markup:
    key, status = each["preapprovalKey"], each["status"]
    if status == CANCELED:
        return buttons.NONE
    if each["approved"] != "true":
        return _for_answer(view, key, PREAPPROVAL)
    pause = (actions.SUSPEND, "Suspend") if status == ACTIVE else (actions.RESUME, "Resume")
    return _with(view, "preapproval", key, (pause, (actions.END, "Sender cancels")))


def _for_answer(view: View, key: str, page: tuple[str, str]) -> Markup:
    """The click, and the page on which it is made."""
    command, name = page
    address = f"{view.base}/cgi-bin/webscr?cmd={command}&{name}={key}"
    return buttons.answer(view, key, address)


def _with(view: View, kind: str, key: str, choices: Iterable[tuple[str, str]]) -> Markup:
    pressed = [html.button(action, shown) for action, shown in choices]
    return html.form(html.hidden(kind, key), *pressed, action=view.post_to) if pressed else buttons.NONE
