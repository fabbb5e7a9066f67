"""Simulators of payment providers, for development and tests. Speaks only HTTP with what it serves.

`serve` is the command, `make_server` the same in a thread of a test, `create_app` the bare WSGI application.
"""

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

from solitude_sandbox.app import create_app
from solitude_sandbox.server import SandboxServer

__all__ = ["SandboxServer", "create_app", "make_server", "serve"]


def make_server(host: str = "127.0.0.1", port: int = 0) -> SandboxServer:
    """A sandbox with empty books that listens already; port 0 takes a free one, see `.port`.

    Call `serve_forever()` in a thread and `shutdown()` to end it. OSError if the port is taken.
    """
    return SandboxServer(host, port, create_app())


def serve(host: str, port: int) -> None:
    """Serve until SIGTERM or Ctrl-C, then return. Prints one line when connections are accepted."""
    with _ended_by_signals(), make_server(host, port) as server:
        sys.stdout.write(f"sandbox ready on http://{host}:{server.port}/\n")
        sys.stdout.flush()
        server.serve_forever()


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Leave the block quietly at SIGTERM or SIGINT. Signals belong to the main thread; elsewhere nothing is changed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kinds = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(kind, _end) for kind in kinds]
    try:
        with contextlib.suppress(_Ended):
            yield
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)


class _Ended(BaseException):
    """A signal asked us to end; not an `Exception`, so that no handler on the way takes it for a failure."""


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    raise _Ended
