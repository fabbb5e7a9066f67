"""The kit with the house in two processes: it runs in the one with the database, which has no credentials and speaks with the proxy alone.

The proxy is a process of its own, over TLS with certificates of both sides. It asks the simulators, which live in the process of the kit.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import time_machine
from tests.conformance import elsewhere
from tests.support import environment, proxied
from tests.support.free_port import free_port

from solitude.client import signing

OF_THIS_PROCESS = Path(__file__).with_name("without_credentials.py")
# The port of the proxy, for the process of the kit.
PORT = "TESTS_PROXY_PORT"


# A call has a second leg here, with a handshake of its own; and the proxy is to give up first, so that it can say why.
TIMEOUTS = ("PAYPAL", "BANGO", "REFERENCE", "BRAINTREE")
OF_PROXY = {f"SOLITUDE_{name}_TIMEOUT_MS": "3000" for name in TIMEOUTS}
OF_HOUSE = {f"SOLITUDE_{name}_TIMEOUT_MS": "5000" for name in TIMEOUTS} | {"SOLITUDE_CALL_LEASE_S": "20"}


@contextmanager
def running(home: Path, settings: dict[str, str]) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """A proxy; `settings` are further ones of either process. What `elsewhere` needs to run the kit behind it: settings, and variables."""
    planned, port = proxied.plan(home), free_port()
    sandbox = f"http://127.0.0.1:{port}"
    with proxied.proxy(
        planned, sandbox, **{**environment.QUICK, "SOLITUDE_CALL_LEASE_S": "20", **OF_PROXY, **settings}
    ):
        database = {**proxied.of_database(sandbox), **planned.settings, **OF_HOUSE, **settings}
        yield database, {"TESTS_SIMULATOR_PORT": str(port), PORT: str(planned.port)}


class Connections:
    """Where the house has connected to, as often as it has."""

    def __init__(self, proxy: int) -> None:
        self.to_proxy, self.elsewhere, self._proxy = 0, list[tuple[str, int]](), proxy

    def note(self, host: str, port: int) -> None:
        """Raises ConnectionRefusedError for every place but the proxy."""
        if (host, port) != ("127.0.0.1", self._proxy):
            self.elsewhere.append((host, port))
            raise ConnectionRefusedError(f"{host}:{port} is not the proxy")
        self.to_proxy += 1


@contextmanager
def alone_with(proxy: int) -> Iterator[Connections]:
    """Within the block the house reaches the proxy alone; and its signatures are of the proxy's time, which no test moves."""
    from solitude.outbound import wire

    seen, connect, sign = Connections(proxy), wire.PlainConnection._new_conn, signing.authorization

    def connected(connection: wire.PlainConnection) -> Any:
        seen.note(connection.host, connection.port)
        return connect(connection)

    def authorization(**said: Any) -> str:
        true = time_machine.escape_hatch
        return sign(**said, now=true.time.time() if true.is_travelling() else time.time())

    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(wire.PlainConnection, "_new_conn", connected))
        stack.enter_context(mock.patch.object(signing, "authorization", authorization))
        yield seen


def selected(provider: str) -> list[str]:
    """pytest's arguments for the kit of one provider, and for what only a process without credentials is asked."""
    return ["-k", f"[{provider} or {OF_THIS_PROCESS.stem}", elsewhere.KIT, str(OF_THIS_PROCESS)]
