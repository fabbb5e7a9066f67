"""The description of the API is complete, is what OpenAPI 3.1 wants, and says nothing twice."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from schemathesis.specs.openapi import definitions
from tests.support import described
from tests.support.described import Operation
from tests.support.marketplace import Marketplace

from solitude.urls import TAGS, api, description
from solitude.web.admission import UNSIGNED_PATHS
from solitude.web.idempotency import KEYLESS_PATHS
from solitude.web.openapi.operations import operations

DOCUMENT = description()
COMPONENTS = DOCUMENT["components"]
# They are there to fail.
NEVER_WELL = {"error", "delete_reference_seller", "delete_reference_product", "delete_reference_terms"}
HAS_PK = re.compile(r"{\w+}")


def each_operation() -> list[Any]:
    return [pytest.param(one, id=one.name) for one in described.operations()]


def references(said: Any) -> Iterator[str]:
    if isinstance(said, dict):
        if isinstance(said.get("$ref"), str):
            yield said["$ref"]
        for value in said.values():
            yield from references(value)
    elif isinstance(said, list):
        for value in said:
            yield from references(value)


def test_it_is_served_unsigned_with_a_tag(shop: Marketplace) -> None:
    answer = shop.send_unsigned("GET", "/openapi.json")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.json == json.loads(json.dumps(DOCUMENT))
    again = shop.send_unsigned("GET", "/openapi.json", **{"If-None-Match": answer.headers["ETag"]})
    assert (again.status, again.text) == (304, "")


def test_it_is_what_the_schema_of_openapi_3_1_wants() -> None:
    assert [error.message for error in definitions.OPENAPI_31_VALIDATOR.iter_errors(DOCUMENT)] == []


def test_every_schema_is_a_schema() -> None:
    for name, schema in COMPONENTS["schemas"].items():
        assert jsonschema_rs.Draft202012Validator({**schema, "components": COMPONENTS}), name


def test_every_route_is_in_it() -> None:
    """But those of which a route says itself that they are no business of clients."""
    described_ones = {(one.path, one.method) for one in described.operations()}
    assert described_ones == {(one.written_path, one.method) for one in operations(api)}
    assert len(described_ones) == sum(
        len(operation.methods)
        for router in api._get_bound_routers()
        for view in router.path_operations.values()
        for operation in view.operations
    )


def test_the_name_of_an_operation_is_its_own() -> None:
    assert [name for name, times in Counter(one.name for one in described.operations()).items() if times > 1] == []


def goes_well(operation: Operation) -> list[str]:
    return [status for status in operation.said["responses"] if status.startswith("2")]


def test_the_list_of_what_is_undeclared_holds_nothing_else() -> None:
    assert {one.name for one in described.operations() if not goes_well(one)} - NEVER_WELL == set()


def test_no_two_types_have_one_name() -> None:
    """pydantic puts their modules before the names of those that do."""
    assert [name for name in COMPONENTS["schemas"] if "__" in name or "-" in name] == []


def test_every_shape_is_explained() -> None:
    assert [name for name, schema in COMPONENTS["schemas"].items() if not schema.get("description")] == []


def test_a_field_that_a_patch_leaves_out_has_no_default() -> None:
    for operation in described.operations():
        if operation.method == "patch":
            schema = operation.said["requestBody"]["content"][described.JSON]["schema"]
            named = COMPONENTS["schemas"][schema["$ref"].rpartition("/")[2]]
            assert [name for name, field in named["properties"].items() if "default" in field] == []


def test_no_component_is_missing_and_none_is_for_nothing() -> None:
    wanted = set(references(DOCUMENT))
    there = {
        f"#/components/{kind}/{name}"
        for kind, named in COMPONENTS.items()
        if kind != "securitySchemes"
        for name in named
    }
    assert wanted == there
    assert set(COMPONENTS["securitySchemes"]) == {name for one in DOCUMENT["security"] for name in one}


def test_every_tag_is_explained() -> None:
    assert {tag for one in described.operations() for tag in one.said["tags"]} == set(TAGS)


@pytest.mark.parametrize("operation", each_operation())
class TestAnOperation:
    def test_says_what_it_does(self, operation: Operation) -> None:
        summary = operation.said["summary"]
        assert 8 <= len(summary) <= 100
        assert operation.said["description"].startswith(summary)

    def test_says_what_it_answers_when_it_goes_well(self, operation: Operation) -> None:
        assert goes_well(operation) or operation.name in NEVER_WELL
        for status in goes_well(operation):
            has_body = "content" in operation.said["responses"][status]
            assert has_body or status == "204" or (status, operation.method) == ("202", "patch")

    def test_says_what_the_gate_may_answer(self, operation: Operation) -> None:
        said = set(operation.said["responses"])
        is_signed = operation.path.rstrip("/") not in {path.rstrip("/") for path in UNSIGNED_PATHS}
        assert said >= {"400", "403", "406", "500", "503"}
        assert ("401" in said) == is_signed == (operation.said.get("security") != [])
        assert said >= {"404"} or not HAS_PK.search(operation.path)
        assert said >= {"411", "413", "415"} or operation.method in ("get", "delete")

    def test_takes_the_headers_whose_answers_it_has(self, operation: Operation) -> None:
        taken = {reference.rpartition("/")[2] for reference in references(operation.said["parameters"])}
        said = set(operation.said["responses"])
        assert ("IfMatch" in taken) == ("412" in said)
        assert ("IfNoneMatch" in taken) == ("304" in said) == (operation.method == "get")
        assert "TransactionId" in taken
        takes_key = operation.method == "post" and operation.path not in KEYLESS_PATHS
        assert ("IdempotencyKey" in taken) == takes_key
        assert said >= {"409", "422"} or not takes_key
