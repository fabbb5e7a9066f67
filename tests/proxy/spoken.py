"""A proxy that answers whatever a test wants, on a free port of loopback: what stands between us and a provider, good or bad."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt

from solitude.outbound import vouching
from solitude.outbound.vouching import Mark, Said

SECRET = "the-secret-of-the-hop-in-tests-0123456789"


@dataclass
class Heard:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def claims(self) -> dict[str, Any]:
        token = self.headers["authorization"].removeprefix("Bearer ")
        found: dict[str, Any] = jwt.decode(token, SECRET, algorithms=["HS256"], audience=vouching.PROXY)
        return found


Reply = Callable[[Heard], Said]


@dataclass
class Spoken:
    url: str
    reply: Reply
    heard: list[Heard] = field(default_factory=list)


def said(
    heard: Heard,
    mark: str = Mark.ANSWERED,
    *,
    status: int = 200,
    body: bytes = b"{}",
    secret: str = SECRET,
    jti: str | None = None,
    **headers: str,
) -> Said:
    """An answer with a proof that fits."""
    told = {vouching.MARK: mark, "Content-Type": "application/json"}
    told |= {name.replace("_", "-"): value for name, value in headers.items()}
    proof = vouching.proof(secret, jti or heard.claims["jti"], Said(status, told, body))
    return Said(status, told | {vouching.PROOF: proof}, body)


@contextmanager
def proxy(reply: Reply) -> Iterator[Spoken]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            heard = Heard(self.command, self.path, headers, body)
            spoken.heard.append(heard)
            answer = spoken.reply(heard)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: Any) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    spoken = Spoken(f"http://127.0.0.1:{server.server_port}/proxy/provider/acme", reply)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield spoken
    finally:
        server.shutdown()
        server.server_close()
