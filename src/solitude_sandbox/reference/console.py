"""The reference provider's part of the console: what happened, and buttons for what a person wants to happen."""

from collections.abc import Iterable

from markupsafe import Markup

from solitude_sandbox import console, html, panels
from solitude_sandbox.console import ROWS_LIMIT, Pages, View
from solitude_sandbox.control import Json
from solitude_sandbox.fate import Fate
from solitude_sandbox.panels import Form, whole_of
from solitude_sandbox.reference.control import Control
from solitude_sandbox.reference.operations import NAMES
from solitude_sandbox.reference.pages import BRAND
from solitude_sandbox.reference.transactions import FAILURE_OF, FAILURES, STARTED
from solitude_sandbox.wording import address, code, time, whole

NEWEST = 10
NONE = Markup("")

PAY, AGAIN, ROTATE, FORGET = "pay", "again", "rotate", "forget"


def _overview(view: View) -> Markup:
    """How many of everything, what waits for somebody, and what happened last."""
    counts = view.books["counts"]
    pages = ("transactions", "sellers", "products", "notices", "requests")
    shown = [(view.at("sellers" if page == "products" else page), counts[page], page) for page in pages]
    waiting = [each for each in view.newest("transactions") if each["status"] == STARTED]
    done = [each for each in view.newest("transactions") if each["status"] != STARTED][:NEWEST]
    failing = [each for each in view.newest("notifications") if panels.is_failing(each)]
    return html.join(
        [
            panels.figures(shown),
            *([_transactions(view, waiting, "Waiting for the buyer")] if waiting else []),
            *([_notices(view, failing, "Not received yet")] if failing else []),
            _transactions(view, done, "Newest transactions that were decided"),
        ]
    )


def _transactions(view: View, rows: Iterable[Json], caption: str = "Transactions") -> Markup:
    """Of the provider's own name, the beginning will do."""
    return html.table(
        caption,
        ("Transaction", "Status", "Amount", "By", "At the marketplace", "Created", ""),
        [
            (
                code(each["uuid"].partition("-")[0]),
                Markup("{} {}").format(html.badge(each["status"]), each["error"]),
                whole(f"{each['price']} {each['currency']}"),
                each["pay_method"].lower(),
                code(each["ext_transaction_id"]),
                time(each["created"]),
                _decision(view, each) if each["status"] == STARTED else NONE,
            )
            for each in rows
        ],
    )


def _decision(view: View, transaction: Json) -> Markup:
    """The buyer's click, and the page on which it is made."""
    failure = FAILURE_OF[transaction["pay_method"]]
    form = html.form(
        html.hidden("tx", transaction["token"]),
        html.button(PAY, "Pay"),
        html.button(failure, FAILURES[failure]),
        action=view.post_to,
    )
    return Markup('{} <a href="{}/payment/start?tx={}">Buyer\'s page</a>').format(form, view.base, transaction["token"])


def _notices(view: View, rows: Iterable[Json], caption: str = "Notices sent") -> Markup:
    """One line for each notice to an address of this machine."""
    return html.table(
        caption,
        ("Notice", "About", "To", "Status", "Tries", "Last answer", "Next try", ""),
        [
            (
                each["event_type"],
                code(each["resource"]),
                address(each["url"]),
                panels.delivery_status(each),
                each["tries"],
                each["last_answer"],
                time(each["due"]) if each["due"] else "",
                html.form(
                    html.hidden("number", each["event"].rpartition("-")[2]),
                    html.button(AGAIN, "Send again"),
                    action=view.post_to,
                ),
            )
            for each in rows
        ],
    )


def _keys(view: View) -> Markup:
    """The keys that check; the newest one signs, and an old one can be let go."""
    numbers = view.books["keys"]
    lines = html.join(
        Markup("<li>Key {} {}</li>").format(number, "signs and checks" if number == numbers[-1] else "checks")
        for number in numbers
    )
    rotate = html.form(html.button(ROTATE, "Sign with a new key"), action=view.post_to)
    forget = html.form(
        html.selection("key", "Key", {str(number): f"Key {number}" for number in numbers}),
        html.button(FORGET, "Forget it", look="danger"),
        action=view.post_to,
        row=True,
    )
    return html.section(
        "Signatures", Markup("<ul>{}</ul>{}{}").format(lines, rotate, forget if len(numbers) > 1 else NONE)
    )


def _sellers(view: View) -> Markup:
    return html.table(
        "Sellers",
        ("Seller", "Name", "E-mail", "Status", "Agreement"),
        [
            (code(each["uuid"]), each["name"], each["email"], html.badge(each["status"]), each["agreement"])
            for each in view.newest("sellers")
        ],
    )


def _products(view: View) -> Markup:
    return html.table(
        "Products",
        ("Product", "Name", "External id", "Seller", "Status"),
        [
            (code(each["uuid"]), each["name"], each["external_id"], code(each["seller_id"]), html.badge(each["status"]))
            for each in view.newest("products")
        ],
    )


def _requests(view: View) -> Markup:
    return html.table(
        "Requests",
        ("At", "Request", "Answer", "Fault"),
        [
            (
                time(each["at"]),
                code(f"{each['method']} {each['path']}"),
                each["status"] or "none",
                each["fault"] or "",
            )
            for each in view.newest("requests")
        ],
    )


def _fate(view: View) -> Markup:
    """What a person can do to all of it."""
    anew = panels.fresh_start(
        "Forgets everything but the keys of signatures, and goes back to real time.", view.post_to
    )
    beside = Markup('<div class="side-by-side">{}{}</div>').format(panels.clock(view.books, view.post_to), anew)
    faults = panels.faults(view.books, view.post_to, NAMES, "issue:InternalError")
    return html.join([faults, beside])


def _all_transactions(view: View) -> Markup:
    return _transactions(view, view.newest("transactions"))


def _sellers_and_products(view: View) -> Markup:
    return html.join([_sellers(view), _products(view)])


def _notices_and_keys(view: View) -> Markup:
    beside = Markup('<div class="side-by-side">{}{}</div>')
    shown = beside.format(panels.manner(view.books, view.post_to), _keys(view))
    return html.join([_notices(view, view.newest("notifications")), shown])


PAGES: Pages = {
    "": ("Overview", _overview),
    "transactions": ("Transactions", _all_transactions),
    "sellers": ("Sellers", _sellers_and_products),
    "notices": ("Notices", _notices_and_keys),
    "requests": ("Requests", _requests),
    "controls": ("Clock and faults", _fate),
}


class Console(console.Console):
    brand, pages = BRAND, PAGES

    def __init__(self, control: Control, fate: Fate) -> None:
        self._control = control
        self._fate = fate

    def view(self, base: str, post_to: str = "") -> View:
        return View(self._control.books_as_json(ROWS_LIMIT), base, post_to)

    def act(self, base: str, form: Form) -> None:  # noqa: ARG002 - nothing that it tells has a link
        if panels.act(self._fate, self._control.post.set_manner, form):
            return
        action = form.get("action", "")
        if action == PAY or action in FAILURES:
            self._control.click(form.get("tx", ""), "" if action == PAY else action)
        elif action == AGAIN:
            self._control.tell_again(whole_of(form, "number"))
        elif action == ROTATE:
            self._control.rotate_keys()
        elif action == FORGET:
            self._control.forget_key(whole_of(form, "key"))
        else:
            raise ValueError("Unknown action.")
