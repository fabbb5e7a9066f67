"""The reference provider's part of the console: what happened, and buttons for what a person wants to happen.

`GET` shows a page, `POST` of one of its forms does what the button says and leads back to the page; both go through the control API.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup
from werkzeug.wrappers import Request, Response

from solitude_sandbox import html, panels
from solitude_sandbox.control import Json, NotNowError, base_of
from solitude_sandbox.fate import Fate
from solitude_sandbox.panels import Form, whole_of
from solitude_sandbox.reference.control import Control
from solitude_sandbox.reference.operations import NAMES
from solitude_sandbox.reference.pages import BRAND
from solitude_sandbox.reference.transactions import FAILURE_OF, FAILURES, STARTED
from solitude_sandbox.wording import address, code, time, whole

PATH = "/sandbox/console"
ROWS_LIMIT = 50
NEWEST = 10
NONE = Markup("")

PAY, AGAIN, ROTATE, FORGET = "pay", "again", "rotate", "forget"
# Path -> title.
PAGES = {
    "": "Overview",
    "transactions": "Transactions",
    "sellers": "Sellers",
    "notices": "Notices",
    "requests": "Requests",
    "controls": "Clock and faults",
}


@dataclass(frozen=True)
class View:
    """`books` is the newest part of the state page, lists with the oldest first; `base` is where the provider is reached.

    `post_to` is for forms; empty: to the page on which they stand.
    """

    books: Json
    base: str
    post_to: str = ""

    def newest(self, name: str, limit: int = ROWS_LIMIT) -> list[Json]:
        """A list of the books, the newest first."""
        return list(reversed(self.books[name]))[:limit]


class Console:
    """Pages under /sandbox/console, and a section of the page that shows all providers."""

    def __init__(self, control: Control, fate: Fate) -> None:
        self._control = control
        self._fate = fate

    def section(self, base: str) -> Markup:
        """What the page of all providers shows of this one; `base` is where it is reached."""
        return _overview(View(self._control.books_as_json(ROWS_LIMIT), base, f"{base}{PATH}"))

    def answer(self, request: Request, name: str) -> Response:
        """A page, or what one of its buttons does."""
        if request.method != "POST":
            return self._show(request, name)
        try:
            self._act(request.form)
        except NotNowError as error:
            return self._show(request, name, error.sentence, error.status)
        except ValueError as error:
            return self._show(request, name, str(error), 400)
        return Response("", 303, headers={"Location": request.base_url})

    def _act(self, form: Form) -> None:
        """Do what the button says; every refusal is a ValueError or `NotNowError` with a sentence."""
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

    def _show(self, request: Request, name: str, warning: str = "", status: int = 200) -> Response:
        base = base_of(request)
        content = self._content(View(self._control.books_as_json(ROWS_LIMIT), base), name)
        if content is None:
            content, status = Markup("<p>The console has no such page.</p>"), 404
        text = html.page(
            PAGES.get(name, "Not found"),
            Markup("{}{}").format(html.alert(warning), content),
            brand=BRAND,
            links=[(_at(base, path), words) for path, words in PAGES.items()],
            here=_at(base, name),
        )
        return Response(text, status, content_type=html.CONTENT_TYPE)

    def _content(self, view: View, name: str) -> Markup | None:
        match name:
            case "":
                return _overview(view)
            case "transactions":
                return _transactions(view, view.newest("transactions"))
            case "sellers":
                return html.join([_sellers(view), _products(view)])
            case "notices":
                beside = Markup('<div class="side-by-side">{}{}</div>')
                return html.join(
                    [
                        _notices(view, view.newest("notifications")),
                        beside.format(panels.manner(view.books, view.post_to), _keys(view)),
                    ]
                )
            case "requests":
                return _requests(view)
            case "controls":
                return _fate(view)
        return None


def _at(base: str, page: str) -> str:
    return f"{base}{PATH}/{page}".rstrip("/")


def _overview(view: View) -> Markup:
    """How many of everything, what waits for somebody, and what happened last."""
    counts = view.books["counts"]
    pages = ("transactions", "sellers", "products", "notices", "requests")
    shown = [(_at(view.base, "sellers" if page == "products" else page), counts[page], page) for page in pages]
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
