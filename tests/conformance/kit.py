"""`make kit PROVIDER=acme`: the kit for one provider, at its simulator; also for one in a package of its own, which must be installed.

With `PROXY=true` the house is in two processes, and only the proxy has credentials.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.conformance import behind_proxy, elsewhere

FAILED_TO_START = 2
# Tests that wait for a time-out wait this long.
TIMEOUT_MS = "1000"


def settings(provider: str) -> dict[str, str]:
    """Under which the provider is on and tried; of one of the house there is nothing to turn on."""
    from solitude.packages import TAKEN, installed

    if provider in installed() and provider not in TAKEN:
        return {"SOLITUDE_PROVIDERS": provider, f"SOLITUDE_{provider.upper()}_TIMEOUT_MS": TIMEOUT_MS}
    return {}


def main(arguments: list[str], environ: Mapping[str, str]) -> int:
    """The exit status of the kit, or `FAILED_TO_START` when it was not run."""
    if len(arguments) != 1:
        print("make kit: PROVIDER must name a provider, such as acme or paypal-rest", file=sys.stderr)
        return FAILED_TO_START
    (provider,) = arguments
    more = environ.get("ARGS", "").split()
    if environ.get("PROXY") != "true":
        return _status(["-k", provider, elsewhere.KIT, *more], settings(provider), TESTS_KIT=provider)
    with (
        tempfile.TemporaryDirectory() as home,
        behind_proxy.running(Path(home), settings(provider)) as (database, variables),
    ):
        return _status([*behind_proxy.selected(provider), *more], database, TESTS_KIT=provider, **variables)


def _status(arguments: list[str], of_house: dict[str, str], **variables: str) -> int:
    command, environment = elsewhere.command(*arguments), elsewhere.environment(of_house, **variables)
    return subprocess.run(command, cwd=elsewhere.ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
