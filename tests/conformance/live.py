"""`make live PROVIDER=paypal`: the kit at a provider's own sandbox, which is how an operator checks a new account.

What it needs is in the environment; docs/providers/paypal.md says how to come by it.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.conformance import elsewhere

# The kit pays and refunds: never with real money.
FOR_REAL_MONEY = ("api-m.paypal.com", "api.paypal.com")
FAILED_TO_START = 2


@dataclass(frozen=True, slots=True)
class Place:
    """A provider's live sandbox: the adapter to it, the variables that must be there, and the settings with their defaults."""

    adapter: str
    url: str
    needed: Mapping[str, str]
    settings: Mapping[str, str] = field(default_factory=dict)


PLACES = {
    "paypal": Place(
        adapter="paypal-rest-live",
        url="SOLITUDE_PAYPAL_URL",
        needed={
            "SOLITUDE_PAYPAL_CLIENT_ID": "the client id of an app in PayPal's sandbox",
            "SOLITUDE_PAYPAL_CLIENT_SECRET": "its secret",
            "LIVE_SELLER": "the e-mail address or merchant id of a business account of the sandbox, which is paid",
        },
        settings={
            "SOLITUDE_PAYPAL_URL": "https://api-m.sandbox.paypal.com",
            "SOLITUDE_PAYPAL_WEB_URL": "https://www.sandbox.paypal.com",
            "SOLITUDE_PAYPAL_BN_CODE": "",
            "SOLITUDE_PAYPAL_TIMEOUT_MS": "30000",
            "SOLITUDE_CALL_LEASE_S": "120",
        },
    )
}


def main(arguments: list[str], environ: Mapping[str, str]) -> int:
    """The exit status: that of the kit, or `FAILED_TO_START` when it was not run."""
    place = PLACES.get(arguments[0]) if len(arguments) == 1 else None
    if place is None:
        return refused(f"PROVIDER must be one of: {', '.join(PLACES)}")
    missing = [f"  {name}: {meaning}" for name, meaning in place.needed.items() if not environ.get(name)]
    if missing:
        return refused("\n".join(["the environment lacks", *missing]))
    settings = {
        **{name: environ.get(name, default) for name, default in place.settings.items()},
        **{name: environ[name] for name in place.needed if name.startswith("SOLITUDE_")},
    }
    if urlsplit(settings[place.url]).hostname in FOR_REAL_MONEY:
        return refused(f"{place.url} is for real money, which the kit must not move")
    return subprocess.run(
        # Without capture a person sees where to approve, and who takes long to do it is no test that hangs.
        elsewhere.command("-s", "-o", "faulthandler_timeout=0", "-k", place.adapter, elsewhere.KIT),
        cwd=elsewhere.ROOT,
        env=elsewhere.environment(settings, TESTS_LIVE=place.adapter),
        check=False,
    ).returncode


def refused(why: str) -> int:
    print(f"make live: {why}", file=sys.stderr)
    return FAILED_TO_START


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
