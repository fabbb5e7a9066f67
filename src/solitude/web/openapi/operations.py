"""The routes of the API as they describe themselves: one row for each path and method."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from inspect import cleandoc
from typing import Any

from ninja import NinjaAPI
from ninja.constants import NOT_SET
from ninja.operation import Operation

_PARAMETER = re.compile(r"{(?:(?P<converter>[a-z]+):)?(?P<name>[a-z_]+)}")
# What a path converter lets through. (ninja's own name for uuid is uuidstr.)
_CONVERTED: dict[str | None, dict[str, Any]] = {
    None: {"type": "string", "minLength": 1},
    "first": {"type": "string", "minLength": 1},
    "int": {"type": "integer", "minimum": 1},
    "uuidstr": {"type": "string", "format": "uuid"},
}


@dataclass(frozen=True, slots=True)
class Described:
    """An operation. `body` and the shapes among the `answers` are types; None is an empty body."""

    path: str
    method: str
    name: str
    words: str
    tags: list[str]
    path_parameters: Mapping[str, dict[str, Any]]
    body: Any
    answers: Mapping[int, Any]
    extra: Mapping[str, Any]
    is_deprecated: bool

    @property
    def written_path(self) -> str:
        """As people write it: what looks like a file has no slash at its end."""
        return self.path.rstrip("/") if "." in self.path else self.path

    @property
    def summary(self) -> str:
        """The first sentence, without its full stop; of a view that says nothing its name."""
        words = self.words or self.name.replace("_", " ").capitalize()
        return re.split(r"(?<=[.:;])\s", words, maxsplit=1)[0].rstrip(".:;")


def operations(api: NinjaAPI) -> Iterator[Described]:
    for router in api._get_bound_routers():
        for path, view in router.path_operations.items():
            for operation in view.operations:
                if operation.include_in_schema:
                    whole = re.sub("/+", "/", f"/{router.prefix}/{path}")
                    yield from (_described(api, operation, whole, method.lower()) for method in operation.methods)


def _described(api: NinjaAPI, operation: Operation, path: str, method: str) -> Described:
    return Described(
        path=_PARAMETER.sub(r"{\g<name>}", path),
        method=method,
        name=api.get_openapi_operation_id(operation),
        words=cleandoc(operation.view_func.__doc__ or ""),
        tags=operation.tags or [],
        path_parameters={found["name"]: _CONVERTED[found["converter"]] for found in _PARAMETER.finditer(path)},
        body=_body(operation),
        answers={status: _shape(model) for status, model in operation.response_models.items() if model is not NOT_SET},
        extra=operation.openapi_extra or {},
        is_deprecated=bool(operation.deprecated),
    )


def _body(operation: Operation) -> Any:
    """The type of the view's parameter `body`; None without one."""
    for model in operation.models:
        if model.__ninja_param_source__ == "body":
            return model.model_fields["body"].annotation
    return None


def _shape(model: Any) -> Any:
    """The type that the route named; ninja wraps it into a model of one field."""
    return None if model is None else model.model_fields["response"].annotation
