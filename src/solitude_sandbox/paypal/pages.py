"""The pages on which a buyer approves or cancels; plain forms, so that a browser and a test use the same."""

from collections.abc import Callable
from decimal import Decimal

from markupsafe import Markup
from werkzeug.wrappers import Request, Response

from solitude_sandbox import html
from solitude_sandbox.paypal.approval import (
    CANCEL,
    Choice,
    NotOpenError,
    answer_order,
    answer_setup_token,
    open_order,
    open_setup_token,
)
from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.funding import DEFAULT_BUYER, OK
from solitude_sandbox.paypal.layout import approval_form, leave, message, sheet
from solitude_sandbox.paypal.money import Money
from solitude_sandbox.paypal.order import Order, Unit


def checkout(books: Books, request: Request) -> Response:
    """GET or POST /checkoutnow?token=ORDER."""
    token = request.args.get("token", "")
    base = request.root_url.rstrip("/")

    def show(buyer: str, warning: str) -> Response:
        return approval_page("Pay with PayPal", _describe_order(books, token), buyer, warning)

    return respond(request, token, show, lambda choice: answer_order(books, base, token, choice))


def agreement(books: Books, request: Request) -> Response:
    """GET or POST /agreements/approve?approval_session_id=SETUP_TOKEN."""
    token = request.args.get("approval_session_id", "")

    def show(buyer: str, warning: str) -> Response:
        return approval_page("Agree to later payments", _describe_setup(books, token), buyer, warning)

    return respond(request, token, show, lambda choice: answer_setup_token(books, token, choice))


def respond(
    request: Request, token: str, show: Callable[[str, str], Response], answer: Callable[[Choice], str | None]
) -> Response:
    """The page, or after a POST the way back; the page again if the choice made no sense."""
    try:
        if request.method != "POST":
            return show(DEFAULT_BUYER, "")
        form = request.form
        buyer = form.get("buyer", "").strip() or DEFAULT_BUYER
        try:
            return leave(answer(_choice(form.get("action", ""), form.get("funding", OK), buyer)))
        except ValueError as error:
            return show(buyer, str(error))
    except NotOpenError as error:
        return message("This page has closed", error.sentence, error.status, token)


def _choice(action: str, funding: str, buyer: str) -> Choice:
    """Whoever cancels need not have filled in the form."""
    return Choice(CANCEL, OK, DEFAULT_BUYER) if action == CANCEL else Choice(action, funding, buyer)


def approval_page(title: str, what: Markup, buyer: str, warning: str) -> Response:
    """What is asked, what was wrong, and the form."""
    content = Markup("{}{}{}").format(what, html.alert(warning), approval_form(buyer))
    return sheet(title, content, 400 if warning else 200)


def _describe_order(books: Books, token: str) -> Markup:
    with books.lock:
        order = open_order(books, token, books.clock.now())
        pairs: list[tuple[str, object]] = [("Shop", order.asked.brand_name)] if order.asked.brand_name else []
        for unit in order.units:
            pairs += _describe_unit(unit, alone=len(order.units) == 1)
        refused = order.declines and "Your card was declined. Please choose another way to pay."
    return Markup("{}{}{}").format(html.amount(str(_total(order))), html.alert(refused or ""), html.definitions(pairs))


def _describe_unit(unit: Unit, *, alone: bool) -> list[tuple[str, object]]:
    """Who gets it and for what, and how much of it if somebody else gets some too."""
    asked = unit.asked
    what = asked.description or ", ".join(item.name for item in asked.items)
    found: list[tuple[str, object]] = [("For", what)] if what else []
    found.append(("Seller", unit.seller.email))
    return found if alone else [*found, ("Amount", str(asked.amount))]


def _total(order: Order) -> Money:
    """What the buyer pays: PayPal takes one currency in an order."""
    first = order.units[0].asked.amount
    return first.with_value(sum((unit.asked.amount.value for unit in order.units), Decimal(0)))


def _describe_setup(books: Books, token: str) -> Markup:
    with books.lock:
        setup = open_setup_token(books, token, books.clock.now())
        pairs: list[tuple[str, object]] = [("Shop", setup.brand_name)] if setup.brand_name else []
        if setup.wallet.get("description"):
            pairs.append(("For", setup.wallet["description"]))
    consent = Markup("<p>The shop may charge you later, without asking again. You can end this at any time.</p>")
    return Markup("{}{}").format(consent, html.definitions(pairs) if pairs else "")
