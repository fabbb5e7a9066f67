"""`clients`: who may call the API, and signatures by hand."""

import argparse
import sys
from pathlib import Path
from typing import Any

from . import start


def take(commands: Any) -> None:
    clients = commands.add_parser("clients", help="the clients of the API").add_subparsers(
        required=True, metavar="ACTION"
    )
    listing = clients.add_parser("list", help="who may call, and what")
    listing.set_defaults(run=_clients_list)
    sign = clients.add_parser("sign", help="prints an Authorization header for one request, for use with curl")
    sign.add_argument("method", metavar="METHOD")
    sign.add_argument("path", metavar="PATH", help="path and query, e.g. /generic/buyer/?uuid=shop%%3A77")
    sign.add_argument("--body", type=Path, metavar="FILE", help="the file that is sent as the body")
    sign.add_argument("--client", metavar="KEY", help="the client that signs; needed where there are several")
    sign.set_defaults(run=_clients_sign)


def _clients_list(_chosen: argparse.Namespace) -> int:
    start.set_up()
    from solitude.web import known_clients

    for client in known_clients.known().values():
        allowed = "everything" if client.allow is None else ", ".join(client.allow) or "nothing"
        print(f"{client.key}\t{len(client.secrets)} secret(s)\tmay call {allowed}")
    return 0


def _clients_sign(chosen: argparse.Namespace) -> int:
    start.set_up()
    from solitude.client.signing import authorization
    from solitude.web import known_clients

    clients = known_clients.known()
    if chosen.client is None and len(clients) != 1:
        print(
            f"solitude: name the client with --client: {', '.join(clients) or 'SOLITUDE_CLIENTS is empty'}",
            file=sys.stderr,
        )
        return start.UNUSABLE
    client = clients.get(chosen.client) if chosen.client else next(iter(clients.values()))
    if client is None:
        print("solitude: there is no such client in SOLITUDE_CLIENTS", file=sys.stderr)
        return start.UNUSABLE
    body = chosen.body.read_bytes() if chosen.body else b""
    try:
        header = authorization(
            key=client.key, secret=client.secrets[0], method=chosen.method, target=chosen.path, body=body
        )
    except ValueError as error:
        print(f"solitude: {error}", file=sys.stderr)
        return start.UNUSABLE
    print(f"Authorization: {header}")
    return 0
