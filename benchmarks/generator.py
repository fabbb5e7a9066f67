"""The load: one process with many connections, which signs its requests before the clock starts.

Started by `load.py`, to which it speaks over its pipes: a line of JSON says what to do, `ready` goes back, `go` starts the clock, and
a line of JSON tells what came of it. One loop over all connections, without threads: it takes little of the processor that the server
needs, and no request waits for another's lock.
"""

import json
import selectors
import socket
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.aged import AGED
from benchmarks.scenarios import SCENARIOS, Ask, Reply, Unit

RECEIVE_BYTES = 256 * 1024
ANSWER_LIMIT_S = 30
ERRORS_SHOWN = 5
LOOK_S = 0.05


@dataclass(slots=True)
class Order:
    """What the parent asks for. `rate` units begin every second, whoever is free; None: each connection as fast as it can."""

    scenario: str
    materials: Mapping[str, Any]
    seconds: float
    connections: int
    rate: float | None
    prepared: int
    first: int
    units_max: int | None = None


@dataclass(slots=True)
class Line:
    """A connection of one worker to one of the two hosts, opened when it is first needed."""

    address: tuple[str, int]
    opened: socket.socket | None = None
    received: bytearray = field(default_factory=bytearray)
    last: bool = False
    """Whether the server has said that it closes the connection after this answer."""

    def send(self, raw: bytes, watch: Callable[[socket.socket], None]) -> None:
        if self.opened is None:
            self.opened = socket.create_connection(self.address, timeout=ANSWER_LIMIT_S)
            self.opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            watch(self.opened)
        self.opened.sendall(raw)

    def reply(self) -> Reply | None:
        """What has come, if it is a whole answer."""
        head, mark, rest = self.received.partition(b"\r\n\r\n")
        if not mark:
            return None
        length, timing = 0, b""
        self.last = head.startswith(b"HTTP/1.0")
        for header in head.split(b"\r\n")[1:]:
            name, _, value = header.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
            elif name.lower() == b"server-timing":
                timing = bytes(value)
            elif name.lower() == b"connection":
                self.last = value.strip().lower() == b"close"
        if len(rest) < length:
            return None
        reply = Reply(
            int(head[9:12]), bytes(rest[:length]), *(_duration_ms(timing, of) for of in (b"total", b"provider"))
        )
        del self.received[:]
        return reply


@dataclass(slots=True, eq=False)
class Worker:
    """One customer: does one unit after the other."""

    lines: dict[str, Line]
    unit: Unit | None = None
    due: float = 0.0
    """When its unit should have begun; later by all that it was not the house's turn."""
    asked: float = 0.0
    total_ms: float = 0.0
    """What the house says it took for all requests of its unit, and how much of it a provider did."""
    provider_ms: float = 0.0

    def close(self) -> None:
        for line in self.lines.values():
            if line.opened is not None:
                line.opened.close()


@dataclass(slots=True)
class Run:
    """What came of it: one entry a unit that ended in time."""

    order: Order
    prepared: list[Unit]
    latencies_ms: list[float] = field(default_factory=list)
    total_ms: list[float] = field(default_factory=list)
    provider_ms: list[float] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    failed: int = 0
    number: int = 0


class Generator:
    def __init__(self, order: Order) -> None:
        self.scenario = (SCENARIOS | AGED)[order.scenario]
        self.order = order
        self.number = order.first
        prepared = [self._made() for _ in range(order.prepared)]
        for unit in prepared:
            unit.prepare()
        prepared.reverse()
        self.run = Run(order, prepared)
        self.selector = selectors.DefaultSelector()
        self.workers = [self._worker() for _ in range(order.connections)]

    def _made(self) -> Unit:
        self.number += 1
        return self.scenario.unit(self.order.materials, self.number)

    def _worker(self) -> Worker:
        hosts = {name: self.order.materials[name].rsplit(":", 1) for name in ("house", "paypal")}
        return Worker({name: Line((host, int(port))) for name, (host, port) in hosts.items()})

    def go(self) -> dict[str, Any]:
        """Runs until the time is over and all are answered; what came of it."""
        try:
            return self._run()
        finally:
            for worker in self.workers:
                worker.close()

    def _run(self) -> dict[str, Any]:
        begun = time.perf_counter()
        end = begun + self.order.seconds
        idle, busy, started = list(self.workers), 0, 0
        while True:
            now = time.perf_counter()
            over = now >= end or started == self.order.units_max
            if over and not busy:
                break
            if now > end + ANSWER_LIMIT_S:
                raise RuntimeError(f"{busy} requests were not answered within {ANSWER_LIMIT_S} s")
            wait_s = LOOK_S
            while idle and not over:
                due = begun + started / self.order.rate if self.order.rate else now
                if due > now:
                    wait_s = min(wait_s, due - now)
                    break
                worker = idle.pop()
                worker.due, worker.unit = due, self._next()
                worker.total_ms = worker.provider_ms = 0.0
                started += 1
                busy += 1
                self._ask(worker, worker.unit.begin())
                over = started == self.order.units_max
            for key, _ in self.selector.select(wait_s):
                if self._heard(*key.data):
                    busy -= 1
                    idle.append(key.data[0])
        return {
            "latencies_ms": self.run.latencies_ms,
            "total_ms": self.run.total_ms,
            "provider_ms": self.run.provider_ms,
            "labels": self.run.labels,
            "errors": self.run.errors,
            "failed": self.run.failed,
            "took_s": time.perf_counter() - begun,
        }

    def once(self) -> dict[str, Any]:
        """One unit, of one worker."""
        self.order.units_max, self.order.seconds = 1, ANSWER_LIMIT_S
        return self.go()

    def _next(self) -> Unit:
        return self.run.prepared.pop() if self.run.prepared else self._made()

    def _ask(self, worker: Worker, ask: Ask) -> None:
        line = worker.lines[ask.host]
        worker.asked = time.perf_counter()
        line.send(ask.raw, lambda opened: self._watch(opened, worker, line))

    def _watch(self, opened: socket.socket, worker: Worker, line: Line) -> None:
        self.selector.register(opened, selectors.EVENT_READ, (worker, line))

    def _heard(self, worker: Worker, line: Line) -> bool:
        """Takes what has come; whether the worker is free again."""
        if line.opened is None or worker.unit is None:
            raise RuntimeError("somebody spoke who was not asked")
        chunk = line.opened.recv(RECEIVE_BYTES)
        if not chunk:
            self._close(line)
            return self._ended(worker, "the connection was closed within an answer")
        line.received += chunk
        reply = line.reply()
        if reply is None:
            return False
        if line.last:
            self._close(line)
        if line is not worker.lines["house"]:
            # The buyer was at the provider.
            worker.due += time.perf_counter() - worker.asked
        worker.total_ms += reply.total_ms
        worker.provider_ms += reply.provider_ms
        try:
            ask = worker.unit.go_on(reply)
        except ValueError as error:
            return self._ended(worker, str(error))
        if ask is None:
            return self._ended(worker, "")
        self._ask(worker, ask)
        return False

    def _close(self, line: Line) -> None:
        if line.opened is not None:
            self.selector.unregister(line.opened)
            line.opened.close()
            line.opened = None

    def _ended(self, worker: Worker, error: str) -> bool:
        unit, worker.unit = worker.unit, None
        if error:
            self.run.failed += 1
            if len(self.run.errors) < ERRORS_SHOWN:
                self.run.errors.append(error)
        elif unit is not None:
            self.run.latencies_ms.append((time.perf_counter() - worker.due) * 1000)
            self.run.total_ms.append(worker.total_ms)
            self.run.provider_ms.append(worker.provider_ms)
            self.run.labels.append(unit.label)
        return True


def _duration_ms(timing: bytes, of: bytes) -> float:
    """Of one part of `Server-Timing`; 0 where it is not told."""
    for part in timing.split(b","):
        name, _, duration = part.strip().partition(b";dur=")
        if name == of:
            return float(duration)
    return 0.0


def main() -> int:
    generator = Generator(Order(**json.loads(sys.stdin.readline())))
    print("ready", flush=True)
    sys.stdin.readline()
    print(json.dumps(generator.go()), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
