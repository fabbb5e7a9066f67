"""A small threaded HTTP/1.1 server for WSGI applications, with the two things that stock development servers lack here:

keep-alive (clients pool their connections, as they do with the real provider), and a way to lose an answer on its way
out (`Wire`), which is what the simulator exists for.
"""

import contextlib
import io
import logging
import select
import socket
import sys
import threading
from collections.abc import Iterable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote_to_bytes

from solitude_sandbox.faults import WIRE_KEY, Wire

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

log = logging.getLogger("solitude_sandbox")

BODY_LIMIT_BYTES = 128 * 1024
LENGTH_DIGITS_LIMIT = 18
DRAIN_LIMIT_BYTES = 16 * 1024 * 1024
DRAIN_LIMIT_S = 2
CONNECTIONS_LIMIT = 4096
IDLE_LIMIT_S = 75
POLL_S = 0.1


class SandboxServer(ThreadingMixIn, HTTPServer):
    """Serves `application`, a thread per connection, at most `CONNECTIONS_LIMIT` at a time (others are turned away)."""

    daemon_threads = True
    request_queue_size = 1024
    allow_reuse_address = True

    def __init__(self, host: str, port: int, application: "WSGIApplication") -> None:
        self.application = application
        self._connections: set[socket.socket] = set()
        self._connections_lock = threading.Lock()
        super().__init__((host, port), _Handler)

    def server_bind(self) -> None:
        """Bind without the reverse DNS look-up of `HTTPServer`, which can take seconds."""
        # HTTPServer.server_bind calls socket.getfqdn; its parent is what we want.
        super(HTTPServer, self).server_bind()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    @property
    def port(self) -> int:
        """The port that is listened on (chosen by the system if 0 was asked for)."""
        return self.server_port

    def serve_forever(self, poll_interval: float = POLL_S) -> None:
        """Serve until `shutdown()`; then close the port and every connection at once."""
        try:
            super().serve_forever(poll_interval)
        finally:
            self.server_close()

    def server_close(self) -> None:
        """Stop listening, cut every open connection, and end what the application does in the background."""
        super().server_close()
        with self._connections_lock:
            connections = list(self._connections)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        close = getattr(self.application, "close", None)
        if close is not None:
            close()

    def verify_request(self, request: Any, client_address: Any) -> bool:  # noqa: ARG002
        """Turn a connection away when there are too many."""
        with self._connections_lock:
            if len(self._connections) >= CONNECTIONS_LIMIT:
                return False
            self._connections.add(request)
            return True

    def shutdown_request(self, request: Any) -> None:
        """Forget and close a connection."""
        with self._connections_lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """A client that goes away is no event; anything else is a bug of ours and is shown."""
        error = sys.exception()
        if not isinstance(error, (ConnectionError, TimeoutError)):
            log.error("connection failed", exc_info=error)


class _Handler(BaseHTTPRequestHandler):
    """One connection: reads requests, calls the application, sends each answer in one write."""

    protocol_version = "HTTP/1.1"
    server_version = "solitude-sandbox"
    timeout = IDLE_LIMIT_S
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body leave together, at flush

    def _serve(self) -> None:
        length = self._body_length()
        if length is None:
            self.send_error(HTTPStatus.BAD_REQUEST)
            return
        unread = length > BODY_LIMIT_BYTES or "Transfer-Encoding" in self.headers
        environ = self._environ(b"" if unread else self.rfile.read(length))
        answer = _Answer()
        try:
            content = _join(cast("SandboxServer", self.server).application(environ, answer.start))
        except Exception:  # the last line of defence: whatever the bug is, the client gets an answer
            log.exception("the simulator failed on %s %s", self.command, environ["PATH_INFO"])
            answer, content = _Answer(status="500 Internal Server Error"), b""
        # Where the next request starts is unknown now.
        self.close_connection = self.close_connection or unread
        self._send(answer, content, environ.get(WIRE_KEY))
        if unread:
            self._drain()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve  # noqa: N815 - names of the base class

    def _body_length(self) -> int | None:
        """Content-Length, 0 without one, None if it is no number."""
        value = self.headers.get("Content-Length", "0")
        return int(value) if value.isascii() and value.isdigit() and len(value) <= LENGTH_DIGITS_LIMIT else None

    def _drain(self) -> None:
        """Read on for a while: a client that is still sending when we hang up sees a reset instead of our answer."""
        self.connection.shutdown(socket.SHUT_WR)
        self.connection.settimeout(DRAIN_LIMIT_S)
        left = DRAIN_LIMIT_BYTES
        while left > 0 and (chunk := self.rfile.read1(65536)):
            left -= len(chunk)

    def _environ(self, body: bytes) -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        server = cast("SandboxServer", self.server)
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "REQUEST_URI": self.path,  # not WSGI's, but what is signed is this, with its escapes
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": self.headers.get("Content-Length", ""),
            "SERVER_NAME": server.server_name,
            "SERVER_PORT": str(server.port),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in self.headers.items():
            key = "HTTP_" + name.upper().replace("-", "_")
            if key not in ("HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"):
                environ[key] = f"{environ[key]},{value}" if key in environ else value
        return environ

    def _send(self, answer: "_Answer", content: bytes, wire: Wire | None) -> None:
        if wire is not None:
            self.close_connection = True
            self._hold(wire.hold_s)
            if wire.share == 0:
                return
        code, _, reason = answer.status.partition(" ")
        self.send_response_only(int(code), reason)
        self.send_header("Server", self.version_string())
        self.send_header("Date", self.date_time_string())
        for name, value in answer.headers:
            self.send_header(name, value)
        bodiless = int(code) in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
        if not bodiless and "content-length" not in {name.lower() for name, _ in answer.headers}:
            self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD" and not bodiless:
            self.wfile.write(content if wire is None else content[: int(len(content) * wire.share)])
        self.wfile.flush()

    def _hold(self, seconds: float) -> None:
        """Keep the client waiting; end early when it hangs up, so that the thread is free again."""
        if seconds > 0:
            select.select([self.connection], [], [], seconds)

    def handle_expect_100(self) -> bool:
        """Say `100 Continue` at once: it must not wait in the buffer for the answer that it announces."""
        super().handle_expect_100()
        self.wfile.flush()
        return True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Print nothing: the simulator keeps its own request log, without secrets."""


class _Answer:
    """What the application says through `start_response`."""

    def __init__(self, status: str = "") -> None:
        self.status = status
        self.headers: list[tuple[str, str]] = []

    def start(self, status: str, headers: list[tuple[str, str]], exc_info: object = None) -> Any:  # noqa: ARG002
        """WSGI's `start_response`."""
        self.status, self.headers = status, headers
        return _no_write


def _no_write(_: bytes) -> None:
    raise NotImplementedError("Answer with an iterable; WSGI's write() is not offered.")


def _join(chunks: Iterable[bytes]) -> bytes:
    try:
        return b"".join(chunks)
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()
