"""Receivers of syslog on loopback, made of sockets: one that reads, and one that never does."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from tests.support.waiting import until

PATIENCE_S = 20


@contextmanager
def datagrams(path: Path | None = None, port: int = 0) -> Iterator[socket.socket]:
    """A socket for datagrams, at `path` or over UDP."""
    with socket.socket(socket.AF_UNIX if path else socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(str(path) if path else ("127.0.0.1", port))
        listening.settimeout(PATIENCE_S)
        yield listening


class Reader:
    """Takes every connection, and reads its counted frames."""

    def __init__(self, port: int = 0) -> None:
        self.messages: list[str] = []
        self.torn = 0
        self._connections: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self._connections.append(connection)
            threading.Thread(target=self._read, args=(connection,), daemon=True).start()

    def _read(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as stream:
            while length := number(stream):
                message = stream.read(length)
                if len(message) < length:
                    self.torn += 1
                    return
                self.messages.append(message.decode())

    def waits_for(self, text: str) -> str:
        """The first message that holds the text."""
        return until(lambda: next((one for one in self.messages if text in one), ""))

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for connection in self._connections:
            connection.shutdown(socket.SHUT_RDWR)
            connection.close()


def number(stream: BinaryIO) -> int:
    digits = b""
    while (one := stream.read(1)) and one != b" ":
        digits += one
    return int(digits or 0)


@contextmanager
def reader(port: int = 0) -> Iterator[Reader]:
    reading = Reader(port)
    try:
        yield reading
    finally:
        if reading._listening.fileno() >= 0:
            reading.close()


@contextmanager
def hanging() -> Iterator[int]:
    """The port of a receiver that takes a connection or two and never reads from them, with a small buffer: those that come after them get
    no answer, so that what waits finds no buffer of a new one either."""
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        yield listening.getsockname()[1]
