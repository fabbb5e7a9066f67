"""`/metrics` for Prometheus, on a port of its own: one thread of the command, which reads what its processes have counted.

A server's processes and the worker have no port for it; their command collects. It answers one request at a time, and whoever is
slow is cut off, so that the endpoint never takes more of the machine than a thread.
"""

import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from ipaddress import ip_address
from pathlib import Path

from solitude.configuration import Network

from . import metrics_prometheus
from .logs import get_logger

log = get_logger("solitude.metrics")
# For a whole request, however many parts it comes in.
PATIENCE_S = 5
HEAD_MAX_BYTES = 16_384
# Of processes that are gone, whose counts are still part of the whole.
GONE_MAX = 64


@contextmanager
def collecting(
    part: str, address: tuple[str, int] | None, networks: tuple[Network, ...], folder: Path
) -> Iterator[None]:
    """Within the block, this process and those that it begins keep their metrics, and `http://address/metrics` shows them.

    `part` is the command (`serve`), `folder` where the files are kept, in a folder of this process. None as address: nothing is kept.
    An address that cannot be had costs the metrics, not the start.
    """
    if address is None:
        yield
        return
    own = folder / f"{part}-{os.getpid()}"
    try:
        _sweep(folder, part)
        own.mkdir(mode=0o700, parents=True)
        server = _server(address, networks, own)
    except OSError as error:
        log.warning("metrics_off", host=address[0], port=address[1], reason=error.strerror)
        shutil.rmtree(own, ignore_errors=True)
        yield
        return
    os.environ[metrics_prometheus.FOLDER] = str(own)
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    try:
        yield
    finally:
        del os.environ[metrics_prometheus.FOLDER]
        server.shutdown()
        server.server_close()
        shutil.rmtree(own, ignore_errors=True)


def _sweep(folder: Path, part: str) -> None:
    """Removes what commands have left that were killed. Another one may run beside this, while one takes the other's place."""
    for left in folder.glob(f"{part}-*"):
        if not _is_alive(left.name.removeprefix(f"{part}-")):
            shutil.rmtree(left, ignore_errors=True)


def _is_alive(pid: str) -> bool:
    return pid.isdigit() and Path(f"/proc/{pid}").exists()


def shown(folder: Path, accept: str) -> tuple[str, bytes]:
    """Content type and text of all that is kept in this folder."""
    from prometheus_client import CollectorRegistry
    from prometheus_client.exposition import choose_encoder
    from prometheus_client.multiprocess import MultiProcessCollector

    _forget_gone(folder)
    registry = CollectorRegistry()
    MultiProcessCollector(registry, str(folder))  # type: ignore[no-untyped-call]
    encoder, content_type = choose_encoder(accept)
    return content_type, encoder(registry)


def _forget_gone(folder: Path) -> None:
    """A process that is gone has no gauges any more. Its counts stay, or they would go down; but not of any number of processes."""
    gone = [path for path in folder.glob("*.db") if not _is_alive(path.stem.rpartition("_")[2])]
    counts = [path for path in gone if not path.name.startswith("gauge_")]
    for path in gone:
        if path not in counts:
            path.unlink(missing_ok=True)
    for path in sorted(counts, key=lambda path: path.stat().st_mtime)[:-GONE_MAX]:
        path.unlink(missing_ok=True)


def _server(address: tuple[str, int], networks: tuple[Network, ...], folder: Path) -> HTTPServer:
    class Handler(_Handler):
        allowed, kept = networks, folder

    server = _Server6 if ":" in address[0] else _Server
    return server(address, Handler)


class _Server(HTTPServer):
    allow_reuse_address = True

    def handle_error(self, *_: object) -> None:
        """The standard library would print it; a scraper that went away is no news."""
        log.info("metrics_not_taken")


class _Server6(_Server):
    # socket.AF_INET6, without the module that rooms other than outbound do not import.
    address_family = 10


class _Handler(BaseHTTPRequestHandler):
    timeout = PATIENCE_S
    allowed: tuple[Network, ...] = ()
    kept: Path
    server_version, sys_version = "solitude", ""

    def setup(self) -> None:
        super().setup()
        self.rfile = BytesIO(self._head())

    def _head(self) -> bytes:
        """The request up to its empty line; nothing where that does not come in time."""
        head, until = b"", time.monotonic() + self.timeout
        try:
            while b"\r\n\r\n" not in head and len(head) < HEAD_MAX_BYTES:
                self.connection.settimeout(max(until - time.monotonic(), 0.001))
                part = self.connection.recv(HEAD_MAX_BYTES)
                if not part:
                    break
                head += part
        except TimeoutError:
            return b""
        self.connection.settimeout(self.timeout)
        return head

    def do_GET(self) -> None:
        peer = ip_address(self.client_address[0])
        peer = getattr(peer, "ipv4_mapped", None) or peer
        if not any(peer in network for network in self.allowed):
            self._answer(HTTPStatus.FORBIDDEN, "text/plain", b"This address may not ask.\n")
        elif self.path.partition("?")[0] != "/metrics":
            self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"There is only /metrics.\n")
        else:
            self._answer(HTTPStatus.OK, *shown(self.kept, self.headers.get("Accept", "")))

    def _answer(self, status: HTTPStatus, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Who reads metrics is no news either."""
