"""What `Outlet.send` returns and raises, against real sockets.

The rule behind all of them: NotSent only when the peer has received nothing that it could act on.
"""

import contextlib
import errno
import gc
import gzip
import os
import socket
import threading
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solitude.outbound import wire
from solitude.outbound.http import CHUNK_BYTES, Answer, Headers, NoAnswer, NotSent, Outlet, Reason, Request
from tests.support.waiting import until

from . import peers
from .peers import Certificate, Connection, Peer

CANARY = "canary-7f3a9"
# Long enough for a busy machine, short enough for a suite.
SOON_MS = 300
LATE_MS = 10_000


def outlet(*urls: str, **limits: Any) -> Outlet:
    settings: dict[str, Any] = {"connect_timeout_ms": LATE_MS, "read_timeout_ms": LATE_MS, "total_timeout_ms": LATE_MS}
    return Outlet("test", base_urls=urls, **(settings | limits))


def get(url: str) -> Request:
    return Request("GET", url + "/")


def pay(url: str, body: bytes = b'{"amount": "1.00"}') -> Request:
    return Request("POST", url + "/pay", {"Content-Type": "application/json"}, body, operation="pay")


def not_sent(way: Outlet, request: Request) -> NotSent:
    with pytest.raises(NotSent) as caught:
        way.send(request)
    return caught.value


def no_answer(way: Outlet, request: Request) -> NoAnswer:
    with pytest.raises(NoAnswer) as caught:
        way.send(request)
    return caught.value


class TestAnswers:
    def test_an_answer_has_status_headers_body_and_duration(self) -> None:
        data = b"HTTP/1.1 201 Created\r\nContent-Length: 4\r\nX-Thing: 1\r\n\r\nbody"
        with Peer(peers.answering(data)) as peer:
            answer = outlet(peer.url).send(pay(peer.url))
        assert (answer.status, answer.body, answer.headers["x-THING"]) == (201, b"body", "1")
        assert 0 <= answer.duration_ms < LATE_MS

    def test_the_request_goes_out_as_given(self) -> None:
        with Peer(peers.answering()) as peer:
            outlet(peer.url).send(Request("PATCH", peer.url + "/a/b%20c?x=1&y=%2F", {"X-Own": "v"}, b"\x00body"))
        head, _, body = peer.requests[0].partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        assert lines[0] == b"PATCH /a/b%20c?x=1&y=%2F HTTP/1.1"
        assert {b"X-Own: v", b"User-Agent: solitude", b"Content-Length: 5"} <= set(lines)
        assert body == b"\x00body"

    @pytest.mark.parametrize("name", ["User-Agent", "user-agent", "USER-AGENT"])
    def test_a_name_that_the_caller_gives_is_sent_once_in_whatever_case_it_is_given(self, name: str) -> None:
        with Peer(peers.answering()) as peer:
            outlet(peer.url).send(Request("GET", peer.url, {name: "their-sdk/1"}))
        lines = peer.requests[0].lower().split(b"\r\n")
        assert [line for line in lines if line.startswith(b"user-agent:")] == [b"user-agent: their-sdk/1"]

    @pytest.mark.parametrize("status", [400, 401, 404, 422, 429, 500, 503])
    def test_a_refusal_is_an_answer(self, status: int) -> None:
        with Peer(peers.answering(b"HTTP/1.1 %d No\r\nContent-Length: 2\r\n\r\nno" % status)) as peer:
            assert outlet(peer.url).send(pay(peer.url)).status == status

    def test_an_answer_that_asks_to_retry_is_not_retried(self) -> None:
        with Peer(peers.answering(b"HTTP/1.1 503 No\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n")) as peer:
            assert outlet(peer.url).send(pay(peer.url)).status == 503
        assert len(peer.requests) == 1

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_a_redirect_is_an_answer_and_not_followed(self, status: int) -> None:
        with Peer(peers.answering()) as other:
            moved = b"HTTP/1.1 %d Go\r\nLocation: %b/\r\nContent-Length: 0\r\n\r\n" % (status, other.url.encode())
            with Peer(peers.answering(moved)) as peer:
                answer = outlet(peer.url, other.url).send(get(peer.url))
        assert (answer.status, other.connections, len(peer.requests)) == (status, 0, 1)

    def test_an_answer_without_a_length_ends_when_the_peer_closes(self) -> None:
        with Peer(peers.answering_once(b"HTTP/1.1 200 OK\r\n\r\nall of it")) as peer:
            assert outlet(peer.url).send(get(peer.url)).body == b"all of it"

    def test_a_chunked_answer_is_put_together(self) -> None:
        data = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        with Peer(peers.answering(data)) as peer:
            assert outlet(peer.url).send(get(peer.url)).body == b"abcde"

    def test_a_compressed_answer_is_unpacked(self) -> None:
        body = gzip.compress(b"x" * 100_000)
        head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
        with Peer(peers.answering(head + body)) as peer:
            assert outlet(peer.url).send(get(peer.url)).body == b"x" * 100_000

    @pytest.mark.parametrize(
        "interim", [b"100 Continue\r\n", b"102 Processing\r\n", b"103 Early Hints\r\nLink: </a>\r\n", b"199\r\n"]
    )
    def test_an_interim_answer_is_passed_over(self, interim: bytes) -> None:
        with Peer(peers.answering((b"HTTP/1.1 " + interim + b"\r\n") * 2 + peers.OK)) as peer:
            way = outlet(peer.url)
            assert [way.send(pay(peer.url)).body for _ in range(2)] == [b"ok", b"ok"]
            assert peer.connections == 1

    def test_what_follows_an_interim_answer_is_not_taken_for_the_answer_to_the_next_request(self) -> None:
        def script(connection: Connection) -> None:
            for body in (b"first!", b"second"):
                connection.read_request()
                connection.send(b"HTTP/1.1 103 Early Hints\r\n\r\n")
                connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n" + body)

        with Peer(script) as peer:
            way = outlet(peer.url)
            answers = [way.send(pay(peer.url)) for _ in range(2)]
        assert [(answer.status, answer.body) for answer in answers] == [(200, b"first!"), (200, b"second")]

    def test_a_body_of_exactly_the_limit_is_an_answer(self) -> None:
        data = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 1000
        with Peer(peers.answering(data)) as peer:
            assert len(outlet(peer.url, max_answer_bytes=1000).send(get(peer.url)).body) == 1000

    def test_the_provider_s_name_for_the_exchange_is_kept_short_and_on_one_line(self) -> None:
        data = b"HTTP/1.1 200 OK\r\nDebug-Id: ab\x7fc%b\r\nContent-Length: 0\r\n\r\n" % (b"d" * 500)
        with Peer(peers.answering(data)) as peer:
            answer = outlet(peer.url, correlation_header="debug-id").send(get(peer.url))
        assert answer.correlation_id.startswith("ab\\u007fcddd")
        assert len(answer.correlation_id) < 140

    def test_several_fields_of_one_name_are_one(self) -> None:
        data = b"HTTP/1.1 200 OK\r\nVary: a\r\nVARY: b\r\nContent-Length: 0\r\n\r\n"
        with Peer(peers.answering(data)) as peer:
            headers = outlet(peer.url).send(get(peer.url)).headers
        assert (headers["vary"], dict(headers)["vary"]) == ("a, b", "a, b")

    def test_a_cookie_is_not_sent_back(self) -> None:
        with Peer(peers.answering(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n")) as peer:
            way = outlet(peer.url)
            way.send(get(peer.url))
            way.send(get(peer.url))
        assert b"cookie" not in peer.requests[1].lower()

    def test_proxies_of_the_environment_are_not_used(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with Peer(peers.answering()) as proxy, Peer(peers.answering()) as peer:
            for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
                monkeypatch.setenv(name, proxy.url)
            monkeypatch.delenv("no_proxy", raising=False)
            monkeypatch.delenv("NO_PROXY", raising=False)
            outlet(peer.url).send(get(peer.url))
        assert (proxy.connections, peer.connections) == (0, 1)

    def test_ipv6_loopback(self) -> None:
        try:
            peer = Peer(peers.answering(), host="::1")
        except OSError:
            pytest.skip("this machine has no IPv6 on loopback")
        with peer:
            assert outlet(peer.url).send(get(peer.url)).status == 200


class TestNotSent:
    """Each of these also shows that the peer, where there is one, received not a byte of the request."""

    def test_nobody_listens(self) -> None:
        with peers.closed_port() as url:
            assert not_sent(outlet(url), pay(url)).reason is Reason.CONNECTION_REFUSED

    def test_the_name_is_unknown(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def unknown(*args: object, **kwargs: object) -> None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        assert (
            not_sent(outlet("https://provider.test"), pay("https://provider.test")).reason is Reason.NAME_NOT_RESOLVED
        )

    def test_the_name_is_no_name(self) -> None:
        url = f"https://{'a' * 64}.test"
        assert not_sent(outlet(url), pay(url)).reason is Reason.NAME_NOT_RESOLVED

    def test_the_peer_does_not_take_connections(self) -> None:
        with full_listener() as address:
            url = f"http://127.0.0.1:{address[1]}"
            failure = not_sent(outlet(url, connect_timeout_ms=SOON_MS), pay(url))
        assert failure.reason is Reason.CONNECT_TIMEOUT
        assert SOON_MS <= failure.duration_ms < LATE_MS

    def test_all_addresses_of_a_name_share_one_time_out(self, monkeypatch: pytest.MonkeyPatch) -> None:
        tried: list[float] = []

        def many(*args: object, **kwargs: object) -> list[Any]:
            return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 1))] * 50

        class Refusing(socket.socket):
            def connect(self, address: Any) -> None:
                tried.append(self.gettimeout() or 0)
                raise ConnectionRefusedError

        monkeypatch.setattr(socket, "getaddrinfo", many)
        monkeypatch.setattr(socket, "socket", Refusing)
        url = "https://provider.test"
        assert not_sent(outlet(url, connect_timeout_ms=5000), pay(url)).reason is Reason.CONNECTION_REFUSED
        assert len(tried) == wire.ADDRESSES_LIMIT
        assert tried == sorted(tried, reverse=True)
        assert tried[0] <= 5

    @pytest.mark.parametrize(
        ("error", "reason"),
        [
            (OSError(errno.ENETUNREACH, "Network is unreachable"), Reason.CONNECT_FAILED),
            (OSError(errno.EMFILE, "Too many open files"), Reason.CONNECT_FAILED),
            (RuntimeError("nobody thought of it"), Reason.UNEXPECTED),
        ],
    )
    def test_the_machine_cannot_connect(
        self, monkeypatch: pytest.MonkeyPatch, error: Exception, reason: Reason
    ) -> None:
        def fail(*args: object) -> None:
            raise error

        monkeypatch.setattr(socket, "socket", fail)
        failure = not_sent(outlet("http://127.0.0.1:1"), pay("http://127.0.0.1:1"))
        assert failure.reason is reason
        assert str(error) not in str(failure)

    def test_a_later_address_answers_when_the_first_does_not(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            nobody = listener.getsockname()[1]
        with Peer(peers.answering()) as peer:
            port = int(peer.url.rpartition(":")[2])
            found = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", each)) for each in (nobody, port)]
            monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: found)
            assert outlet(peer.url).send(pay(peer.url)).status == 200

    def test_addresses_that_stay_silent_share_the_time_out_too(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with full_listener() as address:
            found = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", address)] * 2
            monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: found)
            url = f"http://127.0.0.1:{address[1]}"
            failure = not_sent(outlet(url, connect_timeout_ms=SOON_MS), pay(url))
        assert failure.reason is Reason.CONNECT_TIMEOUT
        assert SOON_MS <= failure.duration_ms < 2 * SOON_MS

    def test_the_time_is_over_when_the_name_is_found(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = socket.getaddrinfo

        def slow(*args: Any, **kwargs: Any) -> Any:
            threading.Event().wait(0.02)
            return found(*args, **kwargs)

        monkeypatch.setattr(socket, "getaddrinfo", slow)
        with Peer(peers.answering()) as peer:
            assert not_sent(outlet(peer.url, total_timeout_ms=10), pay(peer.url)).reason is Reason.CONNECT_TIMEOUT
        assert peer.connections == 0

    @pytest.mark.parametrize(
        "url",
        [
            "{peer}:1/",
            "http://127.0.0.2:{port}/",
            "https://127.0.0.1:{port}/",
            "http://localhost:{port}/",
            "http://user:secret@127.0.0.1:{port}/",
            "http://127.0.0.1:{port}@example.com/",
            "http://example.com/",
            "/relative",
            "ftp://127.0.0.1:{port}/",
            "",
        ],
    )
    def test_a_url_outside_the_origins_is_refused(self, url: str) -> None:
        with Peer(peers.answering()) as peer:
            target = url.format(peer="http://127.0.0.1", port=peer.url.rpartition(":")[2])
            assert not_sent(outlet(peer.url), Request("GET", target)).reason is Reason.REFUSED_URL
        assert peer.connections == 0

    @pytest.mark.parametrize(
        ("method", "path", "headers"),
        [
            ("GET", "/", {"X-A": "a\r\nX-Forged: b"}),
            ("GET", "/", {"X-A\r\nX-Forged": "b"}),
            ("GET", "/", {"X-A": "\u20ac"}),
            ("GET /x HTTP/1.1\r\nX-Forged: b\r\n\r\n", "/", {}),
            ("G\u20acT", "/", {}),
            ("GET", ":99999/", {}),
        ],
    )
    def test_what_cannot_be_written_as_http_is_not_sent(self, method: str, path: str, headers: dict[str, str]) -> None:
        with Peer(peers.answering()) as peer:
            url = f"http://127.0.0.1{path}" if path.startswith(":") else peer.url + path
            assert not_sent(outlet(peer.url), Request(method, url, headers)).reason is Reason.INVALID_REQUEST
        assert peer.received == b""

    def test_more_exchanges_than_may_be_at_once(self) -> None:
        with Peer(peers.silent) as peer, ThreadPoolExecutor(1) as pool:
            way = outlet(peer.url, in_progress_limit=1)
            first = pool.submit(no_answer, way, pay(peer.url))
            until(lambda: len(peer.requests) == 1)
            assert not_sent(way, pay(peer.url)).reason is Reason.BUSY
            assert (way.in_progress.now, way.in_progress.peak) == (1, 1)
            peer.over.set()
            first.result()
        assert way.in_progress.now == 0
        assert len(peer.requests) == 1

    def test_no_connection_comes_free(self) -> None:
        with Peer(peers.silent) as peer, ThreadPoolExecutor(1) as pool:
            way = outlet(peer.url, pool_size=1, pool_wait_ms=20)
            first = pool.submit(no_answer, way, pay(peer.url))
            until(lambda: len(peer.requests) == 1)
            failure = not_sent(way, pay(peer.url))
            peer.over.set()
            first.result()
        assert failure.reason is Reason.NO_CONNECTION_FREE
        assert failure.duration_ms >= 20
        assert peer.connections == 1


@contextlib.contextmanager
def full_listener() -> Iterator[tuple[str, int]]:
    """A place that takes no connection and refuses none: its queue of connections not yet accepted is full."""
    with socket.socket() as listener, contextlib.ExitStack() as waiting:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            sock = waiting.enter_context(socket.socket())
            sock.setblocking(False)
            sock.connect_ex(listener.getsockname())
        yield listener.getsockname()


class TestTls:
    def test_a_trusted_certificate_for_the_right_host(self, tmp_path: Path) -> None:
        certificate = Certificate(tmp_path, "127.0.0.1")
        with Peer(peers.answering(), tls=certificate.context) as peer:
            assert outlet(peer.url, ca_file=certificate.file).send(pay(peer.url)).status == 200

    @pytest.mark.parametrize(
        ("names", "valid_days", "trusted"),
        [
            pytest.param(["127.0.0.1"], 730, False, id="nobody has signed it"),
            pytest.param(["other.test"], 730, True, id="for another host"),
            pytest.param(["127.0.0.1"], 1, True, id="expired"),
        ],
    )
    def test_a_bad_certificate_gets_no_request(
        self, tmp_path: Path, names: list[str], valid_days: int, trusted: bool
    ) -> None:
        certificate = Certificate(tmp_path, *names, valid_days=valid_days)
        with Peer(peers.answering(), tls=certificate.context) as peer:
            way = outlet(peer.url, ca_file=certificate.file if trusted else None)
            assert not_sent(way, pay(peer.url)).reason is Reason.TLS_FAILED
            assert peer.closed.acquire(timeout=peers.PATIENCE_S)
        assert peer.received == b""

    def test_a_peer_that_speaks_no_tls(self) -> None:
        def complain(connection: Connection) -> None:
            peer.received += connection.sock.recv(10_000)
            connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        with Peer(complain) as peer:
            url = peer.url.replace("http:", "https:")
            assert not_sent(outlet(url), pay(url)).reason is Reason.TLS_FAILED
        assert b"amount" not in peer.received

    def test_a_peer_that_hangs_up_in_the_handshake(self) -> None:
        with Peer(peers.closing_at_once) as peer:
            url = peer.url.replace("http:", "https:")
            assert not_sent(outlet(url), pay(url)).reason is Reason.TLS_FAILED

    def test_a_peer_that_is_silent_in_the_handshake(self) -> None:
        with Peer(peers.deaf) as peer:
            url = peer.url.replace("http:", "https:")
            failure = not_sent(outlet(url, connect_timeout_ms=SOON_MS), pay(url))
        assert failure.reason is Reason.CONNECT_TIMEOUT
        assert failure.duration_ms < LATE_MS

    def test_a_tls_error_after_the_request_is_no_not_sent(self, tmp_path: Path) -> None:
        """The class of the error is the same as for a bad certificate: only the moment tells them apart."""

        def break_the_session(connection: Connection) -> None:
            connection.read_request()
            os.write(connection.sock.fileno(), b"\x17\x03\x03\x00\x20" + b"not what the keys say 1234567890")

        certificate = Certificate(tmp_path, "127.0.0.1")
        with Peer(break_the_session, tls=certificate.context) as peer:
            failure = no_answer(outlet(peer.url, ca_file=certificate.file), pay(peer.url))
        assert "SSLError" in failure.cause
        assert failure.reason is Reason.CONNECTION_LOST

    @pytest.mark.parametrize("data", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"])
    def test_a_tls_peer_that_closes_early(self, tmp_path: Path, data: bytes) -> None:
        certificate = Certificate(tmp_path, "127.0.0.1")
        with Peer(peers.answering_once(data), tls=certificate.context) as peer:
            failure = no_answer(outlet(peer.url, ca_file=certificate.file), pay(peer.url))
        assert failure.reason is (Reason.TRUNCATED if data else Reason.CONNECTION_LOST)

    def test_a_tls_peer_that_drips_is_late(self, tmp_path: Path) -> None:
        certificate = Certificate(tmp_path, "127.0.0.1")
        with Peer(
            dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 1000), tls=certificate.context
        ) as peer:
            way = outlet(peer.url, ca_file=certificate.file, total_timeout_ms=1000)
            assert no_answer(way, pay(peer.url)).reason is Reason.TOTAL_TIMEOUT


def dripping(data: bytes) -> peers.Script:
    def script(connection: Connection) -> None:
        connection.read_request()
        connection.drip(data, every_s=0.02)

    return script


HUGE_HEAD = b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: %b\r\n" % (place, b"x" * 60_000) for place in range(90))
BOMB = gzip.compress(b"0" * 5_000_000)

NO_ANSWERS = [
    pytest.param(peers.silent, Reason.READ_TIMEOUT, id="never answers"),
    pytest.param(peers.closing_at_once, Reason.CONNECTION_LOST, id="closes at once"),
    pytest.param(peers.closing_after_request, Reason.CONNECTION_LOST, id="closes without an answer"),
    pytest.param(peers.resetting_after_request, Reason.CONNECTION_LOST, id="resets"),
    pytest.param(peers.answering_once(b"HTTP/1.1 200"), Reason.TRUNCATED, id="closes in the status line"),
    pytest.param(peers.answering_once(b"HTTP/1.1 200 OK\r\nX-A:"), Reason.TRUNCATED, id="closes in the head"),
    pytest.param(
        peers.answering_once(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"),
        Reason.TRUNCATED,
        id="closes in the body",
    ),
    pytest.param(
        peers.answering_once(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf"),
        Reason.TRUNCATED,
        id="closes in a chunk",
    ),
    pytest.param(
        peers.answering_once(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"),
        Reason.TRUNCATED,
        id="closes between chunks",
    ),
    pytest.param(
        peers.answering_once(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno number\r\n"),
        Reason.TRUNCATED,
        id="breaks the framing",
    ),
    pytest.param(peers.answering(b"SSH-2.0-OpenSSH_9.2\r\n"), Reason.NOT_HTTP, id="speaks something else"),
    pytest.param(
        peers.answering(b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\nab"), Reason.NOT_HTTP, id="two lengths"
    ),
    pytest.param(
        peers.answering(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nzzzz", peers.OK),
        Reason.UNDECODABLE,
        id="broken compression",
    ),
    pytest.param(
        peers.answering(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n" + b"x" * 300_000),
        Reason.TOO_LARGE,
        id="huge body",
    ),
    pytest.param(
        peers.answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 150_000),
        Reason.TOO_LARGE,
        id="endless small chunks",
    ),
    pytest.param(peers.answering(HUGE_HEAD), Reason.TOO_LARGE, id="huge head"),
    pytest.param(
        peers.answering(
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%b" % (len(BOMB), BOMB), peers.OK
        ),
        Reason.TOO_LARGE,
        id="small answer that unpacks to a huge one",
    ),
    pytest.param(dripping(b"HTTP/1.1 200 OK\r\n" + b"X" * 1000), Reason.TOTAL_TIMEOUT, id="drips the head"),
    pytest.param(
        dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 1000), Reason.TOTAL_TIMEOUT, id="drips"
    ),
    pytest.param(
        dripping(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1000), Reason.TOTAL_TIMEOUT, id="drips a body without a length"
    ),
    pytest.param(dripping(b"HTTP/1.1 100 Continue\r\n\r\n" * 50), Reason.TOTAL_TIMEOUT, id="drips interim answers"),
    pytest.param(dripping(b"HTTP/1.1 103 Hints\r\n\r\n" * 50), Reason.TOTAL_TIMEOUT, id="drips hints"),
    pytest.param(peers.answering(b"HTTP/1.1 103 Hints\r\n\r\n" * 30_000), Reason.TOO_LARGE, id="hints without end"),
    pytest.param(peers.answering(b"HTTP/1.1 101 Switching\r\n\r\n"), Reason.NOT_HTTP, id="another protocol"),
]


class TestNoAnswer:
    @pytest.mark.parametrize(("script", "reason"), NO_ANSWERS)
    def test_after_the_request_went_out_nothing_is_a_not_sent(self, script: peers.Script, reason: Reason) -> None:
        """And the broken connection is not used again, nor is its place in the pool lost."""
        # A busy machine may need longer than that for what ends by itself.
        total_ms = 3 * SOON_MS if reason is Reason.TOTAL_TIMEOUT else LATE_MS
        with Peer(script, peers.answering()) as peer:
            way = outlet(
                peer.url, read_timeout_ms=SOON_MS, total_timeout_ms=total_ms, max_answer_bytes=200_000, pool_size=1
            )
            failure = no_answer(way, pay(peer.url))
            assert failure.reason is reason
            assert failure.duration_ms < LATE_MS
            assert way.send(get(peer.url)).body == b"ok"
        assert way.in_progress.now == 0

    def test_a_peer_that_does_not_read_the_whole_request(self) -> None:
        with Peer(peers.deaf) as peer:
            failure = no_answer(outlet(peer.url, read_timeout_ms=SOON_MS), pay(peer.url, b"x" * 20_000_000))
        assert failure.reason is Reason.WRITE_TIMEOUT

    def test_a_peer_that_resets_within_the_request(self) -> None:
        def script(connection: Connection) -> None:
            connection.sock.recv(1000)
            connection.reset()

        with Peer(script) as peer:
            failure = no_answer(outlet(peer.url), pay(peer.url, b"x" * 20_000_000))
        assert failure.reason is Reason.CONNECTION_LOST

    def test_the_whole_time_counts_from_the_call(self) -> None:
        with Peer(dripping(b"HTTP/1.1 200 OK\r\n" + b"X" * 1000)) as peer:
            failure = no_answer(outlet(peer.url, total_timeout_ms=SOON_MS), pay(peer.url))
        # Not `< SOON_MS + a little`: the machine may be busy. Each byte comes well within the read time-out of 10 s.
        assert SOON_MS <= failure.duration_ms < 20 * SOON_MS

    def test_an_error_that_nobody_thought_of_leaves_the_outcome_open(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(self: object, *args: object) -> None:
            raise RuntimeError(CANARY)

        with Peer(peers.answering()) as peer:
            monkeypatch.setattr(wire.PlainConnection, "getresponse", broken)
            failure = no_answer(outlet(peer.url), pay(peer.url))
        assert (failure.reason, failure.cause) == (Reason.UNEXPECTED, "RuntimeError")


class TestConnections:
    def test_a_connection_is_used_again(self) -> None:
        with Peer(peers.echo) as peer:
            way = outlet(peer.url)
            assert [way.send(pay(peer.url, body)).body for body in (b"1", b"2", b"3")] == [b"1", b"2", b"3"]
        assert peer.connections == 1

    def test_a_connection_that_the_peer_closed_while_idle_is_replaced(self) -> None:
        with Peer(peers.answering_once(peers.OK), peers.answering()) as peer:
            way = outlet(peer.url)
            way.send(pay(peer.url))
            assert peer.closed.acquire(timeout=peers.PATIENCE_S)
            assert way.send(pay(peer.url)).status == 200
        assert (peer.connections, len(peer.requests)) == (2, 2)

    def test_a_connection_that_the_peer_closes_on_the_next_request_leaves_the_outcome_open(self) -> None:
        """The peer may have read it before it closed, so it is neither "not sent" nor sent again."""

        def once_then_gone(connection: Connection) -> None:
            connection.read_request()
            connection.send(peers.OK)
            connection.read_request()

        with Peer(once_then_gone, peers.answering()) as peer:
            way = outlet(peer.url)
            way.send(pay(peer.url))
            assert no_answer(way, pay(peer.url)).reason is Reason.CONNECTION_LOST
            assert len(peer.requests) == 2
            assert way.send(pay(peer.url)).status == 200

    def test_a_connection_that_was_idle_for_long_is_replaced(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with Peer(peers.answering()) as peer:
            way = outlet(peer.url)
            way.send(pay(peer.url))
            monkeypatch.setattr(wire, "IDLE_LIMIT_S", 0.0)
            way.send(pay(peer.url))
        assert peer.connections == 2

    def test_bytes_that_nobody_asked_for_are_not_the_next_answer(self) -> None:
        extra = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged" * 3000
        with Peer(peers.answering(peers.OK + extra), peers.answering()) as peer:
            way = outlet(peer.url)
            assert way.send(get(peer.url)).body == b"ok"
            assert way.send(get(peer.url)).body == b"ok"

    def test_the_rest_of_an_answer_that_is_too_large_is_not_the_next_answer(self) -> None:
        def too_large_and_then_silent(connection: Connection) -> None:
            connection.read_request()
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n" + b"x" * 2 * CHUNK_BYTES)
            connection.read_request()
            connection.send(b"forged" * CHUNK_BYTES)

        with Peer(too_large_and_then_silent, peers.answering()) as peer:
            way = outlet(peer.url, max_answer_bytes=CHUNK_BYTES)
            assert no_answer(way, get(peer.url)).reason is Reason.TOO_LARGE
            assert way.send(get(peer.url)).body == b"ok"
        assert len(peer.requests) == 2
        assert peer.connections == 2

    def test_nothing_holds_a_connection_after_its_exchange(self) -> None:
        """The peer learns at once that nobody listens any more, not when the garbage is collected."""
        gc.disable()
        try:
            for script in (
                peers.answering(b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n"),
                peers.answering(b"SSH-2.0\r\n"),
            ):
                with Peer(script) as peer:
                    failure = no_answer(outlet(peer.url), pay(peer.url))
                    assert peer.closed.acquire(timeout=peers.PATIENCE_S), "the peer still waits for a request"
                assert failure.__context__ is None
        finally:
            gc.enable()

    def test_threads_get_their_own_answers_and_share_the_connections(self) -> None:
        with Peer(peers.echo) as peer, ThreadPoolExecutor(12) as pool:
            way = outlet(peer.url, pool_size=4, pool_wait_ms=LATE_MS, in_progress_limit=12)
            bodies = [b"body %d" % number for number in range(120)]
            answers = list(pool.map(lambda body: way.send(pay(peer.url, body)).body, bodies))
        assert answers == bodies
        assert peer.connections <= 4
        assert way.in_progress.now == 0
        assert 1 <= way.in_progress.peak <= 12

    def test_a_child_process_opens_its_own_connections(self) -> None:
        with Peer(peers.echo) as peer:
            way = outlet(peer.url, in_progress_limit=1)
            way.send(pay(peer.url, b"parent"))
            with way.in_progress:  # what the parent has under way is not the child's
                child = os.fork()
                if child == 0:
                    try:
                        os._exit(0 if way.send(pay(peer.url, b"child")).body == b"child" else 1)
                    except BaseException:  # noqa: BLE001 - the child must not run the rest of the tests
                        os._exit(2)
                assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
            assert way.send(pay(peer.url, b"parent again")).body == b"parent again"
        assert peer.connections == 2


class TestOrigins:
    @pytest.mark.parametrize(
        "url",
        ["http://provider.test", "http://10.0.0.1", "http://128.0.0.1:80", "ftp://127.0.0.1", "provider.test", ""],
    )
    def test_an_origin_is_https_or_on_this_machine(self, url: str) -> None:
        with pytest.raises(ValueError, match="neither https nor http on this machine"):
            Outlet("test", base_urls=[url])

    @pytest.mark.parametrize(
        "url", ["https://provider.test", "http://localhost:1", "http://127.9.9.9", "http://[::1]:2"]
    )
    def test_these_may_be_origins(self, url: str) -> None:
        assert repr(Outlet("test", base_urls=[url])) == "Outlet(test)"

    def test_an_outlet_leads_somewhere(self) -> None:
        with pytest.raises(ValueError, match="needs an origin"):
            Outlet("test", base_urls=[])

    @pytest.mark.parametrize(
        "name",
        [
            "connect_timeout_ms",
            "read_timeout_ms",
            "total_timeout_ms",
            "max_answer_bytes",
            "pool_size",
            "in_progress_limit",
        ],
    )
    def test_no_limit_may_be_nothing(self, name: str) -> None:
        with pytest.raises(ValueError, match="every limit"):
            outlet("https://provider.test", **{name: 0})

    def test_default_ports_and_case_do_not_matter(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked = []

        def unknown(host: str, port: int, **kwargs: object) -> None:
            asked.append((host, port))
            raise socket.gaierror

        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        way = outlet("https://provider.test")
        assert not_sent(way, get("HTTPS://Provider.TEST:443")).reason is Reason.NAME_NOT_RESOLVED
        assert asked == [("provider.test", 443)]

    @given(st.text(max_size=60))
    def test_no_url_leads_to_another_host(self, text: str) -> None:
        asked = []

        def unknown(host: str, port: int, **kwargs: object) -> None:
            asked.append((host, port))
            raise socket.gaierror

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(socket, "getaddrinfo", unknown)
            for url in (text, f"https://{text}", f"https://provider.test{text}", f"https://provider.test/{text}"):
                not_sent(outlet_for_any_url, Request("GET", url))
        assert set(asked) <= {("provider.test", 443)}


outlet_for_any_url = outlet("https://provider.test")


class TestWhatIsToldOfAnExchange:
    def test_one_log_line_for_an_answer(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level("INFO", "solitude.outbound")
        with Peer(peers.answering(b"HTTP/1.1 200 OK\r\nDebug-Id: d1\r\nContent-Length: 5\r\n\r\n" + b"state")) as peer:
            answer = outlet(peer.url, correlation_header="Debug-Id").send(secret_request(peer.url))
        assert logged(caplog) == [
            {
                "event": "exchange",
                "provider": "test",
                "operation": "pay",
                "method": "POST",
                "host": "127.0.0.1",
                "path": "/pay",
                "status": 200,
                "duration_ms": answer.duration_ms,
                "correlation_id": "d1",
            }
        ]

    def test_one_log_line_for_an_exchange_without_an_answer(self, caplog: pytest.LogCaptureFixture) -> None:
        with Peer(peers.closing_after_request) as peer:
            failure = no_answer(outlet(peer.url), secret_request(peer.url))
        assert logged(caplog) == [
            {
                "event": "exchange",
                "provider": "test",
                "operation": "pay",
                "method": "POST",
                "host": "127.0.0.1",
                "path": "/pay",
                "reason": "connection_lost",
                "sent": True,
                "cause": "ProtocolError < RemoteDisconnected",
                "duration_ms": failure.duration_ms,
            }
        ]

    def test_a_secret_at_the_end_of_the_url_is_sent_and_not_told(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level("INFO", "solitude.outbound")
        with Peer(peers.answering()) as peer:
            outlet(peer.url).send(Request("GET", f"{peer.url}/tokens/{CANARY}", secret_tail=len(CANARY)))
        assert peer.requests[0].startswith(f"GET /tokens/{CANARY} HTTP".encode())
        assert [line["path"] for line in logged(caplog)] == ["/tokens/[redacted]"]

    def test_one_log_line_for_a_refused_request(self, caplog: pytest.LogCaptureFixture) -> None:
        not_sent(outlet("https://x.test"), Request("GET", f"https://[{CANARY}"))
        assert [(line["reason"], line["sent"], line["host"]) for line in logged(caplog)] == [
            ("invalid_request", False, "")
        ]

    def test_a_request_shows_neither_headers_nor_body_nor_query(self) -> None:
        request = Request(
            "POST", f"https://x.test/pay?token={CANARY}", {"Authorization": CANARY}, CANARY.encode(), "pay"
        )
        assert repr(request) == "Request(POST https://x.test/pay?token=[redacted] pay)"

    def test_an_answer_shows_neither_header_values_nor_body(self) -> None:
        answer = Answer(200, {"Set-Cookie": CANARY}, CANARY.encode(), 12, "id-1")
        assert repr(answer) == "Answer(status=200, headers=Headers(set-cookie), duration_ms=12, correlation_id='id-1')"

    def test_headers_in_any_case(self) -> None:
        headers = Headers({"Content-TYPE": "a"})
        assert (headers["content-type"], "CONTENT-Type" in headers, headers.get("x"), list(headers), len(headers)) == (
            "a",
            True,
            None,
            ["content-type"],
            1,
        )

    @pytest.mark.parametrize("script", [peers.closing_after_request, peers.answering(CANARY.encode() + b"\r\n")])
    def test_an_error_shows_nothing_of_the_request(self, script: peers.Script) -> None:
        with Peer(script) as peer:
            request = Request("POST", f"{peer.url}/{CANARY}?a={CANARY}", {"X-Key": CANARY}, CANARY.encode())
            failure = no_answer(outlet(peer.url), request)
        told = "".join(traceback.format_exception(failure)) + str(failure) + repr(failure)
        assert CANARY not in told

    def test_an_error_is_a_sentence(self) -> None:
        assert str(NotSent(Reason.TLS_FAILED, 7, "SSLError")) == "tls_failed after 7 ms (SSLError)"
        assert str(NoAnswer(Reason.READ_TIMEOUT)) == "read_timeout after 0 ms"

    def test_an_error_is_one_or_the_other(self) -> None:
        assert not issubclass(NotSent, NoAnswer)
        assert not issubclass(NoAnswer, NotSent)


def secret_request(url: str) -> Request:
    return Request("POST", f"{url}/pay?token={CANARY}", {"X-Key": CANARY}, CANARY.encode(), "pay")


def logged(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """The fields of our lines; the canary is in no line of anyone."""
    assert CANARY not in str([record.__dict__ for record in caplog.records])
    records: list[Any] = [record for record in caplog.records if record.name == "solitude.outbound"]
    return [record.msg for record in records]
