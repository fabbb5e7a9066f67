"""A TCP port of this machine that nothing listens on."""

import secrets
import socket

# Below the range from which Linux takes the source ports of outgoing connections (32768 and up): a port from there may
# be gone again between the moment it is picked and the moment a server binds it.
LOWEST, HIGHEST = 15_000, 32_000
TRIES = 100


def free_port() -> int:
    """A loopback port that could be bound a moment ago; the caller binds it soon and is ready to lose it.

    Raises:
        OSError: none was found in `TRIES` tries.
    """
    for _ in range(TRIES):
        port = LOWEST + secrets.randbelow(HIGHEST - LOWEST)
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            # As servers do, so that a port with connections in TIME_WAIT counts as free here when it does there.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError(f"no free port from {LOWEST} to {HIGHEST} in {TRIES} tries")
