"""`new-provider`: a package for a payment provider."""

import argparse
import sys
from pathlib import Path
from typing import Any

from . import start


def take(commands: Any) -> None:
    new = commands.add_parser("new-provider", help="makes a package for a payment provider, which passes its tests")
    new.add_argument("name", metavar="NAME", help="of the provider: small letters, digits and _")
    new.add_argument("--into", type=Path, metavar="DIR", help="the new folder (default: solitude-NAME)")
    new.set_defaults(run=_new_provider)


def _new_provider(chosen: argparse.Namespace) -> int:
    from solitude import new_provider

    into = chosen.into or Path(f"solitude-{chosen.name}")
    try:
        files = new_provider.make(chosen.name, into)
    except new_provider.NotMade as error:
        print(f"solitude: {error}", file=sys.stderr)
        return start.UNUSABLE
    print(
        f"solitude: {into} has the provider {chosen.name} in {len(files)} files; docs/providers/adding.md goes on from here"
    )
    return 0
