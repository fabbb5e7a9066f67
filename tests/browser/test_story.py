"""One seller and one buyer, from the first permission to a dispute that the buyer wins: all by clicks on PayPal's pages."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Browser
from tests.sandbox.receiver import Receiver, receiving
from tests.support import processes
from tests.support.browser import NARROW, Visitor
from tests.support.environment import CLIENTS
from tests.support.processes import House
from tests.support.waiting import until

from solitude.client import Payment, Solitude

pytestmark = pytest.mark.long

SHOP = "https://shop.example"
ADA, ADAS_PAYPAL = "dev:ada", "ada@dev.example"


@pytest.fixture
def house(
    tmp_path_factory: pytest.TempPathFactory, chromium: Browser
) -> Iterator[House]:  # without a browser there is no need for it
    with processes.house(tmp_path_factory.mktemp("story")) as running:
        yield running


@pytest.fixture
def client(house: House) -> Iterator[Solitude]:
    with Solitude(house.url, processes.KEY, CLIENTS[processes.KEY]) as made:
        yield made


@pytest.fixture
def person(visitor: Callable[[str], Visitor]) -> Visitor:
    """Whoever sits at the browser; the shop to which PayPal leads back is a page that says so."""
    came = visitor("story")
    came.page.route(f"{SHOP}/**", lambda route: route.fulfill(body=f"<h1>back at {route.request.url}</h1>"))
    return came


def test_from_the_first_permission_to_a_dispute_that_the_buyer_wins(
    house: House, client: Solitude, person: Visitor
) -> None:
    seller = client.create_seller(ADA)
    client.create_paypal_seller(seller, paypal_id=ADAS_PAYPAL)
    client.create_product(seller=seller, external_id="star-map", public_id="star-map")

    with receiving() as webhook:
        house.paypal.bring_to(webhook.url)
        permits(client, person)
        tells_who_it_is(client, person)
        first = buys_with_approval(client, person)
        agrees_beforehand(client, person)
        second = buys_without_asking(client)
        gets_a_part_back(client, house, person, first)
        wins_a_dispute(client, house, person, second, webhook)


def permits(client: Solitude, seller: Visitor) -> None:
    seller.page.goto(client.permission_url(f"{SHOP}/permitted", ["REFUND"], seller=ADA))
    seller.look("onboarding", NARROW)
    seller.page.get_by_label("Your e-mail address at PayPal").fill(ADAS_PAYPAL)
    seller.press("Agree and connect")
    back = brought_back(seller, "permitted")
    assert client.permission_token(back["merchantId"], back["merchantIdInPayPal"], ADA)
    assert client.permission_check(["REFUND"], seller_uuid=ADA)
    assert client.account_check(ADA).passed


def tells_who_it_is(client: Solitude, seller: Visitor) -> None:
    seller.page.goto(client.permission_url(f"{SHOP}/told", ["ACCESS_BASIC_PERSONAL_DATA"], seller=ADA))
    seller.look("log-in", NARROW)
    seller.page.get_by_label("Your e-mail address at PayPal").fill(ADAS_PAYPAL)
    seller.press("Log in and allow")
    back = brought_back(seller, "told")
    assert client.permission_token(back["state"], back["code"], ADA)
    assert client.personal_basic(ADA).told["email"] == ADAS_PAYPAL


def buys_with_approval(client: Solitude, buyer: Visitor) -> Payment:
    payment = pays(client, "12.30")
    buyer.page.goto(payment.pay_url or "")
    buyer.reads("12.30 EUR")
    buyer.look("purchase", NARROW)
    buyer.page.get_by_label("Your e-mail address at PayPal").fill("bea@buyer.example")
    buyer.press("Approve")
    brought_back(buyer, "paid")
    assert client.check(uuid=payment.uuid).status == "COMPLETED"
    return payment


def agrees_beforehand(client: Solitude, buyer: Visitor) -> None:
    asked = client.start_preapproval(buyer_uuid="8812", return_url=f"{SHOP}/agreed", cancel_url=f"{SHOP}/cancelled")
    buyer.page.goto(asked.paypal_url)
    buyer.look("pre-approval", NARROW)
    buyer.page.get_by_label("Your e-mail address at PayPal").fill("bea@buyer.example")
    buyer.press("Approve")
    brought_back(buyer, "agreed")
    assert client.finish_preapproval(asked.pk).active


def buys_without_asking(client: Solitude) -> Payment:
    payment = pays(client, "4.75", use_preapproval=True)
    assert (payment.status, payment.use_preapproval) == ("completed", True)
    return payment


def gets_a_part_back(client: Solitude, house: House, person: Visitor, payment: Payment) -> None:
    refund = client.refund(uuid=payment.uuid, amount="2.30", reason="A chapter is missing.")
    assert (refund.status, refund.amount) == ("COMPLETED", Decimal("2.30"))
    assert client.check(uuid=payment.uuid).status == "PARTIALLY_REFUNDED"
    opens_order(house, person, "12.30 EUR")
    person.reads("PARTIALLY_REFUNDED")
    person.look("partial-refund")


def wins_a_dispute(client: Solitude, house: House, person: Visitor, payment: Payment, webhook: Receiver) -> None:
    opens_order(house, person, "4.75 EUR")
    person.press("Open dispute")
    person.reads("CUSTOMER.DISPUTE.CREATED")
    person.look("dispute")
    person.press("For the buyer")
    person.reads("RESOLVED_BUYER_FAVOUR")
    person.look("dispute-won")
    until(lambda: any("CUSTOMER.DISPUTE.RESOLVED" in body for body in webhook.bodies))
    for message in webhook.received:
        client.forward_paypal_webhook(message.headers, message.body)
    reversals = [event for event in client.iter_events() if event.type == "reversal.completed"]
    assert [(event.data["related"], event.amount) for event in reversals] == [(payment.transaction, Decimal("4.75"))]
    types = [event.type for event in client.iter_events(types=["dispute.*"])]
    assert types[0] == "dispute.opened"
    assert types[-1] == "dispute.resolved"


def pays(client: Solitude, amount: str, *, use_preapproval: bool = False) -> Payment:
    return client.pay(
        user_id=8812,
        app_id="star-map",
        amount=amount,
        currency="EUR",
        use_preapproval=use_preapproval,
        return_url=f"{SHOP}/paid",
        cancel_url=f"{SHOP}/cancelled",
        memo="Star Map",
    )


def brought_back(person: Visitor, place: str) -> dict[str, str]:
    """Waits for the browser to be in the shop again; what PayPal gave it to carry."""
    person.page.wait_for_url(f"{SHOP}/{place}?*")
    return dict(parse_qsl(urlsplit(person.page.url).query))


def opens_order(house: House, person: Visitor, amount: str) -> None:
    """The page of the console about the order of this amount."""
    person.page.goto(f"{house.paypal.url}/sandbox/console/payments")
    person.page.get_by_role("row").filter(has_text=amount).get_by_role("link").first.click()
