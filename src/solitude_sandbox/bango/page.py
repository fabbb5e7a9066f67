"""The page on which a buyer pays; a plain form, so that a browser and a test use the same."""

from markupsafe import Markup
from werkzeug.wrappers import Request, Response

from solitude_sandbox import html
from solitude_sandbox.bango import buying
from solitude_sandbox.bango.books import Books
from solitude_sandbox.bango.buying import Choice, NotOpenError
from solitude_sandbox.bango.configuration import Offer
from solitude_sandbox.bango.methods import methods

PATH = "/mozpayments/"
BRAND = "Bango simulator"


def payment(books: Books, request: Request) -> Response:
    """GET or POST /mozpayments/?bcid=CONFIGURATION."""
    number = request.args.get("bcid", "")
    try:
        if request.method != "POST":
            return _show(books, number)
        form = request.form
        choice = Choice(
            form.get("action", ""), form.get("network", ""), form.get("currency", ""), form.get("failure", "")
        )
        try:
            location = buying.answer(books, number, choice)
        except ValueError as error:
            return _show(books, number, str(error))
    except NotOpenError as error:
        return html.message(BRAND, "This page has closed", error.sentence, error.status, f"Number: {number[:40]}")
    response = html.message(BRAND, "On the way back", f"The shop waits at {location}", 302)
    response.headers["Location"] = location
    return response


def _show(books: Books, number: str, warning: str = "") -> Response:
    with books.lock:
        offer = buying.open_configuration(books, number, books.clock.now()).offer
        seller = offer.number.package.details["vendorName"]
    prices = list(offer.prices.values())
    amount = html.amount(str(prices[0])) if len(prices) == 1 else Markup("")
    what = html.definitions([("For", offer.title), ("Product", offer.number.name), ("Seller", seller)])
    content = Markup("{}{}{}{}").format(amount, what, html.alert(warning), _form(offer))
    return html.sheet(BRAND, "Pay with Bango", content, 400 if warning else 200)


def _form(offer: Offer) -> Markup:
    ways = {
        value: f"{method.words}: on your phone bill" if method.network else method.words
        for value, method in methods(offer.types).items()
    }
    prices = {currency: str(price) for currency, price in offer.prices.items()}
    first = next(iter(prices))
    return html.form(
        html.choices("currency", "Price", prices, {first}) if len(prices) > 1 else html.hidden("currency", first),
        html.selection("network", "Pay with", ways, next(iter(ways))),
        html.button(buying.PAY, "Pay", look="first"),
        html.button(buying.REFUSE, "Cancel and return"),
        html.selection("failure", "If it is to fail", buying.FAILURES),
        html.button(buying.FAIL, "Let it fail"),
    )
