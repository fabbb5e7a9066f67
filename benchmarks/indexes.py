"""Takes the indexes and constraints of tables away for a load, and makes them again as the catalogue had them."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from benchmarks.places import Database

# Of these tables, of each of their months, and of what refers to them. What a month has by its table comes and goes with that.
_CONSTRAINTS = """
    SELECT conrelid::regclass::text, conname, contype::text, pg_get_constraintdef(oid)
    FROM pg_constraint
    WHERE conparentid = 0 AND contype IN ('p', 'u', 'f')
      AND (COALESCE(pg_partition_root(conrelid), conrelid)::regclass::text = ANY(ARRAY[{tables}])
           OR contype = 'f' AND confrelid::regclass::text = ANY(ARRAY[{tables}]))
    ORDER BY array_position(ARRAY['p', 'u', 'f'], contype::text), conname
"""
# A definition says ONLY where the same indexes of months belong to it: made again, it shall make them too.
_INDEXES = """
    SELECT indrelid::regclass::text, relname, replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ')
    FROM pg_index JOIN pg_class ON oid = indexrelid
    WHERE NOT relispartition AND COALESCE(pg_partition_root(indrelid), indrelid)::regclass::text = ANY(ARRAY[{tables}])
      AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u'))
    ORDER BY relname
"""


@dataclass(frozen=True, slots=True)
class Constraint:
    table: str
    name: str
    kind: str
    definition: str


@dataclass(frozen=True, slots=True)
class Index:
    table: str
    name: str
    definition: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What was there before: all that `restore` makes."""

    constraints: tuple[Constraint, ...]
    indexes: tuple[Index, ...]


def known(database: Database, tables: Iterable[str]) -> Taken:
    """The constraints (but for checks) and indexes of these tables, and what refers to them."""
    names = ", ".join(f"'{table}'" for table in tables)
    return Taken(
        tuple(Constraint(*row) for row in database.ask(_CONSTRAINTS.format(tables=names))),
        tuple(Index(*row) for row in database.ask(_INDEXES.format(tables=names))),
    )


def take_away(database: Database, tables: Iterable[str]) -> Taken:
    """Drops them, references first; what `restore` must be given."""
    taken = known(database, tables)
    for constraint in reversed(taken.constraints):
        database.ask(f'ALTER TABLE {constraint.table} DROP CONSTRAINT "{constraint.name}"')
    for index in taken.indexes:
        database.ask(f'DROP INDEX "{index.name}"')
    return taken


def restore(database: Database, taken: Taken, at_once: int = 2) -> None:
    """Makes all of them again: keys, then indexes, then references. `at_once`: of how many tables at the same time."""
    keys = [one for one in taken.constraints if one.kind != "f"]
    by_table: dict[str, list[str]] = {}
    for key in keys:
        by_table.setdefault(key.table, []).append(_made(key))
    for index in taken.indexes:
        by_table.setdefault(index.table, []).append(index.definition)
    _each(by_table.values(), lambda statements: [database.ask(statement) for statement in statements], at_once)
    for reference in taken.constraints:
        if reference.kind == "f":
            database.ask(_made(reference))


def _made(constraint: Constraint) -> str:
    return f'ALTER TABLE {constraint.table} ADD CONSTRAINT "{constraint.name}" {constraint.definition}'


def _each(work: Iterable[list[str]], do: Callable[[list[str]], object], at_once: int) -> None:
    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(do, work))
