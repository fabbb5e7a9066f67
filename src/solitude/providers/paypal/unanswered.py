"""Calls that got no answer, of whichever interface."""

from dataclasses import dataclass

from solitude.outbound.record import Exchange
from solitude.payments.contract import BUSY, CONFIGURATION, UNREACHABLE, Outcome, Reason, Result


@dataclass(frozen=True, slots=True)
class Failed:
    """No answer: `sent` is False only when it is certain that PayPal did not act."""

    sent: bool
    reason: str
    exchanges: tuple[Exchange, ...]


def failed(found: Failed) -> Result:
    """The result of a call that got no answer."""
    if found.sent:
        return Result(Outcome.UNKNOWN, reason=Reason(found.reason), exchanges=found.exchanges)
    code = BUSY if found.reason == "busy" else UNREACHABLE
    return Result(Outcome.NOT_SENT, reason=Reason(code, found.reason), exchanges=found.exchanges)


def refused_credentials(exchanges: tuple[Exchange, ...]) -> Result:
    reason = Reason(CONFIGURATION, "PayPal refuses the credentials of this server.")
    return Result(Outcome.NOT_SENT, reason=reason, exchanges=exchanges)
