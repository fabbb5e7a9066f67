"""The generator asks as often as it is told, and tells what went wrong."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from benchmarks.generator import Generator, Order


class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    status, seen, closes, timing = 200, 0, False, ""

    def do_GET(self) -> None:
        type(self).seen += 1
        self.send_response(self.status)
        self.send_header("Content-Length", "2")
        if self.timing:
            self.send_header("Server-Timing", self.timing)
        if self.closes:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def server(status: int, closes: bool = False, timing: str = "") -> Iterator[tuple[str, type[Answers]]]:
    kind = type("Kind", (Answers,), {"status": status, "seen": 0, "closes": closes, "timing": timing})
    with ThreadingHTTPServer(("127.0.0.1", 0), kind) as here:
        threading.Thread(target=here.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{here.server_port}", kind
        here.shutdown()


def order(house: str, seconds: float, **more: object) -> Order:
    materials = {"house": house, "paypal": house, "transactions": ["/generic/transaction/1/"]}
    return Order(
        "read transaction", materials, seconds, **{"connections": 2, "rate": None, "prepared": 5, "first": 0} | more
    )


def test_customers_ask_one_after_the_other_until_the_time_is_over() -> None:
    with server(200) as (house, kind):
        said = Generator(order(house, 0.3)).go()

    assert said["failed"] == 0
    assert len(said["latencies_ms"]) == kind.seen > 5
    assert 0.3 <= said["took_s"] < 30


def test_a_rate_is_kept() -> None:
    with server(200) as (house, kind):
        Generator(order(house, 0.5, rate=20.0)).go()

    assert kind.seen == 10


def test_what_the_server_says_of_its_time_is_taken_by_its_parts() -> None:
    with server(200, timing="total;dur=12.5, provider;dur=7.2") as (house, _):
        said = Generator(order(house, 0.1)).once()

    assert (said["total_ms"], said["provider_ms"]) == ([12.5], [7.2])


def test_of_a_server_that_says_nothing_of_its_time_there_is_none() -> None:
    with server(200) as (house, _):
        said = Generator(order(house, 0.1)).once()

    assert (said["total_ms"], said["provider_ms"]) == ([0.0], [0.0])


def test_once_is_once() -> None:
    with server(200) as (house, kind):
        said = Generator(order(house, 60)).once()

    assert (kind.seen, len(said["latencies_ms"])) == (1, 1)
    assert said["took_s"] < 30


def test_an_answer_that_nobody_wants_is_told() -> None:
    with server(503) as (house, _):
        said = Generator(order(house, 60)).once()

    assert (said["failed"], said["latencies_ms"]) == (1, [])
    assert said["errors"][0].startswith("503 ")


def test_a_connection_that_the_server_closes_is_opened_again() -> None:
    with server(200, closes=True) as (house, kind):
        said = Generator(order(house, 60, units_max=5)).go()

    assert (said["failed"], kind.seen) == (0, 5)
