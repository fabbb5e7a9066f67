"""One provider call: written before it is sent, sent with no transaction open, recorded with what it changed.

    begin (in the intent's transaction) -> commit -> carry_out: ask the provider -> record and apply (one transaction)

A crash after `begin` leaves a row with outcome `none`, from which `find_out` learns the truth by our own key.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf
from typing import Any

from django.conf import settings
from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import DurationField, ExpressionWrapper, F, QuerySet
from django.db.models.functions import Now

from solitude import clocks, failpoints, prepared
from solitude.outbound import in_time
from solitude.outbound.limits import InProgress
from solitude.payments import apply, leases, registry, standing
from solitude.payments.contract import LOOK_UPS, Call, Intent, Operation, Outcome, Provider, Reason, Result
from solitude.payments.models import CHOICE_MAX_CHARS, OPEN, REASON_MAX_CHARS, ProviderCall
from solitude.telemetry import cef, context, metrics, redaction, tracing
from solitude.telemetry.logs import get_logger
from solitude.transactions.models import Transaction
from solitude.web import begun
from solitude.web.idempotency import Claim
from solitude.web.idempotency import in_progress as key_in_progress

log = get_logger("solitude.payments")
EXCHANGES_MAX = 20
# Without an answer they can be asked again, and nothing has to be found out.
HARMLESS = (*LOOK_UPS, Operation.DELETE_CREDENTIAL)

_in_progress = InProgress(settings.SOLITUDE_PAYMENTS_IN_PROGRESS_MAX)

# Called in the transaction that records the result, to keep the answer under the request's idempotency key.
Settle = Callable[[ProviderCall], None]


@dataclass(frozen=True, slots=True)
class Chosen:
    """Where this server has chosen the provider of a payment: the way that it goes, and in words why."""

    way: str = ""
    why: str = ""


def in_progress() -> InProgress:
    """How much this process waits for. Enter it before the intent, so that a refusal for want of room writes nothing."""
    return _in_progress


def begin(
    provider: str,
    operation: Operation,
    intent: Intent,
    *,
    row: Transaction | None = None,
    subject: str = "",
    ids: dict[str, str] | None = None,
    claim: Claim | None = None,
    after: ProviderCall | None = None,
    chosen: Chosen | None = None,
) -> ProviderCall:
    """Writes the intent; the caller's commit makes it durable, and only then may it be carried out.

    `after` is the call that this one goes on from: the client's key stands for this one from now on.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("an intent is written in a transaction")
    sent_before = leases.sent_before()
    key = claim.row.pk if claim else None
    if after is not None:
        chosen = Chosen(after.way)
    if after is not None and after.idempotency_id is not None:
        key = after.idempotency_id
        ProviderCall.objects.filter(pk=after.pk).update(idempotency=None)
    call = ProviderCall(
        provider=provider,
        operation=operation,
        transaction=row,
        subject=subject,
        idempotency_id=key,
        client=context.current().get("client", ""),
        request_id=context.current().get("request_id", ""),
        traceparent=tracing.traceparent(),
        way=chosen.way if chosen else "",
        choice=chosen.why[:CHOICE_MAX_CHARS] if chosen else "",
        intent=intent.to_json(),
        ids=ids or {},
        leased_until=leases.until(),
    )
    prepared.insert_later(call)
    if row is not None:
        context.about(row.uuid)
    call.is_begun_here, call.sent_before = True, sent_before
    return call


def intended(write: Callable[[], ProviderCall]) -> ProviderCall:
    """Runs `write`, which ends in `begin`, in the transaction whose commit makes the intent durable.

    Raises Refused (409) where another request with the same idempotency key has begun its operation in the meantime.
    """
    failpoints.reach(failpoints.BEFORE_INTENT)
    try:
        with transaction.atomic():
            call = write()
            # Of a commit without an answer nobody knows whether it was one, and of its intent a worker may make a payment.
            _note(call)
    except IntegrityError as error:
        # PostgreSQL names the constraint, SQLite the column.
        if "one_operation_per_key" in str(error) or "idempotency_id" in str(error):
            raise key_in_progress() from None
        raise
    failpoints.reach(failpoints.AFTER_INTENT)
    return call


def begun_under(claim: Claim | None) -> ProviderCall | None:
    """The call that an earlier request with the same key began, unless it is certain that nothing was sent by it."""
    if claim is None or not claim.repeated:
        return None
    known = claim.row.calls.select_related("transaction").exclude(outcome="not_sent")
    return known.order_by("-pk").first()


def has_begun_under(claim: Claim | None) -> bool:
    """Whether an earlier request with the same key wrote an intent, whatever became of it."""
    return claim is not None and claim.repeated and claim.row.calls.exists()


def carry_out(call: ProviderCall, settle: Settle | None = None) -> ProviderCall:
    """Asks the provider and records what came of it."""
    _note(call)
    described = Call(Operation(call.operation), call.key, call.intended, call.ids)
    found = _ask(registry.provider(call.provider), described, find_out=False, before=call.sent_before)
    return _record(call, found, settle, first_try=True)


def find_out(call: ProviderCall, settle: Settle | None = None) -> ProviderCall:
    """Learns what became of a call without known outcome. While somebody else is at it: the call as it stands, or that with which somebody
    has gone on after it."""
    before = leases.sent_before()
    is_taken = leases.take(uncertain(), call.pk, **leases.TAKEN_OVER)
    return find_out_leased(call.pk, before, settle) if is_taken else _by_others(call.pk, settle)


def find_out_leased(pk: int, before: float, settle: Settle | None = None) -> ProviderCall:
    """The same, by whoever has leased the call, to send nothing after `before` (`leases.sent_before`): then it is somebody else's."""
    age = ExpressionWrapper(Now() - F("begun_at"), output_field=DurationField())
    known: Any = ProviderCall.objects.annotate(age=age).select_related("transaction").get(pk=pk)
    if clocks.now_s() >= before:
        # What was read may be somebody else's already.
        return _by_others(pk, settle)
    _note(known)
    if known.transaction is not None:
        context.about(known.transaction.uuid, known.client)
    if known.outcome == "none":
        # Nobody has recorded how it ended: whoever made it has died, or hangs.
        taken = {"cs6Label": "provider", "cs6": known.provider, "cs7Label": "operation", "cs7": known.operation}
        cef.event("Provider call taken over", 2, extra=taken)
    age_s, paying_key = int(known.age.total_seconds()), _paying_key(known)
    described = Call(Operation(known.operation), known.key, known.intended, known.ids, age_s, paying_key, known.facts)
    with tracing.going_on(f"recovery {known.operation}", known.traceparent):
        found = _ask(registry.provider(known.provider), described, find_out=True, before=before)
        return _record(known, found, settle, first_try=False)


def uncertain() -> QuerySet[ProviderCall]:
    """The calls whose outcome is not known: the provider may have acted."""
    return ProviderCall.objects.filter(outcome__in=OPEN).exclude(operation__in=LOOK_UPS)


def note(row: Transaction, provider: str, operation: Operation, result: Result, ids: dict[str, str]) -> ProviderCall:
    """Writes down a call that changed nothing at the provider, after it was made."""
    call = ProviderCall(
        provider=provider,
        operation=operation,
        transaction=row,
        client=context.current().get("client", ""),
        request_id=context.current().get("request_id", ""),
        intent=Intent().to_json(),
        ids=ids,
    )
    _write_down(call, result)
    prepared.insert(call)
    return call


def ask(provider: str, call: Call) -> Result:
    """Asks without a row of its own, for look-ups."""
    return _ask(registry.provider(provider), call, find_out=False)


def is_under_way(call: ProviderCall) -> bool:
    """Whether somebody is at it; nobody takes it over until the end of the caller's transaction."""
    found = ProviderCall.objects.select_for_update().filter(pk=call.pk)
    return found.exclude(leases.free()).first() is not None


def result_of(call: ProviderCall) -> Result:
    """What the recorded call came to, as far as an answer to the client needs it. Not ended yet is not known."""
    reason = Reason(call.reason_code, call.reason_message, call.reason_field) if call.reason_code else None
    outcome = Outcome.UNKNOWN if call.outcome in OPEN else Outcome(call.outcome)
    return Result(outcome, reason=reason, facts=call.facts, correlation_id=call.correlation_id)


def _by_others(pk: int, settle: Settle | None) -> ProviderCall:
    """The call as it stands, or that with which somebody has gone on after it."""
    stands = ProviderCall.objects.select_related("transaction").get(pk=pk)
    later = _gone_on_with(stands)
    return find_out(later, settle) if later else stands


def _note(call: ProviderCall) -> None:
    """For an honest answer, should the database go away before this request ends."""
    if call.operation not in HARMLESS:
        row = call.transaction
        begun.note(
            {"transaction": row.resource_uri, "uuid": row.uuid} if row is not None and row.pk is not None else {}
        )


def _ask(provider: Provider, call: Call, *, find_out: bool, before: float = inf) -> Result:
    """`before`: when the last of what is asked for may be sent, by `clocks.now_s`."""
    if connection.in_atomic_block:
        raise RuntimeError("no transaction may be open while a provider is asked")
    failpoints.reach(failpoints.BEFORE_SEND)
    try:
        with in_time.sending_before(before):
            return provider.find_out(call) if find_out else provider.perform(call)
    except Exception:
        # Whatever went wrong, the provider may have acted: only evidence can say.
        log.exception("provider_call_raised", operation=call.operation)
        return Result(Outcome.UNKNOWN)


def _record(call: ProviderCall, result: Result, settle: Settle | None, *, first_try: bool) -> ProviderCall:
    """Writes the outcome, what follows from it and the client's answer, in one transaction."""
    failpoints.reach(failpoints.AFTER_ANSWER)
    as_begun = first_try and standing.concerns_its_row_alone(call, result)
    try:
        recorded, later = _entered(call, result, settle, first_try=first_try, as_begun=as_begun)
    except DataError as error:
        if not (as_begun and prepared.is_missing(error)):
            raise
        # Somebody has touched it meanwhile. Nothing was written, and what was made of it in memory is forgotten.
        recorded, later = _entered(call, result, settle, first_try=first_try, as_begun=False)
    failpoints.reach(failpoints.AFTER_COMMIT)
    metrics.count(
        "solitude_provider_calls_total",
        provider=recorded.provider,
        operation=recorded.operation,
        outcome=recorded.outcome,
    )
    log.info(
        "provider_call",
        operation=recorded.operation,
        provider=recorded.provider,
        outcome=recorded.outcome,
        reason=recorded.reason_code,
    )
    if recorded.outcome == Outcome.DECLINED:
        refused = {"cs5Label": "operation", "cs5": recorded.operation, "cs6Label": "provider", "cs6": recorded.provider}
        cef.event("Provider refused", 2, extra=refused | {"cs7Label": "reason", "cs7": recorded.reason_code or "none"})
    if later is None:
        return recorded
    # Whoever has recorded the refusal makes the next call; others see what became of that.
    return carry_out(later, settle) if recorded.successor else find_out(later, settle)


def _entered(
    known: ProviderCall, result: Result, settle: Settle | None, *, first_try: bool, as_begun: bool
) -> tuple[ProviderCall, ProviderCall | None]:
    """The call with its outcome, committed, and the one with which it is gone on."""
    with transaction.atomic():
        recorded = enter(known, result, held=known.takeovers, first_try=first_try, as_begun=as_begun)
        later = recorded.successor or _gone_on_with(recorded)
        if settle and later is None:
            settle(recorded)
        failpoints.reach(failpoints.WHILE_RECORDING)
    return recorded, later


def enter(
    known: ProviderCall, result: Result, *, held: int | None = None, first_try: bool = False, as_begun: bool = False
) -> ProviderCall:
    """Enters a result into our books, in the caller's transaction. An outcome that is known already stays.

    `held`: of what a try saw, the takeovers with which it held the call; None of what the provider tells by itself. `as_begun`: it is
    entered into the very object that `begin` has made, and nothing has to be read and made anew; the transaction fails with an error for
    which `prepared.is_missing` is true if anybody has touched call or transaction since.
    """
    if known.operation == Operation.REFUND:
        # The payment before its refund, always, so that two who lock both never wait for each other.
        Transaction.objects.select_for_update().filter(relations=known.transaction_id).first()
    call = known if as_begun else standing.locked(known.pk)
    if as_begun:
        standing.require_as_begun(known)
    if call.transaction is not None:
        context.about(call.transaction.uuid)
    context.bind(correlation_id=result.correlation_id or None)
    if call.outcome in OPEN:
        is_taken_over = held is not None and call.takeovers != held
        if result.outcome == Outcome.NOT_SENT and not (first_try and call.outcome == "none" and not is_taken_over):
            # That this try was not sent proves nothing about another one.
            result = replace(result, outcome=Outcome.UNKNOWN)
        if result.outcome == Outcome.DECLINED and is_taken_over and not result.is_past_repeating:
            # Nor that it was declined: who has taken it over may be repeating it, and what its buyer has approved anew in between is taken.
            result = replace(
                result, outcome=Outcome.UNKNOWN, evidence=None, refund=None, reason=None, credential_refused=None
            )
        unknown_again = call.outcome == result.outcome == Outcome.UNKNOWN
        _write_down(call, result, recovering=not first_try, is_taken_over=is_taken_over)
        prepared.update_later(call, _RECORDED)
        if not unknown_again:
            _apply(call, result)
    elif result.outcome not in (call.outcome, Outcome.UNKNOWN, Outcome.NOT_SENT):
        apply.late(call, result)
    return call


def _apply(call: ProviderCall, result: Result) -> None:
    """What follows from a result. A refused credential may be not the end of its payment: then the next call is written with it."""
    how, row = result.credential_refused if result.outcome == Outcome.DECLINED else None, call.transaction
    if how is None or row is None:
        apply.result(call, result)
        return
    registry.credential_refused(call, how)
    intent = call.intended
    if intent.fallback and apply.goes_on(row, result):
        by_approval = replace(intent, credential=None, fallback=False)
        call.successor = begin(call.provider, Operation.PAY, by_approval, row=row, after=call)
    else:
        apply.result(call, result)


def _gone_on_with(call: ProviderCall) -> ProviderCall | None:
    """The call with which somebody else has gone on after this one, which was refused."""
    if call.operation != Operation.PAY or call.outcome != Outcome.DECLINED or call.transaction is None:
        return None
    later = paying(call.transaction)
    return later if later and later.pk > call.pk else None


def paying(row: Transaction) -> ProviderCall | None:
    """The call by which a transaction is paid: of several the last, because those before it were refused."""
    return _paying.first(row.pk)


# It looks into each month: a plan that is made once locks less there, and costs less than to look.
_paying = prepared.Found(
    lambda pk: ProviderCall.objects.filter(transaction=pk, operation=Operation.PAY).order_by("-pk")[:1], int
)


def _paying_key(capture: ProviderCall) -> str:
    """The reference that a provider has for the payment of a capture; empty for other calls."""
    row = capture.transaction if capture.operation == Operation.CAPTURE else None
    call = paying(row) if row is not None else None
    return call.key if call else ""


_RECORDED = [
    "outcome", "ids", "facts", "ended_at", "leased_until", "next_try_at", "tries", "reason_code", "reason_message", "reason_field",
    "correlation_id", "exchanges",
]  # fmt: skip


def _write_down(call: ProviderCall, result: Result, *, recovering: bool = False, is_taken_over: bool = False) -> None:
    """`is_taken_over`: somebody else is at the call by now, and stays so unless it has ended."""
    call.outcome = result.outcome
    call.ids = {**call.ids, **result.ids}
    is_overtaken = is_taken_over and result.outcome == Outcome.UNKNOWN
    # What is known by whoever came later is newer, also where it was recorded first.
    call.facts = {**result.facts, **call.facts} if is_overtaken else {**call.facts, **result.facts}
    call.ended_at = Now()
    call.tries += 1
    if not is_overtaken:
        call.leased_until = None
        call.next_try_at = leases.later(call.tries)
    if result.reason or result.outcome != Outcome.UNKNOWN:
        # What is known now is not explained by why it was unknown.
        reason = result.reason or Reason("", field="")
        call.reason_code = reason.code[:REASON_MAX_CHARS]
        # In the words of the provider, which may repeat what it was told of a person. They stay as long as the books.
        call.reason_message = redaction.mask(reason.message)[:REASON_MAX_CHARS]
        call.reason_field = reason.field[:64]
    call.correlation_id = result.correlation_id or call.correlation_id
    by = {"recovering": recovering, "request_id": context.current().get("request_id", "")}
    call.exchanges = [*call.exchanges, *(exchange.as_dict() | by for exchange in result.exchanges)][-EXCHANGES_MAX:]
