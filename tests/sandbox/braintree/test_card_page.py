"""The page on which a buyer turns a card into a nonce."""

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from tests.sandbox.braintree.client import Shop
from tests.sandbox.client import Reply, Sandbox
from tests.support.braintree import BraintreeSimulator

PAGE = "/braintree/sandbox/card"
SHOP = "http://localhost:8000/bought?cart=7"


def see(sandbox: Sandbox, **query: str) -> Reply:
    return sandbox.send("GET", f"{PAGE}?{urlencode(query)}")


def test_a_buyer_enters_a_card_and_the_shop_gets_a_nonce_that_pays_once(
    gateway: Any, shop: Shop, fate: BraintreeSimulator, sandbox: Sandbox
) -> None:
    token = gateway.client_token.generate()
    page = see(sandbox, client_token=token, return_url=SHOP)
    assert (page.status, "Card number" in page.text) == (200, True)
    back = urlsplit(fate.enter_card(token, SHOP, "5555 5555 5555 4444"))
    (nonce,) = parse_qs(back.query)["nonce"]
    assert (back.netloc, back.path, parse_qs(back.query)["cart"]) == ("localhost:8000", "/bought", ["7"])
    assert shop.sold(payment_method_nonce=nonce).credit_card_details.card_type == "MasterCard"
    assert not shop.sale(payment_method_nonce=nonce).is_success


def test_without_a_shop_to_go_back_to_the_nonce_is_shown(gateway: Any, shop: Shop, sandbox: Sandbox) -> None:
    form = {"client_token": gateway.client_token.generate(), "number": "4111111111111111"}
    shown = sandbox.form(PAGE, **form).text
    nonce = shown.partition('<code id="nonce">')[2].partition("<")[0]
    assert shop.store(nonce).is_success


@pytest.mark.parametrize(
    ("behaviour", "stored", "sold"),
    [
        ("good", True, True),
        ("declined_later", True, False),
        ("declined", False, False),
        ("gateway_rejected", False, False),
        ("cvv", False, False),
        ("failed", False, False),
    ],
)
def test_a_buyer_chooses_what_the_card_does(
    gateway: Any, shop: Shop, fate: BraintreeSimulator, behaviour: str, stored: bool, sold: bool
) -> None:
    token = gateway.client_token.generate()

    def nonce() -> str:
        back = fate.enter_card(token, SHOP, behaviour=behaviour)
        return parse_qs(urlsplit(back).query)["nonce"][0]

    assert shop.store(nonce()).is_success == stored
    assert shop.sale(payment_method_nonce=nonce()).is_success == sold


@pytest.mark.parametrize("number", ["4242424242424242", "", "4111 1111 1111 111", "<b>"])
def test_no_number_is_taken_but_those_of_the_reference(gateway: Any, sandbox: Sandbox, number: str) -> None:
    reply = sandbox.form(PAGE, client_token=gateway.client_token.generate(), return_url=SHOP, number=number)
    assert (reply.status, "Never enter a real card" in reply.text, "<b>" in reply.text) == (400, True, False)


@pytest.mark.parametrize("token", ["", "nonsense", "e30=", "W10=", "{}", "eyJhdXRob3JpemF0aW9uRmluZ2VycHJpbnQiOjF9"])
def test_who_was_sent_by_no_shop_sees_no_page(sandbox: Sandbox, token: str) -> None:
    assert see(sandbox, client_token=token, return_url=SHOP).status == 400
    assert sandbox.form(PAGE, client_token=token, number="4111111111111111").status == 400


def test_a_client_token_is_good_for_a_day(gateway: Any, fate: BraintreeSimulator, sandbox: Sandbox) -> None:
    token = gateway.client_token.generate()
    fate.advance(86_400 - 60)
    assert see(sandbox, client_token=token).status == 200
    fate.advance(120)
    assert see(sandbox, client_token=token).status == 400


@pytest.mark.parametrize(
    "url", ["https://market.example/", "//market.example", "javascript:alert(1)", "http://localhost@market.example/"]
)
def test_a_nonce_is_brought_to_no_other_machine(gateway: Any, sandbox: Sandbox, url: str) -> None:
    token = gateway.client_token.generate()
    assert see(sandbox, client_token=token, return_url=url).status == 400
    reply = sandbox.form(PAGE, client_token=token, return_url=url, number="4111111111111111")
    assert (reply.status, "Location" in reply.headers) == (400, False)
