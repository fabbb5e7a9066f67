"""What came of a call that Bango did not answer, for the engine and for the routes."""

from solitude.payments.contract import BUSY, CONFIGURATION, UNREACHABLE, Outcome, Reason, Result
from solitude.providers.bango.soap import wire
from solitude.providers.bango.soap.description import NotConfigured
from solitude.providers.bango.soap.wire import Failed
from solitude.telemetry.logs import get_logger

log = get_logger("solitude.bango")


def failed(found: Failed) -> Result:
    """The result of a call that got no answer."""
    if found.sent:
        return Result(Outcome.UNKNOWN, reason=Reason(found.reason), exchanges=found.exchanges)
    code = BUSY if found.reason == wire.BUSY else UNREACHABLE
    return Result(Outcome.NOT_SENT, reason=Reason(code, found.reason), exchanges=found.exchanges)


def not_configured(error: NotConfigured) -> Result:
    """The result of a call that this server is not set up for; operators are told."""
    log.error("bango_not_configured", reason=str(error))
    reason = Reason(CONFIGURATION, "This server is not set up to ask Bango.")
    return Result(Outcome.NOT_SENT, reason=reason)
