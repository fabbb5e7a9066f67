"""What a query may not do with a sealed column: order or tell rows apart by its ciphertext, which is random."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.core.exceptions import FieldError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.constants import LOOKUP_SEP
from django.db.models.expressions import Col, F
from django.db.models.lookups import IsNull
from django.db.models.sql.compiler import SQLCompiler
from django.db.models.sql.query import Query


class SealedFieldError(FieldError):
    """A query or a write that cannot be done with a sealed field. The text names the field and never a value."""


class SealedCol(Col):
    """The column of a sealed field in a query.

    Django has no hook for "this column is in ORDER BY". But ordering by a column compiles the column, in whatever way
    the ordering was spelled, so this is where the query's ordering is looked at.
    """

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Any:
        if any(self._decides(compiler.query, term) for term in _ordering(compiler.query)):
            raise SealedFieldError(f"{self.target} is sealed: rows cannot be ordered or told apart by it.")
        return super().as_sql(compiler, connection)

    def _decides(self, query: Query, term: object) -> bool:
        """Tell whether the value of this column has a part in a term of the ordering. Whether it is NULL may have."""
        if isinstance(term, str):
            return self._is_named(query, term.lstrip("-+"))
        if isinstance(term, F):
            return self._is_named(query, term.name)  # type: ignore[attr-defined]  # the stubs have forgotten it
        if isinstance(term, Col):
            return bool(term.target == self.target)
        if isinstance(term, IsNull):
            return False
        return any(self._decides(query, part) for part in _parts(term))

    def _is_named(self, query: Query, name: str) -> bool:
        if name in query.annotations:
            return self._decides(query, query.annotations[name])
        meta = query.get_meta()
        if name == "?" or name in query.extra or meta is None:
            return False
        _path, final_field, _targets, _transforms = query.names_to_path(name.split(LOOKUP_SEP), meta)
        return bool(final_field == self.target)


def _ordering(query: Query) -> Iterator[object]:
    """Yield the terms that decide in which order rows come and, on PostgreSQL, which of them (DISTINCT ON)."""
    yield from query.order_by
    yield from query.distinct_fields
    meta = query.get_meta()
    if query.default_ordering and not query.order_by and meta is not None:
        yield from meta.ordering or ()


def _parts(term: object) -> Iterable[object]:
    sources: Any = getattr(term, "get_source_expressions", None)
    return [part for part in sources() if part is not None] if sources else []
