"""The console's tables, each of rows as the state page has them, the newest first."""

from collections.abc import Iterable

from markupsafe import Markup

from solitude_sandbox import html, panels
from solitude_sandbox.bango import buying, page
from solitude_sandbox.bango.call import Json
from solitude_sandbox.bango.codes import CANCEL, CANT_REFUND, OK, PENDING
from solitude_sandbox.bango.console import actions
from solitude_sandbox.console import View
from solitude_sandbox.wording import address, code, time, whole

OPEN = "OPEN"
NONE = Markup("")
# The ends of a pending refund that have a button of their own.
ENDS = {OK: "Complete", CANT_REFUND: "Refuse"}


def configurations(view: View, rows: Iterable[Json], caption: str = "Billing configurations") -> Markup:
    """What buyers are offered, and their clicks."""
    return html.table(
        caption,
        ("Configuration", "Status", "For", "Prices", "Bango number", "At the marketplace", "Created", ""),
        [
            (
                code(each["billingConfigurationId"]),
                html.badge(each["status"], "good" if each["status"] == "PAID" else ""),
                each["pageTitle"],
                Markup(", ").join(whole(price) for price in each["priceList"]),
                code(each["bango"]),
                code(each["externalTransactionId"]),
                time(each["created"]),
                _for_answer(view, each),
            )
            for each in rows
        ],
    )


def payments(rows: Iterable[Json], caption: str = "Payments") -> Markup:
    """Attempts to pay, and what became of them."""
    return html.table(
        caption,
        ("Transaction", "Status", "Amount", "Network", "Refund", "At the marketplace", "Created"),
        [
            (
                code(each["transactionId"]),
                badge(each["status"]),
                whole(each["price"]),
                each["network"] or each["paymentMethod"].lower(),
                badge(each["refund"]) if each["refund"] else NONE,
                code(each["externalTransactionId"]),
                time(each["created"]),
            )
            for each in rows
        ],
    )


def refunds(view: View, rows: Iterable[Json], caption: str = "Refunds") -> Markup:
    """What goes back, and how it may end."""
    return html.table(
        caption,
        ("Refund", "Status", "Amount", "Of the transaction", "At the marketplace", "Created", ""),
        [
            (
                code(each["refundTransactionId"]),
                badge(each["status"]),
                whole(each["amount"]),
                code(each["transactionId"]),
                code(each["externalTransactionId"]),
                time(each["created"]),
                _for_refund(view, each),
            )
            for each in rows
        ],
    )


def packages(rows: Iterable[Json]) -> Markup:
    """Sellers."""
    return html.table(
        "Packages",
        ("Package", "Vendor", "Admin", "Country", "Bank details", "Agreement until", "Events to"),
        [
            (
                code(each["packageId"]),
                each["vendorName"],
                each["adminEmailAddress"],
                f"{each['countryIso']}, {each['currencyIso']}",
                "yes" if each["bankDetails"] else "no",
                time(each["sbiAgreementExpires"]) if each["sbiAgreementExpires"] else NONE,
                address(each["eventNotificationURL"]),
            )
            for each in rows
        ],
    )


def numbers(rows: Iterable[Json]) -> Markup:
    """Products."""
    return html.table(
        "Bango numbers",
        ("Bango number", "Name", "Package", "Premium", "Ratings", "Created"),
        [
            (
                code(each["bango"]),
                each["name"],
                code(each["packageId"]),
                whole(each["premium"]),
                ", ".join(f"{scheme}: {rating}" for scheme, rating in each["ratings"].items()),
                time(each["created"]),
            )
            for each in rows
        ],
    )


def events(view: View, rows: Iterable[Json]) -> Markup:
    """What there is to tell, whether anybody listens or not."""
    return html.table(
        "Events",
        ("Number", "About", "To", "At", ""),
        [
            (
                each["number"],
                code(each["transactionId"]),
                address(each["url"]),
                time(each["created"]),
                _for_event(view, each["number"], "Send"),
            )
            for each in rows
        ],
    )


def notifications(view: View, rows: Iterable[Json], caption: str = "Events sent") -> Markup:
    """One line for each event to an address of this machine."""
    return html.table(
        caption,
        ("Event", "About", "To", "Status", "Tries", "Last answer", "Next try", ""),
        [
            (
                each["event"],
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
        ("At", "Operation", "Answer", "Fault", "External id"),
        [
            (
                time(each["at"]),
                code(each["operation"]),
                each["status"] or "none",
                each["fault"] or "",
                code(each["request_id"] or ""),
            )
            for each in rows
        ],
    )


def badge(status: str) -> Markup:
    """A response code, coloured by what it means: all others are failures."""
    return html.badge(status, {OK: "good", PENDING: "wait", CANCEL: "wait"}.get(status, "bad"))


def _for_answer(view: View, configuration: Json) -> Markup:
    """The buyer's click, and the page on which it is made."""
    if configuration["status"] != OPEN:
        return NONE
    number = configuration["billingConfigurationId"]
    form = html.form(
        html.hidden("configuration", str(number)),
        html.button(buying.PAY, "Pay"),
        html.button(buying.REFUSE, "Cancel"),
        html.button(buying.FAIL, "Let it fail"),
        action=view.post_to,
    )
    return Markup('{} <a href="{}{}?bcid={}">Buyer\'s page</a>').format(form, view.base, page.PATH, number)


def _for_refund(view: View, refund: Json) -> Markup:
    if refund["status"] != PENDING:
        return NONE
    return html.form(
        html.hidden("refund", str(refund["refundTransactionId"])),
        html.hidden("action", actions.SETTLE),
        *(html.button(outcome, words, name="outcome") for outcome, words in ENDS.items()),
        action=view.post_to,
    )


def _for_event(view: View, number: object, words: str) -> Markup:
    return html.form(html.hidden("event", str(number)), html.button(actions.RESEND, words), action=view.post_to)
