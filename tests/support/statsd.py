"""A statsd daemon on loopback, and what it hears."""

import socket
from collections.abc import Iterator

import pytest

from solitude.telemetry import metrics

PATIENCE_S = 10


class Daemon:
    """A statsd daemon on loopback: what it hears, datagram by datagram."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.socket.settimeout(PATIENCE_S)
        self.address: tuple[str, int] = self.socket.getsockname()[:2]

    def hears(self) -> str:
        return self.socket.recv(65_536).decode("ascii")

    def hears_nothing_more(self) -> bool:
        """Loopback delivers before `send` returns, so what is not there now does not come."""
        self.socket.setblocking(False)
        try:
            self.socket.recv(1)
        except BlockingIOError:
            return True
        return False


@pytest.fixture
def daemon() -> Iterator[Daemon]:
    listening = Daemon()
    metrics.configure(listening.address, "")
    yield listening
    metrics.close()
    listening.socket.close()
