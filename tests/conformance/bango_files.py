"""Bango's own WSDL files: what they describe, as schemas that messages are held to.

They lie in a folder beside the repository; `BANGO_WSDL` names another place.
"""

import os
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

FOLDER = Path(os.environ.get("BANGO_WSDL", Path(__file__).parents[3] / "shared" / "bango-wsdl"))
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
XSD = "http://www.w3.org/2001/XMLSchema"
WSDL_SOAP = "http://schemas.xmlsoap.org/wsdl/soap/"
TYPES = "{http://schemas.xmlsoap.org/wsdl/}types"
# By the path of the service: what describes its operations, and what their messages are made of.
SERVICES = {
    "/mozillaexporter/service.asmx": ("mozilla_exporter.wsdl", ""),
    "/billingconfiguration_v2_0/Service.svc/soap11": (
        "billing_configuration_v2_0.wsdl",
        "billing_configuration_service.wsdl",
    ),
    "/DirectBilling_v4_1/Service.svc/soap11": ("direct_billing.wsdl", "direct_billing_service.xsd"),
    "/_/ws/tokenchecker.asmx": ("token_checker.wsdl", ""),
}


def require() -> Path:
    """The folder; skips the test where it is not there."""
    if not (FOLDER / "mozilla_exporter.wsdl").is_file():
        pytest.skip("Bango's WSDL files are not beside this repository")
    return FOLDER


@dataclass(frozen=True)
class Service:
    """`actions` are the SOAPActions of its operations. `schema` judges what stands in the body of an envelope; `source` is its XML."""

    actions: dict[str, str]
    schema: Any
    source: Any

    def faults(self, message: bytes, expected: str) -> list[str]:
        """What is wrong with an envelope that should bring the element `expected`."""
        try:
            root = read(message)
        except etree.XMLSyntaxError as error:
            return [f"no XML: {error}"]
        body = root.find(f"{{{SOAP}}}Body")
        if root.tag != f"{{{SOAP}}}Envelope" or body is None or len(body) != 1 or root.getroottree().docinfo.doctype:
            return ["no SOAP 1.1 envelope with one element in its body"]
        (inner,) = body
        if etree.QName(inner).localname != expected:
            return [f"{etree.QName(inner).localname} instead of {expected}"]
        if self.schema.validate(etree.fromstring(etree.tostring(inner))):
            return []
        return [f"line {error.line}: {error.message}" for error in self.schema.error_log]


def read(message: bytes) -> Any:
    """The root of an XML document. Raises lxml's XMLSyntaxError."""
    return etree.fromstring(message, etree.XMLParser(resolve_entities=False, no_network=True))


@cache
def services() -> dict[str, Service]:
    """By path."""
    return {path: _service(*files) for path, files in SERVICES.items()}


def types(folder: Path, described: str, imported: str = "") -> list[Any]:
    """The schemas of a service, as XML; the first is the one that has its messages."""
    if imported:
        return [etree.parse(folder / imported).getroot()]
    return list(etree.parse(folder / described).getroot().find(TYPES))


def _service(described: str, imported: str) -> Service:
    text = (FOLDER / described).read_text("utf-8-sig")
    found = re.findall(r"<soap:operation [^>]*soapAction=\"([^\"]+)\"", text)
    actions = {action.rpartition("/")[2]: action for action in found}
    first, *others = types(FOLDER, described, imported)
    # Written and read again, it keeps the prefixes that its place in the file gave it; a copy would not.
    source = etree.fromstring(etree.tostring(first))
    for other in others:
        # A schema beside the first has no place that its import could name.
        place = f"memory:{other.get('targetNamespace')}"
        wanted = source.find(f"{{{XSD}}}import[@namespace='{other.get('targetNamespace')}']")
        if wanted is not None:
            wanted.set("schemaLocation", place)
    beside = {f"memory:{other.get('targetNamespace')}": etree.tostring(other) for other in others}
    return Service(actions, _compiled(etree.tostring(source), beside), first)


def _compiled(source: bytes, beside: dict[str, bytes]) -> Any:
    class Beside(etree.Resolver):  # type: ignore[misc]  # lxml has no types
        def resolve(self, url: str, public_id: str, context: Any) -> Any:
            return self.resolve_string(beside[url], context)

    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(Beside())
    return etree.XMLSchema(etree.fromstring(source, parser))
