"""The page on which a seller grants the partner what it asks for, a part of it, or nothing."""

from markupsafe import Markup
from werkzeug.wrappers import Request, Response

from solitude_sandbox import html
from solitude_sandbox.paypal.approval import NotOpenError
from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.layout import leave, message, sheet
from solitude_sandbox.paypal.onboarding import (
    DEFAULT_SELLER,
    GRANT,
    REFUSE,
    Decision,
    answer_referral,
    open_referral,
    shop_of,
)
from solitude_sandbox.paypal.referrals import Referral

CONFIRMED = "confirmed"
RECEIVABLE = "receivable"
_ACCOUNT = {
    CONFIRMED: ("The e-mail address is confirmed", "PayPal wrote to it, and the seller followed the link."),
    RECEIVABLE: ("The account can receive payments", "Otherwise PayPal has limited it."),
}


def onboarding(books: Books, request: Request) -> Response:
    """GET or POST /bizsignup/partner/entry?referralToken=ID."""
    token = request.args.get("referralToken", "")
    try:
        with books.lock:
            referral = open_referral(books, token)
        if request.method != "POST":
            return _page(referral, referral.email or DEFAULT_SELLER, "")
        email = request.form.get("email", "").strip() or referral.email or DEFAULT_SELLER
        try:
            return leave(answer_referral(books, request.root_url.rstrip("/"), token, _decision(request, email)))
        except ValueError as error:
            return _page(referral, email, str(error))
    except NotOpenError as error:
        return message("This page has closed", error.sentence, error.status, token)


def _decision(request: Request, email: str) -> Decision:
    """Whoever refuses need not have filled in the form."""
    form = request.form
    if form.get("action") == REFUSE:
        return Decision(REFUSE)
    account = form.getlist("account")
    return Decision(
        form.get("action", ""), email, frozenset(form.getlist("features")), CONFIRMED in account, RECEIVABLE in account
    )


def _page(referral: Referral, email: str, warning: str) -> Response:
    features = {name: name.replace("_", " ").capitalize() for name in referral.features}
    form = html.form(
        html.field(
            "email", "Your e-mail address at PayPal", email, kind="email", required=True, autocomplete="username"
        ),
        html.choices("features", "You let it", features, features, many=True),
        html.choices("account", "How your account stands", _ACCOUNT, _ACCOUNT, many=True),
        html.button(GRANT, "Agree and connect", look="first"),
        html.button(REFUSE, "Refuse and return", formnovalidate=True),
    )
    what = html.definitions([("Marketplace", shop_of(referral)), ("Asks", "to act for you at PayPal")])
    content = Markup("{}{}{}").format(what, html.alert(warning), form)
    return sheet("Connect your account", content, 400 if warning else 200)
