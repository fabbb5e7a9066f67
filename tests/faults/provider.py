"""PayPal in the same process: the real simulator, and between it and the house a wire that loses, delays and cuts.

Nothing is waited for. What would be a time-out is raised at once, and who meanwhile could have acted gets the baton.
"""

import io
import json
import random
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

from django.conf import settings

import solitude_sandbox
from solitude import failpoints
from solitude.outbound.http import Answer, NoAnswer, NotSent, Outlet, Reason, Request
from solitude.payments import registry
from solitude.providers.paypal.provider import PayPal
from solitude.providers.paypal.rest import verification
from solitude.providers.paypal.rest.token import TokenKeeper
from solitude_sandbox import faults
from solitude_sandbox.paypal import books as sandbox_books
from solitude_sandbox.paypal.signing import Signer
from tests.faults.books import ProviderBooks

Json = dict[str, Any]
# What the wire itself does, beside the faults that the simulator offers.
REFUSED, DROPPED, LATE, UNHEARD = "connection refused", "request lost", "request late", "answer lost"
READS = frozenset({"GET"})
TOKEN = "token"
# The ways out that have trouble; the one to certificates is asked under a lock, and once in an episode.
TROUBLED = frozenset({"paypal"})


@dataclass(frozen=True, slots=True)
class Weather:
    """How likely each trouble of the wire is, for one request."""

    refused: float = 0
    dropped: float = 0
    late: float = 0
    unheard: float = 0

    def trouble(self, rng: random.Random) -> str | None:
        roll = rng.random()
        chances = (REFUSED, self.refused), (DROPPED, self.dropped), (LATE, self.late), (UNHEARD, self.unheard)
        for name, chance in chances:
            if roll < chance:
                return name
            roll -= chance
        return None


CALM = Weather()


class Wire:
    """Takes the place of the way out; also the way to the simulator's control and to its pages."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self.weather = CALM
        # Who fetches a token or a certificate is waited for by the others of the process.
        self.nobody_may_go_first = False
        self.late: deque[Request] = deque()
        self.troubles: Counter[str] = Counter()
        # How often the provider may have done something; what was read of its books before is old then.
        self.version = 0
        self._books: tuple[int, ProviderBooks] = (-1, ProviderBooks())
        self._host = urlsplit(settings.SOLITUDE_PAYPAL_URL).netloc
        with mock.patch.object(sandbox_books, "Signer", return_value=_signer()):
            self._app = solitude_sandbox.create_app(seed=rng.randrange(10**9))

    # --- what the house sends ---

    def send(self, outlet: Outlet, request: Request) -> Answer:
        """As `Outlet.send`: an answer, NotSent or NoAnswer."""
        if outlet.name not in TROUBLED:
            return self._deliver_at_once(request)[0]
        trouble = self.weather.trouble(self._rng) if request.operation != TOKEN else None
        if trouble:
            self.troubles[trouble] += 1
        if trouble == REFUSED:
            raise NotSent(Reason.CONNECTION_REFUSED)
        if trouble == LATE:
            self.late.append(request)
        if trouble in (DROPPED, LATE):
            _after_send(request)
            raise NoAnswer(Reason.READ_TIMEOUT)
        deliver = self._deliver_at_once if request.operation == TOKEN else self._deliver
        answer, lost = deliver(request)
        _after_send(request)
        if trouble or lost:
            raise NoAnswer(Reason.TRUNCATED if lost and lost.share else Reason.READ_TIMEOUT)
        return answer

    def late_one_arrives(self) -> str:
        """A request whose sender has long given up is carried out after all."""
        request = self.late.popleft()
        answer, _ = self._deliver(request)
        return f"{request.operation}: {answer.status}"

    def _deliver_at_once(self, request: Request) -> tuple[Answer, faults.Wire | None]:
        self.nobody_may_go_first = True
        try:
            return self._deliver(request)
        finally:
            self.nobody_may_go_first = False

    def _deliver(self, request: Request) -> tuple[Answer, faults.Wire | None]:
        headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in request.headers.items()}
        headers["CONTENT_TYPE"] = headers.pop("HTTP_CONTENT_TYPE", "")
        url = urlsplit(request.url)
        if request.method not in READS:
            self.version += 1
        answer, lost = self._ask(request.method, url.path, url.query, request.body, headers)
        if request.method not in READS:
            self.version += 1
        return answer, lost

    # --- what fate and the buyer do ---

    def control(self, method: str, what: str, body: Json | None = None) -> tuple[int, Any]:
        """The simulator's control API: the status and the JSON of its answer."""
        sent = b"" if body is None else json.dumps(body).encode()
        answer, _ = self._ask(method, f"/paypal/sandbox/{what}", "", sent, {"CONTENT_TYPE": "application/json"})
        self.version += method not in READS
        return answer.status, json.loads(answer.body) if answer.body else None

    def told_after(self, number: int) -> list[Json]:
        """What the provider has to tell the marketplace, signed, from this number on."""
        return list(self._get("events", f"after={number}")["events"])

    def state(self) -> Json:
        return dict(self._get("state"))

    def books(self) -> ProviderBooks:
        if self._books[0] != self.version:
            self._books = (self.version, ProviderBooks.from_state(self.state()))
        return self._books[1]

    def _get(self, what: str, query: str = "") -> Any:
        answer, _ = self._ask("GET", f"/paypal/sandbox/{what}", query, b"", {})
        return json.loads(answer.body)

    def _ask(self, method: str, path: str, query: str, body: bytes, headers: Json) -> tuple[Answer, faults.Wire | None]:
        environ: Json = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_LENGTH": str(len(body)),
            "SERVER_NAME": "paypal.example",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": self._host,
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            **headers,
        }
        started: list[Any] = []

        def start(status: str, fields: list[tuple[str, str]], _error: Any = None) -> Any:
            started[:] = [int(status[:3]), dict(fields)]

        content = _whole(self._app(environ, start))
        status, fields = started
        answer = Answer(status, fields, content, 1, fields.get("PayPal-Debug-Id", ""))
        return answer, environ.get(faults.WIRE_KEY)

    # --- the places ---

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Within the block the house's way to PayPal is this one."""
        verification._certificates_under.cache_clear()

        def send(outlet: Outlet, request: Request) -> Answer:
            return self.send(outlet, request)

        with mock.patch.object(Outlet, "send", send):
            forget_tokens()
            yield
        forget_tokens()
        verification._certificates_under.cache_clear()
        self._app.close()


def forget_tokens() -> None:
    """As a process that has just started: it has no access token."""
    paypal = registry.provider("paypal")
    assert isinstance(paypal, PayPal)
    identity = paypal.rest.wire.identity
    assert identity
    identity.tokens = TokenKeeper(identity.fetch)


def _after_send(request: Request) -> None:
    if request.operation != TOKEN:
        failpoints.reach(failpoints.AFTER_SEND)


def _whole(chunks: Iterable[bytes]) -> bytes:
    try:
        return b"".join(chunks)
    finally:
        close: Callable[[], None] | None = getattr(chunks, "close", None)
        if close:
            close()


@cache
def _signer() -> Signer:
    """Of all simulators: to make its keys takes longer than an episode."""
    return Signer("CERT-TORTURE")
