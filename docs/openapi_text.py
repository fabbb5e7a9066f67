"""The description of the API (OpenAPI) as Markdown: a section for each operation, one for each shape, and what holds everywhere."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

METHODS = ("get", "post", "put", "patch", "delete")
WORDS = {"string": "text", "integer": "whole number", "number": "decimal number", "boolean": "flag", "null": "null"}
FORMATS = {"date-time": "time", "date": "day", "uuid": "UUID", "uri": "URL"}
SCHEMAS = "#/components/schemas/"
ENVELOPE = {"meta", "objects"}
JSON = "application/json"


class Description:
    """An OpenAPI document, by what the pages show of it."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.components: dict[str, dict[str, Any]] = document["components"]
        self.shapes = self.components["schemas"]

    def operations(self, tag: str | None = None) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Path, method in capitals and operation, in the order of the document."""
        for path, methods in self.document["paths"].items():
            for method in METHODS:
                operation = methods.get(method)
                if operation is not None and tag in (None, *operation.get("tags", ())):
                    yield path, method.upper(), operation

    def tags(self) -> dict[str, str]:
        """What the operations are grouped by, and what the document says of each."""
        said = {tag["name"]: tag.get("description", "") for tag in self.document.get("tags", ())}
        return {tag: said.get(tag, "") for _, _, operation in self.operations() for tag in operation["tags"]}

    # Pages

    def overview(self) -> str:
        """All operations with links, by tag."""
        return "\n".join(f"{said or tag}\n\n{self._links(tag)}" for tag, said in self.tags().items())

    def everywhere(self) -> str:
        """The headers and answers that are the same everywhere."""
        headers = [
            (f"`{one['name']}`", "request", _line(one["description"]))
            for one in self.components.get("parameters", {}).values()
        ] + [(f"`{name}`", "answer", _line(one["description"])) for name, one in self._answer_headers().items()]
        answers: dict[str, tuple[str, ...]] = {}
        for *_, operation in self.operations():
            for status, answer in operation["responses"].items():
                if "$ref" in answer:
                    found = self._found(answer)
                    answers[status] = (f"**{status}**", self._body(found), _line(found["description"]))
        return "\n".join(
            [
                _table(("header", "", ""), headers),
                _table(("answer", "body", ""), [answers[status] for status in sorted(answers)]),
            ]
        )

    def section(self, tag: str) -> str:
        """The operations of one tag."""
        return "\n".join(self._operation(*one) for one in self.operations(tag))

    def all_shapes(self) -> str:
        """What answers are made of, by name."""
        return "\n".join(self._shape(name, self.shapes[name]) for name in sorted(self._answered(), key=_shown))

    # Operations

    def _answer_headers(self) -> dict[str, dict[str, Any]]:
        """Those of any answer, by the names that they are sent under."""
        answers = [
            self._found(answer) for *_, operation in self.operations() for answer in operation["responses"].values()
        ]
        return {name: self._found(header) for answer in answers for name, header in answer.get("headers", {}).items()}

    def _links(self, tag: str) -> str:
        rows = [
            (f"[`{method} {path}`](#{_anchor(operation)})", _line(operation.get("summary", "")))
            for path, method, operation in self.operations(tag)
        ]
        return _table(("call", ""), rows)

    def _operation(self, path: str, method: str, operation: dict[str, Any]) -> str:
        parts = [f"({_anchor(operation)})=\n## {method} `{path}`\n"]
        summary, description = operation.get("summary", ""), operation.get("description", "")
        parts += [f"{text}\n" for text in ([] if description.startswith(summary) else [summary]) + [description]]
        parts += ["Deprecated.\n"] if operation.get("deprecated") else []
        parts += ["Needs no signature.\n"] if operation.get("security") == [] else []
        parts += self._parameters([self._found(one) for one in operation.get("parameters", ())])
        parts += self._request(operation)
        parts.append(_table(("answer", "body", ""), self._answers(operation)))
        parts += self._examples(operation)
        return "\n".join(parts)

    def _parameters(self, parameters: list[dict[str, Any]]) -> Iterator[str]:
        # Which row it is about stands in the path.
        rows = [
            (f"`{one['name']}`", self.type_of(one["schema"]) + _need(one, one["schema"]), _line(one["description"]))
            for one in parameters
            if one["in"] == "query" or (one["in"] == "path" and "description" in one)
        ]
        if rows:
            yield _table(("parameter", "", ""), rows)
        headers = [f"`{one['name']}`" for one in parameters if one["in"] == "header"]
        if headers:
            yield f"Headers: {', '.join(headers)}.\n"

    def _request(self, operation: dict[str, Any]) -> Iterator[str]:
        schema = _schema_of(operation.get("requestBody", {}))
        if schema is None:
            return
        forms = self._forms(schema)
        for form in forms:
            if len(forms) > 1:
                yield f"{form.get('description', '')}\n"
            # Of one that may have any fields, its own words say what it is.
            yield self._form(form) or f"Body: {form.get('description', self.type_of(schema) + '.')}\n"

    def _form(self, form: dict[str, Any]) -> str:
        required = form.get("required", ())

        def type_of(name: str, field: dict[str, Any]) -> str:
            return self.type_of(field) + _need({"required": name in required}, field)

        return self._fields(form, type_of)

    def _answers(self, operation: dict[str, Any]) -> Iterator[tuple[str, ...]]:
        usual = []
        for status, answer in operation["responses"].items():
            if "$ref" in answer:
                usual.append(status)
            else:
                yield f"**{status}**", self._body(answer), _line(answer["description"])
        if usual:
            yield ", ".join(usual), "", "as [everywhere](index.md#everywhere)"

    def _body(self, answer: dict[str, Any]) -> str:
        schema = _schema_of(answer)
        return "" if schema is None else self.type_of(schema)

    def _examples(self, operation: dict[str, Any]) -> Iterator[str]:
        for title, example in _examples_of(operation.get("requestBody", {})):
            yield f"{title or 'Request'}:\n\n```json\n{_json(example)}\n```\n"
        for status, answer in operation["responses"].items():
            for title, example in _examples_of(answer):
                yield f"Answer {status}{f', {title}' if title else ''}:\n\n```json\n{_json(example)}\n```\n"

    # Shapes

    def _shape(self, name: str, schema: dict[str, Any]) -> str:
        required = schema.get("required", ())

        def type_of(field_name: str, field: dict[str, Any]) -> str:
            return self.type_of(field) + ("" if field_name in required else ", not always")

        said = schema.get("description", "")
        return f"({_target(name)})=\n## {_shown(name)}\n\n{said}\n\n{self._fields(schema, type_of)}"

    def _fields(self, schema: dict[str, Any], type_of: Callable[[str, dict[str, Any]], str]) -> str:
        rows = [
            (f"`{name}`", type_of(name, field), _line(field.get("description", "")))
            for name, field in schema.get("properties", {}).items()
        ]
        return _table(("field", "", ""), rows) if rows else ""

    def _answered(self) -> set[str]:
        """The shapes that an answer names, or a field; a request's own stands in its operation."""
        requests = [
            form.get("properties")
            for *_, operation in self.operations()
            for form in self._forms(_schema_of(operation.get("requestBody", {})) or {})
        ]
        answers = [
            self._found(answer) for *_, operation in self.operations() for answer in operation["responses"].values()
        ]
        waiting: list[str] = list(self._names([requests, answers]))
        found: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += self._names(self.shapes[name].get("properties"))
        return found

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        name = _name(schema)
        return self.shapes[name] if name else schema

    def _forms(self, schema: dict[str, Any]) -> list[dict[str, Any]]:
        """What a body may be: the alternatives, where there are several."""
        found = self._resolved(schema)
        return [self._resolved(one) for one in found.get("anyOf", [found])]

    def _found(self, said: dict[str, Any]) -> dict[str, Any]:
        """The parameter or answer itself, where only its name is said."""
        if "$ref" not in said:
            return said
        kind, name = said["$ref"].split("/")[-2:]
        found: dict[str, Any] = self.components[kind][name]
        return found

    # Types

    def type_of(self, schema: dict[str, Any]) -> str:
        """A type in words, with a link to the shape that it names."""
        if name := _name(schema):
            row = self._page_of(name)
            return f"[page](../api.md#lists) of {self.type_of(row)}" if row else _link(name)
        if "const" in schema or "enum" in schema:
            values = schema.get("enum", [schema.get("const")])
            return ("one of " if len(values) > 1 else "") + ", ".join(f"`{_value(value)}`" for value in values)
        for key in ("anyOf", "oneOf", "allOf"):
            if key in schema:
                return " or ".join(dict.fromkeys(self.type_of(one) for one in schema[key]))
        type_ = schema.get("type", "")
        if isinstance(type_, list):
            return " or ".join(self.type_of({**schema, "type": one}) for one in type_)
        return self._plain(type_, schema)

    def _plain(self, type_: str, schema: dict[str, Any]) -> str:
        if type_ == "array":
            return f"list of {self.type_of(schema.get('items', {}))}"
        if type_ == "object":
            title = str(schema.get("title"))
            return _link(title) if title in self.shapes else self._by_name(schema.get("additionalProperties"))
        words = FORMATS.get(schema.get("format", ""), WORDS.get(type_, "anything"))
        limits = ", ".join(_limits(type_, schema))
        return f"{words} ({limits})" if limits else words

    def _by_name(self, each: Any) -> str:
        """An object with names of any kind; most are the errors of fields."""
        if not isinstance(each, dict) or not each:
            return "object"
        if inner := each.get("additionalProperties"):
            return f"{self.type_of(inner)}, by namespace and field"
        type_ = self.type_of(each)
        return "[words by field](../errors.md#words-of-fields)" if type_ == "list of text" else f"{type_}, by name"

    def _page_of(self, name: str) -> dict[str, Any] | None:
        """What the shape is a page of, if it is the envelope of a list."""
        properties = self.shapes[name].get("properties", {})
        row: dict[str, Any] | None = properties["objects"]["items"] if set(properties) == ENVELOPE else None
        return row

    def _names(self, part: Any) -> Iterator[str]:
        """The shapes that a part of the document names; for a page that of its rows."""
        if isinstance(part, dict):
            name = _name(part) or (part.get("title") if part.get("type") == "object" else None)
            if isinstance(name, str) and name in self.shapes:
                row = self._page_of(name)
                yield from self._names(row) if row else [name]
                return
            part = list(part.values())
        if isinstance(part, list):
            for one in part:
                yield from self._names(one)


def _name(schema: dict[str, Any]) -> str:
    reference = schema.get("$ref", "")
    return reference.removeprefix(SCHEMAS) if isinstance(reference, str) and reference.startswith(SCHEMAS) else ""


def _schema_of(said: dict[str, Any]) -> dict[str, Any] | None:
    schema: dict[str, Any] | None = said.get("content", {}).get(JSON, {}).get("schema")
    return schema


def _examples_of(said: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    media = said.get("content", {}).get(JSON, {})
    if "example" in media:
        yield "", media["example"]
    for name, example in media.get("examples", {}).items():
        yield example.get("summary", name), example["value"]


def _need(said: dict[str, Any], schema: dict[str, Any]) -> str:
    """Whether a request must have it, or what is taken for it."""
    if said.get("required") and said.get("in") != "path":
        return ", required"
    return "" if schema.get("default") in (None, "") else f", else `{_value(schema['default'])}`"


def _limits(type_: str, schema: dict[str, Any]) -> Iterator[str]:
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and most is not None and most < 2**53:
        yield f"{least} to {most}"
    if type_ == "string" and "maxLength" in schema:
        yield f"at most {schema['maxLength']} characters"


def _link(name: str) -> str:
    return f"[{_shown(name)}](#{_target(name)})"


def _shown(name: str) -> str:
    """The name of a shape for people."""
    return name.removesuffix("Shown")


def _anchor(operation: dict[str, Any]) -> str:
    return f"op-{operation['operationId']}".replace("_", "-")


def _target(name: str) -> str:
    return f"shape-{name.strip('_').replace('_', '-').lower()}"


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _line(text: str) -> str:
    return " ".join(text.split())


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table without the columns that would be empty; nothing without rows."""
    cells = [*rows]
    columns = [number for number in range(len(head)) if any(row[number] for row in cells)]
    lines = [[row[number] for number in columns] for row in (head, ("---",) * len(head), *cells)]
    if not columns:
        return ""
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"
