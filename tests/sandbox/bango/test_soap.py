"""What is no request of Bango's is a SOAP fault; the simulator takes what the WSDL files allow, and nothing else."""

import pytest
from tests.sandbox.bango.client import (
    BILLING,
    CREDENTIALS,
    DIRECT,
    EXPORTER,
    PACKAGE,
    SOAP,
    TOKENS,
    Bango,
    element,
    envelope,
    request,
)
from tests.sandbox.client import Sandbox

READ = {**CREDENTIALS, "packageId": 1}
NAMESPACE = EXPORTER[1]


def test_a_good_request_is_answered_as_soap(bango: Bango) -> None:
    answer = bango.send("GetPackage", request("GetPackage", READ))
    assert answer.reply.status == 200
    assert answer.reply.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert answer.code == "INVALID_PACKAGEID"


@pytest.mark.parametrize("wrong", [{"username": "somebody"}, {"password": "guess"}, {"password": None}])
def test_without_the_credentials_nothing_is_answered(bango: Bango, wrong: dict[str, str | None]) -> None:
    asked = bango.send("CreatePackage", request("CreatePackage", {**CREDENTIALS, **wrong, **PACKAGE}))
    assert asked.code == "ACCESS_DENIED"
    assert bango.state()["packages"] == []


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no XML",
        "<a></b>",
        "<Envelope/>",
        request("GetPackage", READ).replace(SOAP, "http://www.w3.org/2003/05/soap-envelope"),
        envelope(""),
        envelope("<GetPackage/>"),
        request("GetEmailAddresses", READ),
        request("GetPackage", {**CREDENTIALS}),
        request("GetPackage", {**CREDENTIALS, "packageId": "one"}),
        request("GetPackage", {**CREDENTIALS, "packageId": "2147483648"}),
        request("GetPackage", {**CREDENTIALS, "packageId": ""}),
        request("GetPackage", {"packageId": 1, **CREDENTIALS}),
        request("GetPackage", {**READ, "more": "1"}),
        request("GetPackage", {**READ, "packageId": {"packageId": 1}}),
        envelope(f'<GetPackage xmlns="{NAMESPACE}">text<request>{element("packageId", 1)}</request></GetPackage>'),
        envelope(f'<GetPackage xmlns="{NAMESPACE}"/>'),
        b"\xff\xfe\x00",
        b'<?xml version="1.0" encoding="klingon"?><a/>',
    ],
)
def test_what_is_no_request_is_a_fault(bango: Bango, body: str | bytes) -> None:
    answer = bango.send("GetPackage", body)
    assert answer.reply.status == 500
    assert answer.faultstring
    (entry,) = bango.state()["requests"]
    assert (entry["operation"], entry["status"]) == ("GetPackage", 500)


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE x [<!ENTITY a "1">]>',
        '<!DOCTYPE x SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
    ],
)
def test_a_document_type_is_refused(bango: Bango, doctype: str) -> None:
    body = request("GetPackage", READ).replace("?>", f"?>{doctype}", 1)
    assert "document type is not allowed" in bango.send("GetPackage", body).faultstring


def test_a_message_of_nothing_but_depth_is_a_fault(bango: Bango) -> None:
    assert bango.send("GetPackage", "<a>" * 40_000).reply.status == 500
    assert bango.send("GetPackage", "<a>" * 15_000 + "</a>" * 15_000).reply.status == 500
    assert bango.ask("GetPackage", packageId=1).code == "INVALID_PACKAGEID"


def test_a_message_that_is_too_long_is_not_read(bango: Bango) -> None:
    assert bango.send("GetPackage", "x" * 200_000).reply.status == 413


@pytest.mark.parametrize(
    "action", ["", '""', '"GetPackage"', f'"{NAMESPACE}/Other"', f'"{DIRECT[1]}/DirectBilling/DoRefund"']
)
def test_an_unknown_action_is_a_fault(bango: Bango, action: str) -> None:
    answer = bango.send("GetPackage", request("GetPackage", READ), SOAPAction=action)
    assert "SOAPAction" in answer.faultstring
    assert bango.state()["requests"][0]["operation"] == "unknown"


def test_an_action_without_quotes_is_understood(bango: Bango) -> None:
    answer = bango.send("GetPackage", request("GetPackage", READ), SOAPAction=f"{NAMESPACE}/GetPackage")
    assert answer.code == "INVALID_PACKAGEID"


def test_another_content_type_is_a_fault(bango: Bango) -> None:
    answer = bango.send("GetPackage", request("GetPackage", READ), Content_Type="application/soap+xml")
    assert "content type" in answer.faultstring


def test_a_header_that_must_be_understood_is(bango: Bango) -> None:
    def header(name: str, namespace: str) -> str:
        return (
            f'<s:Header><{name} xmlns="{namespace}" s:mustUnderstand="1"><Signature>x</Signature></{name}></s:Header>'
        )

    fields = {**CREDENTIALS, "refundTransactionId": 1}
    body = request("GetRefundStatus", fields)
    signed = body.replace("<s:Body>", f"{header('MessageSignature', DIRECT[1])}<s:Body>")
    assert bango.send("GetRefundStatus", signed).code == "INVALID_REFUNDTRANSACTIONID"
    strange = body.replace("<s:Body>", f"{header('Security', 'urn:other')}<s:Body>")
    assert "not understood" in bango.send("GetRefundStatus", strange).faultstring


@pytest.mark.parametrize("service", [EXPORTER, BILLING, DIRECT, TOKENS])
def test_each_service_says_that_it_is_there(bango: Bango, sandbox: Sandbox, service: tuple[str, str, str]) -> None:
    for query in ("", "?WSDL"):
        found = sandbox.send("GET", f"{bango.url}{service[0]}{query}")
        assert (found.status, "Bango simulator" in found.text) == (200, True)


def test_what_xml_must_escape_comes_back_as_it_was(bango: Bango) -> None:
    name = '<Ada> & "Co" ]]> \u20ac \U0001f600'
    package = bango.package(vendorName=name)
    assert bango.ask("GetPackage", packageId=package)["vendorName"] == name


def test_the_request_log_holds_no_credentials(bango: Bango) -> None:
    bango.offer(externalTransactionId="web:9")
    state = bango.control("GET", "state").text
    assert CREDENTIALS["password"] not in state
    assert bango.state()["requests"][-1]["request_id"] == "web:9"
