"""Holds every answer that a test gets to the description of the API: an undocumented status, field or header fails the test."""

import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import unquote, urlsplit

import jsonschema_rs

JSON = "application/json"
# There is one path below it, and all others have no method.
WITHOUT_METHODS = "/provider/bango/"
# Whether a method is there is decided behind the gate, which may have something to say before.
NO_SUCH_METHOD = {400, 401, 403, 405, 406, 409, 411, 413, 415, 422}
# Of a body, or the announcement of one, where none is wanted.
OF_BODIES = {411, 413, 415}
_NUMBER, _UUID, _SEGMENT = "[0-9]{1,4300}", "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", "[^/]+"


@dataclass(frozen=True)
class Operation:
    """An operation of the document, and where it stands there."""

    path: str
    method: str
    said: Mapping[str, Any]

    @property
    def name(self) -> str:
        return str(self.said["operationId"])

    @property
    def label(self) -> str:
        return f"{self.method.upper()} {self.path}"

    def has_own(self, status: int) -> bool:
        """Whether its answer of this status is not the one of all."""
        return "$ref" not in self.said["responses"].get(str(status), {})


def expect(method: str, target: str, status: int, headers: Mapping[str, str], body: Any) -> None:
    """Raises AssertionError for an answer that the document does not have. `body` is JSON; None is no body."""
    path = unquote(urlsplit(target).path)
    found = _operations_at(path)
    assert "Transaction-Id" in headers, "an answer without Transaction-Id"
    if f"{path}/".startswith(WITHOUT_METHODS) and (found is None or "{" in next(iter(found.values())).path):
        assert status in NO_SUCH_METHOD, f"{path} has no method, and answered {status}"
        return
    if found is None:
        assert status in (403, 404), f"{method} {path} is no path, and was answered {status}"
        assert status != 404 or body == {}, f"{method} {path} is no path; the answer to that is {{}}, not {body}"
        return
    operation = operation_of(method, target)
    if operation is None:
        assert status in NO_SUCH_METHOD, f"{path} has no {method}, and answered {status}"
        assert status != 405 or headers.get("Allow"), f"405 of {method} {path} without Allow"
        return
    _expect_of(operation, status, headers, body, is_head=method == "HEAD")


def operation_of(method: str, target: str) -> Operation | None:
    found = _operations_at(unquote(urlsplit(target).path)) or {}
    return found.get("get" if method == "HEAD" else method.lower())


def document_path(target: str) -> str | None:
    """Under which path the document has a target; None where it has none."""
    found = _operations_at(unquote(urlsplit(target).path)) or {}
    return next((operation.path for operation in found.values()), None)


def path_of(method: str, target: str) -> dict[str, Any]:
    """The path's parameters in a target, as the document means them."""
    operation = operation_of(method, target)
    pattern = next((pattern for pattern, found in _patterns() if operation in found.values()), None)
    found = pattern.fullmatch(_spelt(unquote(urlsplit(target).path))) if pattern else None
    return {
        name: int(value) if value.isdigit() else value for name, value in (found.groupdict() if found else {}).items()
    }


def _expect_of(operation: Operation, status: int, headers: Mapping[str, str], body: Any, *, is_head: bool) -> None:
    answers = operation.said["responses"]
    if str(status) not in answers and "requestBody" not in operation.said and status in OF_BODIES:
        return
    assert str(status) in answers, f"{operation.name}: {status} is not documented: {body}"
    said = followed(answers[str(status)])
    for name, header in said.get("headers", {}).items():
        is_there = name in headers or not followed(header).get("required")
        assert is_there, f"{operation.name}: {status} without {name}"
    if is_head or "content" not in said:
        assert body is None, f"{operation.name}: {status} has no body by the document, but {body}"
        return
    validator = _validator(operation.path, operation.method, str(status))
    for error in validator.iter_errors(body):
        at = "/".join(map(str, error.instance_path))
        raise AssertionError(f"{operation.name}: {status} is not as documented, at /{at}: {error.message}")


@cache
def operations() -> list[Operation]:
    return [
        Operation(path, method, said)
        for path, methods in description()["paths"].items()
        for method, said in methods.items()
    ]


@cache
def _patterns() -> list[tuple[re.Pattern[str], dict[str, Operation]]]:
    by_path: dict[str, dict[str, Operation]] = {}
    for operation in operations():
        by_path.setdefault(operation.path, {})[operation.method] = operation
    return [(_pattern(path, next(iter(found.values()))), found) for path, found in by_path.items()]


def _pattern(path: str, operation: Operation) -> re.Pattern[str]:
    """What the path matches; a parameter matches what its schema lets through."""
    own = {one["name"]: one["schema"] for one in operation.said["parameters"] if one.get("in") == "path"}
    text = path.rstrip("/") + "/"
    for name, schema in own.items():
        value = _NUMBER if schema["type"] == "integer" else _UUID if schema.get("format") == "uuid" else _SEGMENT
        text = text.replace(f"{{{name}}}", f"(?P<{name}>{value})")
    return re.compile(text.replace(".json", r"\.json"))


@cache
def _operations_at(path: str) -> dict[str, Operation] | None:
    return next((found for pattern, found in _patterns() if pattern.fullmatch(_spelt(path))), None)


def _spelt(path: str) -> str:
    return path if path.endswith("/") else f"{path}/"


@cache
def _validator(path: str, method: str, status: str) -> jsonschema_rs.Validator:
    """Of the body of an answer; of one that went well, no field may be undocumented."""
    said = followed(description()["paths"][path][method]["responses"][status])
    components = {"schemas": _strict_schemas() if status < "300" else description()["components"]["schemas"]}
    return jsonschema_rs.Draft202012Validator(
        {**said["content"][JSON]["schema"], "components": components}, validate_formats=True
    )


@cache
def _strict_schemas() -> Any:
    schemas = deepcopy(description()["components"]["schemas"])
    for schema in schemas.values():
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
    return schemas


def followed(said: Mapping[str, Any]) -> Mapping[str, Any]:
    """The component behind a reference."""
    if "$ref" not in said:
        return said
    _, _, kind, name = said["$ref"].split("/")
    component: Mapping[str, Any] = description()["components"][kind][name]
    return component


def description() -> Mapping[str, Any]:
    # Only when it is wanted: who plays a marketplace to servers in other processes has no Django of his own.
    from solitude import urls

    return urls.description()
