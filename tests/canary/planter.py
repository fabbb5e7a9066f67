"""A marketplace that plants: next to what the story sends, a value that exists nowhere else goes into each sensitive field."""

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from ninja.operation import Operation as NinjaOperation

from tests.canary import sensitive
from tests.openapi import story
from tests.support import described
from tests.support.marketplace import Answer
from tests.support.simulator import Simulator

Field = tuple[str, str]
PINS = {"pin", "new_pin"}
# Four digits that the story does not use. A PIN is looked for by itself, so all may be the same.
PIN = "7403"
LEFT_OUT = {"Authorization", "Content-Type"}


class Planter(story.Recorder):
    """Follows each call that went well by one that is refused and one that dies, with a value of its own in each sensitive field.

    `planted` has by each value where it was put; the three sets have by operation and field what was sent and how it ended.
    """

    def __init__(self, paypal: Simulator) -> None:
        super().__init__(paypal)
        self.planted: dict[str, str] = {}
        self.answers: list[tuple[str, Any]] = []
        self.good: set[Field] = set()
        self.refused: set[Field] = set()
        self.died: set[Field] = set()
        self._numbers = itertools.count(1)

    def value(self, name: str, where: str) -> str:
        """A new value that a field of this name takes."""
        number = next(self._numbers)
        text = f"cnry{number:04}zq"
        if name in PINS:
            text = PIN
        elif name == "email":
            text = f"{text}@cnry-mail.example"
        elif name == "bankAccountNumber":
            text = f"73{number:04}19"
        self.planted[text] = where
        return text

    def send(self, method: str, target: str, body: bytes = b"", **headers: str) -> Answer:
        operation = described.operation_of(method, target)
        named = sensitive.names(operation) if operation else set()
        given = _object(body) if named else None
        if operation is None or given is None:
            return super().send(method, target, body, **headers)
        # What the story says in fields that nothing else depends on is unique too.
        for name in named & set(given) & {"email", "secret", "bankAccountNumber", "bankAccountIban"}:
            if given[name]:
                given[name] = self.value(name, f"{operation.name}: {name}, good")
        answer = super().send(method, target, json.dumps(given).encode(), **headers)
        if answer.status < 300:
            self.good |= {(operation.name, name) for name in named if given.get(name)}
        if answer.status in (200, 201, 202, 204):
            self._follow(operation.name, method, target, given, named)
        return answer

    def _follow(self, operation: str, method: str, target: str, given: dict[str, Any], named: set[str]) -> None:
        if "bankAccountIban" in named and (operation, "bankAccountIban") not in self.refused:
            # One of the two is enough, and the story gives the other. Bango refuses what is no IBAN.
            iban = {
                "bankAccountNumber": "",
                "bankAccountIban": self.value("bankAccountIban", f"{operation}: IBAN, as far as Bango"),
            }
            super().send(method, target, json.dumps(given | iban).encode())
        for name in named:
            if (operation, name) not in self.refused:
                # No text may hold a NUL, so that this is refused wherever it is put.
                bad = f"{self.value('', f'{operation}: {name}, refused')}\x00"
                answer = super().send(method, target, json.dumps(given | {name: bad}).encode())
                if 400 <= answer.status < 500:
                    self.refused.add((operation, name))
            if (operation, name) not in self.died:
                good = self.value(name, f"{operation}: {name}, died")
                with dying():
                    answer = super().send(method, target, json.dumps(given | {name: good}).encode())
                if (answer.status, answer.json) == (500, {"error": "DyingError"}):
                    self.died.add((operation, name))

    def send_unsigned(self, method: str, target: str, body: bytes = b"", **headers: str) -> Answer:
        answer = super().send_unsigned(method, target, body, **headers)
        operation = described.operation_of(method, target)
        for name, value in headers.items():
            if name.lower() == "authorization" and " " in value:
                self.planted[value.split(" ", 1)[1]] = "Authorization"
        if operation is not None and answer.json is not None:
            self.answers.append((operation.name, answer.json))
            self.planted |= dict.fromkeys(sensitive.values(answer.json, {"pin_token"}), "the token of a PIN")
        return answer


class DyingError(Exception):
    """A fault in the code of a view."""


@contextmanager
def dying() -> Iterator[None]:
    """Every view dies with an error that says all that it was given, as careless code says it."""
    values_of = NinjaOperation._get_values

    def values(self: Any, *arguments: Any) -> Any:
        raise DyingError(f"a fault with {values_of(self, *arguments)!r} and {values_of(self, *arguments)}")

    with mock.patch.object(NinjaOperation, "_get_values", values):
        yield


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        given = json.loads(body)
    except ValueError:
        return None
    return given if isinstance(given, dict) else None
