"""The examples in the description are true: a run through everything is answered in just these forms.

`make examples` records them anew.
"""

import json
import os
from typing import Any

import jsonschema_rs
import pytest
from tests.openapi import story
from tests.support import described
from tests.support.described import JSON, Operation
from tests.support.simulator import Simulator

from solitude.urls import description
from solitude.web.openapi.examples import RECORDED

RECORDING = "RECORD_EXAMPLES"


@pytest.mark.django_db(transaction=True, reset_sequences=True)
def test_a_run_through_everything_is_answered_in_the_forms_of_the_examples(paypal: Simulator) -> None:
    shop = story.Recorder(paypal)
    story.tell(shop, paypal)
    if os.environ.get(RECORDING):
        RECORDED.write_text(json.dumps(shop.recorded, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
    assert story.shape_of(shop.recorded) == story.shape_of(recorded)


def media_of(operation: Operation) -> dict[str, Any]:
    """The bodies of an operation, by what they are."""
    asked = {"request": operation.said["requestBody"]} if "requestBody" in operation.said else {}
    bodies = asked | {status: described.followed(said) for status, said in operation.said["responses"].items()}
    return {what: said["content"][JSON] for what, said in bodies.items() if "content" in said}


@pytest.mark.parametrize("operation", [pytest.param(one, id=one.name) for one in described.operations()])
def test_every_body_has_an_example_that_its_schema_allows(operation: Operation) -> None:
    if operation.name in story.UNRECORDED:
        return
    for what, media in media_of(operation).items():
        assert "example" in media, what
        schema = {**media["schema"], "components": description()["components"]}
        jsonschema_rs.Draft202012Validator(schema, validate_formats=True).validate(media["example"])
