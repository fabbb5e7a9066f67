"""What can go wrong between a shop and the gateway, through the official SDK: refusals, answers that are lost or not right."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from xml.parsers.expat import ExpatError

import pytest
import requests
from braintree import TransactionSearch
from braintree.exceptions.authentication_error import AuthenticationError
from braintree.exceptions.authorization_error import AuthorizationError
from braintree.exceptions.gateway_timeout_error import GatewayTimeoutError
from braintree.exceptions.request_timeout_error import RequestTimeoutError
from braintree.exceptions.server_error import ServerError
from braintree.exceptions.service_unavailable_error import ServiceUnavailableError
from braintree.exceptions.too_many_requests_error import TooManyRequestsError
from braintree.exceptions.upgrade_required_error import UpgradeRequiredError
from tests.sandbox.braintree.client import Shop, codes
from tests.sandbox.braintree.client import gateway as gateway_at
from tests.sandbox.client import Sandbox
from tests.support.braintree import BraintreeSimulator
from tests.support.waiting import until

MERCHANT = "/braintree/merchants/sandbox-merchant"
KEYS = {"Authorization": "Basic c2FuZGJveC1wdWJsaWMta2V5OnNhbmRib3gtcHJpdmF0ZS1rZXk=", "X_ApiVersion": "6"}


@pytest.mark.parametrize(
    "changes",
    [{"public_key": "other"}, {"private_key": "other"}, {"merchant_id": "other"}],
    ids=lambda each: next(iter(each)),
)
def test_who_has_other_keys_is_not_let_in(fate: BraintreeSimulator, changes: dict[str, str]) -> None:
    with pytest.raises(AuthenticationError):
        gateway_at(fate.url, **changes).customer.create({})
    assert fate.customers() == []


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("error_500", ServerError),
        ("stored_500", ServerError),
        ("error_503", ServiceUnavailableError),
        ("rate_limit_429", TooManyRequestsError),
        ("issue:authentication", AuthenticationError),
        ("issue:authorization", AuthorizationError),
        ("issue:request_timeout", RequestTimeoutError),
        ("issue:upgrade_required", UpgradeRequiredError),
        ("issue:gateway_timeout", GatewayTimeoutError),
    ],
)
def test_an_error_that_was_asked_for_comes_once_and_nothing_is_done(
    shop: Shop, fate: BraintreeSimulator, fault: str, error: type[Exception]
) -> None:
    fate.fault("sale", fault)
    with pytest.raises(error):
        shop.sale(order_id="our key")
    assert fate.transactions() == []
    assert shop.sale(order_id="our key").is_success
    assert [(call["fault"], call["request_id"]) for call in fate.calls("sale")] == [
        (fault, "our key"),
        (None, "our key"),
    ]


@pytest.mark.parametrize(
    ("fault", "error", "made"),
    [
        ("timeout_before", requests.exceptions.ConnectionError, 0),
        ("disconnect_before", requests.exceptions.ConnectionError, 0),
        ("timeout_after", requests.exceptions.ConnectionError, 1),
        ("disconnect_after", requests.exceptions.ConnectionError, 1),
        ("truncated_after", requests.exceptions.RequestException, 1),
        ("garbage_after", KeyError, 1),
    ],
)
def test_an_answer_that_is_lost_leaves_what_was_done_to_be_searched_for(
    gateway: Any, shop: Shop, fate: BraintreeSimulator, fault: str, error: type[Exception], made: int
) -> None:
    fate.fault("sale", fault, delay_ms=10)
    with pytest.raises((error, ExpatError)):
        shop.sale(order_id="our key")
    assert len(list(gateway.transaction.search(TransactionSearch.order_id == "our key"))) == made


def test_an_answer_that_takes_too_long_is_a_time_out(fate: BraintreeSimulator) -> None:
    hasty = Shop(gateway_at(fate.url, timeout=0.05))
    fate.fault("sale", "latency", delay_ms=200)
    with pytest.raises(requests.exceptions.ReadTimeout):
        hasty.sale()
    until(lambda: len(fate.transactions()) == 1)


def test_a_bank_refuses_with_the_code_that_was_asked_for(shop: Shop, fate: BraintreeSimulator) -> None:
    fate.fault("sale", "issue:2013")
    declined = shop.sale().transaction
    assert (declined.status, declined.processor_response_type) == ("processor_declined", "hard_declined")
    fate.fault("create_method", "issue:2010")
    assert shop.store().credit_card_verification.processor_response_code == "2010"
    fate.fault("sale", "issue:3000")
    assert shop.sale().transaction.status == "failed"


def test_a_validation_error_can_be_asked_for(shop: Shop, fate: BraintreeSimulator) -> None:
    fate.fault("sale", "issue:91513")
    assert codes(shop.sale()) == [("base", "91513")]


@pytest.mark.parametrize(
    ("issue", "read"),
    [
        ("other_amount", lambda sold: sold.amount == Decimal("0.01")),
        ("other_currency", lambda sold: sold.currency_iso_code == "XTS"),
        ("other_status", lambda sold: sold.status == "unrecognized"),
    ],
)
def test_an_answer_can_say_what_was_not_asked(
    shop: Shop, fate: BraintreeSimulator, issue: str, read: Callable[[Any], bool]
) -> None:
    fate.fault("sale", f"issue:{issue}")
    assert read(shop.sold("10.00"))
    assert (fate.transactions()[0]["amount"], fate.transactions()[0]["currency"]) == ("10.00", "USD")


def test_an_answer_can_bring_a_document_type(sandbox: Sandbox, fate: BraintreeSimulator) -> None:
    fate.fault("create_customer", "issue:document_type")
    reply = sandbox.send("POST", f"{MERCHANT}/customers", "", **KEYS)
    assert (reply.status, "<!DOCTYPE" in reply.text, "<customer>" in reply.text) == (201, True, True)


def test_a_fault_can_be_for_one_customer_or_account_only(shop: Shop, fate: BraintreeSimulator) -> None:
    fate.fault("sale", "error_500", account="sandbox_eur")
    assert shop.sale().is_success
    with pytest.raises(ServerError):
        shop.sale(merchant_account_id="sandbox_eur")


def test_a_request_can_ask_for_its_own_fault(sandbox: Sandbox, fate: BraintreeSimulator) -> None:
    reply = sandbox.send("POST", f"{MERCHANT}/customers", "", Sandbox_Fault="error_503", **KEYS)
    assert (reply.status, fate.customers()) == (503, [])
    assert sandbox.send("POST", f"{MERCHANT}/customers", "", Sandbox_Fault="nonsense", **KEYS).status == 400


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", f"{MERCHANT}/nothing", 404), ("PUT", f"{MERCHANT}/customers", 404), ("GET", "/braintree/nothing", 404)],
)
def test_what_does_not_exist_is_not_found(
    sandbox: Sandbox, fate: BraintreeSimulator, method: str, path: str, status: int
) -> None:
    assert sandbox.send(method, path, **KEYS).status == status
    assert fate.state()["requests"] == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("<transaction><amount>1", 400),
        ("no xml", 400),
        ('<!DOCTYPE t [<!ENTITY a "b">]><transaction><amount>&a;</amount></transaction>', 400),
        (f"<transaction>{'<a>' * 40}{'</a>' * 40}</transaction>", 400),
        ('<transaction><amount type="integer">ten</amount></transaction>', 400),
        ("<customer><email>x</email></customer>", 422),
        ("", 422),
    ],
)
def test_a_body_that_cannot_be_read_does_nothing(
    sandbox: Sandbox, fate: BraintreeSimulator, body: str, status: int
) -> None:
    assert sandbox.send("POST", f"{MERCHANT}/transactions", body, **KEYS).status == status
    assert fate.transactions() == []


def test_who_does_not_say_which_version_he_speaks_is_told_to(sandbox: Sandbox) -> None:
    reply = sandbox.send("POST", f"{MERCHANT}/customers", "", Authorization=KEYS["Authorization"])
    assert reply.status == 426


def test_who_brings_a_key_for_a_request_is_told_that_it_does_nothing(gateway: Any, shop: Shop) -> None:
    wrong = [("api_request_key", "915231")]
    assert codes(shop.sale(api_request_key="our key")) == wrong
    assert codes(gateway.transaction.void(shop.sold().id, {"api_request_key": "our key"})) == wrong
    assert codes(gateway.transaction.refund(shop.settled().id, {"api_request_key": "our key"})) == wrong


def test_names_come_back_as_they_were_sent_whatever_is_in_them(gateway: Any) -> None:
    name = "Ada <b>\"&'\n Ünïcödé \U0001f4b3"
    customer = gateway.customer.create({"first_name": name}).customer
    assert gateway.customer.find(customer.id).first_name == name
