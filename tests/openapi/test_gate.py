"""What the description says that any operation may answer, each one does: unsigned, by another method, and to a tag of the past."""

import json
from typing import Any
from uuid import UUID

import pytest
from tests.openapi import story
from tests.openapi.story import Recorder
from tests.support import described
from tests.support.described import Operation
from tests.support.marketplace import Answer, Marketplace
from tests.support.simulator import Simulator

from solitude.web.openapi.examples import PATH, REQUEST

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# In the end of the story they are gone, or were never there.
GONE = {"get_buyer_data", "patch_buyer_data", "delete_buyer_data", "close_buyer", "close_buyer_by_its_old_path"}


def sent(shop: Marketplace, operation: Operation, recorded: dict[str, Any], **headers: str) -> Answer:
    """The request of the story once more; a change without anything to be changed, where that is one."""
    kept = recorded.get(operation.name, {})
    is_needed = operation.method == "post" or operation.said.get("requestBody", {}).get("required")
    body = json.dumps(kept[REQUEST]).encode() if REQUEST in kept and is_needed else b""
    return shop.send(operation.method.upper(), _target(operation, kept), body, **headers)


def _target(operation: Operation, kept: dict[str, Any]) -> str:
    own = [one for one in operation.said["parameters"] if one.get("in") == "path"]
    named = {one["name"]: str(UUID(int=1)) if one["schema"].get("format") == "uuid" else 1 for one in own}
    return operation.path.format(**named | kept.get(PATH, {}))


@pytest.fixture
def told(transactional_db: None, paypal: Simulator) -> Recorder:
    shop = Recorder(paypal)
    story.tell(shop, paypal)
    return shop


@pytest.mark.long
def test_a_tag_of_the_past_is_412_where_the_description_says_so_and_nowhere_else(told: Recorder) -> None:
    shop, recorded = Marketplace(), dict(told.recorded)
    wrong = []
    for operation in described.operations():
        answer = sent(shop, operation, recorded, **{"If-Match": '"past"'})
        if operation.name not in GONE and (answer.status == 412) != ("412" in operation.said["responses"]):
            wrong.append((operation.label, answer.status, answer.json))
    assert wrong == []


def test_without_a_signature_it_is_401_where_the_description_says_so_and_nowhere_else(shop: Marketplace) -> None:
    for operation in described.operations():
        answer = shop.send_unsigned(operation.method.upper(), _target(operation, {}))
        assert (answer.status == 401) == ("401" in operation.said["responses"]), operation.label


def test_another_method_is_405_with_those_that_are_there(shop: Marketplace) -> None:
    by_path: dict[str, set[str]] = {}
    for operation in described.operations():
        by_path.setdefault(_target(operation, {}), set()).add(operation.method.upper())
    for path, there in by_path.items():
        for method in set(METHODS) - there:
            answer = shop.send(method, path)
            allowed = {name.strip() for name in answer.headers["Allow"].split(",")}
            assert (answer.status, allowed) == (405, there | ({"HEAD"} if "GET" in there else set())), path
