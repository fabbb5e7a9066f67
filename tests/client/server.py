"""A small real HTTP server that plays Solitude: it checks every signature on its own and gives scripted answers."""

import base64
import hashlib
import json
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt

KEY = "marketplace"
SECRET = "the-secret-of-the-marketplace-0123456789"
HANG_MAX_S = 30
DRIP_S = 0.05


@dataclass(frozen=True)
class Reply:
    """What one request is answered.

    `raw` stands for `body` when it is no JSON. Without an answer it `hangs` or `drops`; `drips`: a byte now and then.
    """

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    content_type: str = "application/json"
    length: int | None = None
    hangs: bool = False
    drops: bool = False
    drips: bool = False


HANGS = Reply(hangs=True)
DROPS = Reply(drops=True)


@dataclass(frozen=True)
class Received:
    """One request as it came in. `claims`: those of its verified token, None for an unsigned request."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    claims: dict[str, Any] | None

    @property
    def json(self) -> Any:
        return json.loads(self.body, parse_float=lambda text: f"number {text}")

    @property
    def idempotency_key(self) -> str | None:
        return self.headers.get("Idempotency-Key")


class FakeSolitude:
    """The server under the name of `url`; the last of its replies is given again and again."""

    def __init__(self) -> None:
        self.replies: deque[Reply] = deque()
        self.received: list[Received] = []
        self.problems: list[str] = []
        self.released = threading.Event()
        self.connections = 0
        self._jtis: set[str] = set()
        self._lock = threading.Lock()
        self.http = Http(self)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http.server_address[1]}"

    def stop(self) -> None:
        """From now on a connection is refused."""
        self.http.shutdown()
        self.http.server_close()

    def answers(self, *replies: Reply) -> None:
        self.replies.extend(replies)

    def take(self, received: Received) -> Reply:
        with self._lock:
            self.received.append(received)
            return self.replies.popleft() if len(self.replies) > 1 else self.replies[0]

    def verified(self, method: str, target: str, headers: dict[str, str], body: bytes) -> dict[str, Any] | None:
        """The claims, checked here rule by rule and not with the code under test."""
        scheme, _, token = headers.get("Authorization", "").partition(" ")
        if not scheme:
            return None
        claims: dict[str, Any] = jwt.decode(token, SECRET, algorithms=["HS256"], audience="solitude")
        hashed = base64.urlsafe_b64encode(hashlib.sha256(body).digest()).decode().rstrip("=")
        self._expect(scheme == "Bearer", "scheme")
        self._expect(jwt.get_unverified_header(token)["alg"] == "HS256", "algorithm")
        self._expect(claims["iss"] == KEY, "iss")
        self._expect(0 < claims["exp"] - claims["iat"] <= 300, "life")
        self._expect(claims["htm"] == method, "htm")
        self._expect(claims["htu"] == target, "htu")
        self._expect(claims.get("bsh") == (hashed if body else None), "bsh")
        with self._lock:
            self._expect(claims["jti"] not in self._jtis, "jti used twice")
            self._jtis.add(claims["jti"])
        return claims

    def _expect(self, holds: bool, what: str) -> None:
        if not holds:
            self.problems.append(what)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "Http"

    def setup(self) -> None:
        super().setup()
        self.server.fake.connections += 1

    def _answer(self) -> None:
        fake = self.server.fake
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = dict(self.headers.items())
        try:
            claims = fake.verified(self.command, self.path, headers, body)
        except jwt.InvalidTokenError as error:
            fake.problems.append(repr(error))
            claims = None
        reply = fake.take(Received(self.command, self.path, headers, body, claims))
        if reply.hangs:
            fake.released.wait(HANG_MAX_S)
        if reply.hangs or reply.drops:
            self.close_connection = True
        else:
            self._write(reply)

    def _write(self, reply: Reply) -> None:
        raw = reply.raw if reply.raw is not None else b"" if reply.body is None else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(raw) if reply.length is None else reply.length))
        self.end_headers()
        try:
            for piece in [bytes([byte]) for byte in raw] if reply.drips else [raw]:
                self.wfile.write(piece)
                if reply.drips and self.server.fake.released.wait(DRIP_S):
                    break
        except OSError:
            self.close_connection = True  # the client has had enough
        if reply.length is not None or reply.drips:
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """The test says what it wants to know."""


class Http(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, fake: FakeSolitude) -> None:
        self.fake = fake
        super().__init__(("127.0.0.1", 0), Handler)

    def handle_error(self, *_: object) -> None:
        error = sys.exception()
        # That a client goes away is what some tests want.
        if not isinstance(error, OSError):
            self.fake.problems.append(repr(error))


@contextmanager
def serving(fake: FakeSolitude) -> Iterator[FakeSolitude]:
    thread = threading.Thread(target=fake.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        fake.released.set()
        fake.stop()
        thread.join(5)
    assert fake.problems == []
