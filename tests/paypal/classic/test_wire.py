"""One classic call: what goes over the wire, byte for byte, and what is kept of it."""

import json

import pytest
from django.test import override_settings
from tests.outbound.peers import answering, closing_after_request
from tests.paypal.classic.world import (
    KEY,
    PARTNER,
    PAY_KEY,
    PREAPPROVAL,
    SELLER,
    asked,
    body_of,
    call,
    error,
    http,
    money,
    payment,
    preapproved,
    said,
    saying,
    scripted,
)

from solitude.payments.contract import CONFIGURATION, Operation, Outcome, Share
from solitude.providers.paypal.classic import signature
from solitude.providers.paypal.classic.signature import Permission
from solitude.providers.paypal.classic.wire import Ask, Reply
from solitude.providers.paypal.configured import addresses
from solitude.telemetry.redaction import Secret

CREDENTIALS = {
    "SOLITUDE_PAYPAL_CLASSIC_APP_ID": "APP-1",
    "SOLITUDE_PAYPAL_CLASSIC_USER": "api-user_1.shop.example",
    "SOLITUDE_PAYPAL_CLASSIC_PASSWORD": "pass word",
    "SOLITUDE_PAYPAL_CLASSIC_SIGNATURE": "the-signature",
}
CREATED = said(payKey=PAY_KEY, paymentExecStatus="CREATED")


def headers_of(request: bytes) -> dict[str, str]:
    lines = request.partition(b"\r\n\r\n")[0].decode().splitlines()[1:]
    return {name: value for name, _, value in (line.partition(": ") for line in lines)}


def test_a_payment_with_a_share_is_a_chained_one() -> None:
    with saying(CREATED) as (paypal, peer):
        paypal.perform(
            call(shares=(Share(PARTNER, money("1.12")),), description="Star Map", notify_url="https://shop.example/ipn")
        )

    assert asked(peer) == ["/AdaptivePayments/Pay"]
    assert body_of(peer.requests[0]) == (
        "actionType=PAY&cancelUrl=https%3A%2F%2Fshop.example%2Fno&currencyCode=USD&feesPayer=SECONDARYONLY"
        "&ipnNotificationUrl=https%3A%2F%2Fshop.example%2Fipn&memo=Star%20Map"
        "&receiverList.receiver(0).amount=3.75&receiverList.receiver(0).email=sam%40dev.example"
        f"&receiverList.receiver(0).invoiceID=solitude-{KEY}"
        "&receiverList.receiver(0).paymentType=DIGITALGOODS&receiverList.receiver(0).primary=true"
        "&receiverList.receiver(1).amount=1.12&receiverList.receiver(1).email=partner%40shop.example"
        "&receiverList.receiver(1).paymentType=DIGITALGOODS&receiverList.receiver(1).primary=false"
        f"&requestEnvelope.errorLanguage=en_US&returnUrl=https%3A%2F%2Fshop.example%2Fok&trackingId={KEY}"
    )


def test_a_payment_by_pre_approval_has_no_kind_and_one_without_shares_has_no_primary_receiver() -> None:
    with saying(CREATED) as (paypal, peer):
        paypal.perform(preapproved(Operation.PAY))

    sent = body_of(peer.requests[0])
    assert f"&preapprovalKey={PREAPPROVAL}&" in sent
    assert "paymentType" not in sent
    assert "primary" not in sent
    assert "feesPayer" not in sent


def test_digits_are_the_currencys_at_paypal() -> None:
    with saying(CREATED) as (paypal, peer):
        paypal.perform(call(amount=money("1000", "HUF")))

    assert "receiver(0).amount=1000&" in body_of(peer.requests[0])


@override_settings(**CREDENTIALS)
def test_the_caller_is_named_in_header_fields() -> None:
    with saying(CREATED) as (paypal, peer):
        paypal.perform(call())

    sent = headers_of(peer.requests[0])
    assert {name: value for name, value in sent.items() if name.startswith("X-PAYPAL")} == {
        "X-PAYPAL-APPLICATION-ID": "APP-1",
        "X-PAYPAL-REQUEST-DATA-FORMAT": "NV",
        "X-PAYPAL-RESPONSE-DATA-FORMAT": "NV",
        "X-PAYPAL-SECURITY-USERID": "api-user_1.shop.example",
        "X-PAYPAL-SECURITY-PASSWORD": "pass word",
        "X-PAYPAL-SECURITY-SIGNATURE": "the-signature",
    }


@override_settings(**CREDENTIALS)
def test_for_a_seller_the_sellers_permission_is_named_and_not_our_credentials() -> None:
    permission = Permission(Secret("AAAA-token~1"), Secret("secret+/="))
    with saying(said()) as (paypal, peer):
        paypal.wire.ask(Ask("Permissions/GetBasicPersonalData", "personal", {}, permission))

    sent = headers_of(peer.requests[0])
    assert sent["X-PAYPAL-AUTHORIZATION"].startswith("timestamp=")
    assert ",token=AAAA-token~1,signature=" in sent["X-PAYPAL-AUTHORIZATION"]
    assert not [name for name in sent if name.startswith("X-PAYPAL-SECURITY")]
    assert "AAAA" not in repr(permission)


def test_the_signature_is_the_one_that_another_program_makes() -> None:
    """Made with OpenSSL, from the text that PayPal's rule gives."""
    made = signature.signature(
        "https://svcs.sandbox.paypal.com/Permissions/GetBasicPersonalData",
        user="api-user_1.shop.example",
        password="pass word",
        token="AAAA-token~1",
        secret="secret+/=",
        timestamp=1353000000,
    )

    assert made == "afqFzv4UvkgS5MbwQwSnI2/B9S4="


@pytest.mark.parametrize("missing", CREDENTIALS)
def test_without_all_credentials_nothing_is_sent(missing: str) -> None:
    with override_settings(**{missing: ""}), saying(CREATED) as (paypal, peer):
        found = paypal.perform(call())

    assert (found.outcome, found.reason and found.reason.code) == (Outcome.NOT_SENT, CONFIGURATION)
    assert peer.requests == []


@pytest.mark.parametrize("number", ["520003", "560022"])
def test_refused_credentials_are_our_configuration(number: str) -> None:
    with saying(error(number)) as (paypal, _):
        found = paypal.perform(call())

    assert (found.outcome, found.reason and found.reason.code) == (Outcome.NOT_SENT, CONFIGURATION)
    assert len(found.exchanges) == 1


def test_the_call_log_keeps_what_happened_and_no_person_and_no_key() -> None:
    with saying(payment()) as (paypal, _):
        found = paypal.perform(preapproved(Operation.PAY))

    (kept,) = (exchange.as_dict() for exchange in found.exchanges)
    request, answer = kept["request"]["body"], kept["answer"]["body"]
    assert request["receiverList"]["receiver(0)"]["amount"] == "3.75"
    assert answer["paymentInfoList"]["paymentInfo(0)"]["transactionStatus"] == "COMPLETED"
    assert kept["correlation_id"] == "c0rre1ation"
    text = json.dumps(kept, default=str)
    assert not [secret for secret in (SELLER, PREAPPROVAL, "shop.example", "sandbox-api") if secret in text]


def test_an_answer_that_says_not_how_it_went_is_not_understood() -> None:
    with saying({"payKey": PAY_KEY}) as (paypal, _):
        reply = paypal.wire.ask(Ask("AdaptivePayments/Pay", "pay", {}))

    assert isinstance(reply, Reply)
    assert (reply.understood, reply.is_success) == (False, False)


def test_a_call_is_sent_once() -> None:
    with scripted(closing_after_request) as (paypal, peer):
        found = paypal.perform(call())

    assert (found.outcome, len(peer.requests)) == (Outcome.UNKNOWN, 1)


def test_too_many_requests_are_for_later() -> None:
    with scripted(answering(http({}, 429))) as (paypal, _):
        found = paypal.perform(call())

    assert (found.outcome, found.reason and found.reason.code) == (Outcome.NOT_SENT, "provider_busy")


@pytest.mark.parametrize(
    ("settings", "asked"),
    [
        ({}, {"paypal": "https://rest.example", "paypal-classic": "https://classic.example"}),
        ({"SOLITUDE_PAYPAL_CLASSIC_USER": ""}, {"paypal": "https://rest.example"}),
        ({"SOLITUDE_PAYPAL_CLIENT_ID": ""}, {"paypal-classic": "https://classic.example"}),
        ({"SOLITUDE_PAYPAL_CLASSIC_URL": "https://rest.example"}, {"paypal": "https://rest.example"}),
    ],
)
def test_the_status_page_asks_each_interface_that_has_credentials(
    settings: dict[str, str], asked: dict[str, str]
) -> None:
    usual = {
        "SOLITUDE_PAYPAL_URL": "https://rest.example",
        "SOLITUDE_PAYPAL_CLASSIC_URL": "https://classic.example",
        "SOLITUDE_PAYPAL_CLIENT_ID": "client",
    }
    with override_settings(**(usual | CREDENTIALS | settings)):
        assert addresses() == asked
