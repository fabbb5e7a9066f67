"""What arrives over a real connection, through the application server, is what was signed."""

import json
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.support import processes
from tests.web.tokens import bearer, claims

WITHIN_S = 10


@dataclass(frozen=True)
class Wire:
    port: int

    def send(self, line: str | bytes, body: bytes = b"", **headers: str) -> tuple[int, Any]:
        """Sends these very bytes; status and JSON of the answer."""
        start = line if isinstance(line, bytes) else line.encode("latin-1")
        given = {"Host": "solitude.example", "Connection": "close"} | headers
        if body and "Transfer-Encoding" not in given:
            given |= {"Content-Length": str(len(body)), "Content-Type": "application/json"}
        head = b"".join(f"{name}: {value}\r\n".encode("latin-1") for name, value in given.items())
        with socket.create_connection(("127.0.0.1", self.port), WITHIN_S) as connection:
            connection.sendall(start + b" HTTP/1.1\r\n" + head + b"\r\n" + body)
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        head, _, text = answer.partition(b"\r\n\r\n")
        found = re.match(rb"HTTP/1\.1 (\d{3})", head)
        assert found, answer
        return int(found[1]), json.loads(text) if text else None

    def signed(
        self, method: str, sent: str | bytes, signed: str = "", body: bytes = b"", **headers: str
    ) -> tuple[int, Any]:
        target = signed or (sent if isinstance(sent, str) else sent.decode())
        line = sent if isinstance(sent, bytes) else sent.encode("latin-1")
        authorization = bearer(claims(method, target, body))
        return self.send(method.encode() + b" " + line, body, Authorization=authorization, **headers)


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    with processes.house(tmp_path_factory.mktemp("wire")) as house:
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


def test_a_huge_header_breaks_nothing(wire: Wire) -> None:
    status, _ = wire.send("GET /generic/buyer/", Authorization="Bearer " + "x" * 20_000)
    assert status in (401, 431)
    assert wire.signed("GET", "/generic/buyer/")[0] == 200


def test_the_peer_is_known_by_its_address(wire: Wire) -> None:
    """Loopback is allowed; were the address not read, everybody would be refused. And nobody is a trusted proxy."""
    assert wire.signed("GET", "/generic/buyer/", **{"X-Forwarded-For": "203.0.113.5"})[0] == 200
