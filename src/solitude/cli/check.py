"""`check`: the plugin of the monitoring."""

import argparse
import logging
from typing import Any

from solitude.configuration import ConfigurationError

from . import start

# What a plugin of the monitoring ends with when it cannot tell.
UNKNOWN = 3
CHECK_MAX_S = 3600


def take(commands: Any) -> None:
    check = commands.add_parser(
        "check", help="a plugin for the monitoring: exits with 0 (ok), 1 (warning), 2 (critical), 3 (unknown)"
    )
    check.add_argument("--url", default="", help="asks a running server too, e.g. http://127.0.0.1:2602")
    check.add_argument(
        "--client", metavar="KEY", default="", help="the client that signs; needed where there are several"
    )
    check.add_argument("--timeout-s", metavar="SECONDS", default="10", help="for the check as a whole (default 10)")
    check.add_argument("--server-only", action="store_true", help="with --url: leaves the database alone")
    check.add_argument("--plain-http", action="store_true", help="allows a --url of http to another machine")
    check.set_defaults(run=_check)


def _check(chosen: argparse.Namespace) -> int:
    """One line on standard output, whatever is the case: that is all that the monitoring reads."""
    timeout_s = int(chosen.timeout_s) if chosen.timeout_s.isascii() and chosen.timeout_s.isdigit() else 0
    if not 1 <= timeout_s <= CHECK_MAX_S or (chosen.server_only and not chosen.url):
        # argparse would end with 2, which is critical to the monitoring.
        print(f"SOLITUDE UNKNOWN - --timeout-s is 1 to {CHECK_MAX_S} seconds, and --server-only goes with --url")
        return UNKNOWN
    try:
        start.set_up()
        # What is wrong is the line; a library that logs has nowhere to write but the console.
        logging.disable()
        from solitude.services import plugin
    except ConfigurationError as error:
        print(f"SOLITUDE UNKNOWN - the configuration cannot be used: {' '.join(str(error).split())}".replace("|", "/"))
        return UNKNOWN
    except Exception as error:  # noqa: BLE001 - of what went wrong, only the kind is surely no secret
        print(f"SOLITUDE UNKNOWN - the check cannot start: {type(error).__name__}")
        return UNKNOWN
    options = plugin.Options(chosen.url, chosen.client, timeout_s, chosen.server_only, chosen.plain_http)
    return plugin.run(options)
