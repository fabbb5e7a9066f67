"""`proxy`: the process that has the providers' credentials and no database."""

import argparse
import os
import sys
from typing import Any

from solitude import tls
from solitude.configuration import ConfigurationError, is_loopback

from . import start
from .serving import collecting, take_tls

PORT = 2604


def take(commands: Any) -> None:
    proxy = commands.add_parser("proxy", help="the proxy: has the providers' credentials, and no database")
    proxy.add_argument("--host", default="127.0.0.1")
    proxy.add_argument("--port", type=int, default=PORT)
    take_tls(proxy)
    proxy.set_defaults(run=_proxy)


def _proxy(chosen: argparse.Namespace) -> int:
    """One server process only: what must not be sent twice is known to it alone."""
    files = tls.files(chosen.tls_cert, chosen.tls_key, chosen.tls_client_ca)
    if files is None and not is_loopback(chosen.host):
        raise ConfigurationError("the proxy is reached from other machines over TLS only: --tls-cert and --tls-key")
    os.environ["SOLITUDE_PROXY"] = "enabled"
    settings = start.set_up()
    if settings.environment.undeclared():
        print(
            f"solitude: unknown settings are ignored: {', '.join(settings.environment.undeclared())}", file=sys.stderr
        )
    # The server process reads the variables itself, and removes them; this one serves no request.
    settings.environment.give_back()
    from solitude import server

    with collecting("proxy", settings):
        return server.run(chosen.host, chosen.port, 1, files)
