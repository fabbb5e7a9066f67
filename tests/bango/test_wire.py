"""One call of Bango's: what goes over the wire, what is understood of the answer, and what is kept of both."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis.strategies import DataObject, data, integers, sampled_from
from tests.bango.soap import (
    BILLING,
    DIRECT,
    EXPORTER,
    PASSWORD,
    TOKENS,
    USER,
    answered,
    body_of,
    envelope,
    fault,
    heads_of,
    http,
    pairs,
    path_of,
    reply,
    said,
    scripted,
)
from tests.outbound.peers import answering, answering_once, closing_after_request, silent
from tests.support.free_port import free_port
from tests.support.statsd import Daemon

from solitude.outbound.http import Answer
from solitude.providers.bango.soap import description, wire
from solitude.providers.bango.soap.description import NotConfigured, NotUnderstood
from solitude.providers.bango.soap.operations import OPERATIONS
from solitude.providers.bango.soap.wire import CredentialsMissing, Failed

CREDENTIALS = [("username", USER), ("password", PASSWORD)]
PACKAGE = {
    "packageId": 50021,
    "adminPersonId": 81,
    "adminPersonPassword": "pw-admin-81",
    "supportPersonId": 82,
    "financePersonId": 83,
}
OFFER = {
    "bango": "7710042",
    "typeFilter": ["OPERATOR", "PSMS"],
    "priceList": [{"amount": Decimal("2.10"), "currency": "EUR"}, {"amount": Decimal("1E+3"), "currency": "HUF"}],
    "externalTransactionId": "solitude:77",
    "pageTitle": "Zoë & Söhne <3",
    "configurationOptions": [("APPLICATION_CATEGORY_ID", 18), ("REQUEST_SIGNATURE", "5ec7e7"), ("MOZ_USER_ID", "u:1")],
}
OFFERED = said("CreateBillingConfiguration", namespace=BILLING, billingConfigurationId=2**40)
CHECKED = envelope(
    "CheckToken",
    "<ResponseMessage>Success</ResponseMessage><ResponseCode>OK</ResponseCode><Signature>5ec7e7</Signature>"
    "<MerchantTransactionId>solitude:77</MerchantTransactionId><BangoUserId>3</BangoUserId>"
    "<BangoTransactionId>990017</BangoTransactionId><Price>2.10</Price><Currency>EUR</Currency>"
    f'<TransactionMethod><networkId xmlns="{DIRECT}">USA_ATT</networkId></TransactionMethod>',
    TOKENS,
)
NO_SUCH_TOKEN = envelope(
    "CheckToken", "<BangoUserId>0</BangoUserId><BangoTransactionId>0</BangoTransactionId><Price>0</Price>", TOKENS
)
AGREEMENT = {"sbiAgreement": "Terms", "sbiAgreementValidFrom": "2014-01-02T03:04:05.678+01:00"}


def failed(found: Any) -> Failed:
    assert isinstance(found, Failed), found
    return found


def test_a_call_is_an_envelope_with_our_credentials_first_and_the_fields_in_bangos_order() -> None:
    with answered(said("UpdateSupportEmailAddress", personId=82)) as (bango, peer):
        bango.ask("UpdateSupportEmailAddress", {"emailAddress": "sam@dev.example", "packageId": 50021})

    (request,) = peer.requests
    assert path_of(request) == "/mozillaexporter/service.asmx"
    sent = heads_of(request)
    assert sent["soapaction"] == f'"{EXPORTER}/UpdateSupportEmailAddress"'
    assert sent["content-type"] == "text/xml; charset=utf-8"
    asked = body_of(request)
    assert asked.tag == f"{{{EXPORTER}}}UpdateSupportEmailAddress"
    expected = [*CREDENTIALS, ("packageId", "50021"), ("emailAddress", "sam@dev.example")]
    assert pairs(asked) == [("request", expected)]


def test_what_is_none_is_left_out() -> None:
    with answered(said("UpdateAddressDetails")) as (bango, peer):
        bango.ask("UpdateAddressDetails", {"packageId": 1, "vendorName": "Sam", "address2": None, "countryIso": "DEU"})

    ((_, sent),) = pairs(body_of(peer.requests[0]))
    assert sent == [*CREDENTIALS, ("packageId", "1"), ("vendorName", "Sam"), ("countryIso", "DEU")]


def test_an_offer_has_its_lists_its_pairs_and_amounts_without_exponents() -> None:
    with answered(OFFERED) as (bango, peer):
        found = reply(bango.ask("CreateBillingConfiguration", OFFER))

    (request,) = peer.requests
    assert path_of(request) == "/billingconfiguration_v2_0/Service.svc/soap11"
    assert heads_of(request)["soapaction"] == f'"{BILLING}/CreateBillingConfiguration"'
    ((_, sent),) = pairs(body_of(request), BILLING)
    option, value = "configurationOptionName", "configurationOptionValue"
    assert sent == [
        *CREDENTIALS,
        ("bango", "7710042"),
        ("typeFilter", [("string", "OPERATOR"), ("string", "PSMS")]),
        (
            "priceList",
            [
                ("Price", [("amount", "2.10"), ("currency", "EUR")]),
                ("Price", [("amount", "1000"), ("currency", "HUF")]),
            ],
        ),
        ("externalTransactionId", "solitude:77"),
        ("pageTitle", "Zoë & Söhne <3"),
        (
            "configurationOptions",
            [
                ("BillingConfigurationOption", [(option, "APPLICATION_CATEGORY_ID"), (value, "18")]),
                ("BillingConfigurationOption", [(option, "REQUEST_SIGNATURE"), (value, "5ec7e7")]),
                ("BillingConfigurationOption", [(option, "MOZ_USER_ID"), (value, "u:1")]),
            ],
        ),
    ]
    assert found.is_ok
    assert (found.code, found.message, found.values) == ("OK", "Success", {"billingConfigurationId": 2**40})


def test_refunds_are_asked_of_direct_billing() -> None:
    with answered(said("DoRefund", "PENDING", "Wait", DIRECT, refundTransactionId=31)) as (bango, peer):
        fields = {"bango": "7", "transactionId": 2**40, "refundType": "OPERATOR", "externalTransactionId": "k"}
        found = reply(bango.ask("DoRefund", fields))

    (request,) = peer.requests
    assert path_of(request) == "/DirectBilling_v4_1/Service.svc/soap11"
    assert heads_of(request)["soapaction"] == f'"{DIRECT}/DirectBilling/DoRefund"'
    ((_, sent),) = pairs(body_of(request), DIRECT)
    assert sent[2:] == [
        ("bango", "7"),
        ("transactionId", str(2**40)),
        ("refundType", "OPERATOR"),
        ("externalTransactionId", "k"),
    ]
    assert not found.is_ok
    assert (found.code, found.values["refundTransactionId"]) == ("PENDING", 31)


def test_a_token_is_checked_at_the_other_host_without_credentials() -> None:
    with answered(CHECKED, SOLITUDE_BANGO_URL="http://127.0.0.1:9") as (bango, peer):
        found = reply(bango.ask("CheckToken", {"token": "t0ken"}))

    (request,) = peer.requests
    assert path_of(request) == "/_/ws/tokenchecker.asmx"
    assert heads_of(request)["soapaction"] == f'"{TOKENS}CheckToken"'
    assert pairs(body_of(request), TOKENS) == [("token", "t0ken")]
    assert (found.code, found.message) == ("OK", "Success")
    assert found.values == {
        "Signature": "5ec7e7",
        "MerchantTransactionId": "solitude:77",
        "BangoUserId": 3,
        "BangoTransactionId": 990017,
        "Price": Decimal("2.10"),
        "Currency": "EUR",
        "TransactionMethod": {
            "networkId": "USA_ATT",
            "networkDescription": None,
            "paymentMethodId": None,
            "paymentMethodDescription": None,
        },
    }


def test_of_a_token_that_bango_does_not_know_it_says_nothing_not_even_a_code() -> None:
    with answered(NO_SUCH_TOKEN) as (bango, _):
        found = reply(bango.ask("CheckToken", {"token": "stolen"}))

    assert (found.code, found.message, found.is_ok) == ("", "", False)
    assert (found.values["Signature"], found.values["BangoTransactionId"]) == (None, 0)


def test_every_operation_can_be_asked_for() -> None:
    """The namespaces and actions are those of the contract."""
    ours = description.description(None)

    assert len(OPERATIONS) == 20
    assert [ours.action(name) for name in OPERATIONS] == [
        *(f"{EXPORTER}/{name}" for name in list(OPERATIONS)[:16]),
        f"{BILLING}/CreateBillingConfiguration",
        f"{DIRECT}/DirectBilling/DoRefund",
        f"{DIRECT}/DirectBilling/GetRefundStatus",
        f"{TOKENS}CheckToken",
    ]


def test_values_are_pythons() -> None:
    answer = {"sbiAgreementAccepted": "true", "acceptedSBIAgreement": "2014-01-02T03:04:05.678+01:00"}
    with answered(said("GetAcceptedSBIAgreement", **answer, sbiAgreementExpires="2015-01-02T03:04:05")) as (bango, _):
        found = reply(bango.ask("GetAcceptedSBIAgreement", {"packageId": 1}))

    assert found.values == {
        "sbiAgreementAccepted": True,
        "acceptedSBIAgreement": datetime(2014, 1, 2, 2, 4, 5, 678000, tzinfo=UTC),
        "sbiAgreementExpires": datetime(2015, 1, 2, 3, 4, 5, tzinfo=UTC),
    }


def test_bangos_first_of_january_of_the_year_1_is_no_time() -> None:
    never = "0001-01-01T00:00:00"
    answer = {"sbiAgreementAccepted": "false", "acceptedSBIAgreement": never, "sbiAgreementExpires": never}
    with answered(said("GetAcceptedSBIAgreement", **answer)) as (bango, _):
        found = reply(bango.ask("GetAcceptedSBIAgreement", {"packageId": 1}))

    assert found.values["sbiAgreementExpires"] is None
    assert found.is_ok


def test_what_bango_adds_at_the_end_one_day_is_passed_over() -> None:
    with answered(said("CreateBangoNumber", bango="7710042", tariff="<x>1</x>")) as (bango, _):
        found = reply(bango.ask("CreateBangoNumber", {"packageId": 1, "name": "Map", "categoryId": 1}))

    assert found.values == {"bango": "7710042"}


def test_what_bango_adds_within_an_object_is_passed_over() -> None:
    with answered(CHECKED.replace("</TransactionMethod>", "<more>1</more></TransactionMethod>")) as (bango, _):
        found = reply(bango.ask("CheckToken", {"token": "t"}))

    assert found.values["TransactionMethod"]["networkId"] == "USA_ATT"
    assert "more" not in found.values["TransactionMethod"]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2014-01-02T03:04:05.1234567Z", datetime(2014, 1, 2, 3, 4, 5, 123456, tzinfo=UTC)),
        ("9999-12-31T23:59:59.9999999", datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
        ("9999-12-31T23:59:59-01:00", None),
        ("2014-02-30T00:00:00", None),
        ("tomorrow", None),
    ],
)
def test_a_time_has_microseconds_at_most_and_one_that_is_none_is_not_understood(
    written: str, read: datetime | None
) -> None:
    with answered(said("GetSBIAgreement", **AGREEMENT | {"sbiAgreementValidFrom": written})) as (bango, _):
        found = bango.ask("GetSBIAgreement", {"packageId": 1})

    if read is None:
        assert failed(found).sent
    else:
        assert reply(found).values["sbiAgreementValidFrom"] == read


def test_the_reader_of_messages_refuses_document_types_by_itself_too(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("a secret")
    entity = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{(tmp_path / "secret").as_uri()}">]>'
    told = OFFERED.partition("?>")[2].replace("Success", "&e;")

    for head in (entity, "<!DOCTYPE x>", '<!DOCTYPE x [<!ENTITY e "1">]>'):
        with pytest.raises(NotUnderstood):
            description.description(None).read("CreateBillingConfiguration", f"{head}{told}".encode())


PIECES = [
    "<", ">", "/", "\x00", "&lt;", "&x;", "OK", "1", "-1", "9" * 5000, "NaN", "1e999", "é", "<!-- -->", "<![CDATA[x]]>", "<?x y?>",
    "<responseCode>OK</responseCode>", "<billingConfigurationId/>", f'<x xmlns="{DIRECT}"/>',
    ' xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"',
    ' xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="x:y"',
    ' xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="CreateBillingConfiguration"',
    ' href="#1"', ' id="1"', "<!DOCTYPE x>", "<i:include xmlns:i='http://www.w3.org/2001/XInclude' href='/etc/passwd'/>",
]  # fmt: skip


@given(data())
@hypothesis_settings(max_examples=300)
def test_whatever_comes_instead_is_understood_or_not_and_nothing_else(drawn: DataObject) -> None:
    text = OFFERED
    for _ in range(drawn.draw(integers(1, 3))):
        start = drawn.draw(integers(0, len(text)))
        end = drawn.draw(integers(start, min(len(text), start + 40)))
        text = text[:start] + drawn.draw(sampled_from(PIECES)) + text[end:]
    answer = Answer(200, {}, text.encode(), 1)

    found = wire._read("CreateBillingConfiguration", answer, description.description(None), ())

    if isinstance(found, Failed):
        assert found.sent
        assert found.reason
    elif found.is_ok:
        assert isinstance(found.values["billingConfigurationId"], int)


def test_a_refusal_needs_no_numbers() -> None:
    with answered(said("CreatePackage", "INVALID_URL", "Not a URL")) as (bango, _):
        found = reply(bango.ask("CreatePackage", {"vendorName": "Sam"}))

    assert (found.code, found.message, found.values["packageId"]) == ("INVALID_URL", "Not a URL", None)


TORN = OFFERED.replace("</soap:Body>", "")


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (fault(), 500, "soap_fault"),
        (fault(), 200, "soap_fault"),
        ("<html><body>Service Unavailable<br></body></html>", 503, "http_503"),
        ("<html><body>Welcome<br></body></html>", 200, "torn"),
        ("", 200, "torn"),
        (TORN, 200, "torn"),
        (OFFERED, 500, "http_500"),
        ("", 302, "http_302"),
        (said("CreateBillingConfiguration", namespace=DIRECT, billingConfigurationId=1), 200, "another_message"),
        (said("DoRefund", namespace=DIRECT, refundTransactionId=1), 200, "another_message"),
        ("<Envelope/>", 200, "another_message"),
        (said("CreateBillingConfiguration", namespace=BILLING), 200, "incomplete"),
        (said("CreateBillingConfiguration", namespace=BILLING, billingConfigurationId="many"), 200, "incomplete"),
        (said("CreateBillingConfiguration", "", namespace=BILLING, billingConfigurationId=1), 200, "no_code"),
        (OFFERED.replace("Configuration>", "Configuration/>", 0).replace("OK", ""), 200, "no_code"),
        (f'<!DOCTYPE x [<!ENTITY e "OK">]>{OFFERED[38:]}', 200, "document_type"),
        (
            f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><CreateBillingConfigurationResponse '
            f'xmlns="{BILLING}"/></s:Body></s:Envelope>',
            200,
            "no_result",
        ),
        (
            envelope(
                "CreateBillingConfiguration",
                "<billingConfigurationId>1</billingConfigurationId><responseCode>OK</responseCode>",
                BILLING,
            ),
            200,
            "out_of_order",
        ),
    ],
)
def test_an_answer_that_is_not_understood_leaves_open_what_happened(body: str, status: int, reason: str) -> None:
    with scripted(answering(http(body, status))) as (bango, _):
        found = failed(bango.ask("CreateBillingConfiguration", OFFER))

    assert (found.sent, found.reason) == (True, reason)
    (exchange,) = found.exchanges
    assert (exchange.status, exchange.sent) == (status, True)


def test_a_price_that_is_no_number_is_not_understood() -> None:
    with answered(CHECKED.replace("2.10", "NaN")) as (bango, _):
        found = failed(bango.ask("CheckToken", {"token": "t"}))

    assert (found.sent, found.reason) == (True, "not_a_value")


def test_an_answer_that_does_not_come_leaves_open_what_happened() -> None:
    with scripted(closing_after_request) as (bango, _):
        lost = failed(bango.ask("CreateBillingConfiguration", OFFER))
    with scripted(silent, SOLITUDE_BANGO_TIMEOUT_MS=100) as (bango, _):
        late = failed(bango.ask("CreateBillingConfiguration", OFFER))
    with scripted(answering_once(http(OFFERED)[:-20])) as (bango, _):
        cut = failed(bango.ask("CreateBillingConfiguration", OFFER))

    assert (lost.sent, lost.reason) == (True, "connection_lost")
    assert late.sent
    assert late.reason in ("read_timeout", "total_timeout")
    assert (cut.sent, cut.reason) == (True, "truncated")


def test_where_nobody_listens_nothing_was_sent() -> None:
    with answered(OFFERED, SOLITUDE_BANGO_URL=f"http://127.0.0.1:{free_port()}") as (bango, _):
        found = failed(bango.ask("CreateBillingConfiguration", OFFER))

    assert (found.sent, found.reason) == (False, "connection_refused")


def test_of_a_call_that_is_one_too_many_bango_did_nothing() -> None:
    with scripted(answering(http("", 429))) as (bango, _):
        found = failed(bango.ask("CreateBillingConfiguration", OFFER))

    assert (found.sent, found.reason) == (False, wire.BUSY)


@pytest.mark.parametrize(
    "fields",
    [
        {"pageTitle": "a\x00b"},
        {"pageTitle": "\ud800"},
        {"configurationOptions": [("MOZ_USER_ID", "\x1b[1m")]},
        {"priceList": [{"amount": Decimal(1), "currency": "\x07"}]},
    ],
)
def test_what_xml_cannot_hold_is_not_sent(fields: dict[str, Any]) -> None:
    with answered(OFFERED) as (bango, peer):
        found = failed(bango.ask("CreateBillingConfiguration", OFFER | fields))

    assert (found.sent, found.reason) == (False, wire.UNWRITABLE)
    assert peer.requests == []


@pytest.mark.parametrize(
    ("operation", "name", "bits"), [("GetPackage", "packageId", 31), ("DoRefund", "transactionId", 63)]
)
def test_a_number_that_is_too_large_is_not_sent(operation: str, name: str, bits: int) -> None:
    with answered(said(operation)) as (bango, peer):
        found = failed(bango.ask(operation, {name: 2**bits}))

    assert (found.sent, found.reason) == (False, wire.UNWRITABLE)
    assert peer.requests == []


def test_a_name_that_the_operation_has_not_is_a_mistake_of_ours() -> None:
    with answered(said("DeleteVATNumber")) as (bango, peer), pytest.raises(TypeError):
        bango.ask("DeleteVATNumber", {"packageId": 1, "vatNumber": "GB1"})

    assert peer.requests == []


def test_without_a_password_nothing_is_asked() -> None:
    with answered(OFFERED, SOLITUDE_BANGO_PASSWORD="") as (bango, peer), pytest.raises(CredentialsMissing):
        bango.ask("CreateBillingConfiguration", OFFER)

    assert peer.requests == []


def test_refused_credentials_raise_an_alarm(security_events: list[str]) -> None:
    with answered(said("GetPackage", "ACCESS_DENIED", "Who?")) as (bango, _):
        assert reply(bango.ask("GetPackage", {"packageId": 1})).code == "ACCESS_DENIED"

    (line,) = security_events
    assert "Provider refuses our credentials" in line


def test_of_the_exchange_numbers_codes_and_prices_are_kept() -> None:
    with answered(OFFERED) as (bango, _):
        (exchange,) = reply(bango.ask("CreateBillingConfiguration", OFFER)).exchanges

    assert (exchange.operation, exchange.method, exchange.status) == ("CreateBillingConfiguration", "POST", 200)
    asked = exchange.request["body"]["Envelope"]["Body"]["CreateBillingConfiguration"]["request"]
    hidden = "[redacted]"
    assert asked == {
        "username": hidden,
        "password": hidden,
        "bango": "7710042",
        "typeFilter": {"string": ["OPERATOR", "PSMS"]},
        "priceList": {"Price": [{"amount": "2.10", "currency": "EUR"}, {"amount": "1000", "currency": "HUF"}]},
        "externalTransactionId": "solitude:77",
        "pageTitle": hidden,
        "configurationOptions": {
            "BillingConfigurationOption": [
                {"configurationOptionName": "APPLICATION_CATEGORY_ID", "configurationOptionValue": hidden},
                {"configurationOptionName": "REQUEST_SIGNATURE", "configurationOptionValue": hidden},
                {"configurationOptionName": "MOZ_USER_ID", "configurationOptionValue": hidden},
            ]
        },
    }
    assert exchange.answer is not None
    told = exchange.answer["body"]["Envelope"]["Body"]["CreateBillingConfigurationResponse"]
    assert told["CreateBillingConfigurationResult"] == {
        "responseCode": "OK",
        "responseMessage": hidden,
        "billingConfigurationId": str(2**40),
    }


SECRETS = {
    "adminEmailAddress": "ann@dev.example",
    "vendorName": "Sam Dev",
    "address1": "Lindenstrasse 5",
    "addressPhone": "004930123456",
    "vatNumber": "DE999999999",
    "eventNotificationPassword": "event-pass-word",
}
BANK = {"bankAccountPayeeName": "Sam Dev", "bankAccountNumber": "31926819", "bankAccountIban": "DE89370400440532013000"}
LOGIN = {"packageId": 1, "personId": 81, "emailAddress": "ann@dev.example"}
TOKEN = {"authenticationToken": "l0gin-t0ken", "tokenExpiry": "2014-01-02T03:04:05"}


@pytest.mark.parametrize(
    ("operation", "fields", "answer"),
    [
        ("CreatePackage", SECRETS, said("CreatePackage", **PACKAGE)),
        ("CreateBankDetails", {"packageId": 1, **BANK}, said("CreateBankDetails", "INVALID", "not 31926819")),
        ("GetAutoAuthenticationLoginToken", LOGIN, said("GetAutoAuthenticationLoginToken", **TOKEN)),
        ("CheckToken", {"token": "buyers-t0ken"}, CHECKED),
        ("GetPackage", {"packageId": 1}, fault("ann@dev.example of Lindenstrasse 5")),
        ("GetPackage", {"packageId": 1}, "<p>ann@dev.example of Lindenstrasse 5"),
    ],
)
def test_of_persons_banks_and_secrets_nothing_is_kept_or_logged(
    operation: str, fields: dict[str, Any], answer: str, caplog: pytest.LogCaptureFixture
) -> None:
    with answered(answer) as (bango, _):
        found = bango.ask(operation, fields)

    seen = json.dumps([exchange.as_dict() for exchange in found.exchanges]) + caplog.text + repr(found)
    secrets = [
        *SECRETS.values(),
        *BANK.values(),
        *TOKEN.values(),
        USER,
        PASSWORD,
        "pw-admin-81",
        "buyers-t0ken",
        "5ec7e7",
    ]
    assert [secret for secret in map(str, secrets) if secret in seen and secret != TOKEN["tokenExpiry"]] == []
    assert operation in seen


def test_calls_are_timed_and_codes_are_counted(daemon: Daemon) -> None:
    with answered(said("GetPackage", "INVALID_PACKAGEID", "No"), said("GetPackage", "a code? no")) as (bango, _):
        bango.ask("GetPackage", {"packageId": 1})
        bango.ask("GetPackage", {"packageId": 1})

    heard = [daemon.hears() for _ in range(3)]
    assert heard[0].startswith("solitude.bango.request.getpackage:")
    assert heard[0].endswith("|ms")
    assert heard[1] == "solitude.bango.response.invalid_packageid:1|c"
    assert heard[2].startswith("solitude.bango.request.getpackage:")
    assert daemon.hears_nothing_more()


def test_codes_that_bango_makes_up_are_no_series_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(wire.metrics, "count", told.append)
    monkeypatch.setattr(wire, "_counted", set())

    for number in range(2 * wire.CODES_MAX):
        wire._count("CreatePackage", f"ERR_{number}")
    wire._count("CreatePackage", "ERR_0")

    assert len(set(told)) == wire.CODES_MAX + 1
    assert told[-2:] == ["solitude.bango.response.other", "solitude.bango.response.err_0"]


def test_a_token_that_is_not_good_is_counted(daemon: Daemon) -> None:
    with answered(NO_SUCH_TOKEN) as (bango, _):
        bango.ask("CheckToken", {"token": "stolen"})

    assert daemon.hears().startswith("solitude.bango.request.checktoken:")
    assert daemon.hears() == "solitude.bango.response.checktoken_fail:1|c"
    assert daemon.hears_nothing_more()


def test_many_threads_may_ask_at_once_from_the_first_call_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(description, "_loaded", {})
    found: list[str] = []
    with answered(OFFERED) as (bango, peer):
        together = threading.Barrier(8)

        def ask() -> None:
            together.wait(20)
            found.extend(reply(bango.ask("CreateBillingConfiguration", OFFER)).code for _ in range(5))

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)

    assert found == ["OK"] * 40
    assert len({request.partition(b"\r\n\r\n")[2] for request in peer.requests}) == 1


def test_there_is_one_wire_for_each_address() -> None:
    first = wire.wire()
    assert wire.wire() is first
    with override_settings(SOLITUDE_BANGO_URL="http://127.0.0.1:9"):
        assert wire.wire() is not first


def test_without_zeep_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zeep", None)

    with pytest.raises(NotConfigured, match=r"install what requirements/providers\.txt lists"):
        description.Description(description.OURS)


STARTED = """
import sys, django
django.setup()
import solitude.urls
import solitude.providers.bango.asking
print([name for name in sys.modules if name.partition(".")[0] in ("zeep", "lxml", "requests")])
"""


def test_nothing_of_zeep_is_imported_at_the_start(tmp_path: Path) -> None:
    settings = {"DJANGO_SETTINGS_MODULE": "solitude.settings", "SOLITUDE_DEBUG": "true", "SOLITUDE_HOME": str(tmp_path)}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SOLITUDE_")}
    started = subprocess.run(
        [sys.executable, "-c", STARTED],
        env=environment | settings | {"SOLITUDE_ENV_FILE": ""},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert started.stdout == "[]\n", started.stderr


def spoilt(tmp_path: Path, change: Callable[[Path], object]) -> Path:
    """A folder of WSDL files in which something is wrong."""
    for file in description.OURS.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    change(tmp_path)
    return tmp_path


def rewritten(name: str, old: str, new: str) -> Callable[[Path], object]:
    def change(folder: Path) -> None:
        file = folder / name
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))

    return change


IMPORT = '<s:import namespace="x" schemaLocation="{}"/><s:element name="DoRefund">'


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda folder: (folder / "token_checker.wsdl").unlink(), "there is no file token_checker.wsdl"),
        (lambda folder: (folder / "token_checker.wsdl").write_text("<wsdl"), "token_checker.wsdl is no WSDL file"),
        (rewritten("direct_billing.wsdl", "DoRefund", "Undo"), "direct_billing.wsdl has no operation DoRefund"),
        (
            rewritten("direct_billing.wsdl", '<s:element name="DoRefund">', IMPORT.format("http://evil.example/x.xsd")),
            "imports evil.example/x.xsd",
        ),
        (
            rewritten("direct_billing.wsdl", '<s:element name="DoRefund">', IMPORT.format("/etc/hostname")),
            "there is no file hostname",
        ),
        (
            rewritten("direct_billing.wsdl", "<!-- Refunds", '<!DOCTYPE x [<!ENTITY e "1">]><!-- Refunds'),
            "direct_billing.wsdl is no WSDL file",
        ),
    ],
)
def test_a_folder_of_wsdl_files_that_is_not_right_is_an_error_that_says_so(
    tmp_path: Path, change: Callable[[Path], object], told: str
) -> None:
    with pytest.raises(NotConfigured, match=told):
        description.Description(spoilt(tmp_path, change))
