"""What it means that a provider was not reached, or does not take our credentials."""

from solitude.outbound.record import Exchange
from solitude.payments.contract import BUSY, CONFIGURATION, UNREACHABLE, Outcome, Reason, Result
from solitude.providers.reference.wire import Failed
from solitude.telemetry import cef
from solitude.telemetry.logs import get_logger

log = get_logger("solitude.reference")


def failed(found: Failed) -> Result:
    """The result of a call that got no answer."""
    if found.sent:
        return Result(Outcome.UNKNOWN, reason=Reason(found.reason), exchanges=found.exchanges)
    code = BUSY if found.reason == "busy" else UNREACHABLE
    return Result(Outcome.NOT_SENT, reason=Reason(code, found.reason), exchanges=found.exchanges)


def refused_credentials(provider: str, operation: str, exchanges: tuple[Exchange, ...]) -> Result:
    """The provider does not take our signature; operators are told."""
    log.error("reference_credentials_refused", provider=provider, operation=operation)
    cef.event("Provider refuses our credentials", 7, extra={"cs6Label": "provider", "cs6": provider})
    reason = Reason(CONFIGURATION, "The provider refuses the signature of this server.")
    return Result(Outcome.NOT_SENT, reason=reason, exchanges=exchanges)
