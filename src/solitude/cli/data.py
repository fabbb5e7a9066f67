"""`import`, `export`, `braintree`: what operators bring in and take out."""

import argparse
from collections.abc import Callable
from typing import Any

from solitude.moving import command as moving
from solitude.providers.braintree import command as braintree

from . import start


def take(commands: Any) -> None:
    bring = commands.add_parser("import", help="moves data in from a file")
    moving.take_import(bring)
    bring.set_defaults(run=_import)
    take = commands.add_parser("export", help="writes data to a file that can be imported")
    moving.take_export(take)
    take.set_defaults(run=_export)

    sold = commands.add_parser("braintree", help="the catalogue of what is sold through Braintree")
    braintree.take(sold)
    sold.set_defaults(run=_braintree)


def _import(chosen: argparse.Namespace) -> int:
    return _moving(moving.run_import, chosen)


def _export(chosen: argparse.Namespace) -> int:
    return _moving(moving.run_export, chosen)


def _moving(run: Callable[[argparse.Namespace], int], chosen: argparse.Namespace) -> int:
    settings = start.set_up()
    if start.is_behind():
        return start.NOT_MIGRATED
    start.set_up_logs(settings)
    return run(chosen)


def _braintree(chosen: argparse.Namespace) -> int:
    start.set_up()
    return start.NOT_MIGRATED if start.is_behind() else braintree.run(chosen)
