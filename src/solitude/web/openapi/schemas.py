"""JSON schemas of types. All are made at once, so that two types of one name get two names and none replaces the other."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core.core_schema import WithDefaultSchema

Mode = Literal["validation", "serialization"]
"""What is taken, and what is given: a field with a default need not come in, and does go out."""

_REFERENCE = "#/components/schemas/{model}"


class _Readable(GenerateJsonSchema):
    """Without the titles that only repeat a name; the page of a thing is called `PageOfThing`."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def default_schema(self, schema: WithDefaultSchema) -> JsonSchemaValue:
        """Without a default of null, which only says that a field may be left out."""
        said = super().default_schema(schema)
        return {name: value for name, value in said.items() if name != "default" or value is not None}

    def normalize_name(self, name: str) -> str:
        return super().normalize_name(name.replace("[", "Of").replace("]", ""))


def schemas_of(types: Mapping[tuple[str, Mode], Any]) -> tuple[dict[tuple[str, Mode], JsonSchemaValue], dict[str, Any]]:
    """The schema of each type under the key that it was given, and the components that they refer to."""
    adapters = [(name, mode, TypeAdapter(shape)) for (name, mode), shape in types.items()]
    found, definitions = TypeAdapter.json_schemas(adapters, ref_template=_REFERENCE, schema_generator=_Readable)
    components = definitions.get("$defs", {})
    for component in components.values():
        component.pop("title", None)
    return found, components
