"""`solitude import` and `solitude export`: what they are told, and how they end.

Of the house they import what needs no Django here, and the rest when they run: `cli` knows them before Django is set up.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from solitude.moving.reading import FORMATS, JSON_LINES, Unreadable
from solitude.moving.report import TOLD_MAX, Report, remark, say

if TYPE_CHECKING:
    from solitude.moving.source import Source

# 3 is `cli`'s, for a database that waits for `migrate`.
DONE, NOTHING_WRITTEN, UNUSABLE, STOPPED = 0, 1, 2, 4
BATCH_ROWS, BATCH_ROWS_MAX = 5000, 50_000
KINDS = (
    "buyers",
    "sellers",
    "products",
    "paypal-sellers",
    "paypal-products",
    "paypal-buyers",
    "bango-sellers",
    "bango-products",
    "transactions",
)


def take_import(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Checks the whole file first and reports every bad line with its number; then nothing is written. A file whose import was "
        "interrupted goes on where it stopped when it is imported again."
    )
    parser.epilog = (
        "Exit status: 0 done; 1 nothing was written, as a rule because of bad lines; 2 the file or the settings cannot be used; 3 the "
        "database waits for migrate; 4 stopped half way: what is in stays, and the same command goes on."
    )
    parser.add_argument("kind", metavar="KIND", choices=KINDS, help=", ".join(KINDS))
    parser.add_argument("file", metavar="FILE", type=Path)
    parser.add_argument("--format", choices=FORMATS, help="unless the file's name ends in it")
    parser.add_argument("--check", action="store_true", help="checks the file and writes nothing")
    parser.add_argument(
        "--batch",
        metavar="ROWS",
        type=_batch_rows,
        default=BATCH_ROWS,
        help=f"rows that are written in one transaction, and held in memory until then (default {BATCH_ROWS})",
    )
    parser.add_argument("--all-or-nothing", action="store_true", help="writes all batches in one transaction")
    parser.add_argument(
        "--skip-existing", action="store_true", help="passes over rows that are there already and say the same"
    )
    parser.add_argument(
        "--errors", metavar="LINES", type=int, default=TOLD_MAX, help=f"bad lines to tell of (default {TOLD_MAX})"
    )


def take_export(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Writes all rows of a kind in the form that import reads, to a new file that only its owner can read."
    )
    parser.epilog = (
        "Exit status: 0 done; 1 not written; 2 the settings cannot be used; 3 the database waits for migrate."
    )
    parser.add_argument("kind", metavar="KIND", choices=KINDS, help=", ".join(KINDS))
    parser.add_argument(
        "file",
        metavar="FILE",
        nargs="?",
        default="-",
        help="- or nothing: standard output, which is never made private",
    )
    parser.add_argument("--format", choices=FORMATS, help=f"unless the file's name ends in it (default {JSON_LINES})")
    parser.add_argument(
        "--with-secrets",
        action="store_true",
        help="with hashes of PINs, shared secrets of products, and keys and tokens of providers",
    )


def run_import(chosen: argparse.Namespace) -> int:
    from solitude.moving.kinds import KINDS as KIND_OF
    from solitude.moving.source import Source, form_of

    form = chosen.format or form_of(chosen.file)
    if form is None:
        remark(f"name the format with --format: {' or '.join(FORMATS)}")
        return UNUSABLE
    if not _is_usable():
        return UNUSABLE
    try:
        with Source(chosen.file, KIND_OF[chosen.kind], form) as source:
            return _import(chosen, source)
    except Unreadable as error:
        remark(str(error))
        return UNUSABLE


def run_export(chosen: argparse.Namespace) -> int:
    from django.db import DatabaseError

    from solitude.audit import accesses
    from solitude.moving import export
    from solitude.moving.kinds import KINDS as KIND_OF
    from solitude.moving.source import form_of
    from solitude.vault.fields import Unsealable

    if not _is_usable():
        return UNUSABLE
    form = chosen.format or form_of(Path(chosen.file)) or JSON_LINES
    try:
        accesses.by_operator(accesses.Does.READ, chosen.kind, "solitude export")
        rows = export.export(KIND_OF[chosen.kind], chosen.file, form, Report(), with_secrets=chosen.with_secrets)
    except (OSError, Unsealable) as error:
        remark(f"nothing was exported: {error}")
        return NOTHING_WRITTEN
    except DatabaseError as error:
        remark(f"nothing was exported: the database failed ({type(error).__name__})")
        return NOTHING_WRITTEN
    remark(f"{rows:,} rows were exported")
    return DONE


def _import(chosen: argparse.Namespace, source: "Source") -> int:
    from django.db import DatabaseError

    from solitude.audit import accesses
    from solitude.moving import checking, writing
    from solitude.moving.source import Changed

    began = writing.known(source)
    if began and began.rows_done == began.rows:
        remark(f"this file was imported before: {began.rows:,} rows")
        return DONE
    report = Report(chosen.errors)
    done_before = writing.done(source)
    try:
        rows = checking.check(source, report, lambda: writing.done(source), skip_existing=chosen.skip_existing)
        if report.bad_lines or chosen.check or not rows:
            return _checked(rows, report)
        accesses.by_operator(accesses.Does.CREATED, source.kind.name, "solitude import")
        ended = writing.write(
            source,
            rows,
            batch_rows=chosen.batch,
            whole=chosen.all_or_nothing,
            skip_existing=chosen.skip_existing,
        )
    except writing.Refused as error:
        report.add(error.problems)
        return _stopped("the lines above are refused", source, done_before)
    except Changed:
        return _stopped("the file was changed while it was read", source, done_before)
    except DatabaseError as error:
        writing.log.exception("import_failed", kind=source.kind.name)
        return _stopped(f"the database failed ({type(error).__name__})", source, done_before)
    say(f"{ended.rows:,} rows are in{f', {ended.rows_skipped:,} of them were before' if ended.rows_skipped else ''}")
    return DONE


def _checked(rows: int, report: Report) -> int:
    if report.bad_lines:
        remark(f"{report.bad_lines:,} of {rows:,} lines are bad; nothing was written")
        return NOTHING_WRITTEN
    say(f"{rows:,} rows are good")
    return DONE


def _stopped(why: str, source: "Source", done_before: int) -> int:
    from django.db import DatabaseError

    from solitude.moving import writing

    try:
        done = writing.done(source)
    except DatabaseError:
        remark(f"stopped: {why}; whole batches are in")
        return STOPPED
    remark(f"stopped: {why}; {done - done_before:,} rows were written now, {done:,} of the file are in")
    return STOPPED if done else NOTHING_WRITTEN


def _is_usable() -> bool:
    """Whether the keys work, and says so. Then the database waits for as long as it takes: an operator can end a command."""
    from django.db import connection

    from solitude.vault.checks import VaultBroken, self_test
    from solitude.vault.keyring import KeyRingError

    try:
        self_test()
    except (KeyRingError, VaultBroken) as error:
        remark(str(error))
        return False
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
    return True


def _batch_rows(text: str) -> int:
    rows = int(text)
    if not 1 <= rows <= BATCH_ROWS_MAX:
        raise argparse.ArgumentTypeError(f"must be 1 to {BATCH_ROWS_MAX}")
    return rows
