"""Each request in its turn (see `solitude.turns`), and 503 for one more than can be waited for."""

import random
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from solitude.telemetry import metrics
from solitude.turns import NoTurn, Turns, aside, turn
from solitude.web.refusals import Refused, refusal
from solitude.web.requests import READING, Handler

# Those who were turned away together do not come back together: to turn away thousands each second would be work enough.
RETRY_AFTER_S = (2, 8)
_THREADS = settings.SOLITUDE_SERVE_THREADS
_readers = Turns(settings.SOLITUDE_SERVE_TURNS_READING, _THREADS)
# Some threads are left over for those that only read, whatever waits.
_writers = Turns(settings.SOLITUDE_SERVE_TURNS_WRITING, _THREADS - settings.SOLITUDE_SERVE_THREADS_READING)


class InTurn:
    """Behind the check of networks: who may not call takes no turn from anybody."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        kind, turns = ("reading", _readers) if request.method in READING else ("writing", _writers)
        if request.META.get("CONTENT_LENGTH") not in (None, "", "0"):
            # Django's own, and not documented. Of a body without a length it reads nothing.
            request._stream = cast(Any, _Body(request._stream))
        try:
            with turn(turns, settings.SOLITUDE_SERVE_TURN_WAIT_MS / 1000):
                return self.get_response(request)
        except NoTurn:
            metrics.count("solitude_http_turned_away_total", kind=kind)
            return _turned_away()


def _turned_away() -> HttpResponse:
    pause_s = random.randint(*RETRY_AFTER_S)  # noqa: S311 - it spreads load
    body = {"detail": "Too many requests are in progress.", "code": "busy"}
    response = refusal(Refused(503, body, {"Retry-After": str(pause_s)}))
    # The counter tells of them. A line in the log for each would be Django's way, and most of the work.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


class _Body:
    """A request's body, for which nobody keeps a turn: it may come slowly, or never."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def read(self, *size: int) -> Any:
        with aside():
            return self._stream.read(*size)

    def close(self) -> None:
        self._stream.close()

    def readline(self, *size: int) -> Any:
        with aside():
            return self._stream.readline(*size)
