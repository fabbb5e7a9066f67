"""The controls that every simulator has: faults, the clock, a fresh start."""

from collections.abc import Callable

from werkzeug.wrappers import Request, Response

from solitude_sandbox.clock import Clock, stamp
from solitude_sandbox.control import Json, body_of, json_response, tried
from solitude_sandbox.faults import FaultBoard


class Fate:
    """Routes under /sandbox/; every answer is JSON, every refusal is 400 with `{"error": sentence}`.

    `clock_moved` is called after the clock was moved, `forget` when the books are to be empty.
    """

    def __init__(
        self, clock: Clock, board: FaultBoard, clock_moved: Callable[[], None], forget: Callable[[], None]
    ) -> None:
        self._clock = clock
        self._board = board
        self._clock_moved = clock_moved
        self._forget = forget

    def faults(self, request: Request) -> Response:
        """GET lists, POST adds, DELETE clears."""
        if request.method == "POST":
            return tried(lambda: (self.set_fault(body_of(request)), 201))
        if request.method == "DELETE":
            self.clear_faults()
            return json_response(None, 204)
        return json_response({"faults": self.faults_as_json()}, 200)

    def set_fault(self, order: Json) -> Json:
        """Add a fault; ValueError with a sentence if it makes no sense."""
        return self._board.add(order).as_json()

    def clear_faults(self) -> None:
        """Forget all faults."""
        self._board.clear()

    def faults_as_json(self) -> list[Json]:
        """The faults that are still to come."""
        return self._board.as_json()

    def clock(self, request: Request) -> Response:
        """GET shows, POST advances by `advance_s`."""

        def advance() -> tuple[Json, int]:
            self.advance(body_of(request).get("advance_s"))
            return self.time(), 200

        return tried(advance) if request.method == "POST" else json_response(self.time(), 200)

    def advance(self, seconds: object) -> None:
        """Move the clock; ValueError if `seconds` is no whole number or out of range."""
        if isinstance(seconds, bool) or not isinstance(seconds, int):
            raise ValueError("advance_s must be a whole number of seconds.")
        self._clock.advance(seconds)
        self._clock_moved()

    def time(self) -> Json:
        """What time it is here."""
        return {"now": stamp(self._clock.now()), "advanced_s": self._clock.advanced_s}

    def reset(self, request: Request) -> Response:  # noqa: ARG002 - every route takes the request
        """Empty books, no faults, real time."""
        self.start_anew()
        return json_response({"reset": True}, 200)

    def start_anew(self) -> None:
        """What `reset` does."""
        self._board.clear()
        self._forget()
