"""One run through every operation and provider; what was sent in sensitive fields is then looked for wherever anything was written."""

import io
import json
from typing import Any

import pytest

from solitude.telemetry.logs import get_logger
from tests.canary import sensitive
from tests.openapi import story
from tests.support import described
from tests.support.environment import CLIENTS
from tests.support.marketplace import Answer
from tests.support.simulator import Simulator

pytestmark = pytest.mark.long
# Every field of such a name must be declared as sensitive.
TELLING = {
    "pin",
    "new_pin",
    "pin_token",
    "nonce",
    "password",
    "secret",
    "email",
    "bankAccountNumber",
    "bankAccountIban",
}
# Of the operations with sensitive fields, so many are sent one by the run.
FED_AT_LEAST = 8
# A shorter value may stand in an answer by chance.
UNLIKELY_CHARS = 8
# What answers may show although it was sent in a sensitive field, each by its own name.
SHOWN_BY_CONTRACT = {"email", "secret", "pin_token", "receiver.email"}


class Watcher(story.Recorder):
    """A marketplace that remembers what it sent in sensitive fields, and what it was answered."""

    def __init__(self, paypal: Simulator) -> None:
        super().__init__(paypal)
        self.sent: dict[str, str] = {}
        self.answers: list[tuple[str, Any]] = []
        self.operations: set[str] = set()
        self.fed: set[str] = set()

    def send_unsigned(self, method: str, target: str, body: bytes = b"", **headers: str) -> Answer:
        answer = super().send_unsigned(method, target, body, **headers)
        operation = described.operation_of(method, target)
        if operation is None:
            return answer
        self.operations.add(operation.name)
        for name, value in headers.items():
            if name.lower() == "authorization" and " " in value:
                self.sent[value.split(" ", 1)[1]] = "Authorization"
        try:
            given = json.loads(body) if body else None
        except ValueError:
            given = None
        for value in sensitive.values(given, sensitive.names(operation)):
            self.fed.add(operation.name)
            self.sent[value] = f"{operation.name}: one of {sorted(sensitive.names(operation))}"
        if isinstance(answer.json, dict | list):
            self.answers.append((operation.name, answer.json))
            self.sent |= dict.fromkeys(sensitive.values(answer.json, {"pin_token"}), "the token of a PIN")
        return answer


def found(text: str, sent: dict[str, str]) -> list[str]:
    """Where the values came from that the text shows."""
    return [where for value, where in sent.items() if sensitive.shows(text, value)]


@pytest.mark.django_db(transaction=True, reset_sequences=True)
def test_nothing_that_was_sent_in_a_sensitive_field_is_written_down(paypal: Simulator, log_lines: io.StringIO) -> None:
    shop = Watcher(paypal)
    story.tell(shop, paypal)
    shop.post("/generic/generic/buyer/1/close/", {})
    written, secrets = (
        log_lines.getvalue(),
        {str(one): "a client's secret" for one in CLIENTS.values() if isinstance(one, str)},
    )
    every, kinds = list(described.operations()), set(shop.sent.values())
    needed = {one.name for one in every if sensitive.names(one)}
    assert {one.name for one in every} - shop.operations <= story.UNRECORDED
    assert len(needed) >= 10
    assert len(needed & shop.fed) >= FED_AT_LEAST
    assert {"Authorization", "the token of a PIN"} <= kinds
    long = {value: where for value, where in shop.sent.items() if len(value) >= UNLIKELY_CHARS}
    leaks = [
        (name, leak)
        for name, answer in shop.answers
        for leak in found(json.dumps(sensitive.without(answer, SHOWN_BY_CONTRACT), ensure_ascii=False), secrets | long)
    ]
    assert written.count("\n") > 200
    assert (found(written, shop.sent | secrets), sorted(set(leaks))) == ([], [])
    # And the canary can sing: the same values are found where somebody writes them.
    assert all(found(f'{{"note":"{value}"}}', shop.sent) for value in shop.sent)


def test_every_field_with_a_telling_name_is_declared_as_sensitive() -> None:
    for operation in described.operations():
        if "requestBody" not in operation.said:
            continue
        schema = described.followed(operation.said["requestBody"])["content"][described.JSON]["schema"]
        telling = set(properties(schema)) & TELLING
        assert telling <= sensitive.names(operation), operation.name


def properties(schema: Any) -> list[str]:
    schema = described.followed(schema)
    parts = [one for part in ("anyOf", "oneOf", "allOf") for one in schema.get(part, ())]
    return [*schema.get("properties", {}), *(name for part in parts for name in properties(part))]


def test_a_leak_is_found(log_lines: io.StringIO) -> None:
    """A value that no pattern and no name gives away is in the log when somebody writes it there, and the canary sees it."""
    get_logger("solitude.canary").info("leak", note="plain-canary-value")
    assert found(log_lines.getvalue(), {"plain-canary-value": "a planted leak"}) == ["a planted leak"]
    assert found(log_lines.getvalue(), {"8426": "a PIN"}) == []
    assert found('{"event":"8426"}', {"8426": "a PIN"}) == ["a PIN"]
