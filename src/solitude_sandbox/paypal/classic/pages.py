"""PayPal's classic pages at /cgi-bin/webscr: pay, agree to later payments, grant permissions."""

from markupsafe import Markup
from werkzeug.wrappers import Request, Response

from solitude_sandbox import html
from solitude_sandbox.paypal.approval import NotOpenError
from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.classic.answers import (
    DEFAULT_SELLER,
    GRANT,
    REFUSE,
    answer_payment,
    answer_permission,
    answer_preapproval,
    open_payment,
    open_permission,
    open_preapproval,
)
from solitude_sandbox.paypal.classic.payment import Payment
from solitude_sandbox.paypal.classic.permissions import PermissionRequest
from solitude_sandbox.paypal.classic.preapproval import NO_PERIOD, Terms
from solitude_sandbox.paypal.layout import leave, message, sheet
from solitude_sandbox.paypal.pages import approval_page, respond

PAYMENT, PREAPPROVAL, PERMISSION = "_ap-payment", "_ap-preapproval", "_grant-permission"


def webscr(books: Books, request: Request) -> Response:
    """GET or POST /cgi-bin/webscr?cmd=…"""
    command = request.args.get("cmd", "")
    if command == PAYMENT:
        return payment(books, request)
    if command == PREAPPROVAL:
        return preapproval(books, request)
    if command == PERMISSION:
        return permission(books, request)
    return message("There is no such page", "PayPal does not know what you want to do.", 404)


def payment(books: Books, request: Request) -> Response:
    """GET or POST cmd=_ap-payment&paykey=KEY, or /webapps/adaptivepayment/flow/pay?paykey=KEY."""
    pay_key = request.args.get("paykey", "")
    base = request.root_url.rstrip("/")

    def show(buyer: str, warning: str) -> Response:
        with books.lock:
            what = _describe_payment(open_payment(books, pay_key, books.clock.now()))
        return approval_page("Pay with PayPal", what, buyer, warning)

    return respond(request, pay_key, show, lambda choice: answer_payment(books, base, pay_key, choice))


def preapproval(books: Books, request: Request) -> Response:
    """GET or POST cmd=_ap-preapproval&preapprovalkey=KEY."""
    key = request.args.get("preapprovalkey", "")
    base = request.root_url.rstrip("/")

    def show(buyer: str, warning: str) -> Response:
        with books.lock:
            what = _describe_terms(open_preapproval(books, key, books.clock.now()).terms)
        return approval_page("Agree to later payments", what, buyer, warning)

    return respond(request, key, show, lambda choice: answer_preapproval(books, base, key, choice))


def permission(books: Books, request: Request) -> Response:
    """GET or POST cmd=_grant-permission&request_token=TOKEN; fields `email` and `action` = `grant` or `refuse`."""
    token = request.args.get("request_token", "")
    try:
        with books.lock:
            asked = open_permission(books, token, books.clock.now())
        if request.method != "POST":
            return _permission_page(asked, DEFAULT_SELLER, "")
        email = request.form.get("email", "").strip() or DEFAULT_SELLER
        try:
            return leave(answer_permission(books, token, request.form.get("action", ""), email))
        except ValueError as error:
            return _permission_page(asked, email, str(error))
    except NotOpenError as error:
        return message("This page has closed", error.sentence, error.status, token)


def _describe_payment(asked: Payment) -> Markup:
    pairs: list[tuple[str, object]] = [("For", asked.memo)] if asked.memo else []
    chained = asked.primary is not None
    for part in asked.parts:
        # Whom the seller pays of it is no concern of the buyer's.
        if part.primary or not chained:
            pairs.append(("Seller", part.receiver.email))
            pairs += [("Amount", str(part.amount))] if len(asked.parts) > 1 and not chained else []
    return Markup("{}{}").format(html.amount(str(asked.gross)), html.definitions(pairs))


def _describe_terms(terms: Terms) -> Markup:
    pairs: list[tuple[str, object]] = [("For", terms.memo)] if terms.memo else []
    pairs += [("From", terms.starts), ("Until", terms.ends), ("In all at most", str(terms.total))]
    if terms.per_payment is not None:
        pairs.append(("Each payment at most", str(terms.per_payment)))
    if terms.payments is not None:
        pairs.append(("Payments at most", terms.payments))
    if terms.payments_per_period is not None:
        often = "in all" if terms.period == NO_PERIOD else terms.period.lower()
        pairs.append(("Payments at most", f"{terms.payments_per_period} ({often})"))
    consent = Markup("<p>The shop may charge you later, without asking again. You can end this at any time.</p>")
    return Markup("{}{}").format(consent, html.definitions(pairs))


def _permission_page(asked: PermissionRequest, email: str, warning: str) -> Response:
    scopes = html.join(Markup("<li>{}</li>").format(_words(scope)) for scope in asked.scopes)
    form = html.form(
        html.field("email", "Your e-mail address at PayPal", email, kind="email", required=True),
        html.button(GRANT, "Grant permission", look="first"),
        html.button(REFUSE, "Refuse", formnovalidate=True),
    )
    content = Markup("<p>A shop asks to do this for you:</p><ul>{}</ul>{}{}").format(scopes, html.alert(warning), form)
    return sheet("Grant permissions", content, 400 if warning else 200)


def _words(scope: str) -> str:
    return scope.replace("_", " ").capitalize()
