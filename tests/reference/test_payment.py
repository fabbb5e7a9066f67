"""A payment through the reference provider: from what is asked for to where the buyer pays."""

import json
from decimal import Decimal
from typing import Any

import pytest
from tests.outbound.peers import Connection, Peer, answering_once
from tests.reference.world import (
    SHOP,
    URLS,
    away,
    call_of,
    configured,
    generic_product,
    nothing_happens,
    of,
    pay,
    provider,
    query_of,
)
from tests.support.marketplace import Marketplace
from tests.support.zippy import ZippySimulator
from tests.web.parallel import at_once

from solitude.money.money import Money
from solitude.payments import recovery
from solitude.payments.models import ProviderCall
from solitude.transactions.models import Status, Transaction

pytestmark = pytest.mark.long


def refused(zippy: ZippySimulator, shop: Marketplace, path: str, **more: Any) -> dict[str, Any]:
    """The fields that a payment is refused for; nothing was written and nothing was sent."""
    with nothing_happens(zippy):
        answer = pay(shop, path, **more)
    assert answer.status == 400, answer
    return dict(answer.json)


def test_a_payment_waits_for_its_buyer_at_the_provider(shop: Marketplace, zippy: ZippySimulator, sold: str) -> None:
    payment = pay(shop, sold, uuid="order:501", source="web", product_image_url=f"{SHOP}/map.png")

    (theirs,) = zippy.state()["transactions"]
    assert (payment.status, payment["status"], payment["uuid"]) == (201, "created", "order:501")
    assert (payment["amount"], payment["currency"], payment["provider"]) == ("1.25", "EUR", "reference")
    assert payment["pay_url"] == f"{zippy.url}/payment/start?tx={theirs['token']}"
    ours = of(shop, payment)
    assert (ours["status"], ours["provider"], ours["outcome"]) == (Status.PENDING, 2, "pending")
    assert (ours["uid_pay"], ours["source"], ours["carrier"], ours["region"]) == (
        theirs["uuid"],
        "web",
        "ESP_ORANGE",
        "214",
    )
    assert (ours["seller_product"], ours["seller"]) == (sold, shop.get(sold)["seller"])
    asked = {
        name: theirs[name] for name in ("price", "currency", "pay_method", "carrier", "region", "product_id", *URLS)
    }
    assert asked == {
        "price": "1.25",
        "currency": "EUR",
        "pay_method": "CARD",
        "carrier": "ESP_ORANGE",
        "region": "214",
        "product_id": "p-12",
        **URLS,
    }
    assert theirs["product_image_url"] == f"{SHOP}/map.png"
    assert theirs["ext_transaction_id"] == call_of(payment).key != payment["uuid"]


@pytest.mark.parametrize(
    ("amount", "price"),
    [("3", "3.00"), (2, "2.00"), (Decimal("0.1"), "0.10"), ("1.250", "1.25"), ("99999.99", "99999.99")],
)
def test_the_price_has_two_digits(shop: Marketplace, zippy: ZippySimulator, sold: str, amount: Any, price: str) -> None:
    payment = pay(shop, sold, amount=amount, currency="IDR", pay_method="OPERATOR")
    assert payment["amount"] == zippy.state()["transactions"][0]["price"] == price


def test_what_is_wrong_is_told_by_its_field(shop: Marketplace, zippy: ZippySimulator, sold: str) -> None:
    needed = ["amount", "currency", "carrier", *URLS]
    assert refused(zippy, shop, sold, **dict.fromkeys(needed)) == {name: ["FIELD_REQUIRED"] for name in needed}
    wrong = refused(zippy, shop, sold, currency="JPY", pay_method="CASH", carrier="", uuid=True)
    assert set(wrong) == {"currency", "pay_method", "carrier", "uuid"}
    assert "AUD, CAD" in wrong["currency"][0]
    away = dict.fromkeys(URLS, "javascript:alert(1)")
    assert set(refused(zippy, shop, sold, **away, product_image_url="x", amount="1.255")) == {
        *URLS,
        "product_image_url",
        "amount",
    }
    for amount in ("0", "-1", "1e3", "NaN", True, 1e15):
        assert set(refused(zippy, shop, sold, amount=amount)) == {"amount"}


def test_the_limits_of_the_settings_hold(shop: Marketplace, zippy: ZippySimulator, sold: str, settings: Any) -> None:
    settings.SOLITUDE_AMOUNT_LIMITS = {"EUR": (Money(Decimal("0.5"), "EUR"), Money(Decimal(20), "EUR"))}
    assert refused(zippy, shop, sold, amount="20.01") == {"amount": ["must be from 0.50 to 20.00 EUR"]}
    assert pay(shop, sold, amount="20.01", currency="USD").status == 201


def test_what_cannot_be_sold(shop: Marketplace, zippy: ZippySimulator, sold: str) -> None:
    unknown_there = generic_product(shop)
    gone = generic_product(shop, shop.seller(paypal_id=None, active=False)["resource_uri"])
    simulated = generic_product(shop, access=2)
    for path, field, why in (
        ("/generic/product/999/", "seller_product", "unknown"),
        ("nothing", "seller_product", "unknown"),
        (gone, "seller_product", "inactive"),
        (simulated, "seller_product", "simulate"),
        (unknown_there, "product_id", "FIELD_REQUIRED"),
    ):
        assert refused(zippy, shop, path) == {field: [why]}
    assert refused(zippy, shop, sold, product_id="p-99") == {
        "product_id": ["is not the one that is kept of this product"]
    }
    assert pay(shop, sold, product_id="p-12").status == 201
    assert pay(shop, unknown_there, product_id="p-12").status == 201


def test_a_buyer_is_named_by_path_or_uuid(shop: Marketplace, zippy: ZippySimulator, sold: str) -> None:
    buyer, closed = shop.buyer(), shop.buyer(active=False)
    for name in (buyer["resource_uri"], buyer["uuid"], f"https://pay.example{buyer['resource_uri']}"):
        assert of(shop, pay(shop, sold, buyer=name))["buyer"] == buyer["resource_uri"]
    assert of(shop, pay(shop, sold, buyer="nobody"))["buyer"] is None
    assert refused(zippy, shop, sold, buyer="/generic/buyer/999/") == {"buyer": ["unknown"]}
    assert refused(zippy, shop, sold, buyer=closed["uuid"]) == {"buyer": ["inactive"]}


def test_a_buyer_with_a_pin_needs_a_token(shop: Marketplace, zippy: ZippySimulator, sold: str, settings: Any) -> None:
    settings.SOLITUDE_REQUIRE_PIN = frozenset({"*"})
    buyer = shop.buyer(pin="0420")["uuid"]
    shop.post("/generic/confirm_pin/", {"uuid": buyer, "pin": "0420"})
    with nothing_happens(zippy):
        assert (pay(shop, sold, buyer=buyer).status, pay(shop, sold, buyer=buyer)["code"]) == (403, "pin_required")
    token = shop.post("/generic/verify_pin/", {"uuid": buyer, "pin": "0420"})["pin_token"]
    assert pay(shop, sold, buyer=buyer, pin_token=token).status == 201
    assert pay(shop, sold, buyer=buyer, pin_token=token)["code"] == "pin_token_invalid"


def test_an_unknown_provider_is_not_found(shop: Marketplace, zippy: ZippySimulator, sold: str) -> None:
    for name in ("nobody", "paypal", "braintree"):
        with nothing_happens(zippy):
            assert pay(shop, sold, name).status == 404


# --- what the provider answers -------------------------------------------------------------------------------------------------


def test_what_the_provider_refuses_is_told_by_our_field(shop: Marketplace, zippy: ZippySimulator, sold: str) -> None:
    payment = pay(shop, generic_product(shop), product_id="nothing-of-theirs")
    assert payment.status == 422
    (error,) = payment["reference"]["product_id"]
    assert error["code"] == "InvalidArgumentError"
    assert "zero results" in error["message"]
    failed = of(shop, payment)
    assert (failed["status"], failed["status_reason"], failed["pay_url"]) == (
        Status.FAILED,
        "InvalidArgumentError",
        None,
    )


def test_one_that_cannot_be_reached_was_not_asked_and_the_same_uuid_begins_again(
    shop: Marketplace, zippy: ZippySimulator, sold: str
) -> None:
    with away():
        gone = pay(shop, sold, uuid="order:7")
    assert (gone.status, gone["code"]) == (502, "provider_unreachable")
    assert of(shop, gone)["status"] == Status.ERRORED
    again = pay(shop, sold, uuid="order:7")
    assert (again.status, again["transaction"]) == (201, gone["transaction"])
    assert refused(zippy, shop, sold, uuid="order:7") == {"uuid": ["Unique uuid needed."]}


def test_credentials_that_are_refused_are_a_matter_for_operators(
    shop: Marketplace, zippy: ZippySimulator, sold: str, security_events: list[str]
) -> None:
    with configured(reference=provider(zippy.url, secret="not-the-secret-of-it")):
        payment = pay(shop, sold)
    assert (payment.status, payment["code"]) == (502, "provider_configuration")
    assert any("Provider refuses our credentials" in line for line in security_events)
    assert of(shop, payment)["status"] == Status.ERRORED


def test_a_provider_that_is_busy_is_asked_again_later(shop: Marketplace, zippy: ZippySimulator, sold: str) -> None:
    zippy.fault("create_transaction", "rate_limit_429", retry_after_s=17)
    payment = pay(shop, sold)
    assert (payment.status, payment["code"], payment.headers["Retry-After"]) == (503, "provider_busy", "17")


@pytest.mark.parametrize("fault", ["disconnect_after", "garbage_after", "error_500"])
def test_an_answer_that_was_lost_leaves_nothing_to_pay_twice(
    shop: Marketplace, zippy: ZippySimulator, sold: str, fault: str
) -> None:
    key = {"Idempotency-Key": f"order-{fault}"}
    zippy.fault("create_transaction", fault)
    lost = pay(shop, sold, headers=key)
    assert (lost.status, lost["code"]) == (504, "outcome_unknown")
    assert of(shop, lost)["pay_url"] is None

    again = pay(shop, sold, headers=key)

    assert (again.status, again["transaction"]) == (201, lost["transaction"])
    theirs = zippy.state()["transactions"]
    assert {one["ext_transaction_id"] for one in theirs} == {call_of(again).key}
    assert again["pay_url"].endswith(theirs[-1]["token"])
    zippy.pay(again["pay_url"])
    (told,) = zippy.told()
    assert shop.post("/provider/reference/notices/", {"qs": told["signed_notice"]})["uuid"] == lost["uuid"]
    assert of(shop, again)["status"] == Status.COMPLETED
    assert Transaction.objects.count() == 1


def test_the_worker_too_finds_out_what_nobody_asks_about(shop: Marketplace, zippy: ZippySimulator, sold: str) -> None:
    zippy.fault("create_transaction", "disconnect_after")
    lost = pay(shop, sold)
    ProviderCall.objects.update(next_try_at="2020-01-01T00:00:00Z")
    assert recovery.run_once() == 1
    found = of(shop, lost)
    assert (found["status"], found["outcome"]) == (Status.PENDING, "pending")
    assert query_of(zippy.pay(found["pay_url"])).startswith(f"ext_transaction_id={call_of(lost).key}&")


def test_one_whose_answer_never_comes_is_given_up_in_the_end(
    shop: Marketplace, zippy: ZippySimulator, sold: str, settings: Any
) -> None:
    zippy.fault("create_transaction", "disconnect_after")
    key = {"Idempotency-Key": "order-lost"}
    pay(shop, sold, headers=key)
    settings.SOLITUDE_RESEND_MAX_S = -1
    given_up = pay(shop, sold, headers=key)
    assert (given_up.status, given_up["reference"]["__all__"][0]["code"]) == (422, "ABANDONED")
    assert len(zippy.calls("create_transaction")) == 1


def test_the_same_key_gives_the_same_answer_even_to_six_at_once(
    shop: Marketplace, zippy: ZippySimulator, sold: str
) -> None:
    key = {"Idempotency-Key": "order-9"}
    answers = at_once(6, lambda _: pay(Marketplace(), sold, headers=key, uuid="order:9"))
    assert {answer.status for answer in answers} <= {201, 409}
    again = pay(shop, sold, headers=key, uuid="order:9")
    assert (again.status, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert {answer["pay_url"] for answer in answers if answer.status == 201} == {again["pay_url"]}
    assert len(zippy.state()["transactions"]) == 1


def test_one_uuid_is_one_transaction_even_for_four_at_once(shop: Marketplace, zippy: ZippySimulator, sold: str) -> None:
    answers = at_once(4, lambda _: pay(Marketplace(), sold, uuid="order:2"))
    assert sorted(answer.status for answer in answers) == [201, 400, 400, 400]
    assert len(zippy.state()["transactions"]) == 1


def altered(**changes: Any) -> Any:
    """A provider that takes whatever it is asked for, and answers with something else; None leaves it out."""

    def script(connection: Connection) -> None:
        asked = json.loads(connection.read_request().partition(b"\r\n\r\n")[2])
        said = asked | {"uuid": "t-1", "token": "ab" * 64, "status": "STARTED"} | changes
        body = json.dumps({name: value for name, value in said.items() if value is not None}).encode()
        head = f"HTTP/1.1 201 Created\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        connection.send(head.encode() + body)

    return script


def test_nobody_is_sent_where_another_payment_would_be_taken(
    shop: Marketplace, zippy: ZippySimulator, sold: str
) -> None:
    """A notice tells no price: what the provider will take is known from its answer alone."""
    for name, field, other in (
        ("price", "amount", "1.24"),
        ("price", "amount", "1.250"),
        ("price", "amount", 1.25),
        ("price", "amount", None),
        ("currency", "currency", "USD"),
        ("product_id", "product_id", "p-13"),
        ("ext_transaction_id", "__all__", "web:91"),
        ("status", "__all__", "COMPLETED"),
    ):
        with Peer(altered(**{name: other})) as peer, configured(reference=provider(peer.url)):
            payment = pay(shop, sold)
        assert (payment.status, list(payment["reference"])) == (422, [field]), (name, other, payment)
        assert payment["reference"][field][0]["code"] == "ANSWER_DIFFERS"
        failed = of(shop, payment)
        assert (failed["status"], failed["pay_url"], failed["uid_pay"]) == (Status.FAILED, None, None)


def test_nobody_is_sent_with_what_is_no_token(shop: Marketplace, zippy: ZippySimulator, sold: str) -> None:
    for name, other in (
        ("token", None),
        ("token", "short"),
        ("token", "ab" * 65),
        ("token", "ab12&next=https://evil.example"),
        ("token", 7),
        ("uuid", None),
        ("uuid", ""),
        ("uuid", "u" * 201),
        ("uuid", "a\0b"),
    ):
        with Peer(altered(**{name: other})) as peer, configured(reference=provider(peer.url)):
            payment = pay(shop, sold)
        assert (payment.status, payment["code"]) == (504, "outcome_unknown"), (name, other)
        assert of(shop, payment)["pay_url"] is None


def test_a_refusal_is_kept_without_what_it_must_not_tell(shop: Marketplace, zippy: ZippySimulator, sold: str) -> None:
    for message, field, told in (
        ('{"carrier": "no\\u0000 ada@shop.example"}', "carrier", "no\\u0000 [redacted]"),
        ('{"colour": "red"}', "__all__", "colour: red"),
        ("Unrecognized fields: a,b", "__all__", "Unrecognized fields: a,b"),
        ("[]", "__all__", "[]"),
        (7, "__all__", ""),
        ("x" * 9000, "__all__", "x" * 255),
    ):
        body = json.dumps({"error": {"name": "InvalidArgumentError", "message": message}}).encode()
        answer = b"HTTP/1.1 409 Conflict\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body)
        with Peer(answering_once(answer)) as peer, configured(reference=provider(peer.url)):
            payment = pay(shop, sold)
        assert payment.status == 422, message
        assert payment["reference"] == {field: [{"code": "InvalidArgumentError", "message": told}]}


def test_a_provider_that_is_no_longer_in_the_settings(
    shop: Marketplace, second: ZippySimulator, sold: str, settings: Any
) -> None:
    key = {"Idempotency-Key": "order-gone"}
    second.fault("create_transaction", "disconnect_before")
    assert pay(shop, sold, "second", product_id="p-2", headers=key).status == 504
    with configured():
        settings.SOLITUDE_REFERENCE_PROVIDERS = {}
        ProviderCall.objects.update(next_try_at="2020-01-01T00:00:00Z")
        assert recovery.run_once() == 1
        assert ProviderCall.objects.get().outcome == "unknown"
        settings.SOLITUDE_RESEND_MAX_S = -1
        ProviderCall.objects.update(next_try_at="2020-01-01T00:00:00Z")
        assert recovery.run_once() == 1
    assert Transaction.objects.get().status_reason == "ABANDONED"


# --- several providers ----------------------------------------------------------------------------------------------------------


def test_each_provider_gets_the_payments_of_its_name(
    shop: Marketplace, zippy: ZippySimulator, second: ZippySimulator, sold: str
) -> None:
    shop.post(
        "/provider/second/sellers/", {"uuid": "s-2", "name": "Bo", "email": "bo@shop.example", "status": "ACTIVE"}
    )
    made = shop.post(
        "/provider/second/products/", {"uuid": "p-2", "name": "Map", "external_id": "e-2", "seller_id": "s-2"}
    )
    assert made.status == 200, made
    assert refused(zippy, shop, sold, name="second") == {"product_id": ["FIELD_REQUIRED"]}

    first, other = pay(shop, sold), pay(shop, sold, "second", product_id="p-2")

    assert first["pay_url"].startswith(zippy.url)
    assert (other["provider"], other["pay_url"].startswith(second.url)) == ("second", True)
    assert [one["ext_transaction_id"] for one in zippy.state()["transactions"]] == [call_of(first).key]
    (theirs,) = second.state()["transactions"]
    assert theirs["ext_transaction_id"] == call_of(other).key
    assert of(shop, other)["uid_pay"] == f"second:{theirs['uuid']}"


def test_two_providers_that_both_just_count_do_not_meet(shop: Marketplace, zippy: ZippySimulator, sold: str) -> None:
    peers = [Peer(altered(uuid="1")) for _ in range(2)]
    with (
        peers[0],
        peers[1],
        configured(**{name: provider(peer.url, name) for name, peer in zip("ab", peers, strict=True)}),
    ):
        payments = [pay(shop, sold, name, product_id="p") for name in "ab"]
    assert [payment.status for payment in payments] == [201, 201]
    assert [of(shop, payment)["uid_pay"] for payment in payments] == ["a:1", "b:1"]


# --- what must not be told ------------------------------------------------------------------------------------------------------


def test_the_token_and_the_secret_are_in_no_record_of_the_call(
    shop: Marketplace, zippy: ZippySimulator, sold: str, caplog: pytest.LogCaptureFixture
) -> None:
    payment = pay(shop, sold)
    token = payment["pay_url"].rpartition("=")[2]
    kept = json.dumps(call_of(payment).exchanges)
    assert '"price": "1.25"' in kept
    timeline = shop.get(f"{payment['transaction']}timeline/").text
    events = shop.get("/events/?limit=1000").text
    for text in (kept, timeline, events, caplog.text):
        assert token not in text
        assert "sandbox-zippyscr" not in text
    assert SHOP not in kept
