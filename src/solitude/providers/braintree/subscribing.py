"""Subscriptions at the gateway: begun, paid by another card, cancelled, and found again.

A subscription bears our key as its id: one without an answer is looked for by that, and is never sent again. A cancellation may be
repeated as often as one likes; a change of card may not, because another one may have come since.
"""

from dataclasses import replace
from typing import Any, Final

from solitude.payments.contract import Call, NotUnderstood, Operation, Outcome, Reason, Result
from solitude.providers.braintree import errors, reading, requests, results
from solitude.providers.braintree.names import STATUS, SUBSCRIPTION
from solitude.providers.braintree.unanswered import failed
from solitude.providers.braintree.wire import Absent, Failed, Reply, wire

ACTIVE, PAST_DUE, PENDING = "Active", "Past Due", "Pending"
# Codes by https://developer.paypal.com/braintree/docs/reference/general/validation-errors/all
_CANCELLED_ALREADY: Final = "81905"


def subscribe(call: Call) -> Result:
    fields = requests.subscription(call)
    return _changed(wire().ask("subscribe", lambda gateway: gateway.subscription.create(fields)))


def find_subscribed(call: Call) -> Result:
    found = _found(call.key)
    return _absent(call, found) if isinstance(found, Absent) else _read(found)


def change_card(call: Call) -> Result:
    fields = {"payment_method_token": _token(call)}
    name = call.ids[SUBSCRIPTION]
    reply = wire().ask("change_subscription", lambda gateway: gateway.subscription.update(name, fields))
    return _gone(reply) if isinstance(reply, Absent) else _changed(reply)


def find_changed(call: Call) -> Result:
    """Which card pays for it says whether it was changed."""
    found = _found(call.ids[SUBSCRIPTION])
    if isinstance(found, Absent):
        return _gone(found)
    if isinstance(found, Reply) and getattr(found.value, "payment_method_token", None) != _token(call):
        return _absent(call, found)
    return _read(found)


def cancel(call: Call) -> Result:
    """Ended already, or not there at all, is what was wanted: nothing is charged any more."""
    name = call.ids[SUBSCRIPTION]
    reply = wire().ask("cancel_subscription", lambda gateway: gateway.subscription.cancel(name))
    if isinstance(reply, Absent):
        return Result(Outcome.SUCCEEDED, exchanges=reply.exchanges)
    if isinstance(reply, Failed) or reply.value.is_success:
        return _changed(reply)
    refused = results.refused(reply)
    if _CANCELLED_ALREADY not in errors.codes(errors.told(reply.value)):
        return refused
    return replace(refused, outcome=Outcome.SUCCEEDED, reason=None, facts={})


SUBSCRIBE, CHANGE, CANCEL = Operation.SUBSCRIBE, Operation.CHANGE_SUBSCRIPTION, Operation.CANCEL_SUBSCRIPTION
PERFORMERS: Final = {SUBSCRIBE: subscribe, CHANGE: change_card, CANCEL: cancel}
FINDERS: Final = {SUBSCRIBE: find_subscribed, CHANGE: find_changed}


def _found(name: str) -> Reply | Absent | Failed:
    return wire().ask("find_subscription", lambda gateway: gateway.subscription.find(name))


def _changed(reply: Reply | Absent | Failed) -> Result:
    """Of a result of the SDK's."""
    if not isinstance(reply, Reply):
        return results.unanswered(reply)
    if not reply.value.is_success:
        return results.refused(reply)
    return _read(Reply(reply.value.subscription, reply.exchanges))


def _read(reply: Reply | Absent | Failed) -> Result:
    """Of a subscription as it stands there."""
    if not isinstance(reply, Reply):
        return results.unanswered(reply) if isinstance(reply, Absent) else failed(reply)
    found: Any = reply.value
    try:
        ids = {SUBSCRIPTION: reading.identity(found)}
    except NotUnderstood as error:
        return results.not_understood(reply, error)
    facts = {STATUS: str(getattr(found, "status", "")), **reading.times(found)}
    return Result(Outcome.SUCCEEDED, ids=ids, facts=facts, exchanges=reply.exchanges)


def _absent(call: Call, found: Absent | Reply) -> Result:
    """What was asked for is not there, or not yet."""
    return replace(results.absent(call, found.exchanges), evidence=None)


def _gone(reply: Absent) -> Result:
    reason = Reason(results.NOT_FOUND, "Braintree does not know this subscription.")
    return Result(Outcome.DECLINED, reason=reason, exchanges=reply.exchanges)


def _token(call: Call) -> str:
    assert call.intent.credential is not None  # noqa: S101  # a card's token
    return call.intent.credential.reveal()
