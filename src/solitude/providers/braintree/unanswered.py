"""What came of a call that Braintree did not answer, for the engine and for the routes."""

from solitude.payments.contract import BUSY, CONFIGURATION, UNREACHABLE, Outcome, Reason, Result
from solitude.providers.braintree import wire
from solitude.providers.braintree.gateway import NotConfigured
from solitude.providers.braintree.wire import Failed
from solitude.telemetry.logs import get_logger

log = get_logger("solitude.braintree")


def failed(found: Failed) -> Result:
    """The result of a call that got no answer."""
    if found.sent:
        return Result(Outcome.UNKNOWN, reason=Reason(found.reason), exchanges=found.exchanges)
    if found.reason == CONFIGURATION:
        reason = Reason(CONFIGURATION, "Braintree refuses the keys of this server.")
        return Result(Outcome.NOT_SENT, reason=reason, exchanges=found.exchanges)
    code = BUSY if found.reason == wire.BUSY else UNREACHABLE
    facts = {"retry_after_s": str(found.retry_after_s)} if found.retry_after_s else {}
    return Result(Outcome.NOT_SENT, reason=Reason(code, found.reason), facts=facts, exchanges=found.exchanges)


def not_configured(error: NotConfigured) -> Result:
    """The result of a call that this server is not set up for; operators are told."""
    log.error("braintree_not_configured", reason=str(error))
    return Result(Outcome.NOT_SENT, reason=Reason(CONFIGURATION, "This server is not set up to ask Braintree."))
