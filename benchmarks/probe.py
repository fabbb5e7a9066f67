"""Asks again and again what is quick to answer, one question after the other, and tells how long each answer took.

Started by `waiting.py` as a process of its own, so that nothing else that it does makes an answer seem late. A line of JSON says whom to
ask, how often and what: requests as text, each for once. It goes on until its input ends, and prints of each answer when it was asked for,
by this machine's clock, and the milliseconds that it took.
"""

import json
import select
import socket
import sys
import time
from typing import Any

ANSWER_LIMIT_S = 60
RECEIVE_BYTES = 65_536


def answered(connection: socket.socket, raw: bytes) -> bytes:
    """The head of the answer; the whole of it is read."""
    connection.sendall(raw)
    received = b""
    while b"\r\n\r\n" not in received:
        received += _more(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    fields = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:])
    left = int(fields[b"content-length"]) - len(body)
    while left > 0:
        left -= len(_more(connection))
    return head


def _more(connection: socket.socket) -> bytes:
    if not (chunk := connection.recv(RECEIVE_BYTES)):
        raise ConnectionError("the connection was closed within an answer")
    return chunk


def main() -> int:
    order: dict[str, Any] = json.loads(sys.stdin.readline())
    took: list[tuple[float, float]] = []
    host, port = order["host"].rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=ANSWER_LIMIT_S) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        print("ready", flush=True)
        for raw in order["requests"]:
            # It is told to stop by the end of its input.
            if select.select([sys.stdin], [], [], order["pause_ms"] / 1000)[0]:
                break
            at, asked = time.time(), time.perf_counter()
            head = answered(connection, raw.encode())
            took.append((at, (time.perf_counter() - asked) * 1000))
            if not head.startswith(b"HTTP/1.1 200 "):
                raise ValueError(head.decode())
    print(json.dumps(took), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
