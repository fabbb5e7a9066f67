"""What PayPal's pages have in common: who speaks, who pays with what, and the way back."""

from markupsafe import Markup
from werkzeug.wrappers import Response

from solitude_sandbox import html
from solitude_sandbox.paypal.approval import APPROVE, CANCEL
from solitude_sandbox.paypal.funding import FUNDINGS, OK

BRAND = "PayPal simulator"


def sheet(title: str, content: Markup, status: int = 200) -> Response:
    """A page of PayPal's."""
    return html.sheet(BRAND, title, content, status)


def message(title: str, sentence: str, status: int = 200, token: str = "") -> Response:
    """A page of PayPal's that says one thing; `token` is what it was asked about."""
    return html.message(BRAND, title, sentence, status, f"Token: {token[:40]}" if token else "")


def approval_form(buyer: str, approve: str = "Approve") -> Markup:
    """Who pays, with what, and the two ways on: fields `buyer`, `funding` and `action`."""
    return html.form(
        html.field(
            "buyer", "Your e-mail address at PayPal", buyer, kind="email", required=True, autocomplete="username"
        ),
        html.choices("funding", "Pay with", FUNDINGS, {OK}),
        html.button(APPROVE, approve, look="first"),
        html.button(CANCEL, "Cancel and return", formnovalidate=True),
    )


def leave(location: str | None) -> Response:
    """Back to where the visitor came from; a page that says so if there is no such place."""
    if location is None:
        return message("Done", "The shop named no page to return to. You may close this one.")
    response = message("On the way back", f"The shop waits at {location}", 302)
    response.headers["Location"] = location
    return response
