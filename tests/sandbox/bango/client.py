"""A small SOAP client: what a test says to the simulated Bango, in few words. It shares no code with the simulator."""

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from tests.sandbox.client import Reply, Sandbox

EXPORTER = ("/mozillaexporter/service.asmx", "com.bango.webservices.mozillaexporter", "")
BILLING = ("/billingconfiguration_v2_0/Service.svc/soap11", "com.bango.webservices.billingconfiguration", "")
DIRECT = ("/DirectBilling_v4_1/Service.svc/soap11", "com.bango.webservices.directbilling", "DirectBilling/")
TOKENS = ("/_/ws/tokenchecker.asmx", "https://mozilla.bango.net/", "")
SERVICES = {
    "CreateBillingConfiguration": BILLING,
    "DoRefund": DIRECT,
    "GetRefundStatus": DIRECT,
    "CheckToken": TOKENS,
}
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
CREDENTIALS = {"username": "sandbox-bango-user", "password": "sandbox-bango-password"}
ON_SUCCESS, ON_ERROR = "https://market.example/paid?cart=7", "https://market.example/failed"
PACKAGE = {
    "adminEmailAddress": "ada@dev.example",
    "supportEmailAddress": "sue@dev.example",
    "financeEmailAddress": "finn@dev.example",
    "paypalEmailAddress": "pay@dev.example",
    "vendorName": "Ada's Apps & Games",
    "companyName": "Ada Ltd",
    "address1": "1 Byron Street",
    "addressCity": "Nottingham",
    "addressState": "Notts",
    "addressZipCode": "NG1",
    "addressPhone": "0115 1",
    "countryIso": "GBR",
    "currencyIso": "GBP",
}

_numbers = itertools.count(1)


@dataclass
class Answer:
    """An answer, read: `values` are the texts by the elements' names, `faultstring` is set when it is a fault."""

    reply: Reply
    values: dict[str, str]
    faultstring: str = ""

    def __getitem__(self, name: str) -> str:
        return self.values[name]

    @property
    def code(self) -> str:
        return self.values.get("responseCode", self.values.get("ResponseCode", ""))


def envelope(content: str, header: str = "") -> str:
    return f'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="{SOAP}">{header}<s:Body>{content}</s:Body></s:Envelope>'


def request(operation: str, fields: Mapping[str, Any]) -> str:
    """The message, with the fields in the order in which they are given."""
    _, namespace, _ = SERVICES.get(operation, EXPORTER)
    content = "".join(element(name, value) for name, value in fields.items() if value is not None)
    wrapped = content if operation == "CheckToken" else f"<request>{content}</request>"
    return envelope(f'<{operation} xmlns="{namespace}">{wrapped}</{operation}>')


def element(name: str, value: Any) -> str:
    if isinstance(value, Mapping):
        return f"<{name}>{''.join(element(*each) for each in value.items())}</{name}>"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"<{name}>{''.join(element(*each) for each in value)}</{name}>"
    return f"<{name}>{escape(str(value))}</{name}>"


def prices(*each: tuple[str, str]) -> list[tuple[str, dict[str, str]]]:
    return [("Price", {"amount": amount, "currency": currency}) for amount, currency in each]


def options(**each: str) -> list[tuple[str, dict[str, str]]]:
    return [
        ("BillingConfigurationOption", {"configurationOptionName": name, "configurationOptionValue": value})
        for name, value in each.items()
    ]


def types(*each: str) -> list[tuple[str, str]]:
    return [("string", name) for name in each]


def said(location: str) -> dict[str, str]:
    """The query of the address to which the buyer was sent."""
    return dict(parse_qsl(urlsplit(location).query))


class Bango:
    """Speaks to the Bango of one running sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self.url = f"{sandbox.url}/bango"

    def ask(self, operation: str, **fields: Any) -> Answer:
        """A call with the credentials of the simulator, unless others are given."""
        given = fields if operation == "CheckToken" else {**CREDENTIALS, **fields}
        return self.send(operation, request(operation, given))

    def send(self, operation: str, body: str | bytes, **headers: str) -> Answer:
        """Any body to where the operation is."""
        path, namespace, prefix = SERVICES.get(operation, EXPORTER)
        action = f"{namespace}{'' if namespace.endswith('/') else '/'}{prefix}{operation}"
        named = {"Content_Type": "text/xml; charset=utf-8", "SOAPAction": f'"{action}"', **headers}
        reply = self._sandbox.send("POST", f"{self.url}{path}", body, **named)
        return read(reply, operation, namespace)

    def package(self, **changes: Any) -> int:
        """A new package's number."""
        return int(self.ask("CreatePackage", **{**PACKAGE, **changes})["packageId"])

    def number(self, package: int | None = None) -> str:
        """A new product's Bango number."""
        made = self.ask("CreateBangoNumber", packageId=package or self.package(), name="Chess", categoryId=1)
        return made["bango"]

    def offer(self, bango: str | None = None, **changes: Any) -> Answer:
        """A billing configuration; options are changed with `options`."""
        known = {"REDIRECT_URL_ONSUCCESS": ON_SUCCESS, "REDIRECT_URL_ONERROR": ON_ERROR, "REQUEST_SIGNATURE": "5ig"}
        fields = {
            "bango": bango or self.number(),
            "typeFilter": types("OPERATOR", "PSMS", "CARD", "INTERNET"),
            "priceList": prices(("2.10", "EUR")),
            "externalTransactionId": f"web:{next(_numbers)}",
            "pageTitle": "Chess, the full game",
            "configurationOptions": options(**known),
        }
        return self.ask("CreateBillingConfiguration", **{**fields, **changes})

    def page(self, configuration: str) -> str:
        return f"{self.url}/mozpayments/?bcid={configuration}"

    def click(self, configuration: str, **entered: str) -> Reply:
        """Submits the buyer's page."""
        path = self.page(configuration).removeprefix(self._sandbox.url)
        return self._sandbox.form(path, **{"action": "pay", **entered})

    def pay(self, configuration: str, **entered: str) -> dict[str, str]:
        """Submits the buyer's page; what the address says to which the buyer is sent."""
        reply = self.click(configuration, **entered)
        assert reply.status == 302, reply.text
        return said(reply.headers["Location"])

    def paid(self, bango: str) -> dict[str, str]:
        """A payment for this product: what the buyer's return says."""
        return self.pay(self.offer(bango)["billingConfigurationId"])

    def refund(self, bango: str, transaction: str, **changes: Any) -> Answer:
        fields = {"refundType": "OPERATOR", "externalTransactionId": f"refund:{next(_numbers)}", **changes}
        return self.ask("DoRefund", bango=bango, transactionId=transaction, **fields)

    def refund_status(self, refund: str) -> str:
        return self.ask("GetRefundStatus", refundTransactionId=refund).code

    def control(self, method: str, name: str, body: Any = None) -> Reply:
        content = None if body is None else json.dumps(body)
        return self._sandbox.send(method, f"{self.url}/sandbox/{name}", content, Content_Type="application/json")

    def fault(self, operation: str, fault: str, **more: int | str) -> None:
        reply = self.control("POST", "faults", {"operation": operation, "fault": fault, **more})
        assert reply.status == 201, reply.text

    def advance(self, seconds: int) -> None:
        assert self.control("POST", "clock", {"advance_s": seconds}).status == 200

    def state(self) -> Any:
        return self.control("GET", "state").json

    def events(self, **query: int) -> list[Any]:
        return list(self.control("GET", "events").json["events"])


def read(reply: Reply, operation: str, namespace: str) -> Answer:
    """The answer; it must be a SOAP message with this operation's result, or with a fault."""
    if not reply.headers.get("Content-Type", "").startswith("text/xml"):
        return Answer(reply, {}, "no SOAP")
    root = ElementTree.fromstring(reply.text)  # noqa: S314 - our own simulator's
    (body,) = root.findall(f"{{{SOAP}}}Body")
    fault = body.find(f"{{{SOAP}}}Fault")
    if fault is not None:
        assert reply.status == 500
        return Answer(reply, {}, fault.findtext("faultstring", ""))
    result = body.find(f"{{{namespace}}}{operation}Response/{{{namespace}}}{operation}Result")
    assert result is not None, reply.text
    values = {each.tag.rpartition("}")[2]: each.text or "" for each in result.iter() if not len(each)}
    return Answer(reply, values)
