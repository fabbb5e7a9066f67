"""The `solitude` command. Each module beside this one has some of its commands: `take` adds them to the parser."""

import argparse
import sys
from collections.abc import Sequence

from solitude.cli import (
    audit,
    backup,
    buyer,
    check,
    clients,
    data,
    keys,
    log,
    new_provider,
    proxy,
    retention,
    serving,
    version,
)
from solitude.cli.start import NOT_DONE, UNUSABLE, unanswered, unusable
from solitude.configuration import ConfigurationError

__all__ = ["UNUSABLE", "main", "parser"]

PARTS = (
    serving,
    proxy,
    check,
    log,
    data,
    new_provider,
    clients,
    keys,
    backup,
    audit,
    retention,
    buyer,
)


def main(arguments: Sequence[str] | None = None) -> int:
    chosen = parser().parse_args(arguments)
    try:
        return int(chosen.run(chosen))
    except ConfigurationError as error:
        print(f"solitude: the configuration cannot be used: {error}", file=sys.stderr)
        return UNUSABLE
    except unusable() as error:
        print(f"solitude: {error}", file=sys.stderr)
        return UNUSABLE
    except KeyboardInterrupt:
        return 130
    except unanswered() as error:
        print(f"solitude: the database does not answer: {str(error).strip()}", file=sys.stderr)
        return NOT_DONE


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="solitude", description="A payment server for marketplaces.")
    made.add_argument("--version", action=version.Shown, help="what runs: Solitude, Python, the databases' libraries")
    commands = made.add_subparsers(required=True, metavar="COMMAND")
    for part in PARTS:
        part.take(commands)
    return made
