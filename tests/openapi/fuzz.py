"""Schemathesis against the API, in this process: requests that the description allows, and others, each one signed."""

import io
import threading
import time
from collections import Counter
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from unittest import mock
from urllib.parse import quote

import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections
from django.test import override_settings
from schemathesis import engine
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events
from tests.support import described
from tests.support.marketplace import KEY, SECRET

from solitude.client.signing import authorization
from solitude.events import waiting
from solitude.urls import description
from solitude.web.idempotency import KEY_MAX_CHARS

# In place of this a request gets a signature; a request without it, or with another one, goes as it is.
TO_BE_SIGNED = "Bearer to-be-signed"
# One is there to fail; of another's answer Schemathesis misreads the schema (`prefixItems`); and Braintree is answered 500 for a
# subscription that is not here, as that of the example is when it is sent alone.
UNTESTED = {"error", "try_logs", "receive_braintree_webhook"}
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
]
OF_ALL = 5
# Alone they are right; together they are not, which a description cannot say.
NOT_TOGETHER = {"page", "cursor"}
REQUEST_ID = "#/components/parameters/TransactionId"
# How what is wrong may be answered; 410 is a cursor that never was.
REFUSALS = ["400", "401", "403", "404", "405", "406", "409", "410", "411", "412", "413", "415", "422"]


@dataclass
class Figures:
    """What a run came to. `failures`: what was found, by operation; `errors`: what kept an operation from being tried."""

    seconds: float = 0.0
    by_phase: Counter[str] = field(default_factory=Counter)
    by_status: Counter[int] = field(default_factory=Counter)
    operations: set[str] = field(default_factory=set)
    failures: dict[str, set[str]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    @property
    def requests(self) -> int:
        return self.by_status.total()

    def add(self, others: "Figures") -> None:
        self.seconds += others.seconds
        self.by_phase += others.by_phase
        self.by_status += others.by_status
        self.operations |= others.operations
        self.failures |= others.failures
        self.errors += others.errors

    def __str__(self) -> str:
        answers = ", ".join(f"{status}: {count}" for status, count in sorted(self.by_status.items()))
        phases = ", ".join(f"{phase} {count}" for phase, count in self.by_phase.items())
        return (
            f"{len(self.operations)} operations, {self.requests} requests ({phases}) in {self.seconds:.0f} s; answers {answers}; "
            f"{len(self.failures)} operations with failures"
        )


class Signing:
    """The application behind a client that signs what is to be signed, as it goes out.

    Schemathesis sends nearly everything under one idempotency key, and for a tag that nothing has; most requests would end there. So
    only every OF_ALL-th one keeps these headers, as long as they are right.
    """

    def __init__(self) -> None:
        self.application = WSGIHandler()
        self.requests = 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ["REMOTE_ADDR"] = "127.0.0.1"
        self.requests += 1
        if self.requests % OF_ALL:
            environ.pop("HTTP_IF_MATCH", None)
            if 0 < len(environ.get("HTTP_IDEMPOTENCY_KEY", "").strip()) <= KEY_MAX_CHARS:
                environ.pop("HTTP_IDEMPOTENCY_KEY", None)
        if environ.get("HTTP_AUTHORIZATION") == TO_BE_SIGNED:
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            environ["wsgi.input"] = io.BytesIO(body)
            query = environ.get("QUERY_STRING", "")
            target = quote(environ["PATH_INFO"].encode("latin-1")) + (f"?{query}" if query else "")
            environ["HTTP_AUTHORIZATION"] = authorization(
                key=KEY, secret=SECRET, method=environ["REQUEST_METHOD"], target=target, body=body
            )
        try:
            # To the end, because the connection to the database is this thread's own, which may be over after this.
            return list(self.application(environ, start_response))
        finally:
            connections.close_all()


def run(tag: str, *, examples: int, seed: int, seconds: int | None = None) -> Figures:
    """Tries the operations of a tag, in all phases; up to `examples` requests for each in the phases that make them up.

    With `seconds` these phases are gone through again and again, for so long.
    """
    figures = Figures()
    began = time.monotonic()
    nobody_waits = mock.patch.object(waiting, "_room", threading.Semaphore(0))
    with nobody_waits, override_settings(SOLITUDE_CLEANSED_SETTINGS_ACCESS=True):
        for event in engine.from_schema(_schema(tag, examples, seed, seconds)).execute():
            if isinstance(event, events.ScenarioFinished):
                _count(figures, event)
            elif isinstance(event, events.NonFatalError):
                figures.errors.append(f"{event.label}: {event.value}")
            elif isinstance(event, events.FatalError):
                raise event.exception
    figures.seconds = time.monotonic() - began
    return figures


def _schema(tag: str, examples: int, seed: int, seconds: int | None) -> Any:
    settings: dict[str, Any] = {
        "seed": seed,
        "continue-on-failure": True,
        "headers": {"Authorization": TO_BE_SIGNED},
        "cache": {"enabled": False},
        # How long it takes to make up a request tells of the machine.
        "suppress-health-check": ["too_slow"],
        "generation": {
            "max-examples": examples,
            "database": "none",
            "no-shrink": True,
            "with-security-parameters": False,
            # No client could send them in a header.
            "exclude-header-characters": "\r\n",
        },
        "checks": {
            "enabled": False,
            **{name: {"enabled": True} for name in CHECKS},
            "negative_data_rejection": {"enabled": True, "expected-statuses": REFUSALS},
        },
    }
    if seconds is not None:
        settings["max-time"] = seconds
    schema = schemathesis.openapi.from_dict(_document(), config=SchemathesisConfig.from_dict(settings))
    tried = schema.include(tag=tag).exclude(operation_id=sorted(UNTESTED))
    tried.app = Signing()
    return tried


def _document() -> dict[str, Any]:
    """The description, in which a list has a page or a cursor in turn, and the name of a request is not taken for a transaction's."""
    document = deepcopy(description())
    operations = [one for methods in document["paths"].values() for one in methods.values()]
    lists = [one for one in operations if {parameter.get("name") for parameter in one["parameters"]} >= NOT_TOGETHER]
    for number, one in enumerate(lists):
        without = sorted(NOT_TOGETHER)[number % 2]
        one["parameters"] = [parameter for parameter in one["parameters"] if parameter.get("name") != without]
    for one in operations:
        one["parameters"] = [parameter for parameter in one["parameters"] if parameter.get("$ref") != REQUEST_ID]
    return document


def _count(figures: Figures, event: events.ScenarioFinished) -> None:
    recorder = event.recorder
    figures.by_phase[event.phase.value] += len(recorder.interactions)
    for case_id, interaction in recorder.interactions.items():
        figures.operations.add(recorder.cases[case_id].value.operation.label)
        if interaction.response is not None:
            figures.by_status[interaction.response.status_code] += 1
    for case_id, checks in recorder.checks.items():
        case, interaction = recorder.cases[case_id].value, recorder.interactions[case_id]
        for check in checks:
            if check.failure_info is not None and not _is_mistaken(check, case, interaction):
                curl = check.failure_info.code_sample
                text = f"{check.name}: {check.failure_info.failure} | {curl}"
                figures.failures.setdefault(case.operation.label, set()).add(text)


def _is_mistaken(check: Any, case: Any, interaction: Any) -> bool:
    """Schemathesis does not know `allowEmptyValue`, and takes an empty value for one that must be refused; nor that the contract has
    a 500 that is no fault: the data of another person; nor that of two paths that fit, `{name}` and the name itself, the latter counts,
    also where it has less below it: `/provider/bango/` has one path.
    """
    response = interaction.response
    if check.name == "status_code_conformance" and (case.path_parameters or {}).get("name") == "bango":
        return response is not None and response.status_code == HTTPStatus.METHOD_NOT_ALLOWED
    if check.name in ("allow_header_conformance", "unsupported_method"):
        return bool(described.document_path(interaction.request.uri) != case.operation.path)
    if check.name == "not_a_server_error":
        return response is not None and b'"error_code"' in response.content
    return check.name == "negative_data_rejection" and "" in (case.query or {}).values()
