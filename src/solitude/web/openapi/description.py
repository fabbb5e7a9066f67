"""The whole document, put together."""

from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

from ninja import NinjaAPI

from solitude.web.openapi import gate
from solitude.web.openapi.about import ABOUT
from solitude.web.openapi.examples import GATE, Examples
from solitude.web.openapi.operations import Described, operations
from solitude.web.openapi.schemas import Mode, schemas_of
from solitude.web.openapi.shapes import FORMS
from solitude.web.parts import Parts

JSON = "application/json"


def document(api: NinjaAPI, *parts: Parts[Any]) -> dict[str, Any]:
    """The whole description: what the routes say of themselves, what the gate may answer to any of them, and the providers' parts."""
    return _Document(api, parts).whole()


class _Document:
    """One document in the making: the operations, and the schemas of all types in it."""

    def __init__(self, api: NinjaAPI, parts: tuple[Parts[Any], ...]) -> None:
        self.api, self.parts = api, parts
        self.operations = list(operations(api))
        self.found, self.components = schemas_of(dict(self._types()))
        self.examples = Examples.read()
        self.shared: set[int] = set()

    def _types(self) -> Iterator[tuple[tuple[str, Mode], Any]]:
        for described in self.operations:
            if described.body is not None:
                yield (described.name, "validation"), described.body
            for status, shape in described.answers.items():
                if shape is not None:
                    yield (f"{described.name} {status}", "serialization"), shape
        for status, form in FORMS.items():
            if form is not None:
                yield (f"{GATE} {status}", "serialization"), form
        for whole in self.parts:
            for name, shape in whole.shapes.items():
                yield (f"{whole.shown_as} {name}", "serialization"), shape

    def whole(self) -> dict[str, Any]:
        self._fill_parts()
        self._take_defaults_out_of_changes()
        paths: dict[str, dict[str, Any]] = {}
        for described in self.operations:
            paths.setdefault(described.written_path, {})[described.method] = self._operation(described)
        return {
            "openapi": "3.1.0",
            "info": {
                "title": "Solitude",
                "summary": "A payment server for marketplaces.",
                "version": version("solitude"),
                "description": ABOUT,
            },
            "servers": [{"url": "/"}],
            "security": gate.SECURITY,
            **self.api.openapi_extra,
            "paths": paths,
            "components": {
                "schemas": dict(sorted(self.components.items())),
                "responses": {gate.answer_name(status): self._shared_answer(status) for status in sorted(self.shared)},
                "parameters": gate.PARAMETERS,
                "headers": gate.HEADERS,
                "securitySchemes": gate.SECURITY_SCHEMES,
            },
        }

    def _fill_parts(self) -> None:
        for whole in self.parts:
            component = self.components.get(whole.shown_as)
            if component is None:
                continue
            for name in whole.shapes:
                component.setdefault("properties", {})[name] = self.found[f"{whole.shown_as} {name}", "serialization"]
                component.setdefault("required", []).append(name)

    def _take_defaults_out_of_changes(self) -> None:
        """What a PATCH leaves out stays as it is."""
        for described in self.operations:
            if described.method == "patch":
                for schema in self._named(self.found[described.name, "validation"])["properties"].values():
                    schema.pop("default", None)

    def _operation(self, described: Described) -> dict[str, Any]:
        path = self.examples.path(described.name)
        own = [
            {"in": "path", "name": name, "required": True, "schema": schema}
            | ({"example": path[name]} if name in path else {})
            for name, schema in described.path_parameters.items()
        ]
        said: dict[str, Any] = {
            "operationId": described.name,
            "summary": described.summary,
            "description": described.words or described.summary,
            "tags": described.tags,
            "parameters": [*own, *described.extra.get("parameters", []), *gate.parameters(described)],
        }
        if described.is_deprecated:
            said["deprecated"] = True
        if not gate.is_signed(described):
            said["security"] = []
        if described.body is not None:
            content = self._content(described.name, "validation", self.examples.body(described.name))
            # No body is an empty object.
            said["requestBody"] = {"required": bool(self._required(content[JSON]["schema"])), "content": content}
        statuses = sorted({*described.answers, *gate.statuses(described)})
        said["responses"] = {str(status): self._answer(described, status) for status in statuses}
        return said

    def _answer(self, described: Described, status: int) -> dict[str, Any]:
        shape = described.answers.get(status, FORMS.get(status))
        example = self.examples.answer(described.name, status)
        if status in FORMS and shape == FORMS[status] and example is None:
            self.shared.add(status)
            return {"$ref": f"#/components/responses/{gate.answer_name(status)}"}
        name = described.name if status in described.answers else GATE
        said: dict[str, Any] = {"description": gate.meaning(status)}
        shows_path = False
        if shape is not None:
            if example is None and status >= 400:
                example = self.examples.answer(GATE, status)
            content = self._content(f"{name} {status}", "serialization", example)
            shows_path = "resource_uri" in self._required(content[JSON]["schema"])
            said["content"] = content
        is_replayed = gate.takes_key(described) and 200 <= status < 300
        said["headers"] = gate.headers(status, shows_path=shows_path, is_replayed=is_replayed)
        return said

    def _shared_answer(self, status: int) -> dict[str, Any]:
        said: dict[str, Any] = {"description": gate.meaning(status), "headers": gate.headers(status)}
        if FORMS[status] is not None:
            said["content"] = self._content(f"{GATE} {status}", "serialization", self.examples.answer(GATE, status))
        return said

    def _content(self, name: str, mode: Mode, example: Any) -> dict[str, Any]:
        media: dict[str, Any] = {"schema": self.found[name, mode]}
        if example is not None:
            media["example"] = example
        return {JSON: media}

    def _required(self, schema: dict[str, Any]) -> list[str]:
        """What is there in any case: of alternatives, what all of them require."""
        named = self._named(schema)
        if "anyOf" in named:
            first, *others = (self._required(one) for one in named["anyOf"])
            return [name for name in first if all(name in other for other in others)]
        required: list[str] = named.get("required", [])
        return required

    def _named(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The component that a schema refers to, or else the schema."""
        found: dict[str, Any] = self.components.get(schema.get("$ref", "").rpartition("/")[2], schema)
        return found
