"""`make kit PROVIDER=acme`: the kit for one provider, at its simulator; also for one in a package of its own, which must be installed."""

import os
import subprocess
import sys
from collections.abc import Mapping

from tests.conformance import elsewhere

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
    return subprocess.run(
        elsewhere.command("-k", provider, elsewhere.KIT, *environ.get("ARGS", "").split()),
        cwd=elsewhere.ROOT,
        env=elsewhere.environment(settings(provider), TESTS_KIT=provider),
        check=False,
    ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
