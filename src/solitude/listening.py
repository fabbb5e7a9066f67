"""Whether an address of this machine is free to be served at.

The server processes of one server share their address (SO_REUSEPORT), and so would those of two servers, silently: each would get a part
of the other's requests.
"""

import errno
import socket
import time
from contextlib import closing

from solitude.configuration import ConfigurationError

# The processes of a server that was killed notice that after a second, and end.
FREE_WITHIN_S = 10
LOOK_EVERY_S = 0.1


def refuse_taken(host: str, port: int) -> None:
    """Raises ConfigurationError, a sentence for the operator, where somebody listens there and does not end, or nobody can."""
    deadline = time.monotonic() + FREE_WITHIN_S
    while problem := _problem(host, port):
        if problem.errno != errno.EADDRINUSE:
            raise ConfigurationError(f"nobody can listen at {host}, port {port}: {problem.strerror}")
        if time.monotonic() >= deadline:
            raise ConfigurationError(f"another program listens at {host}, port {port}: end it, or give another --port")
        time.sleep(LOOK_EVERY_S)


def _problem(host: str, port: int) -> OSError | None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with closing(socket.socket(family, kind, protocol)) as tried:
            # Connections that have ended (TIME_WAIT) hold up no restart. Who listens is in the way nevertheless.
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(address)
            tried.listen(1)
    except OSError as error:
        return error
    return None
