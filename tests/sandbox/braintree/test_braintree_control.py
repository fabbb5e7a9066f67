"""What tests do to the simulated gateway: nonces, settlement, the books, the clock, and the same run twice."""

import base64
import json
from typing import Any

import pytest
from tests.sandbox.braintree.client import Shop
from tests.sandbox.client import Sandbox
from tests.support.braintree import PRIVATE_KEY, PUBLIC_KEY, BraintreeSimulator
from werkzeug.test import Client

from solitude_sandbox import create_app
from solitude_sandbox.braintree import books
from solitude_sandbox.braintree.ids import Ids


def control(sandbox: Sandbox, name: str, body: Any) -> Any:
    return sandbox.send("POST", f"/braintree/sandbox/{name}", json.dumps(body), Content_Type="application/json")


@pytest.mark.parametrize(
    ("name", "body", "sentence"),
    [
        ("nonce", {"card": "diamond"}, "Never enter a real card"),
        ("nonce", {"behaviour": "odd"}, "behaviour must be one of"),
        ("settle", {"transaction": "nothing"}, "transaction must be the id of one"),
        ("settle", {"transaction": "nothing", "good": "yes"}, "good must be true or false"),
        ("method", {"token": "nothing", "behaviour": "good"}, "token must be that of a payment method"),
        ("method", {"token": "nothing", "behaviour": ["good"]}, "behaviour must be one of"),
        ("plans", {"price": "1.00"}, "id must be of letters"),
        ("plans", {"id": "new"}, "A new plan needs a price"),
        ("plans", {"id": "new", "price": 1}, "price must be text"),
        ("plans", {"id": "new", "price": "1.00", "colour": "red"}, "A plan has only these"),
        ("plans", {"id": "new", "price": "1.00", "currency_iso_code": "XTS"}, "currency_iso_code must be one of"),
        ("plans", {"id": "new", "price": "1.00", "billing_frequency": 0}, "billing_frequency must be a whole number"),
        ("plans", {"id": "new", "price": "1.00", "billing_day_of_month": 32}, "from 1 to 31"),
        ("plans", {"id": "new", "price": "1.00", "trial_period": "no"}, "trial_period must be true or false"),
        ("subscription", {"subscription": "nothing", "action": "renew"}, "one that has not ended"),
        ("subscription", {"subscription": "nothing", "action": "praise"}, "action must be one of"),
        ("faults", {"fault": "issue:1"}, "fault must be"),
        ("faults", {"operation": "pay", "fault": "error_500"}, "operation must be"),
        ("clock", {"advance_s": -1}, "forward only"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused_with_a_sentence(
    sandbox: Sandbox, name: str, body: dict[str, Any], sentence: str
) -> None:
    reply = control(sandbox, name, body)
    assert (reply.status, sentence in reply.json["error"]) == (400, True)


def test_what_is_not_on_its_way_is_not_settled(shop: Shop, sandbox: Sandbox) -> None:
    reply = control(sandbox, "settle", {"transaction": shop.settled().id})
    assert (reply.status, reply.json["error"]) == (400, "The transaction is settled: nothing is to be settled.")


def test_a_nonce_can_be_a_paypal_account(shop: Shop, fate: BraintreeSimulator) -> None:
    assert shop.store(fate.nonce("paypal")).payment_method.email == "buyer@paypal.example"


def test_the_books_show_everything_but_what_is_secret(gateway: Any, shop: Shop, fate: BraintreeSimulator) -> None:
    nonce, client_token = fate.nonce(), gateway.client_token.generate()
    token = shop.card(nonce)
    sold = shop.sold(payment_method_token=token, order_id="our key")
    state = fate.state()
    counts = {"customers": 1, "methods": 1, "transactions": 1, "requests": 4}
    assert state["counts"] == counts | {"subscriptions": 0, "disputes": 0, "events": 0}
    (transaction,) = state["transactions"]
    assert (transaction["id"], transaction["order_id"], transaction["paid_with"]) == (sold.id, "our key", "Visa 1111")
    assert [each["status"] for each in transaction["history"]] == ["authorized", "submitted_for_settlement"]
    assert [each["operation"] for each in state["requests"]] == [
        "client_token",
        "create_customer",
        "create_method",
        "sale",
    ]
    fingerprint = json.loads(base64.b64decode(client_token))["authorizationFingerprint"]
    assert not any(secret in json.dumps(state) for secret in (nonce, fingerprint, PRIVATE_KEY))


def test_the_state_can_be_cut_to_the_newest(shop: Shop, sandbox: Sandbox) -> None:
    sold = [shop.sold().id for _ in range(3)]
    state = sandbox.send("GET", "/braintree/sandbox/state?newest=1").json
    assert [each["id"] for each in state["transactions"]] == sold[2:]
    assert state["counts"]["transactions"] == 3


def test_a_reset_forgets_everything(shop: Shop, fate: BraintreeSimulator) -> None:
    token = shop.card()
    shop.sold()
    fate.advance(60)
    fate.reset()
    state = fate.state()
    assert state["counts"] == dict.fromkeys(state["counts"], 0)
    assert state["clock"]["advanced_s"] == 0
    assert not shop.sale(payment_method_token=token).is_success


def test_the_oldest_is_dropped_when_there_are_too_many(
    shop: Shop, fate: BraintreeSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(books, "RESOURCES_LIMIT", 2)
    fate.reset()
    sold = [shop.sold().id for _ in range(3)]
    assert [each["id"] for each in fate.transactions()] == sold[1:]


def customers(seed: int | None) -> list[str]:
    """What two new customers are told."""
    http = Client(create_app(seed))
    path = "/braintree/merchants/sandbox-merchant/customers"
    answers = [http.post(path, auth=(PUBLIC_KEY, PRIVATE_KEY), headers={"X-ApiVersion": "6"}).text for _ in range(2)]
    ids = [answer.partition("<id>")[2].partition("<")[0] for answer in answers]
    assert ids[0] != ids[1]
    return ids


def test_the_same_seed_gives_the_same_identifiers() -> None:
    assert customers(7) == customers(7)
    assert len({customers(seed)[0] for seed in (7, 8, None, None)}) == 4


def test_each_kind_of_identifier_has_its_own_form() -> None:
    ids = Ids(1)
    drawn = {
        "customer": ids.customer(),
        "token": ids.token(),
        "transaction": ids.transaction(),
        "subscription": ids.subscription(),
        "nonce": ids.nonce(),
        "fingerprint": ids.fingerprint(),
    }
    lengths = {name: len(text) for name, text in drawn.items()}
    assert lengths == {
        "customer": 11,
        "token": 7,
        "transaction": 8,
        "subscription": 6,
        "nonce": 42,
        "fingerprint": 64,
    }
    assert drawn["customer"].isdigit()
    assert drawn["nonce"].startswith("tokencc_")
