"""Model fields that are encrypted in the database, and the model that they live in.

A sealed value is one TEXT column. It is bound to its model, field and row (the row's `row_uuid`), so that it opens
nowhere else: a value moved to another row or column is `Unsealable`. For the same reason renaming a model, a field or
an app needs a data migration that seals the values anew, and `row_uuid` never changes.

NULL stays NULL and can be asked for (`isnull`); nothing else can be asked of such a column. To find a row by a secret
value, keep a keyed hash beside it (`vault.hashes`). What `values()` and annotations give of one is an opaque `Sealed`.
"""

# ruff: noqa: ARG002, FBT001, FBT002  # the signatures of Field's methods are Django's

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, cast

from django.core.checks import CheckMessage, Error
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.constants import OnConflict
from django.db.models.expressions import Col, Expression
from django.db.models.query_utils import DeferredAttribute
from django.db.models.sql.compiler import SQLCompiler

from . import cipher
from .cipher import Unsealable
from .current import current_ring
from .queries import SealedCol, SealedFieldError

__all__ = [
    "EncryptedJSONField",
    "EncryptedTextField",
    "Sealed",
    "SealedField",
    "SealedFieldError",
    "SealedModel",
    "Unsealable",
]

MAX_LENGTH: Final = 4096
"""Characters of plaintext, unless a field says otherwise."""

V = TypeVar("V")

# Stands for the value of what has not been opened yet. (None is a value.)
_UNOPENED: Final = object()

# The model whose rows are being re-read: its sealed values then pass from one instance to the other as they are.
_handing_over: ContextVar[type[models.Model] | None] = ContextVar("solitude_handing_over", default=None)


class Sealed:
    """A value as it is in the database, and what it opened to, once it has been asked for.

    Copies and pickles carry the sealed text alone.
    """

    __slots__ = ("opened", "text")

    def __init__(self, text: str, opened: Any = _UNOPENED) -> None:
        self.text = text
        self.opened = opened

    def __repr__(self) -> str:
        return "<sealed>"

    def __reduce__(self) -> tuple[type[Sealed], tuple[str]]:
        return Sealed, (self.text,)


class SealedAttribute(DeferredAttribute):
    """Opens the value when it is first read; takes what is set as it is, to be sealed when it is saved."""

    field: SealedField[Any]

    def __get__(self, instance: Any, cls: type[models.Model] | None = None) -> Any:
        if instance is None:
            return self
        held = self.held(instance)
        if not isinstance(held, Sealed) or _handing_over.get() is type(instance):
            return held
        if held.opened is _UNOPENED:
            held.opened = self.field.unseal(held.text, instance)
        return held.opened

    def __set__(self, instance: SealedModel, value: object) -> None:
        held = instance.__dict__.get(self.field.attname)
        if isinstance(held, Sealed) and held.opened is value:
            return  # what was read is put back, as `full_clean` does: that is no change
        instance.__dict__[self.field.attname] = value

    def held(self, instance: SealedModel) -> Any:
        """Return what the instance has: None, a plain value that was set, or a `Sealed`. Loads what was deferred."""
        return super().__get__(instance, type(instance))


if TYPE_CHECKING:

    class _Base(models.Field[V, V], Generic[V]):
        """A field whose attribute holds a V; and what the stubs of `Field` leave out."""

        non_db_attrs: tuple[str, ...]
        db_index: bool

else:

    class _Base(models.Field, Generic[V]):
        pass


class SealedField(_Base[V]):
    """What the two kinds of sealed field have in common."""

    descriptor_class = SealedAttribute
    # A change of the limit is none of the database's.
    non_db_attrs = (*_Base.non_db_attrs, "max_length")

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": MAX_LENGTH, **options})

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        if kwargs.get("max_length") == MAX_LENGTH:
            del kwargs["max_length"]
        return name, path, args, kwargs

    def get_internal_type(self) -> str:
        return "TextField"

    # --- between value and plaintext: what the two kinds of field differ in -----------------------------------------

    def to_plaintext(self, value: V) -> str:
        raise NotImplementedError

    def of_plaintext(self, plaintext: str) -> V:
        raise NotImplementedError

    def is_changed(self, sealed: Sealed, instance: SealedModel) -> bool:
        """Tell whether what was opened has since been changed in place, which no assignment told."""
        return False

    # --- between plaintext and sealed text --------------------------------------------------------------------------

    @property
    def place(self) -> str:
        """The model and field that the values belong to: "app.model:field"."""
        return f"{self.model._meta.label_lower}:{self.attname}"

    def seal(self, value: V, instance: SealedModel) -> Sealed:
        """Seal a value for this row with the current key. Raises `ValueError` or `TypeError` if it cannot be kept."""
        plaintext = self.to_plaintext(value)
        if self.max_length is not None and len(plaintext) > self.max_length:
            raise ValueError(f"{self.place}: {len(plaintext)} characters are more than the {self.max_length} allowed")
        try:
            content = plaintext.encode()
        except UnicodeEncodeError:  # which carries the value
            raise ValueError(f"{self.place}: the text has a lone surrogate") from None
        return Sealed(cipher.seal(content, self._associated(instance)), value)

    def unseal(self, text: str, instance: SealedModel) -> V:
        """Open the sealed text of this row. Raises `Unsealable`."""
        content = cipher.unseal(text, self._associated(instance), label=self.place)
        return self.of_plaintext(content.decode())

    def resealed(self, text: str, row_uuid: uuid.UUID) -> str:
        """Seal anew, with the current key, what is sealed in the row of this uuid. Raises `Unsealable`."""
        associated = self._associated_with(row_uuid)
        return cipher.seal(cipher.unseal(text, associated, label=self.place), associated)

    def opened(self, text: str, row_uuid: uuid.UUID) -> V:
        """Open what is sealed in the row of this uuid. Raises `Unsealable`."""
        return self.of_plaintext(cipher.unseal(text, self._associated_with(row_uuid), label=self.place).decode())

    def _associated(self, instance: SealedModel) -> bytes:
        return self._associated_with(instance.row_uuid)

    def _associated_with(self, given: uuid.UUID | str) -> bytes:
        # Through the field, because someone may have set it as text, in whatever spelling.
        row_uuid = cast("models.Field[Any, Any]", self.model._meta.get_field("row_uuid")).to_python(given)
        if row_uuid is None:
            raise SealedFieldError(f"{self.place} is bound to its row by row_uuid, and this row has none.")
        return f"{self.place}:{row_uuid}".encode()

    # --- reading and writing ----------------------------------------------------------------------------------------

    def held(self, instance: SealedModel) -> Any:
        """Return what the instance has: None, a plain value that was set, or a `Sealed`. Loads what was deferred."""
        attribute: SealedAttribute = getattr(type(instance), self.attname)
        return attribute.held(instance)

    def from_db_value(self, value: str | None, expression: Expression, connection: BaseDatabaseWrapper) -> Any:
        return None if value is None else Sealed(value)

    def pre_save(self, model_instance: Any, add: bool) -> Sealed | None:
        held = self.held(model_instance)
        if isinstance(held, Sealed):
            if not self.is_changed(held, model_instance):
                return held  # as it was read: not sealed again
            held = held.opened
        if held is None:
            return None
        sealed = self.seal(held, model_instance)
        # The instance now holds what the row will, so that the next save does not seal it again.
        model_instance.__dict__[self.attname] = sealed
        return sealed

    def get_db_prep_save(self, value: object, connection: BaseDatabaseWrapper) -> str | None:
        return self.get_db_prep_value(value, connection)

    def get_db_prep_value(self, value: object, connection: BaseDatabaseWrapper, prepared: bool = False) -> str | None:
        """Let nothing through to the database but NULL and what `pre_save` sealed."""
        if value is None:
            return None
        if not isinstance(value, Sealed):
            raise self._refusal("is only written by saving an instance (save, create, bulk_create)")
        return value.text

    def get_placeholder(self, value: object, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> str:
        """Refuse an upsert that would put a value sealed for the new row's uuid into an old row, or the reverse."""
        query: Any = compiler.query
        if getattr(query, "on_conflict", None) == OnConflict.UPDATE:
            updated = {field.name for field in query.update_fields}
            if self.name in updated or "row_uuid" in updated:
                raise self._refusal("is not updated by bulk_create(update_conflicts=True)")
        return "%s"

    # --- what cannot be done ----------------------------------------------------------------------------------------

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise self._refusal(f"has no lookup {lookup_name!r}, only isnull")
        return super().get_lookup(lookup_name)

    def get_transform(self, lookup_name: str) -> Any:
        raise self._refusal(f"has no lookup {lookup_name!r}, only isnull")

    def get_col(self, alias: str, output_field: models.Field[Any, Any] | None = None) -> Col:
        return SealedCol(alias, self, output_field)

    def value_to_string(self, obj: models.Model) -> str:
        raise self._refusal("is not written to fixtures")

    def _refusal(self, what: str) -> SealedFieldError:
        return SealedFieldError(f"{self.place} is sealed: it {what}.")

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        return [*super().check(**kwargs), *self._check_sealed()]

    def _check_sealed(self) -> Iterable[CheckMessage]:
        if self.primary_key or self.unique or self.db_index or self.has_db_default() or self.choices:
            options = "primary_key, unique, db_index, db_default or choices"
            yield Error(f"A sealed field cannot have {options}.", obj=self, id="vault.E001")
        if not issubclass(self.model, SealedModel):
            yield Error("A sealed field lives in a model that derives from SealedModel.", obj=self, id="vault.E002")


class EncryptedTextField(SealedField[str | None]):
    """Text that is encrypted in the database. "" is encrypted like any other text; `max_length` counts characters."""

    description = "Encrypted text"

    def to_plaintext(self, value: str | None) -> str:
        if not isinstance(value, str):
            raise TypeError(f"{self.place} takes text, not {type(value).__name__}")
        return value

    def of_plaintext(self, plaintext: str) -> str:
        return plaintext


class EncryptedJSONField(SealedField[Any]):
    """Whatever JSON can say, encrypted in the database as one text.

    None is NULL, so JSON's null cannot be kept alone. A value changed in place (`row.data["x"] = 1`) is noticed when it
    is saved. `max_length` counts the characters of the JSON text.
    """

    description = "Encrypted JSON"
    empty_strings_allowed = False

    def to_plaintext(self, value: Any) -> str:
        try:
            return json.dumps(value, separators=(",", ":"), allow_nan=False)
        except (TypeError, ValueError, RecursionError):  # which may carry the value
            raise TypeError(f"{self.place} takes what JSON can say, and this is not") from None

    def of_plaintext(self, plaintext: str) -> Any:
        return json.loads(plaintext)

    def is_changed(self, sealed: Sealed, instance: SealedModel) -> bool:
        if sealed.opened is _UNOPENED:
            return False
        return self.to_plaintext(sealed.opened) != self.to_plaintext(self.unseal(sealed.text, instance))


class SealedModel(models.Model):
    """The base of every model with sealed fields."""

    row_uuid: models.UUIDField[uuid.UUID | str, uuid.UUID] = models.UUIDField(default=uuid.uuid4, editable=False)
    """Binds sealed values to their row. Random, known before the insert (the primary key is not), and never changed."""

    class Meta:
        abstract = True

    def refresh_from_db(
        self,
        using: str | None = None,
        fields: Iterable[str] | None = None,
        from_queryset: models.QuerySet[Any] | None = None,
    ) -> None:
        """Read again from the database; deferred fields are loaded this way too. Nothing is opened by it."""
        token = _handing_over.set(type(self))
        try:
            super().refresh_from_db(using=using, fields=fields, from_queryset=from_queryset)
        finally:
            _handing_over.reset(token)

    def reseal(self) -> list[str]:
        """Seal anew, with the current key, whatever another key sealed. Saves nothing.

        Returns the names of those fields, for `save(update_fields=...)`. Raises `Unsealable` if a value does not open.
        """
        current = current_ring().fields.current
        resealed = []
        for field in self._meta.concrete_fields:
            if not isinstance(field, SealedField):
                continue
            held = field.held(self)
            if isinstance(held, Sealed) and cipher.key_id_of(held.text, label=field.place) != current:
                self.__dict__[field.attname] = field.seal(getattr(self, field.attname), self)
                resealed.append(field.name)
        return resealed
