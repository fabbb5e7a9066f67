"""The reference is the description of the API, whole: docs/openapi_text.py leaves nothing out and invents nothing."""

import re
import sys
from typing import Any

import pytest

from tests.docs.test_examples import ROOT

sys.path.insert(0, str(ROOT / "docs"))

from openapi_text import Description

REFERENCE = ROOT / "docs" / "reference"
SHOWN = re.compile(r"```\{operations\} (\w+)\n```")


def described(operation: dict[str, Any], **shapes: Any) -> Description:
    """A description of one operation, `POST /thing/`, of the tag `things`."""
    whole = {"operationId": "make_thing", "tags": ["things"], "responses": {}} | operation
    return Description({"paths": {"/thing/": {"post": whole}}, "components": {"schemas": shapes}})


def body(schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema, **more}}}


def test_every_tag_of_the_api_has_its_page(description: Description) -> None:
    shown = [tag for page in sorted(REFERENCE.glob("*.md")) for tag in SHOWN.findall(page.read_text())]

    assert sorted(shown) == sorted(description.tags())


def test_every_operation_is_in_the_overview_and_has_its_section(description: Description) -> None:
    overview, sections = description.overview(), "".join(map(description.section, description.tags()))

    operations = list(description.operations())
    assert len(operations) > 30
    for path, method, _ in operations:
        assert f"`{method} {path}`" in overview
        assert f"## {method} `{path}`\n" in sections


def test_a_request_shows_each_field_with_its_type_and_whether_it_must_be_there() -> None:
    schema = {
        "properties": {
            "uuid": {"type": "string", "maxLength": 255, "description": "The name."},
            "active": {"type": "boolean", "default": True},
            "email": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        },
        "required": ["uuid"],
    }
    text = described({"requestBody": body({"$ref": "#/components/schemas/ThingIn"})}, ThingIn=schema).section("things")

    assert "| `uuid` | text (at most 255 characters), required | The name. |" in text
    assert "| `active` | flag, else `true` |" in text
    assert "| `email` | text or null |" in text


def test_a_request_of_two_forms_shows_each_with_its_fields() -> None:
    shapes = {
        "ThingIn": {"anyOf": [{"$ref": "#/components/schemas/Old"}, {"$ref": "#/components/schemas/New"}]},
        "Old": {"properties": {"id": {"type": "integer"}}, "required": ["id"], "description": "In the old form."},
        "New": {"properties": {"uuid": {"type": "string"}}, "description": "In the new form."},
    }
    text = described({"requestBody": body({"$ref": "#/components/schemas/ThingIn"})}, **shapes).section("things")

    old, new = text.split("In the new form.")
    assert "In the old form." in old
    assert "| `id` | whole number, required |" in old
    assert "| `uuid` | text |" in new


def test_an_answer_names_its_shape_and_a_page_of_it() -> None:
    thing = {
        "type": "object",
        "properties": {"uuid": {"type": "string"}, "paypal": {"type": "null"}},
        "required": ["uuid"],
    }
    rows = {"type": "array", "items": {"$ref": "#/components/schemas/ThingShown"}}
    page = {"type": "object", "properties": {"meta": {"type": "object"}, "objects": rows}}
    answers = {
        "201": {"description": "Created", **body({"$ref": "#/components/schemas/ThingShown"})},
        "200": {"description": "OK", **body({"$ref": "#/components/schemas/PageOfThingShown"})},
    }
    description = described({"responses": answers}, ThingShown=thing, PageOfThingShown=page)

    assert "| **201** | [Thing](#shape-thingshown) | Created |" in description.section("things")
    assert "| **200** | [page](../api.md#lists) of [Thing](#shape-thingshown) | OK |" in description.section("things")
    assert "(shape-thingshown)=\n## Thing\n" in description.all_shapes()
    assert "| `uuid` | text |" in description.all_shapes()
    assert "| `paypal` | null, not always |" in description.all_shapes()
    assert "PageOf" not in description.all_shapes()


def test_answers_of_an_operation_are_told_apart_from_those_of_everywhere() -> None:
    words = {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}}
    description = described(
        {
            "responses": {
                "400": {"description": "Bad Request", **body(words)},
                "401": {"$ref": "#/components/responses/Unauthorized"},
                "409": {"description": "More than is left."},
            }
        }
    )
    description.components["responses"] = {"Unauthorized": {"description": "The signature was refused."}}

    text = description.section("things")
    assert "| **400** | [words by field](../errors.md#words-of-fields) | Bad Request |" in text
    assert "| **409** |  | More than is left. |" in text
    assert "| 401 |  | as [everywhere](index.md#everywhere) |" in text
    assert "| **401** | The signature was refused. |" in description.everywhere()


def test_headers_of_a_request_are_named_with_it_and_explained_once() -> None:
    description = described({"parameters": [{"$ref": "#/components/parameters/IfMatch"}], "security": []})
    header = {"in": "header", "name": "If-Match", "description": "What was seen.", "schema": {"type": "string"}}
    description.components["parameters"] = {"IfMatch": header}

    assert "Headers: `If-Match`.\n" in description.section("things")
    assert "Needs no signature.\n" in description.section("things")
    assert "| `If-Match` | request | What was seen. |" in description.everywhere()


def test_examples_are_shown_as_json() -> None:
    request = body({"type": "object"}, example={"uuid": "dev:ada"})
    answer = body({"type": "object"}, examples={"taken": {"summary": "taken already", "value": {"uuid": ["TAKEN"]}}})
    text = described({"requestBody": request, "responses": {"400": {"description": "", **answer}}}).section("things")

    assert 'Request:\n\n```json\n{\n  "uuid": "dev:ada"\n}\n```' in text
    assert 'Answer 400, taken already:\n\n```json\n{\n  "uuid": [\n    "TAKEN"\n  ]\n}\n```' in text


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "integer", "minimum": 1, "maximum": 100}, "whole number (1 to 100)"),
        ({"type": ["string", "null"]}, "text or null"),
        ({"enum": ["EUR", "JPY"]}, "one of `EUR`, `JPY`"),
        ({"const": 1}, "`1`"),
        ({"type": "array", "items": {"type": "boolean"}}, "list of flag"),
        ({"type": "string", "format": "date"}, "day"),
        ({"type": "object"}, "object"),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, "whole number, by name"),
        ({}, "anything"),
    ],
)
def test_types_are_words(schema: dict[str, Any], words: str) -> None:
    assert described({}).type_of(schema) == words


def test_a_bar_does_not_break_a_table() -> None:
    text = described({"parameters": [{"name": "a", "in": "query", "description": "x|y", "schema": {}}]}).section(
        "things"
    )

    assert r"| `a` | anything | x\|y |" in text


@pytest.fixture(scope="module")
def description() -> Description:
    from solitude import urls

    return Description(urls.description())
