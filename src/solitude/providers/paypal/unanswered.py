"""Calls that got no answer, of whichever interface."""

from dataclasses import dataclass, replace

from solitude.outbound.http import NoAnswer, NotSent
from solitude.outbound.http import Reason as SendReason
from solitude.outbound.record import Exchange
from solitude.payments.contract import BUSY, CONFIGURATION, UNREACHABLE, Operation, Outcome, Reason, Result
from solitude.providers.paypal.names import NAME
from solitude.telemetry import cef
from solitude.telemetry.logs import get_logger

log = get_logger("solitude.paypal")


@dataclass(frozen=True, slots=True)
class Failed:
    """No answer: `sent` is False only when it is certain that PayPal did not act."""

    sent: bool
    reason: str
    exchanges: tuple[Exchange, ...]


def no_answer(error: NotSent | NoAnswer, exchanges: tuple[Exchange, ...]) -> Failed:
    """Of an exchange that ended without one; `busy` where it is we who are."""
    busy = error.reason in (SendReason.BUSY, SendReason.NO_CONNECTION_FREE)
    return Failed(isinstance(error, NoAnswer), "busy" if busy else str(error.reason), exchanges)


class NotDone(Exception):
    """PayPal was not asked, did not answer, or refused. Of calls that move no money: there is nothing to find out later."""

    def __init__(self, result: Result) -> None:
        super().__init__(f"{result.outcome}: {result.reason.code if result.reason else ''}")
        self.result = result

    @property
    def is_refusal(self) -> bool:
        """PayPal understood, and said no."""
        return self.result.outcome == Outcome.DECLINED

    @property
    def code(self) -> str:
        """PayPal's word for why, or ours."""
        return self.result.reason.code if self.result.reason else ""


def not_done(result: Result) -> NotDone:
    """The error for a result that is none. Whether PayPal got a question that it did not answer makes no difference."""
    if result.outcome == Outcome.UNKNOWN:
        result = replace(result, outcome=Outcome.NOT_SENT, reason=Reason(UNREACHABLE))
    return NotDone(result)


def failed(found: Failed) -> Result:
    """The result of a call that got no answer."""
    if found.sent:
        return Result(Outcome.UNKNOWN, reason=Reason(found.reason), exchanges=found.exchanges)
    code = BUSY if found.reason == "busy" else UNREACHABLE
    return Result(Outcome.NOT_SENT, reason=Reason(code, found.reason), exchanges=found.exchanges)


def refused_credentials(exchanges: tuple[Exchange, ...], operation: str) -> Result:
    """PayPal does not take our credentials, or nobody has set any; operators are told."""
    log.error("paypal_credentials_refused", operation=operation)
    cef.event("Provider refuses our credentials", 7, extra={"cs6Label": "provider", "cs6": NAME})
    reason = Reason(CONFIGURATION, "PayPal refuses the credentials of this server.")
    # A key that is to be deleted we have no more: nobody would ask for it again, so the call stays open until it is done.
    outcome = Outcome.UNKNOWN if operation == Operation.DELETE_CREDENTIAL else Outcome.NOT_SENT
    return Result(outcome, reason=reason, exchanges=exchanges)


def not_ours(exchanges: tuple[Exchange, ...], operation: str) -> NotDone:
    """The error for refused credentials."""
    return NotDone(refused_credentials(exchanges, operation))
