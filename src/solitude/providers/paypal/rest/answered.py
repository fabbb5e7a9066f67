"""Answers to calls that move no money: what was asked for, that it is not there, or an error that says why there is neither."""

from solitude.providers.paypal.rest import reading
from solitude.providers.paypal.rest.wire import Ask, Reply, TokenRefused, Wire
from solitude.providers.paypal.unanswered import Failed, failed, not_done, not_ours

_ANSWERS = (200, 201, 404)


def asked(wire: Wire, ask: Ask) -> Reply:
    """The answer, of status 200, 201 or 404. Raises NotDone."""
    try:
        return answered(wire.ask(ask))
    except TokenRefused as error:
        raise not_ours(error.exchanges, ask.operation) from None


def answered(reply: Reply | Failed) -> Reply:
    """The same of an answer that is there already. Raises NotDone."""
    if isinstance(reply, Failed):
        raise not_done(failed(reply))
    if reply.status not in _ANSWERS or not reply.understood:
        raise not_done(reading.refused(reply))
    return reply


def unlike(reply: Reply) -> Exception:
    """The error for an answer that does not say what it should: as good as none."""
    return not_done(reading.unknown(reply))
