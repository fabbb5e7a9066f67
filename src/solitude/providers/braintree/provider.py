"""Braintree as the engine's contract asks: requests are built here, and answers read.

No database and no Django request: what is known comes in with the call, what was learnt goes out with the result.

The gateway knows no keys for what must be done once. So a sale and a refund bear our key as their order id, a card bears it as its token:
one without an answer is looked for by that, and is never sent again. What is not found when its time is over was not done.
"""

from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from typing import Any, Final

from solitude.outbound.record import Exchange
from solitude.payments.contract import (
    Call,
    Capability,
    CredentialRefused,
    Evidence,
    NotUnderstood,
    Operation,
    Outcome,
    Reason,
    RefundEvidence,
    Result,
    Seen,
)
from solitude.providers.braintree import errors, reading, requests, results, subscribing
from solitude.providers.braintree.gateway import NotConfigured, sdk
from solitude.providers.braintree.names import NAME, NUMBER
from solitude.providers.braintree.unanswered import failed, not_configured
from solitude.providers.braintree.wire import Absent, Failed, Reply, wire
from solitude.telemetry.logs import get_logger
from solitude.telemetry.redaction import Secret

NOT_A_CARD: Final = "not_a_card"
REFUNDS_MAX: Final = 50
# Codes by https://developer.paypal.com/braintree/docs/reference/general/validation-errors/all
_NO_SUCH_TOKEN: Final = "91518"  # noqa: S105  # a code
_REFUNDED_ALREADY: Final = frozenset({"91512", "91521"})
_NOT_VOIDABLE: Final = "91504"

log = get_logger("solitude.braintree")


class Braintree:
    name = NAME
    number = NUMBER
    capabilities = frozenset(
        {
            Capability.STORED_CREDENTIAL,
            Capability.REFUND,
            Capability.PARTIAL_REFUND,
            Capability.SEVERAL_REFUNDS,
            Capability.FOREIGN_REFUND,
            Capability.LOOK_UP,
            Capability.LOOK_UP_BY_REFERENCE,
            Capability.SETTLEMENT,
            Capability.VOID,
            Capability.REVERSALS,
            Capability.DISPUTES,
        }
    )

    def __init__(self) -> None:
        self._performers: dict[Operation, Callable[[Call], Result]] = {
            Operation.PAY: self._pay,
            Operation.REFUND: self._refund,
            Operation.VOID: self._void,
            Operation.LOOK_UP: self._look_up,
            Operation.LOOK_UP_REFUND: self._look_up_refund,
            Operation.STORE_CREDENTIAL: self._store_credential,
            Operation.DELETE_CREDENTIAL: self._delete_credential,
            **subscribing.PERFORMERS,
        }
        # What is not here is done again: it does nothing new there.
        self._finders: dict[Operation, Callable[[Call], Result]] = {
            Operation.PAY: self._find_payment,
            Operation.REFUND: self._find_refund,
            Operation.STORE_CREDENTIAL: self._find_credential,
            **subscribing.FINDERS,
        }

    def perform(self, call: Call) -> Result:
        return _guarded(self._performers[call.operation], call)

    def find_out(self, call: Call) -> Result:
        """What became of a call, by our key."""
        return _guarded(self._finders.get(call.operation, self._performers[call.operation]), call)

    # --- payments ---

    def _pay(self, call: Call) -> Result:
        reply = wire().ask("pay", lambda gateway: gateway.transaction.sale(requests.sale(call)))
        if not isinstance(reply, Reply):
            return results.unanswered(reply)
        if reply.value.is_success:
            return results.sale(reply, reply.value.transaction, call)
        return _pay_refused(reply, call)

    def _find_payment(self, call: Call) -> Result:
        found = _by_our_key(call, reading.SALE)
        if isinstance(found, Result):
            return found
        return _with_refunds(results.sale(found, found.value, call), found.value)

    def _look_up(self, call: Call) -> Result:
        reply = _transaction("look_up", call.ids[reading.TAKEN])
        if not isinstance(reply, Reply):
            return results.unanswered(reply)
        return _with_refunds(results.sale(reply, reply.value, call), reply.value)

    def _void(self, call: Call) -> Result:
        reply = wire().ask("void", lambda gateway: gateway.transaction.void(call.ids[reading.TAKEN]))
        if not isinstance(reply, Reply):
            return results.not_found(reply) if isinstance(reply, Absent) else failed(reply)
        if reply.value.is_success:
            return results.voided(reply, reply.value.transaction)
        refused = results.refused(reply)
        if _NOT_VOIDABLE not in errors.codes(errors.told(reply.value)):
            return refused
        # It was voided already, or it is settled: the sale itself says.
        seen = self._look_up(replace(call, key=""))
        exchanges = (*refused.exchanges, *seen.exchanges)
        if seen.evidence is None:
            return replace(seen, outcome=Outcome.UNKNOWN, exchanges=exchanges)
        if seen.evidence.state == Seen.VOIDED:
            return replace(seen, outcome=Outcome.SUCCEEDED, reason=None, exchanges=exchanges)
        return replace(refused, evidence=seen.evidence, exchanges=exchanges)

    # --- refunds ---

    def _refund(self, call: Call) -> Result:
        reply = wire().ask(
            "refund", lambda gateway: gateway.transaction.refund(call.ids[reading.TAKEN], requests.refund(call))
        )
        if not isinstance(reply, Reply):
            return results.not_found(reply) if isinstance(reply, Absent) else failed(reply)
        if reply.value.is_success:
            return results.refund(reply, reply.value.transaction, call)
        refused = results.refused(reply)
        if errors.codes(errors.told(reply.value)) & _REFUNDED_ALREADY:
            return _refunded_elsewhere(refused, call)
        return refused

    def _find_refund(self, call: Call) -> Result:
        found = _by_our_key(call, reading.CREDIT)
        if isinstance(found, Result):
            return replace(found, evidence=None)
        return results.refund(found, found.value, call)

    def _look_up_refund(self, call: Call) -> Result:
        reply = _transaction("look_up_refund", call.ids["refund"])
        return results.refund(reply, reply.value, call) if isinstance(reply, Reply) else results.unanswered(reply)

    # --- cards ---

    def _store_credential(self, call: Call) -> Result:
        reply = wire().ask(
            "store_credential", lambda gateway: gateway.payment_method.create(requests.payment_method(call))
        )
        if not isinstance(reply, Reply):
            return results.unanswered(reply)
        return _card(reply, reply.value.payment_method) if reply.value.is_success else results.refused(reply)

    def _find_credential(self, call: Call) -> Result:
        reply = wire().ask("look_up", lambda gateway: gateway.payment_method.find(call.key))
        if isinstance(reply, Absent):
            return replace(results.absent(call, reply.exchanges), evidence=None)
        return _card(reply, reply.value) if isinstance(reply, Reply) else failed(reply)

    def _delete_credential(self, call: Call) -> Result:
        assert call.intent.credential is not None  # noqa: S101  # a token
        return _deleted(call.intent.credential.reveal())


def _guarded(perform: Callable[[Call], Result], call: Call) -> Result:
    try:
        result = perform(call)
    except NotConfigured as error:
        result = not_configured(error)
    if result.outcome == Outcome.NOT_SENT and requests.UNTIL_DONE in call.intent.terms:
        return replace(result, outcome=Outcome.UNKNOWN)
    return result


def _transaction(operation: str, name: str) -> Reply | Absent | Failed:
    return wire().ask(operation, lambda gateway: gateway.transaction.find(name))


def _by_our_key(call: Call, kind: str) -> Reply | Result:
    """The transaction of this kind that bears our key; while there is none, what is known of the call."""
    search: Any = sdk().TransactionSearch

    def found(gateway: Any) -> list[Any]:
        alike = gateway.transaction.search(search.order_id == call.key)
        # The search is for the text: what bears another one in its place is not meant.
        return [each for each in islice(alike.items, REFUNDS_MAX) if (each.order_id, each.type) == (call.key, kind)]

    reply = wire().ask("search", found)
    if not isinstance(reply, Reply):
        return results.unanswered(reply)
    if len(reply.value) > 1:
        log.error("braintree_reference_not_unique", kind=kind)
        return Result(Outcome.UNKNOWN, reason=Reason("several_found"), exchanges=reply.exchanges)
    return Reply(reply.value[0], reply.exchanges) if reply.value else results.absent(call, reply.exchanges)


def _pay_refused(reply: Reply, call: Call) -> Result:
    """A sale that was refused; where that is told of a transaction, this must have come to nothing."""
    refused, transaction = results.refused(reply), reply.value.transaction
    if transaction is not None:
        seen = results.sale(reply, transaction, call)
        if seen.evidence is None or seen.evidence.state != Seen.DECLINED:
            return seen
        refused = replace(refused, evidence=seen.evidence, ids=seen.ids)
    if call.intent.terms[requests.PAYS_BY] == requests.TOKEN:
        gone = _NO_SUCH_TOKEN in errors.codes(errors.told(reply.value))
        return replace(refused, credential_refused=CredentialRefused.GONE if gone else CredentialRefused.NOW)
    return refused


def _refunded_elsewhere(refused: Result, call: Call) -> Result:
    """More is refunded than we know of: the sale lists what. Money that went back counts, whoever has sent it."""
    reply = _transaction("look_up", call.ids[reading.TAKEN])
    if not isinstance(reply, Reply):
        return replace(refused, exchanges=(*refused.exchanges, *reply.exchanges))
    refunds, exchanges = _refunds_of(reply.value)
    evidence = Evidence(Seen.PAID, refunds=refunds)
    return replace(refused, evidence=evidence, exchanges=(*refused.exchanges, *reply.exchanges, *exchanges))


def _with_refunds(found: Result, transaction: Any) -> Result:
    """What was seen of a sale, with what has gone back of it since: once it is settled here, nobody asks again."""
    if found.evidence is None or found.evidence.state != Seen.PAID:
        return found
    refunds, exchanges = _refunds_of(transaction)
    return replace(found, evidence=replace(found.evidence, refunds=refunds), exchanges=(*found.exchanges, *exchanges))


def _refunds_of(transaction: Any) -> tuple[tuple[RefundEvidence, ...], tuple[Exchange, ...]]:
    """The refunds of a sale as far as the gateway tells them, with what was sent to learn them."""
    refunds: list[RefundEvidence] = []
    exchanges: list[Exchange] = []
    for name in (getattr(transaction, "refund_ids", None) or [])[:REFUNDS_MAX]:
        reply = _transaction("look_up_refund", str(name))
        exchanges += reply.exchanges
        if isinstance(reply, Reply):
            try:
                refunds.append(reading.refund(reply.value))
            except NotUnderstood as error:
                log.error("braintree_answer_not_understood", problem=str(error))
    return tuple(refunds), tuple(exchanges)


def _card(reply: Reply, method: Any) -> Result:
    """A card that is in the vault. What is no card is taken out of it again, because nothing here could be told of it."""
    try:
        token = reading.identity(method, "token")
    except NotUnderstood as error:
        return results.not_understood(reply, error)
    shown = reading.card(method)
    if shown is not None:
        return Result(Outcome.SUCCEEDED, credential=Secret(token), facts=shown, exchanges=reply.exchanges)
    gone = _deleted(token)
    exchanges = (*reply.exchanges, *gone.exchanges)
    if gone.outcome != Outcome.SUCCEEDED:
        return Result(Outcome.UNKNOWN, reason=Reason(NOT_A_CARD), exchanges=exchanges)
    reason = Reason(NOT_A_CARD, "Only cards can be kept.", "payment_method_nonce")
    return Result(Outcome.DECLINED, reason=reason, exchanges=exchanges)


def _deleted(token: str) -> Result:
    """Gone already is what was wanted. Whatever else the gateway says, the card may still be there, and must be tried again."""
    reply = wire().ask("delete_credential", lambda gateway: gateway.payment_method.delete(token))
    if isinstance(reply, Failed):
        return failed(reply)
    return Result(Outcome.SUCCEEDED, exchanges=reply.exchanges)
