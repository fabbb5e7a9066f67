"""The pages on which a buyer pays, with a card or by the phone bill; plain forms, so that a browser and a test use the same.

What a buyer enters here (card, number, PIN) stands in fields without a name: it never leaves the browser.
"""

from collections.abc import Callable, Iterable

from markupsafe import Markup
from werkzeug.wrappers import Request, Response

from solitude_sandbox import html
from solitude_sandbox.reference import forms
from solitude_sandbox.reference.books import Books
from solitude_sandbox.reference.errors import CONFLICT, ZippyError
from solitude_sandbox.reference.sessions import Sessions
from solitude_sandbox.reference.transactions import (
    CARD,
    FAILURE_OF,
    FAILURES,
    OPERATOR,
    Transaction,
    decide,
    open_by_token,
    still_open,
)

BRAND = "Zippy simulator"


class Pages:
    """The screens below /payment/. A refusal is a `ZippyError`."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._sessions = Sessions(books)

    def start(self, request: Request) -> Response:
        """GET /payment/start?tx=TOKEN: the first screen, and from now on the browser is about this payment."""
        with self._books.lock:
            transaction = open_by_token(self._books, request.args.get("tx", ""))
            by_phone = transaction.asked["pay_method"] == OPERATOR
            content = (self._mobile_number if by_phone else self._card)(request, transaction)
        response = html.sheet(BRAND, *content)
        self._sessions.begin(request, response, transaction.uuid)
        return response

    def card(self, request: Request) -> Response:
        """GET /payment/card."""
        return self._screen(request, self._card)

    def confirm_mobile_number(self, request: Request) -> Response:
        """GET /payment/confirm-mobile-number."""
        return self._screen(request, self._mobile_number)

    def confirm_pin(self, request: Request) -> Response:
        """GET /payment/confirm-pin."""
        return self._screen(request, self._pin)

    def confirm(self, request: Request) -> Response:
        """GET /payment/confirm: nothing is entered, only decided."""
        return self._screen(
            request,
            lambda asked, transaction: (
                "Confirm your payment",
                self._decision(asked, transaction, Markup(""), FAILURES),
            ),
        )

    def process(self, request: Request) -> Response:
        """POST /payment/process: the decision, and the way back."""
        given = request.form.to_dict()
        forms.refuse_unknown(("simulate_fail", "tx"), given)
        with self._books.lock:
            location = decide(self._books, self._current(request), given.get("simulate_fail", ""))
        response = html.message(BRAND, "On the way back", f"The shop waits at {location}", 301)
        response.headers["Location"] = location
        return response

    def _screen(self, request: Request, show: Callable[[Request, Transaction], tuple[str, Markup]]) -> Response:
        with self._books.lock:
            content = show(request, still_open(self._current(request)))
        response = html.sheet(BRAND, *content)
        self._sessions.prolong(request, response)
        return response

    def _current(self, request: Request) -> Transaction:
        """What this browser is about. A page that names another payment is one of before, in another tab."""
        transaction = self._books.transactions.get(self._sessions.uuid(request))
        if transaction is None:
            raise ZippyError(CONFLICT, "There is no payment in this browser. Please start again at the shop.")
        if request.values.get("tx", transaction.token) != transaction.token:
            raise ZippyError(
                CONFLICT, "Another payment was opened in this browser meanwhile. Please go on with that one."
            )
        return transaction

    def _card(self, request: Request, transaction: Transaction) -> tuple[str, Markup]:
        entered = html.join(
            [
                html.field("", "Card number", "4111 1111 1111 1111", inputmode="numeric"),
                html.field("", "Expires", "12/39"),
                html.field("", "Security code", "123", inputmode="numeric"),
            ]
        )
        return "Pay by card", self._decision(request, transaction, entered, [FAILURE_OF[CARD]])

    def _mobile_number(self, request: Request, transaction: Transaction) -> tuple[str, Markup]:
        onward = html.form(
            html.field("", "Your mobile number", "+34 600 000 000", kind="tel"),
            html.button(transaction.token, "Send me a PIN", name="tx", look="first"),
            action=f"{request.root_path}/payment/confirm-pin",
            method="get",
        )
        return "Pay with your phone bill", self._described(transaction, onward)

    def _pin(self, request: Request, transaction: Transaction) -> tuple[str, Markup]:
        pin = html.field("", "The PIN that you were sent", "1234", inputmode="numeric")
        return "Enter your PIN", self._decision(request, transaction, pin, [FAILURE_OF[OPERATOR]])

    def _decision(self, request: Request, transaction: Transaction, entered: Markup, failures: Iterable[str]) -> Markup:
        """What was entered, and the ways to go on: to pay, or to fail in one of these ways."""
        asked = html.form(
            html.hidden("tx", transaction.token),
            entered,
            html.button("", f"Pay {transaction.amount}", name="simulate_fail", look="first"),
            *(html.button(failure, FAILURES[failure], name="simulate_fail") for failure in failures),
            action=f"{request.root_path}/payment/process",
        )
        return self._described(transaction, asked)

    def _described(self, transaction: Transaction, asked: Markup) -> Markup:
        """How much and for what, and then what is asked."""
        product = self._books.products.get(transaction.asked["product_id"])
        seller = self._books.sellers.get(product.seller_id) if product is not None else None
        pairs = [
            ("For", product.name if product is not None else ""),
            ("Seller", seller.name if seller is not None else ""),
        ]
        return html.join(
            [
                html.amount(transaction.amount),
                html.definitions([(name, value) for name, value in pairs if value]),
                asked,
                Markup('<p class="note">What you enter here stays in your browser.</p>'),
            ]
        )
