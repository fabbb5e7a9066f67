"""All that Bango's client and Bango's simulator say to each other is what Bango's own files describe."""

import faulthandler
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.bango.soap import BILLING, EXPORTER, said
from tests.conformance import bango_files, elsewhere, tally
from tests.conformance.bango_files import XSD, services
from tests.conformance.bango_relay import Findings, relaying
from tests.support.free_port import free_port

from solitude.providers.bango.soap import description
from solitude.providers.bango.soap.operations import OPERATIONS

TESTS_WITHIN_S = 600
OURS = "tests/bango"
KIT = ["-k", "[bango and not bango_schemas", elsewhere.KIT]
# Every type that a field can have, as our client is given it.
OF_TYPE = {"string": "a <text> & é", "int": 2**31 - 1, "long": 2**63 - 1, "decimal": Decimal("0.10"), "boolean": True}
OF_NAME = {
    "typeFilter": ["OPERATOR", "CARD"],
    "priceList": [{"amount": Decimal("1E+3"), "currency": "HUF"}, {"amount": Decimal("0.99"), "currency": "USD"}],
    "configurationOptions": [("APPLICATION_CATEGORY_ID", 18), ("MOZ_USER_ID", "u")],
}


@pytest.fixture(autouse=True)
def _folder() -> Path:
    return bango_files.require()


def shape(schemas: list[Any], element: Any) -> Any:
    """What an element holds: name, how often, whether nil, and a type's name or the elements within, with those of its base."""
    kind = element.find(f"{{{XSD}}}complexType")
    if kind is None:
        name = element.get("type").rpartition(":")[2]
        kind = next(
            (one for schema in schemas for one in schema if one.tag.endswith("Type") and one.get("name") == name), name
        )
    often = (element.get("minOccurs", "1"), element.get("maxOccurs", "1"), element.get("nillable", "false"))
    within = kind if isinstance(kind, str) else [shape(schemas, one) for one in elements(schemas, kind)]
    return element.get("name"), often, within


def elements(schemas: list[Any], kind: Any) -> list[Any]:
    base = kind.find(f".//{{{XSD}}}extension")
    found = (
        [] if base is None else elements(schemas, named(schemas, "complexType", base.get("base").rpartition(":")[2]))
    )
    return found + list(kind.iterfind(f".//{{{XSD}}}sequence/{{{XSD}}}element"))


def named(schemas: list[Any], kind: str, name: str) -> Any:
    (found,) = [one for schema in schemas for one in schema.iterfind(f"{{{XSD}}}{kind}[@name='{name}']")]
    return found


def theirs(operation: str) -> list[Any]:
    return bango_files.types(bango_files.FOLDER, *bango_files.SERVICES[OPERATIONS[operation].path])


def fields(operation: str) -> dict[str, str]:
    """The names of what is asked, by Bango's files, and their types."""
    schemas = theirs(operation)
    _, _, within = shape(schemas, named(schemas, "element", operation))
    asked = within if operation == "CheckToken" else within[0][2]
    return {name: kind for name, _, kind in asked if name not in ("username", "password")}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_our_description_is_bangos(operation: str) -> None:
    ours = bango_files.types(description.OURS, OPERATIONS[operation].wsdl)
    for name in (operation, f"{operation}Response"):
        assert shape(ours, named(ours, "element", name)) == shape(
            theirs(operation), named(theirs(operation), "element", name)
        )

    assert {schema.get("targetNamespace") for schema in ours} >= {theirs(operation)[0].get("targetNamespace")}
    assert {schema.get("elementFormDefault") for schema in ours} == {"qualified"}
    assert description.description(None).action(operation) == services()[OPERATIONS[operation].path].actions[operation]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_fullest_and_the_emptiest_request_are_as_bangos_schemas_say(operation: str) -> None:
    known = fields(operation)
    full = {name: OF_NAME.get(name) or OF_TYPE[kind] for name, kind in known.items()}
    empty = {name: value for name, value in full.items() if known[name] in ("int", "long", "decimal")}
    credentials = {} if operation == "CheckToken" else {"username": "u", "password": "p"}

    for folder in (None, bango_files.FOLDER):
        for asked in (full, empty, {**full, **credentials}):
            envelope = description.description(folder).write(operation, asked)
            assert services()[OPERATIONS[operation].path].faults(envelope, operation) == []


def test_what_is_not_as_the_schemas_say_is_found() -> None:
    service = services()["/mozillaexporter/service.asmx"]
    right = said("UpdateSupportEmailAddress", personId=1, personPassword="x")
    assert service.faults(right.encode(), "UpdateSupportEmailAddressResponse") == []

    for wrong in (
        right.replace("<personId>1</personId>", ""),
        right.replace("<personId>1<", "<personId>one<"),
        right.replace(
            "<personId>1</personId><personPassword>x</personPassword>",
            "<personPassword>x</personPassword><personId>1</personId>",
        ),
        right.replace("</UpdateSupportEmailAddressResult>", "<more/></UpdateSupportEmailAddressResult>"),
        right.replace(EXPORTER, BILLING),
        right.replace(f' xmlns="{EXPORTER}"', ""),
        right.replace("UpdateSupport", "UpdateFinance"),
        right.replace("soap/envelope", "soap/envelopes"),
        right.replace("</soap:Body>", "<x/></soap:Body>"),
        right[:-1],
        f'<!DOCTYPE x [<!ENTITY e "1">]>{right[38:]}',
    ):
        assert wrong != right
        assert service.faults(wrong.encode(), "UpdateSupportEmailAddressResponse") != []


@pytest.mark.long
@pytest.mark.parametrize(
    ("described_by", "tests"),
    [("Solitude", [[OURS], KIT]), ("Bango", [[f"{OURS}/test_operations.py"]])],
)
def test_what_goes_over_the_wire_is_as_bangos_schemas_say(
    described_by: str, tests: list[list[str]], request: pytest.FixtureRequest
) -> None:
    # It waits for many tests, each of which has pytest's limit for itself.
    faulthandler.cancel_dump_traceback_later()
    simulator = free_port()

    with relaying(f"http://127.0.0.1:{simulator}") as (relay, url):
        settings = {
            "SOLITUDE_BANGO_URL": f"{url}/bango",
            "SOLITUDE_BANGO_TOKEN_URL": f"{url}/bango",
            "SOLITUDE_BANGO_PAY_URL": f"http://127.0.0.1:{simulator}/bango/mozpayments/?bcid=",
        }
        if described_by == "Bango":
            settings["SOLITUDE_BANGO_WSDL_DIR"] = str(bango_files.FOLDER)
        runs = [
            elsewhere.run(
                *("-m", "not long", *these),
                settings=settings,
                timeout_s=TESTS_WITHIN_S,
                TESTS_SIMULATOR_PORT=str(simulator),
            )
            for these in tests
        ]

    found = relay.findings
    passed = sum(passed_of(run.stdout) for run in runs)
    print(f"{found}\n" + "\n".join(run.stdout[-3000:] for run in runs))
    tally.tell(request.node, f"bango past Bango's schemas, described by {described_by}: {passed} tests; {found}")
    assert found.violations == []
    for run in runs:
        assert run.returncode == 0, run.stdout[-5000:] + run.stderr[-2000:]
    assert unseen(found) == []


def passed_of(output: str) -> int:
    found = re.search(r"(\d+) passed", output)
    return int(found[1]) if found else 0


def unseen(found: Findings) -> list[str]:
    """The operations that were not asked for, or not answered."""
    return [name for name in OPERATIONS if not found.requests[name] or not found.answers[name]]
