"""Providers that speak the reference interface as the engine's contract asks: one for the engine, several by name in the settings.

No database and no Django request: what is known comes in with the call, what was learnt goes out with the result. Such a provider makes
a transaction and a token for it; whoever has the token can pay. Nobody else ever learns a token whose answer was lost, so that
transaction can be made again without harm.
"""

import json
import re
from typing import Any, Final

from django.conf import settings

from solitude.outbound.json_api import Ask, NotSaid, Reply
from solitude.payments import outcomes
from solitude.payments.contract import (
    CONFIGURATION,
    Call,
    Capability,
    Evidence,
    NotUnderstood,
    Operation,
    Outcome,
    Reason,
    Result,
    Seen,
)
from solitude.providers.reference import terms
from solitude.providers.reference.configured import PAYMENT_PATH, TOKEN_MAX_CHARS, ReferenceProvider
from solitude.providers.reference.names import NAME, NUMBER, TRANSACTIONS
from solitude.providers.reference.segments import path_to
from solitude.providers.reference.wire import CREDENTIALS_REFUSED, error_of, wire
from solitude.telemetry import redaction
from solitude.telemetry.logs import get_logger

log = get_logger("solitude.reference")
STARTED: Final = "STARTED"
TOKEN_MIN_CHARS = 16
# What stands in a transaction: of all but the one called `reference` with its name before it.
OWN_NAME_MAX_CHARS = 200
MESSAGE_MAX_CHARS = 255
_TOKEN = re.compile(rf"[A-Za-z0-9._~-]{{{TOKEN_MIN_CHARS},{TOKEN_MAX_CHARS}}}", re.ASCII)
# The fields of the provider's form, as ours calls them.
_OUR_NAMES = {"price": "amount"} | {
    name: name
    for name in """product_id currency pay_method carrier region success_url error_url callback_success_url callback_error_url
    product_image_url""".split()
}


class Reference:
    """All of them: an intent names the one that it goes to (`interface`)."""

    name = NAME
    number = NUMBER
    capabilities = frozenset({Capability.APPROVAL, Capability.NOTIFICATIONS})

    def perform(self, call: Call) -> Result:
        if call.operation != Operation.PAY:
            raise ValueError(f"a reference provider has no {call.operation}")
        provider = settings.SOLITUDE_REFERENCE_PROVIDERS.get(call.intent.interface)
        if provider is None:
            # The settings had it when the payment was begun.
            return Result(Outcome.NOT_SENT, reason=Reason(CONFIGURATION, "No provider has this name any more."))
        answer = wire(provider).ask(Ask("POST", path_to(TRANSACTIONS) or "", "pay", terms.body(call)))
        reply = outcomes.decided(provider.name, call.operation, answer, (CREDENTIALS_REFUSED,))
        if isinstance(reply, Result):
            return reply
        if reply.is_success:
            return _begun(provider, reply, call)
        return Result(Outcome.DECLINED, reason=_reason(reply), exchanges=reply.exchanges)

    def find_out(self, call: Call) -> Result:
        """A payment whose answer was lost cannot be asked for. It is made again; after a while it is given up."""
        if call.age_s > settings.SOLITUDE_RESEND_MAX_S:
            # Whatever became of it, nobody was ever sent there.
            return Result(Outcome.DECLINED, reason=Reason("ABANDONED"))
        return self.perform(call)


def _begun(provider: ReferenceProvider, reply: Reply, call: Call) -> Result:
    """The buyer is sent there only if the provider's transaction is the very one that was asked for: no notice will tell its price."""
    try:
        uuid, token = reply.text("uuid"), reply.text("token")
        if not 0 < len(uuid) <= OWN_NAME_MAX_CHARS or not uuid.isprintable() or not _TOKEN.fullmatch(token):
            raise NotUnderstood("uuid or token")
    except (NotUnderstood, NotSaid) as error:
        return outcomes.not_understood(provider.name, error, reply.exchanges)
    asked = terms.body(call)
    differs = [name for name in terms.COMPARED if reply.body.get(name) != asked[name]]
    if reply.body.get("status") != STARTED:
        differs.append("status")
    if differs:
        log.error("reference_answer_differs", provider=provider.name, fields=differs)
        message = f"The provider answered with another {', '.join(differs)} than was asked for."
        field = _OUR_NAMES.get(differs[0], "__all__")
        return Result(Outcome.DECLINED, reason=Reason("ANSWER_DIFFERS", message, field), exchanges=reply.exchanges)
    evidence = Evidence(Seen.NOT_APPROVED, pay_url=f"{provider.url}{PAYMENT_PATH}{token}")
    return Result(
        Outcome.PENDING, evidence=evidence, ids={"payment": uid_pay(provider.name, uuid)}, exchanges=reply.exchanges
    )


def uid_pay(name: str, uuid: str) -> str:
    """How a payment at a provider is called here. All of them are one provider in our books, where no two payments have one name;
    and some of them may just count."""
    return uuid if name == NAME else f"{name}:{uuid}"


def _reason(reply: Reply) -> Reason:
    """Of a form that was refused the message is JSON: the first field at fault, and why."""
    error = error_of(reply)
    name, message = error.get("name"), error.get("message")
    code = name if isinstance(name, str) and name.isascii() and name.isalnum() else f"HTTP_{reply.status}"
    text = message if isinstance(message, str) else ""
    field, why = _field(text)
    # It may repeat what was sent, and is kept.
    return Reason(code[:MESSAGE_MAX_CHARS], redaction.clean(why)[:MESSAGE_MAX_CHARS], field)


def _field(message: str) -> tuple[str, str]:
    try:
        said: Any = json.loads(message)
    except (ValueError, RecursionError):
        return "__all__", message
    if not isinstance(said, dict) or not said:
        return "__all__", message
    name, why = next(iter(said.items()))
    return _OUR_NAMES.get(name, "__all__"), str(why) if name in _OUR_NAMES else f"{name}: {why}"
