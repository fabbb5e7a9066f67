"""What a call of a JSON API came to, where that does not depend on what was asked: there was no answer, or none that says anything
of it."""

from collections.abc import Callable, Collection
from dataclasses import replace

from solitude.money.errors import MoneyError
from solitude.outbound.json_api import Failed, NotSaid, Reply
from solitude.outbound.record import Exchange
from solitude.payments.contract import (
    BUSY,
    CONFIGURATION,
    UNREACHABLE,
    Call,
    NotUnderstood,
    Outcome,
    Reason,
    Result,
)
from solitude.telemetry import cef
from solitude.telemetry.logs import get_logger

log = get_logger("solitude.payments")
CREDENTIALS_REFUSED = frozenset({401, 403})
TOO_MANY = 429


def of(provider: str, call: Call, found: Reply | Failed, read: Callable[[Call, Reply], Result]) -> Result:
    """The result of a call. `read` says what the provider's yes or no means, and raises NotUnderstood, NotSaid or MoneyError for an answer
    that does not say what it should."""
    reply = decided(provider, call.operation, found)
    if isinstance(reply, Result):
        return reply
    try:
        return replace(read(call, reply), exchanges=reply.exchanges)
    except (NotUnderstood, NotSaid, MoneyError) as error:
        problem = error.code if isinstance(error, MoneyError) else error
        return not_understood(provider, problem, reply.exchanges)


def decided(
    provider: str, operation: str, found: Reply | Failed, credentials_refused: Collection[int] = CREDENTIALS_REFUSED
) -> Reply | Result:
    """The answer, where the provider said yes or no: what that means its own reader knows. Else what the call came to.

    `credentials_refused` are the statuses by which it does not take our signature.
    """
    if isinstance(found, Failed):
        return failed(found)
    if found.status in credentials_refused:
        return refused_credentials(provider, operation, found.exchanges)
    if found.status == TOO_MANY:
        facts = {"retry_after_s": str(found.retry_after_s)} if found.retry_after_s else {}
        return Result(Outcome.NOT_SENT, reason=Reason(BUSY), facts=facts, exchanges=found.exchanges)
    if found.is_success or found.is_refusal:
        return found
    return Result(Outcome.UNKNOWN, reason=Reason(f"HTTP_{found.status}"), exchanges=found.exchanges)


def failed(found: Failed) -> Result:
    """Of a call that got no answer."""
    if found.sent:
        return Result(Outcome.UNKNOWN, reason=Reason(found.reason), exchanges=found.exchanges)
    code = BUSY if found.reason == "busy" else UNREACHABLE
    return Result(Outcome.NOT_SENT, reason=Reason(code, found.reason), exchanges=found.exchanges)


def not_understood(provider: str, problem: object, exchanges: tuple[Exchange, ...]) -> Result:
    """Of an answer that does not say what it should; `problem` holds no value of it."""
    log.error("provider_answer_not_understood", provider=provider, problem=str(problem))
    return Result(Outcome.UNKNOWN, reason=Reason("NOT_UNDERSTOOD"), exchanges=exchanges)


def refused_credentials(provider: str, operation: str, exchanges: tuple[Exchange, ...]) -> Result:
    """The provider does not take our signature; operators are told."""
    log.error("provider_credentials_refused", provider=provider, operation=operation)
    cef.event("Provider refuses our credentials", 7, extra={"cs6Label": "provider", "cs6": provider})
    reason = Reason(CONFIGURATION, "The provider refuses the signature of this server.")
    return Result(Outcome.NOT_SENT, reason=reason, exchanges=exchanges)
