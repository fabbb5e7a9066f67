"""What arrives over a real connection, through the application server, is what was signed."""

import json
import re
import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
import urllib3
from tests.support import processes
from tests.web.tokens import bearer, claims

from solitude.web.admission import UNSIGNED_PATHS

WITHIN_S = 10
MEGABYTE = 1_048_576
SERVE_THREADS = 4
DATA, HEADERS, SETTINGS = 0, 1, 4
END_STREAM, END_HEADERS = 1, 4


@dataclass(frozen=True)
class Wire:
    port: int

    def send(self, line: str | bytes, body: bytes = b"", *, ends: bool = False, **headers: str) -> tuple[int, Any]:
        """Sends these very bytes, and says that they were all if it `ends`; status and JSON of the answer."""
        start = line if isinstance(line, bytes) else line.encode("latin-1")
        given = {"Host": "solitude.example", "Connection": "close"} | headers
        if body and "Transfer-Encoding" not in given:
            given = {"Content-Length": str(len(body)), "Content-Type": "application/json"} | given
        head = b"".join(f"{name}: {value}\r\n".encode("latin-1") for name, value in given.items())
        with socket.create_connection(("127.0.0.1", self.port), WITHIN_S) as connection:
            connection.sendall(start + b" HTTP/1.1\r\n" + head + b"\r\n" + body)
            if ends:
                connection.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        head, _, text = answer.partition(b"\r\n\r\n")
        found = re.match(rb"HTTP/1\.1 (\d{3})", head)
        assert found, answer
        return int(found[1]), json.loads(text) if text else None

    def signed(
        self, method: str, sent: str | bytes, signed: str = "", body: bytes = b"", *, ends: bool = False, **headers: str
    ) -> tuple[int, Any]:
        target = signed or (sent if isinstance(sent, str) else sent.decode())
        line = sent if isinstance(sent, bytes) else sent.encode("latin-1")
        authorization = bearer(claims(method, target, body))
        return self.send(method.encode() + b" " + line, body, ends=ends, Authorization=authorization, **headers)


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    with processes.house(tmp_path_factory.mktemp("wire"), SOLITUDE_SERVE_THREADS=str(SERVE_THREADS)) as house:
        yield Wire(urlsplit(house.url).port or 0)


@pytest.mark.parametrize(
    ("sent", "signed"),
    [
        ("/generic/buyer/", ""),
        ("/generic/buyer", ""),
        ("/generic/b%75yer/?uuid=shop%3A77&page=1", "/generic/buyer/?uuid=shop%3A77&page=1"),
        ("/generic/buyer/?uuid=a+b%20c%2B", ""),
        ("/generic/buyer/?", "/generic/buyer/"),
        ("http://solitude.example/generic/buyer/?page=1", "/generic/buyer/?page=1"),
    ],
)
def test_a_target_is_verified_as_it_was_sent(wire: Wire, sent: str, signed: str) -> None:
    assert wire.signed("GET", sent, signed)[0] == 200


@pytest.mark.parametrize(
    ("sent", "signed"),
    [
        ("/generic/buyer/?uuid=shop:77", "/generic/buyer/?uuid=shop%3A77"),
        ("/generic/buyer/?uuid=x", "/generic/buyer/?uuid=y"),
        ("/generic/buyer/?uuid=x", "/generic/buyer/"),
        ("/generic/seller/", "/generic/buyer/"),
        ("/generic/buyer", "/generic/buyer/"),
    ],
)
def test_another_target_is_not(wire: Wire, sent: str, signed: str) -> None:
    status, body = wire.signed("GET", sent, signed)
    assert (status, body) == (401, {"detail": "The claim htu is not this path and query."})


def test_a_query_in_raw_bytes_is_compared_byte_for_byte_or_refused(wire: Wire) -> None:
    raw = "/generic/buyer/?uuid=\u00fc".encode()
    assert wire.signed("GET", raw)[0] in (200, 400)
    assert wire.signed("GET", raw, "/generic/buyer/?uuid=%C3%BC")[0] in (400, 401)


def test_a_body_is_verified_as_it_was_sent(wire: Wire) -> None:
    body = b'{"uuid": "shop:\xc3\xbc"}'
    status, made = wire.signed("POST", "/generic/buyer/", body=body)
    assert (status, made["uuid"]) == (201, "shop:\u00fc")
    other = bearer(claims("POST", "/generic/buyer/", b"{}"))
    assert wire.send("POST /generic/buyer/", body, Authorization=other)[0] == 401


def test_a_body_in_chunks_is_refused(wire: Wire) -> None:
    """Nobody would read it, and a request whose body went unseen must not pass."""
    body = b'{"uuid": "shop:chunks"}'
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    headers = {"Transfer-Encoding": "chunked", "Content-Type": "application/json"}
    unsigned_body = bearer(claims("POST", "/generic/transaction/"))
    assert wire.send("POST /generic/transaction/", chunked, Authorization=unsigned_body, **headers)[0] == 411
    right = bearer(claims("POST", "/generic/buyer/", body))
    status, answer = wire.send("POST /generic/buyer/", chunked, Authorization=right, **headers)
    assert (status, list(answer)) == (411, ["detail"])


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """Of HTTP/2 (RFC 9113)."""
    return len(payload).to_bytes(3) + bytes((kind, flags)) + stream.to_bytes(4) + payload


def literal(text: str) -> bytes:
    """As HPACK writes a text that is not compressed (RFC 7541)."""
    head, left = bytes((min(len(text), 127),)), len(text) - 127
    while left >= 128:
        head, left = head + bytes((left % 128 + 128,)), left // 128
    return head + (bytes((left,)) if left >= 0 else b"") + text.encode("latin-1")


def over_http2(port: int, method: str, path: str, body: bytes, **headers: str) -> Any:
    """JSON of the answer to a request by HTTP/2 that does not say how long its body is."""
    given = {":method": method, ":scheme": "http", ":path": path, ":authority": "solitude.example"} | headers
    fields = b"".join(b"\x00" + literal(name.lower()) + literal(value) for name, value in given.items())
    sent = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0)
    sent += frame(HEADERS, END_HEADERS | (0 if body else END_STREAM), 1, fields)
    sent += frame(DATA, END_STREAM, 1, body) if body else b""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), WITHIN_S) as connection, connection.makefile("rb") as stream:
        connection.sendall(sent)
        while head := stream.read(9):
            payload = stream.read(int.from_bytes(head[:3]))
            if head[3] == DATA:
                answer += payload
            if head[3] in (DATA, HEADERS) and head[4] & END_STREAM:
                break
    return json.loads(answer)


def test_a_body_without_a_length_by_http2_is_refused(wire: Wire) -> None:
    """There are no chunks there, and the body would go unseen all the same."""
    path, kind = "/generic/transaction/", {"Content-Type": "application/json"}
    empty = {"Authorization": bearer(claims("POST", path))}
    assert over_http2(wire.port, "POST", path, b'{"notes": "unseen"}', **empty, **kind) == {
        "detail": "The body must come with its Content-Length."
    }
    assert over_http2(wire.port, "POST", path, b"", Authorization=bearer(claims("POST", path)))["status"] == 6
    assert (
        over_http2(wire.port, "GET", path, b"", Authorization=bearer(claims("GET", path)))["meta"]["total_count"] == 1
    )


@pytest.mark.parametrize("target", ["/generic/buyer/", "/paypal/webhook/", "/services/status/", "/"])
@pytest.mark.parametrize("signed", [True, False])
def test_ten_megabytes_are_413_or_not_even_looked_at(wire: Wire, target: str, signed: bool) -> None:
    """By a client as people have it, which is still sending when it is answered."""
    body = b'{"uuid": "' + b"x" * 10 * MEGABYTE + b'"}'
    headers = {"Content-Type": "application/json"} | (
        {"Authorization": bearer(claims("POST", target, body))} if signed else {}
    )
    http = urllib3.PoolManager(retries=False, timeout=WITHIN_S)
    answer = http.request("POST", f"http://127.0.0.1:{wire.port}{target}", body=body, headers=headers)
    is_open = target in UNSIGNED_PATHS
    assert (answer.status, list(answer.json())) == (413 if signed or is_open else 401, ["detail"])
    assert wire.signed("GET", "/generic/buyer/")[0] == 200


def test_ten_megabytes_to_no_path_are_404(wire: Wire) -> None:
    http = urllib3.PoolManager(retries=False, timeout=WITHIN_S)
    answer = http.request("POST", f"http://127.0.0.1:{wire.port}/x/", body=b"x" * 10 * MEGABYTE)
    assert (answer.status, answer.json()) == (404, {})


def test_ten_megabytes_in_chunks_are_411(wire: Wire) -> None:
    http = urllib3.PoolManager(retries=False, timeout=WITHIN_S)
    headers = {"Authorization": bearer(claims("POST", "/generic/buyer/"))}
    chunks = (b"x" * MEGABYTE for _ in range(10))
    answer = http.request("POST", f"http://127.0.0.1:{wire.port}/generic/buyer/", body=chunks, headers=headers)
    assert (answer.status, list(answer.json())) == (411, ["detail"])


def test_a_body_that_ends_early_is_400_though_what_came_is_signed(wire: Wire) -> None:
    body = b'{"uuid": "shop:early"}'
    answer = wire.signed("POST", "/generic/buyer/", body=body, ends=True, **{"Content-Length": str(len(body) + 5)})
    assert answer == (400, {"detail": "The body ended before its Content-Length."})
    assert wire.signed("GET", "/generic/buyer/?uuid=shop%3Aearly")[1]["objects"] == []


def test_a_connection_that_breaks_within_a_body_writes_nothing(wire: Wire) -> None:
    body = b'{"uuid": "shop:broken"}'
    authorization = bearer(claims("POST", "/generic/buyer/", body))
    head = f"POST /generic/buyer/ HTTP/1.1\r\nHost: h\r\nAuthorization: {authorization}\r\nContent-Length: 100\r\n"
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", wire.port), WITHIN_S) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.sendall(f"{head}Content-Type: application/json\r\n\r\n".encode() + body)
    assert wire.signed("GET", "/generic/buyer/?uuid=shop%3Abroken")[1]["objects"] == []
    # A token that was used would be refused: the request did not even get so far.
    assert wire.send("POST /generic/buyer/", body, Authorization=authorization)[0] == 201


@pytest.mark.parametrize("target", ["/generic/buyer/", "/services/status/", "/x/"])
def test_a_body_that_never_comes_holds_nobody_up_unless_it_is_signed(wire: Wire, target: str) -> None:
    head = f"POST {target} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{"
    with ExitStack() as open_:
        for _ in range(SERVE_THREADS + 1):
            connection = open_.enter_context(socket.create_connection(("127.0.0.1", wire.port), WITHIN_S))
            connection.sendall(head.encode())
            assert re.match(rb"HTTP/1\.1 4\d\d ", connection.recv(65536))
        assert wire.send("GET /services/status/")[0] == 200


@pytest.mark.parametrize("length", ["-1", "x", "1, 2", "9" * 30])
def test_a_length_that_is_no_number_is_400(wire: Wire, length: str) -> None:
    assert wire.signed("POST", "/generic/buyer/", body=b"{}", **{"Content-Length": length})[0] == 400


def test_a_length_beside_chunks_does_not_count(wire: Wire) -> None:
    both = {"Transfer-Encoding": "chunked", "Content-Length": "2", "Content-Type": "application/json"}
    status, _ = wire.send("POST /generic/buyer/", b"2\r\n{}\r\n0\r\n\r\n", Authorization="x", **both)
    assert status in (400, 411)


@pytest.mark.parametrize(
    "target",
    [
        b"/generic/buyer/?uuid=\xff",
        b"/generic/buyer/?uuid=\x00",
        b"/generic/buyer/?uuid=a b",
        b"/generic/\xff/",
        b"/\x7f",
    ],
)
def test_a_target_that_is_none_is_refused(wire: Wire, target: bytes) -> None:
    assert wire.send(b"GET " + target, Authorization="x")[0] in (400, 401, 404)


@pytest.mark.parametrize(
    ("value", "statuses"),
    [
        ("\xff\xfe", {200}),
        ("a\x00b", {400}),
        ("x" * 60_000, {200}),
        ("x" * 1_000_000, {431}),
        (" \t ", {200}),
    ],
)
def test_an_odd_header_breaks_nothing(wire: Wire, value: str, statuses: set[int]) -> None:
    for name in ("User-Agent", "X-Junk", "Transaction-Id", "If-Match", "Accept-Language"):
        if name != "If-Match" or value.isascii():
            status, _ = wire.signed("GET", "/generic/buyer/", **{name: value})
            assert status in statuses | {412}, name
    assert wire.signed("GET", "/generic/buyer/")[0] == 200


def test_a_huge_header_breaks_nothing(wire: Wire) -> None:
    status, _ = wire.send("GET /generic/buyer/", Authorization="Bearer " + "x" * 20_000)
    assert status in (401, 431)
    assert wire.signed("GET", "/generic/buyer/")[0] == 200


def test_the_peer_is_known_by_its_address(wire: Wire) -> None:
    """Loopback is allowed; were the address not read, everybody would be refused. And nobody is a trusted proxy."""
    assert wire.signed("GET", "/generic/buyer/", **{"X-Forwarded-For": "203.0.113.5"})[0] == 200
