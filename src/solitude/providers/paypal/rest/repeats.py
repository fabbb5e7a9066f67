"""What a repeat of an exchange says. Under the same PayPal-Request-Id it does nothing new while PayPal remembers that.

PayPal may remember a server error of its own for ever, and then answers each repeat with it, whatever became of the first.
"""

from dataclasses import replace

from solitude.outbound.record import Exchange
from solitude.payments.contract import Call, Outcome, Result

# A repeat comes a little before PayPal forgets, as it says, because it takes its time, and nobody's clock is exact.
MARGIN_S = 600
# Of a repeat that PayPal answered with an error of its own: how long after the first try. The next one may not send it again.
_FAILED_AT_S = "failed_at_s"
# Statuses of refusals that come before PayPal looks at its memory of our key.
_OF_THE_ASKER = {403, 404, 405, 415}


def after(exchanges: tuple[Exchange, ...], found: Result) -> Result:
    """What a further call found, with the exchanges that came before it."""
    return replace(found, exchanges=(*exchanges, *found.exchanges))


def is_gone(found: Result) -> bool:
    """Whether PayPal's last word was that it has no such thing."""
    last = found.exchanges[-1] if found.exchanges else None
    return last is not None and last.status == 404


def failed_now(again: Result, call: Call) -> Result:
    """Of a repeat."""
    return replace(again, facts={**again.facts, _FAILED_AT_S: str(call.age_s)})


def since_failed_s(call: Call) -> int | None:
    """How long nothing was sent since a repeat failed; None where none did."""
    failed_at_s = call.facts.get(_FAILED_AT_S)
    return None if failed_at_s is None else call.age_s - int(failed_at_s)


def is_server_error(found: Result) -> bool:
    """Whether PayPal answered, with an error of its own: it may keep that under our key, and repeat it for ever."""
    last = found.exchanges[-1] if found.exchanges else None
    return found.outcome == Outcome.UNKNOWN and last is not None and (last.status or 0) >= 500


def is_of_the_repeat_alone(again: Result) -> bool:
    """Whether a repeat was refused for who asked, and not for what was asked: an earlier try may have been let in, and have been done."""
    last = again.exchanges[-1] if again.exchanges else None
    return again.outcome == Outcome.DECLINED and last is not None and last.status in _OF_THE_ASKER
