"""Between PayPal's client and its simulator: what PayPal's published files describe goes past their validator, the rest does not.

The validator (Prism) answers a message that it finds wrong with an error of its own. So that the client always gets the real answer,
the router stands on both sides of it: `front` takes the client's requests to the validator, `back` takes the validator's requests to
the simulator and keeps the real answers. A number in a header says what belongs together.
"""

import contextlib
import itertools
import json
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import urllib3
from tests.support.free_port import free_port

from solitude_sandbox.trouble import GARBAGE

Json = dict[str, Any]
PREFIX = "/paypal"
# Which of PayPal's files describes a path.
FILES = {
    "checkout_orders_v2": r"/v2/checkout/orders",
    "payments_payment_v2": r"/v2/payments/",
    "vault_payment_tokens_v3": r"/v3/vault/",
    "customer_partner_referrals_v2": r"/v2/customer/partner-referrals",
    "customer_partner_referrals_v1": r"/v1/customer/partners/[^/]+/merchant-integrations",
    "notifications_webhooks_v1": r"/v1/notifications/(?!certs/)",
    "customer_disputes_v1": r"/v1/customer/disputes",
    "reporting_transactions_v1": r"/v1/reporting/",
}
NUMBER = "Router-Number"
# Of one connection, or written anew by whoever sends.
HOP = frozenset(
    {"connection", "host", "keep-alive", "transfer-encoding", "content-length", "accept-encoding", "date", "server"}
)
ANSWER_WITHIN_S = 30


@dataclass(frozen=True, slots=True)
class Real:
    """An answer of the simulator, as it was."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass
class Findings:
    """What the validator said. `gaps` are faults of the published files, by name; `lost` are answers that were lost on purpose;
    `answered` are methods and paths of the answers that were checked."""

    requests: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    gaps: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    answered: set[tuple[str, str]] = field(default_factory=set)
    violations: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        files = ", ".join(f"{file} {self.requests[file]}/{self.answers[file]}" for file in FILES if self.requests[file])
        gaps = ", ".join(f"{name}: {count}" for name, count in sorted(self.gaps.items()))
        return (
            f"{self.requests.total()} requests and {self.answers.total()} answers checked ({files}); {self.lost} answers lost on purpose; "
            f"what the files lack: {gaps or 'nothing'}; violations: {len(self.violations)}"
        )


def file_of(path: str) -> str:
    """The file that describes this path; empty if none does."""
    return next((file for file, start in FILES.items() if re.match(start, path)), "")


def gap(file: str, method: str, path: str, status: int) -> str:
    """The name of what the published files lack and PayPal does; empty if this is none of it."""
    if status == 429:
        return "429"
    if file == "vault_payment_tokens_v3" and status in (401, 409, 503):
        return f"vault {status}"
    if method == "POST" and path.endswith("/refund") and status == 200:
        return "repeated refund 200"
    return ""


class Router:
    """`front` is where the client sends to, `back` what the validator must have as its upstream, `validator` where it listens."""

    def __init__(self, simulator: str, validator: str) -> None:
        self.simulator, self.validator = simulator, validator
        self.findings = Findings()
        self._numbers = itertools.count(1)
        # What the simulator answered to a message; None while it has not, or if it broke off.
        self._real: dict[str, Real | None] = {}
        self._lock = threading.Lock()

    def front(self, method: str, target: str, headers: Json, body: bytes) -> Real | None:
        """The real answer; None if the simulator gave none."""
        path = target.removeprefix(PREFIX)
        file = file_of(path)
        if not file:
            return asked(f"{self.simulator}{target}", method, headers, body)
        number = str(next(self._numbers))
        said = asked(f"{self.validator}{path}", method, {**headers, NUMBER: number}, body)
        with self._lock:
            was_sent = number in self._real
            real = self._real.pop(number, None)
            self._judge(file, method, path, said, real, was_sent=was_sent)
        return real if was_sent else said

    def back(self, method: str, target: str, headers: Json, body: bytes) -> Real | None:
        number = headers.pop(NUMBER.lower(), "")
        real = asked(f"{self.simulator}{target}", method, headers, body)
        with self._lock:
            self._real[number] = real
        return real

    def _judge(
        self, file: str, method: str, path: str, said: Real | None, real: Real | None, *, was_sent: bool
    ) -> None:
        found = self.findings
        found.requests[file] += 1
        complaints = _complaints(said)
        if was_sent and (real is None or real.body == GARBAGE.encode()):
            found.lost += 1
            return
        if real is not None:
            found.answers[file] += 1
            found.answered.add((method, path.partition("?")[0]))
            if name := gap(file, method, path, real.status):
                found.gaps[name] += 1
                complaints = [complaint for complaint in complaints if complaint["location"][:1] != ["response"]]
        if complaints or real is None:
            status = real.status if real else "not sent"
            found.violations.append(f"{method} {path}: {status}: {json.dumps(complaints or str(said))[:2000]}")


def asked(url: str, method: str, headers: Json, body: bytes) -> Real | None:
    """The answer that is there; None where the connection broke off."""
    kept = {name: value for name, value in headers.items() if name.lower() not in HOP}
    try:
        answer = _http().request(method, url, headers=kept, body=body or None, redirect=False)
    except urllib3.exceptions.HTTPError:
        return None
    return Real(answer.status, tuple(answer.headers.items()), answer.data)


@cache
def _http() -> urllib3.PoolManager:
    return urllib3.PoolManager(retries=False, maxsize=20, timeout=urllib3.Timeout(ANSWER_WITHIN_S))


def _complaints(said: Real | None) -> list[Json]:
    """Prism's own words; where it answered in its own name without any, that is one."""
    if said is None:
        return []
    headers = {name.lower(): value for name, value in said.headers}
    if "sl-violations" in headers:
        return list(json.loads(headers["sl-violations"]))
    if headers.get("content-type", "").startswith("application/problem+json"):
        return [{"location": ["validator"], "message": said.body.decode(errors="replace")[:500]}]
    return []


@contextmanager
def serving(router: Router) -> Iterator[tuple[str, str]]:
    """The URLs of its front and its back."""
    with ExitStack() as stack:
        yield stack.enter_context(served(router.front)), stack.enter_context(served(router.back))


@contextmanager
def served(answer: Any) -> Iterator[str]:
    """The URL of a server that passes each request to `answer(method, target, headers, body)`, and hangs up where that gives None."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def __getattr__(self, name: str) -> Any:
            """A method for every method."""
            if name.startswith("do_"):
                return self.pass_on
            raise AttributeError(name)

        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            real = answer(self.command, self.path, headers, body)
            if real is None:
                self.close_connection = True
                return
            # The client may have given up.
            with contextlib.suppress(OSError):
                self._give(real)

        def _give(self, real: Real) -> None:
            self.send_response_only(real.status)
            for name, value in real.headers:
                if name.lower() not in HOP:
                    self.send_header(name, value)
            if real.status != 204:
                self.send_header("Content-Length", str(len(real.body)))
            self.end_headers()
            self.wfile.write(real.body)

        def log_message(self, *_: Any) -> None:
            """The tests' output is their own."""

    server = ThreadingHTTPServer(("127.0.0.1", free_port()), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
