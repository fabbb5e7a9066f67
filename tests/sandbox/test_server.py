"""The HTTP server and the command: connections, limits, start and end."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from tests.sandbox.client import Sandbox
from tests.support.waiting import until

from solitude_sandbox import make_server, server


@contextmanager
def _connection(sandbox: Sandbox) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection(urlsplit(sandbox.url).netloc, timeout=10)
    connection.connect()
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def _socket(sandbox: Sandbox) -> Iterator[socket.socket]:
    parts = urlsplit(sandbox.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as raw:
        yield raw


def _all(raw: socket.socket) -> bytes:
    received = b""
    while chunk := raw.recv(65536):
        received += chunk
    return received


def test_a_connection_serves_many_requests(sandbox: Sandbox) -> None:
    with _connection(sandbox) as connection:
        port = connection.sock.getsockname()[1]
        for path in ("/paypal/sandbox/clock", "/paypal/nowhere", "/paypal/checkoutnow", "/"):
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            assert answer.getheader("Content-Length") is not None
            assert connection.sock.getsockname()[1] == port


def test_a_204_has_no_body_and_keeps_the_connection(sandbox: Sandbox) -> None:
    with _connection(sandbox) as connection:
        for _ in range(2):
            connection.request("DELETE", "/paypal/sandbox/faults")
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (204, b"")


def test_an_answer_leaves_in_one_piece(sandbox: Sandbox) -> None:
    with _socket(sandbox) as raw:
        for _ in range(20):
            raw.sendall(b"GET /paypal/sandbox/clock HTTP/1.1\r\nHost: a\r\n\r\n")
            received = raw.recv(65536)
            assert received.startswith(b"HTTP/1.1 200")
            assert received.endswith(b"}")


def test_requests_sent_ahead_are_answered_in_order(sandbox: Sandbox) -> None:
    with _socket(sandbox) as raw:
        raw.sendall(
            b"GET /paypal/nowhere HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        )
        received = _all(raw)
    assert received.index(b"HTTP/1.1 404") < received.index(b"HTTP/1.1 200")


def test_head_answers_without_a_body(sandbox: Sandbox) -> None:
    reply = sandbox.send("HEAD", "/")
    assert (reply.status, reply.text) == (200, "")
    assert int(reply.headers["Content-Length"]) > 100


def test_an_http_1_0_client_gets_its_answer_and_the_end(sandbox: Sandbox) -> None:
    with _socket(sandbox) as raw:
        raw.sendall(b"GET /paypal/sandbox/clock HTTP/1.0\r\n\r\n")
        assert b"200 OK" in _all(raw)


def test_a_client_that_asks_first_is_told_to_continue(sandbox: Sandbox) -> None:
    body = b'{"advance_s": 1}'
    head = b"POST /paypal/sandbox/clock HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n"
    with _socket(sandbox) as raw:
        raw.sendall(head % len(body))
        assert raw.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        raw.sendall(body)
        assert b"200 OK" in raw.recv(65536)


def test_a_body_above_the_limit_is_refused(sandbox: Sandbox) -> None:
    body = "x" * (server.BODY_LIMIT_BYTES + 1)
    headers = {"Authorization": f"Bearer {sandbox.token()}", "Content_Type": "application/json"}
    for path in ("/paypal/v2/checkout/orders", "/paypal/sandbox/faults"):
        reply = sandbox.send("POST", path, body, **headers)
        assert reply.status == 413
    assert sandbox.create().status == 201


def test_a_body_without_a_length_is_refused(sandbox: Sandbox) -> None:
    with _connection(sandbox) as connection:
        headers = {"Authorization": f"Bearer {sandbox.token()}", "Content-Type": "application/json"}
        connection.request("POST", "/paypal/v2/checkout/orders", iter([b"{}"]), headers, encode_chunked=True)
        assert connection.getresponse().status == 411


@pytest.mark.parametrize("length", ["-1", "many", "+5", "\u00b2"])
def test_a_length_that_is_no_number_ends_the_connection(sandbox: Sandbox, length: str) -> None:
    with _socket(sandbox) as raw:
        head = (
            f"POST /paypal/sandbox/reset HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\nGET / HTTP/1.1\r\n\r\n"
        )
        raw.sendall(head.encode("latin-1"))
        assert _all(raw).count(b"HTTP/1.1") == 1


@pytest.mark.parametrize("rubbish", [b"\x16\x03\x01\x02\x00\r\n\r\n", b"GET\r\n\r\n", b"BREW / HTTP/1.1\r\n\r\n"])
def test_rubbish_is_refused_and_the_server_goes_on(sandbox: Sandbox, rubbish: bytes) -> None:
    with _socket(sandbox) as raw:
        raw.sendall(rubbish)
        received = _all(raw)
    assert b"Traceback" not in received
    assert sandbox.create().status == 201


def test_percent_signs_in_a_path_are_decoded(sandbox: Sandbox) -> None:
    order_id = sandbox.create().json["id"]
    escaped = "".join(f"%{ord(letter):02X}" for letter in order_id)
    assert sandbox.order(escaped).json["id"] == order_id


def test_connections_above_the_limit_are_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "CONNECTIONS_LIMIT", 3)
    with _running() as url:
        held = [socket.create_connection(_address(url), timeout=10) for _ in range(3)]
        for raw in held:
            raw.sendall(b"GET /paypal/sandbox/clock HTTP/1.1\r\nHost: a\r\n\r\n")
            assert raw.recv(65536)
        with socket.create_connection(_address(url), timeout=10) as extra:
            assert _read_end(extra) == b""
        for raw in held:
            raw.close()
        client = Sandbox(url)
        until(lambda: _answers(client))
        client.close()


def test_shutdown_closes_the_port_and_every_connection() -> None:
    with _running() as url:
        raw = socket.create_connection(_address(url), timeout=10)
        raw.sendall(b"GET /paypal/sandbox/clock HTTP/1.1\r\nHost: a\r\n\r\n")
        assert raw.recv(65536)
    assert raw.recv(65536) == b""
    raw.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(_address(url), timeout=10)


def test_two_servers_have_books_of_their_own(sandbox: Sandbox) -> None:
    sandbox.create()
    with _running() as url:
        other = Sandbox(url)
        assert other.state()["orders"] == []
        other.close()


def test_a_taken_port_is_an_error(sandbox: Sandbox) -> None:
    with pytest.raises(OSError):
        make_server("127.0.0.1", int(urlsplit(sandbox.url).port or 0))


def test_a_bug_is_a_500_and_a_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    def broken(environ: object, start_response: object) -> list[bytes]:
        raise LookupError("a bug")

    with _running(server.SandboxServer("127.0.0.1", 0, broken)) as url:
        client = Sandbox(url)
        assert client.send("GET", "/x").status == 500
        client.close()
    assert "a bug" in caplog.text


@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGINT])
def test_the_command_says_where_it_listens_and_ends_quietly_on_a_signal(kind: signal.Signals) -> None:
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-m", "solitude_sandbox", "--port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ, bufsize=1
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("sandbox ready on http://127.0.0.1:")
        client = Sandbox(line.split()[-1].rstrip("/"))
        assert client.create().status == 201
        # A client that is kept waiting does not keep the command alive.
        client.fault("create_order", "timeout_before", delay_ms=60_000)
        waiting = threading.Thread(target=_try_create, args=(client,))
        waiting.start()
        until(lambda: len(client.requests("create_order")) == 2)
        process.send_signal(kind)
        rest, errors = process.communicate(timeout=10)
        waiting.join(10)
        client.close()
    assert (process.returncode, rest, errors) == (0, "", "")


def test_the_command_says_so_when_its_port_is_taken(sandbox: Sandbox) -> None:
    port = urlsplit(sandbox.url).port
    ended = subprocess.run(
        [sys.executable, "-m", "solitude_sandbox", "--port", str(port)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr == f"cannot listen on 127.0.0.1:{port}: Address already in use\n"


def _try_create(client: Sandbox) -> None:
    with pytest.raises(Exception):  # noqa: B017 - the server died; how the client sees that is its own affair
        client.create()


@contextmanager
def _running(instance: server.SandboxServer | None = None) -> Iterator[str]:
    """A server of its own for a test that ends it."""
    running = instance or make_server()
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{running.port}"
    finally:
        running.shutdown()
        thread.join(10)


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return str(parts.hostname), int(parts.port or 0)


def _read_end(raw: socket.socket) -> bytes:
    try:
        return raw.recv(1)
    except ConnectionResetError:
        return b""


def _answers(client: Sandbox) -> bool:
    try:
        return client.send("GET", "/paypal/sandbox/clock").status == 200
    except Exception:  # noqa: BLE001 - turned away: not yet
        return False
