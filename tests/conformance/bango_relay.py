"""Between Bango's client and its simulator: passes everything on, and holds each envelope, both ways, to Bango's own schemas."""

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from lxml import etree
from tests.conformance.bango_files import SOAP, read, services
from tests.conformance.router import Json, Real, asked, served

from solitude_sandbox.trouble import GARBAGE

PREFIX = "/bango"


@dataclass
class Findings:
    """Envelopes by operation that were checked and found right. `broken` are answers that were no envelope on purpose: lost ones, and
    those of a provider that is down."""

    requests: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    soap_faults: int = 0
    broken: int = 0
    violations: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        each = ", ".join(f"{name} {self.requests[name]}/{self.answers[name]}" for name in sorted(self.requests))
        return (
            f"{self.requests.total()} requests and {self.answers.total()} answers were as the schemas say ({each}); "
            f"SOAP faults: {self.soap_faults}; no envelope on purpose: {self.broken}; violations: {len(self.violations)}"
        )


class Relay:
    """What it found, and what it does with a request."""

    def __init__(self, simulator: str) -> None:
        self.findings = Findings()
        self._simulator = simulator
        self._lock = threading.Lock()

    def answer(self, method: str, target: str, headers: Json, body: bytes) -> Real | None:
        real = asked(f"{self._simulator}{target}", method, headers, body)
        path = urlsplit(target).path.removeprefix(PREFIX)
        if path in services():
            with self._lock:
                self._judge(path, method, headers, body, real)
        return real

    def _judge(self, path: str, method: str, headers: Mapping[str, str], body: bytes, real: Real | None) -> None:
        service = services()[path]
        action = headers.get("soapaction", "").removeprefix('"').removesuffix('"')
        operation = next((name for name, known in service.actions.items() if known == action), "")
        faults = service.faults(body, operation)
        if not operation or method != "POST" or headers.get("content-type") != "text/xml; charset=utf-8":
            faults.append(f"{method} with action {action!r} and type {headers.get('content-type')!r}")
        self._note(self.findings.requests, operation, f"{path} {action}", faults)
        if real is None or real.body == GARBAGE.encode() or real.status in (429, 503):
            self.findings.broken += 1
        elif real.status != 200 and _is_fault(real.body):
            self.findings.soap_faults += 1
        else:
            wrong = service.faults(real.body, f"{operation}Response")
            wrong += [] if real.status == 200 else [f"with status {real.status}"]
            self._note(self.findings.answers, operation, f"answer to {operation}", wrong)

    def _note(self, right: Counter[str], operation: str, what: str, faults: list[str]) -> None:
        if faults:
            self.findings.violations.append(f"{what}: {'; '.join(faults)[:1000]}")
        else:
            right[operation] += 1


@contextmanager
def relaying(simulator: str) -> Iterator[tuple[Relay, str]]:
    """A relay to the simulator, and its URL."""
    relay = Relay(simulator)
    with served(relay.answer) as url:
        yield relay, url


def _is_fault(body: bytes) -> bool:
    """Whether it is SOAP 1.1's envelope with a fault, which has a code of SOAP's and a sentence."""
    try:
        root = read(body)
    except etree.XMLSyntaxError:
        return False
    fault = root.find(f"{{{SOAP}}}Body/{{{SOAP}}}Fault")
    if root.tag != f"{{{SOAP}}}Envelope" or fault is None:
        return False
    names = [child.tag for child in fault]
    return names[:2] == ["faultcode", "faultstring"] and set(names[2:]) <= {"faultactor", "detail"}
