"""A model field that holds the keyed hash of another field of its row, by which that one's secret value can be found."""

from typing import Any

from django.db import models

from . import hashes

HASH_MAX_CHARS = 128


class KeyedHashField(models.CharField):  # type: ignore[type-arg]  # generic in the stubs alone
    """The hash of the field `of` under `label` and the current key, made anew whenever this column is saved.

    What is empty or NULL has the hash "". To find a row: `hashes.candidates(label, value)` with `IN`.
    """

    def __init__(self, *, of: str, label: str, **options: Any) -> None:
        self.of, self.label = of, label
        super().__init__(
            **{"max_length": HASH_MAX_CHARS, "default": "", "db_default": "", "editable": False, **options}
        )

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "of": self.of, "label": self.label}

    def pre_save(self, model_instance: models.Model, add: bool) -> str:  # noqa: ARG002, FBT001  # Django's signature
        value = getattr(model_instance, self.of)
        hashed = hashes.keyed_hash(self.label, value) if value else ""
        setattr(model_instance, self.attname, hashed)
        return hashed
