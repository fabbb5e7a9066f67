"""The page on which a buyer enters a card and gets a nonce: what Braintree's fields do inside a shop's own page.

A plain form, so that a browser and a test use the same. The card goes no further than the simulator, and only test numbers are taken.
"""

from dataclasses import dataclass

from markupsafe import Markup
from werkzeug.wrappers import Request, Response

from solitude_sandbox import html
from solitude_sandbox.addresses import is_web_url, with_query
from solitude_sandbox.braintree import cards, client_tokens, nonces
from solitude_sandbox.braintree.books import Books
from solitude_sandbox.delivery import is_here

PATH = "/sandbox/card"
BRAND = "Braintree simulator"
URL_LENGTH = 2_048
_BY_NUMBER = ""


@dataclass(frozen=True)
class Visit:
    """Who sent the buyer here: the shop's client token, and where the nonce is to be brought, perhaps nowhere."""

    client_token: str
    return_url: str


def enter(books: Books, request: Request) -> Response:
    """GET or POST /sandbox/card?client_token=TOKEN&return_url=URL."""
    visit = Visit(request.values.get("client_token", ""), request.values.get("return_url", ""))
    wrong = _wrong(books, visit)
    if wrong:
        return html.message(BRAND, "This page cannot be shown", wrong, 400)
    if request.method != "POST":
        return _show(visit)
    try:
        card = cards.card(request.form.get("number", ""), request.form.get("behaviour", _BY_NUMBER))
    except ValueError as error:
        return _show(visit, str(error))
    with books.lock:
        nonce = nonces.make(books, card)
    if not visit.return_url:
        shown = Markup('<p>The shop may use this once, within three hours:</p><p><code id="nonce">{}</code></p>')
        return html.sheet(BRAND, "Your card has become a nonce", shown.format(nonce))
    response = html.message(BRAND, "On the way back", "The shop waits.", 303)
    response.headers["Location"] = with_query(visit.return_url, nonce=nonce) or ""
    return response


def _wrong(books: Books, visit: Visit) -> str:
    """Why the buyer should not be here; "" if all is well."""
    with books.lock:
        known = client_tokens.is_good(books, visit.client_token)
    if not known:
        return "client_token must be one that the gateway has made within a day. The shop has to ask it for one."
    url = visit.return_url
    if url and not (len(url) <= URL_LENGTH and is_web_url(url) and is_here(url)):
        return "return_url must be an address of this machine: nonces are brought no further."
    return ""


def _show(visit: Visit, warning: str = "") -> Response:
    behaviours = {_BY_NUMBER: "As its number says", **cards.BEHAVIOURS}
    form = html.form(
        html.hidden("client_token", visit.client_token),
        html.hidden("return_url", visit.return_url),
        html.field("number", "Card number", "4111 1111 1111 1111", inputmode="numeric", autocomplete="off"),
        html.field("", "Expires", "12/39"),
        html.field("", "Security code", "123", inputmode="numeric", autocomplete="off"),
        html.selection("behaviour", "What the card does", behaviours),
        html.button("enter", "Use this card", look="first"),
    )
    note = Markup('<p class="note">Test numbers only. The shop never sees the number, only the nonce.</p>')
    content = Markup("{}{}{}").format(html.alert(warning), form, note)
    return html.sheet(BRAND, "Enter your card", content, 400 if warning else 200)
