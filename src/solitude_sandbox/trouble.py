"""What the faults that are set do to a request, at every provider alike."""

import time
from collections.abc import Callable, Collection

from werkzeug.wrappers import Request, Response

from solitude_sandbox import faults
from solitude_sandbox.faults import Fault, FaultBoard, Trouble, Wire

GARBAGE = "<!DOCTYPE html><title>Gateway</title><p>The gateway has had an accident.</p>"

# HTTP statuses of the faults that have one other than 500.
STATUSES = {"error_503": 503, "rate_limit_429": 429}


def trouble_of(
    board: FaultBoard, operation: str, request: Request, sellers: Callable[[], Collection[str]] = tuple
) -> Trouble:
    """What awaits the request: what its own header asks for, else what is set. ValueError if the header makes no sense."""
    header = request.headers.get(faults.HEADER)
    return board.take(operation, sellers) if header is None else board.asked(operation, header)


def wait(latency_s: float) -> None:
    """Sleep, if at all: to sleep for no time still gives the processor away, and costs more than the whole request."""
    if latency_s > 0:
        time.sleep(latency_s)


def lose(request: Request, response: Response, fault: Fault) -> Response:
    """Keep the answer, or part of it, from the client."""
    if fault.kind == "garbage_after":
        return Response(GARBAGE, 200, content_type="text/html; charset=utf-8")
    wires = {
        "timeout_before": Wire(fault.delay_ms / 1000, 0),
        "timeout_after": Wire(fault.delay_ms / 1000, 0),
        "disconnect_before": Wire(0, 0),
        "disconnect_after": Wire(0, 0),
        "truncated_after": Wire(0, 0.5),
    }
    if fault.kind in wires:
        request.environ[faults.WIRE_KEY] = wires[fault.kind]
    if fault.kind == "rate_limit_429":
        response.headers["Retry-After"] = str(fault.retry_after_s)
    return response
