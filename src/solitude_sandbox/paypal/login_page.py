"""The page on which a person lets a client know who it is, or does not."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from markupsafe import Markup
from werkzeug.wrappers import Request, Response

from solitude_sandbox import html
from solitude_sandbox.addresses import is_email, is_web_url, with_query
from solitude_sandbox.paypal import accounts
from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.layout import leave, message, sheet
from solitude_sandbox.paypal.oauth import PERSON_SCOPES, Login
from solitude_sandbox.paypal.onboarding import DEFAULT_SELLER

ALLOW = "allow"
REFUSE = "refuse"
TEXT_LENGTH_LIMIT = 1_000


@dataclass(frozen=True)
class _Asked:
    """What the client's link asks for; ValueError with a sentence if it is no link that PayPal would take."""

    client_id: str
    response_type: str
    scopes: tuple[str, ...]
    redirect_uri: str
    state: str
    nonce: str

    def __post_init__(self) -> None:
        if self.client_id != accounts.CLIENT_ID:
            raise ValueError("PayPal does not know this client.")
        if self.response_type != "code":
            raise ValueError("response_type must be code.")
        if not is_web_url(self.redirect_uri):
            raise ValueError("redirect_uri must be an http or https URL.")
        if "openid" not in self.scopes or not set(self.scopes) <= PERSON_SCOPES.keys():
            raise ValueError(f"scope must have openid, and only these: {', '.join(PERSON_SCOPES)}.")
        if max(len(self.state), len(self.nonce), len(self.redirect_uri)) > TEXT_LENGTH_LIMIT:
            raise ValueError(f"state, nonce and redirect_uri have at most {TEXT_LENGTH_LIMIT} characters.")


def login(books: Books, request: Request) -> Response:
    """GET or POST /signin/authorize?client_id&response_type=code&scope&redirect_uri&state&nonce."""
    try:
        asked = _asked(request)
    except ValueError as error:
        return message("This link is wrong", str(error), 400)
    if request.method != "POST":
        return _page(asked, DEFAULT_SELLER, "")
    action, email = request.form.get("action", ""), request.form.get("email", "").strip() or DEFAULT_SELLER
    state = {"state": asked.state} if asked.state else {}
    if action == REFUSE:
        refused = {"error": "access_denied", "error_description": "The person did not agree"}
        return leave(with_query(asked.redirect_uri, **refused, **state))
    if action != ALLOW or not is_email(email):
        return _page(asked, email, "Enter an e-mail address, and allow or refuse.")
    with books.lock:
        account = books.accounts.by_email(email.lower())
        login = Login(asked.client_id, account.email, account.merchant_id, asked.scopes)
        code = books.logins.allow(login, asked.redirect_uri, asked.nonce, books.clock.now())
    return leave(with_query(asked.redirect_uri, code=code, scope=" ".join(asked.scopes), **state))


def _asked(request: Request) -> _Asked:
    query = request.args
    return _Asked(
        client_id=query.get("client_id", ""),
        response_type=query.get("response_type", ""),
        scopes=tuple(dict.fromkeys(query.get("scope", "").split())),
        redirect_uri=query.get("redirect_uri", ""),
        state=query.get("state", ""),
        nonce=query.get("nonce", ""),
    )


def _page(asked: _Asked, email: str, warning: str) -> Response:
    told = ", ".join(PERSON_SCOPES[scope] for scope in asked.scopes)
    what = html.definitions([("Marketplace", urlsplit(asked.redirect_uri).hostname), ("Is told", told)])
    form = html.form(
        html.field(
            "email", "Your e-mail address at PayPal", email, kind="email", required=True, autocomplete="username"
        ),
        html.button(ALLOW, "Log in and allow", look="first"),
        html.button(REFUSE, "Refuse and return", formnovalidate=True),
    )
    return sheet(
        "Log in with PayPal", Markup("{}{}{}").format(what, html.alert(warning), form), 400 if warning else 200
    )
