"""The pages on which a buyer approves or cancels; plain forms, so that a browser and a test use the same."""

from collections.abc import Callable, Iterable

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
from solitude_sandbox.paypal.funding import DEFAULT_BUYER, FUNDINGS, OK

_FORM = Markup(
    "{what}{warning}"
    '<form method="post"><label for="buyer">Your e-mail address at PayPal</label>'
    '<input id="buyer" name="buyer" type="email" required size="36" value="{buyer}">'
    "<fieldset><legend>Pay with a funding source that</legend>{fundings}</fieldset>"
    '<button class="first" name="action" value="approve">Approve</button>'
    '<button name="action" value="cancel" formnovalidate>Cancel and return</button></form>'
    '<p class="note">This is a simulator. No money moves.</p>'
)
_RADIO = Markup('<label><input type="radio" name="funding" value="{name}"{checked}> {text}</label>')


def checkout(books: Books, request: Request) -> Response:
    """GET or POST /checkoutnow?token=ORDER."""
    token = request.args.get("token", "")
    base = request.root_url.rstrip("/")
    return _page(
        request, token, lambda: _describe_order(books, token), lambda choice: answer_order(books, base, token, choice)
    )


def agreement(books: Books, request: Request) -> Response:
    """GET or POST /agreements/approve?approval_session_id=SETUP_TOKEN."""
    token = request.args.get("approval_session_id", "")
    return _page(
        request, token, lambda: _describe_setup(books, token), lambda choice: answer_setup_token(books, token, choice)
    )


def _page(
    request: Request, token: str, describe: Callable[[], Markup], answer: Callable[[Choice], str | None]
) -> Response:
    try:
        if request.method != "POST":
            return _form(describe(), DEFAULT_BUYER)
        form = request.form
        buyer = form.get("buyer", "").strip() or DEFAULT_BUYER
        try:
            choice = _choice(form.get("action", ""), form.get("funding", OK), buyer)
        except ValueError as error:
            return _form(describe(), buyer, str(error))
        return _leave(answer(choice))
    except NotOpenError as error:
        return _message("PayPal simulator", error.sentence, error.status, token)


def _choice(action: str, funding: str, buyer: str) -> Choice:
    """Whoever cancels need not have filled in the form."""
    return Choice(CANCEL, OK, DEFAULT_BUYER) if action == CANCEL else Choice(action, funding, buyer)


def _describe_order(books: Books, token: str) -> Markup:
    with books.lock:
        order = open_order(books, token, books.clock.now())
        pairs: list[tuple[str, object]] = [("Shop", order.asked.brand_name)] if order.asked.brand_name else []
        for unit in order.units:
            amount = unit.asked.amount.as_json()
            pairs.append(("Seller", unit.seller.email))
            pairs.append(("Amount", f"{amount['value']} {amount['currency_code']}"))
            if unit.asked.description:
                pairs.append(("For", unit.asked.description))
    return html.definitions(pairs)


def _describe_setup(books: Books, token: str) -> Markup:
    with books.lock:
        setup = open_setup_token(books, token, books.clock.now())
        pairs: list[tuple[str, object]] = [("Agreement", "The shop may charge you later, without asking again.")]
        if setup.brand_name:
            pairs.insert(0, ("Shop", setup.brand_name))
        if setup.wallet.get("description"):
            pairs.append(("For", setup.wallet["description"]))
    return html.definitions(pairs)


def _form(what: Markup, buyer: str, warning: str = "") -> Response:
    alert = Markup('<p role="alert"><strong>{}</strong></p>').format(warning) if warning else Markup("")
    content = _FORM.format(what=what, warning=alert, buyer=buyer, fundings=Markup("").join(_radios(FUNDINGS.items())))
    return _html("Pay with PayPal (simulator)", content, 400 if warning else 200)


def _radios(fundings: Iterable[tuple[str, str]]) -> Iterable[Markup]:
    for name, text in fundings:
        yield _RADIO.format(name=name, text=text, checked=Markup(" checked") if name == OK else "")


def _leave(location: str | None) -> Response:
    if location is None:
        return _message("Done", "The shop named no page to return to. You may close this one.", 200)
    response = _message("On the way back", f"The shop waits at {location}", 302)
    response.headers["Location"] = location
    return response


def _message(title: str, sentence: str, status: int, token: str = "") -> Response:
    shown = Markup('<p class="note">Token: {}</p>').format(token[:40]) if token else Markup("")
    return _html(title, Markup("<p>{}</p>{}").format(sentence, shown), status)


def _html(title: str, content: Markup, status: int) -> Response:
    return Response(html.page(title, content, narrow=True), status, content_type=html.CONTENT_TYPE)
