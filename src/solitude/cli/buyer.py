"""`buyer`: what is held about one person, and its erasure."""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from . import start


def take(commands: Any) -> None:
    buyer = commands.add_parser("buyer", help="one person: what is held about it, and its erasure").add_subparsers(
        required=True, metavar="ACTION"
    )
    export = buyer.add_parser("export", help="everything that is held about this buyer, as one JSON document")
    export.add_argument("uuid", metavar="UUID")
    export.add_argument(
        "--out", type=Path, metavar="FILE", help="a new file, which only its owner can read; else standard output"
    )
    export.set_defaults(run=_export)
    erase = buyer.add_parser("erase", help="closes the account and lets go what is of this buyer; says what stays")
    erase.add_argument("uuid", metavar="UUID")
    erase.add_argument("--dry-run", action="store_true", help="says what would be done, and changes nothing")
    erase.set_defaults(run=_erase)


def _found(name: str) -> Any:
    """The buyer, or None, which is told."""
    from solitude.buyers import erasing

    buyer = erasing.find(name)
    if buyer is None:
        print("solitude: there is no buyer with this uuid; perhaps it was erased before", file=sys.stderr)
    return buyer


def _export(chosen: argparse.Namespace) -> int:
    start.set_up()
    if start.is_behind():
        return start.NOT_MIGRATED
    from solitude.audit import accesses
    from solitude.buyers import exporting

    buyer = _found(chosen.uuid)
    if buyer is None:
        return start.NOT_DONE
    accesses.by_operator(accesses.Does.READ, "buyer", "solitude buyer export", [buyer.resource_uri])
    text = json.dumps(exporting.document(buyer), ensure_ascii=False, indent=2)
    if chosen.out is None:
        print(text)
        return 0
    try:
        with os.fdopen(os.open(chosen.out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
            out.write(text + "\n")
    except OSError as error:
        print(f"solitude: {chosen.out} cannot be written: {error.strerror}", file=sys.stderr)
        return start.UNUSABLE
    return 0


def _erase(chosen: argparse.Namespace) -> int:
    """With status 0 when all is done that can be done ever, 1 when something is held: then the worker goes on."""
    settings = start.set_up()
    if start.is_behind():
        return start.NOT_MIGRATED
    from solitude.audit import accesses
    from solitude.buyers import erasing

    start.set_up_logs(settings)
    buyer = _found(chosen.uuid)
    if buyer is None:
        return start.NOT_DONE
    does = accesses.Does.READ if chosen.dry_run else accesses.Does.REMOVED
    accesses.by_operator(does, "buyer", "solitude buyer erase", [buyer.resource_uri])
    parts = erasing.planned(buyer) if chosen.dry_run else erasing.erase(buyer)
    print(
        f"{buyer.resource_uri}: the account {'would be' if chosen.dry_run else 'is'} closed, here and at the providers"
    )
    for part in parts:
        if part.rows:
            print(f"{part.data.name}: {part.rows} rows. {part.data.then}")
        for why, count in part.held.items():
            print(f"{part.data.name}: {count} rows are held ({why}); the worker goes on when that has ended")
    _tell_what_stays()
    return start.NOT_DONE if any(part.held for part in parts) and not chosen.dry_run else 0


def _tell_what_stays() -> None:
    from solitude.retention import table
    from solitude.retention.classes import declared

    for data in declared().values():
        if data.of_erased:
            print(f"stays: {data.of_erased} ({data.name}, {table.period(data)})")
