"""The example shop where its customers are faster than their payments."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from examples.marketplace.books import DECLINED, OPEN, PAID, WAITING, Books, Customer, Purchase
from examples.marketplace.catalogue import APPS
from examples.marketplace.shop import Shop
from examples.marketplace.till import Till
from examples.marketplace.ways import Message, NothingBackError, PayPal
from examples.marketplace.ways.way import Begun, State
from werkzeug.test import Client

from solitude.client import NoAnswer, Product, Seller, SolitudeError
from solitude.client.errors import error_of

PAY_URL = "https://provider.example/pay/1"
AGAIN = 'http-equiv="refresh"'


class Slow:
    """A way whose payments move when the test says so."""

    key, name, note = "slow", "Slow", "In a while."
    gives_back = False
    receives: Mapping[str, Callable[[Message], bool]] = {}

    def __init__(self) -> None:
        self.state: State = OPEN, PAY_URL
        self.while_it_looks: Callable[[], None] = lambda: None

    def publish(self, app: Any, seller: Seller, product: Product) -> None:
        """Nothing is needed."""

    def pay(self, customer: Customer, purchase: Purchase, place: str) -> Begun:
        return Begun(f"uuid-{purchase.id}", f"/generic/transaction/{purchase.id}/", OPEN, PAY_URL)

    def came_back(self, purchase: Purchase, query: str) -> None:
        """It proves nothing."""

    def look(self, purchase: Purchase) -> State:
        seen = self.state
        self.while_it_looks()
        return seen

    def give_back(self, purchase: Purchase) -> None:
        """As the way of the reference provider."""
        raise NothingBackError


# By 412 a payment is never answered.
SHUT = [
    error_of("POST /paypal/pay", status, body)
    for status, body in (
        (401, {"detail": "The token has expired."}),
        (403, {"detail": "This address may not call."}),
        (409, {"detail": "It is still running.", "code": "idempotency_in_progress"}),
        (429, None),
        (503, {"detail": "Too much work.", "code": "busy"}),
        (503, {"detail": "The database is away.", "code": "database_unavailable"}),
    )
]
REFUSED = [
    error_of("POST /paypal/pay", status, body)
    for status, body in (
        (400, {"amount": ["must be greater than zero"]}),
        (422, {"paypal": {"__all__": [{"code": "INSTRUMENT_DECLINED", "message": "No."}]}}),
        (502, {"detail": "It could not be sent.", "code": "provider_unreachable"}),
    )
]


@pytest.fixture
def way() -> Slow:
    return Slow()


@pytest.fixture
def books(tmp_path: Path) -> Books:
    return Books(tmp_path / "shop.sqlite3")


@pytest.fixture
def customer(books: Books, way: Slow) -> Client:
    till = Till(books, {way.key: way}, "http://shop.example")
    return Client(Shop(books, till, cast("PayPal", None)))


def comes_back(customer: Client, books: Books) -> Purchase:
    """Buys, and is back from the provider."""
    app = next(iter(APPS))
    bought = customer.post(f"/buy/{app}/slow")
    assert (bought.status_code, bought.location) == (303, PAY_URL)
    someone = books.customer_of(customer.get_cookie("session").value)  # type: ignore[union-attr]
    assert someone is not None
    (purchase,) = books.purchases_by(someone)
    assert customer.get(f"/purchases/{purchase.id}/back?told=nothing").location == f"/purchases/{purchase.id}"
    return purchase


def test_who_is_back_before_the_payment_has_moved_sees_it_move(customer: Client, books: Books, way: Slow) -> None:
    purchase = comes_back(customer, books)
    early = customer.get(f"/purchases/{purchase.id}").text
    assert "It is not paid yet." in early
    assert AGAIN in early
    way.state = DECLINED, ""
    late = customer.get(f"/purchases/{purchase.id}").text
    assert "The payment did not go through." in late
    assert AGAIN not in late


@pytest.mark.parametrize("stale", [(OPEN, PAY_URL), (WAITING, "")])
def test_what_the_feed_has_told_is_not_undone_by_an_older_look(
    customer: Client, books: Books, way: Slow, stale: State
) -> None:
    purchase = comes_back(customer, books)
    way.state = stale
    way.while_it_looks = lambda: books.keep_state(purchase.id, PAID, "")
    assert "Thank you! It is yours." in customer.get(f"/purchases/{purchase.id}").text


@pytest.mark.parametrize(
    ("refusal", "state"), [*((one, WAITING) for one in SHUT), *((one, DECLINED) for one in REFUSED)]
)
def test_a_shut_door_declines_nothing_that_may_have_been_paid(
    way: Slow, books: Books, refusal: SolitudeError, state: str
) -> None:
    """The first answer was lost, and the customer looks again: a purchase that is called declined is bought once more."""
    _, customer = books.new_customer()
    till, app = Till(books, {way.key: way}, "http://shop.example"), next(iter(APPS.values()))
    answers = iter([NoAnswer("lost"), refusal])

    def pay(customer: Customer, purchase: Purchase, place: str) -> Begun:
        raise next(answers)

    way.pay = pay  # type: ignore[method-assign]
    purchase = till.buy(customer, app, way)
    assert purchase.state == WAITING
    assert till.settle(customer, purchase).state == state
