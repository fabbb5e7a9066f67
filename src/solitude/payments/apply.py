"""How a provider's result enters our books: from evidence to a move in the state graph."""

from dataclasses import replace
from datetime import timedelta

from django.conf import settings
from django.db.models.functions import Now

from solitude.events.models import Event
from solitude.payments import money_back, registry
from solitude.payments.contract import ENDINGS, UNDOINGS, Capability, Evidence, Operation, Outcome, Result, Seen
from solitude.payments.models import REASON_MAX_CHARS, ProviderCall
from solitude.telemetry import cef
from solitude.telemetry.logs import get_logger
from solitude.transactions import states
from solitude.transactions.models import ENDED_UNPAID, PAID, PROVIDER_NUMBERS, CallOutcome, Status, Transaction

log = get_logger("solitude.payments")
# Among a provider's ids: by which it knows the payment, by which it knows the money that it took, and by which its people do.
UID_PAY, TAKEN, SUPPORT = "payment", "capture", "support"
EDGES_TO = {
    Seen.NOT_APPROVED: ("approval_awaited",),
    Seen.INSTRUMENT_DECLINED: ("instrument_declined",),
    Seen.APPROVED: ("approved",),
    Seen.PAID: ("paid", "corrected_to_paid"),
    Seen.UNDER_REVIEW: ("review_awaited", "corrected_to_review"),
    Seen.DECLINED: ("declined",),
    Seen.CANCELLED: ("cancelled",),
    Seen.EXPIRED: ("expired",),
    Seen.UNSETTLED: ("settlement_declined", "declined"),
    Seen.VOIDED: ("voided", "cancelled"),
}
# Of a payment that is paid. One of several prices may be told as paid by a message that does not say which one it was.
LEARNT_LATER = ("taken_id", "uid_support", "captured_amount", "amount", "currency", "region", "carrier")


def result(call: ProviderCall, found: Result) -> None:
    """Applies a result to what the call is about; the call and its transaction are locked."""
    own = registry.applier(call.provider, Operation(call.operation))
    if own:
        own(call, found)
    elif call.operation == Operation.REFUND and call.transaction:
        money_back.settle(call.transaction, found)
    elif call.transaction:
        payment(call.transaction, found)


def late(call: ProviderCall, found: Result) -> None:
    """What a try saw whose call ended otherwise in the meantime: the call stays as it ended, but money that moved counts."""
    log.error("provider_call_ended_otherwise", operation=call.operation, ended=call.outcome, found=found.outcome)
    if call.operation in (Operation.PAY, Operation.CAPTURE) and call.transaction and found.evidence:
        _alarm_if_taken_twice(call.transaction, found)
        if found.evidence.state == Seen.PAID or not was_refused(call.transaction, call.key):
            payment(call.transaction, found)
    elif call.operation == Operation.REFUND and call.transaction:
        money_back.late(call.transaction, found)


def _alarm_if_taken_twice(row: Transaction, found: Result) -> None:
    """Our books hold one taking of a payment's money; of another one people must hear, for it is to be given back."""
    taken_id = found.ids.get(TAKEN)
    is_paid = found.evidence is not None and found.evidence.state == Seen.PAID
    if is_paid and taken_id and row.taken_id and taken_id != row.taken_id:
        extra = {"cs6Label": "payment", "cs6": row.uuid, "cs7Label": "taken", "cs7": taken_id}
        cef.after_commit("Money was taken twice for one payment", 10, about=row.uuid, extra=extra)


def goes_on(row: Transaction, found: Result) -> bool:
    """Takes a payment whose stored credential was refused back to its beginning, if it can still be paid otherwise."""
    if not states.can(row, "preapproval_refused"):
        return False
    columns = _columns(row, replace(found, evidence=None, ids={}))
    states.move(row, "preapproval_refused", **columns, follow_up_at=None)
    return True


def was_refused(row: Transaction, key: str) -> bool:
    """Whether this is the key of a call whose stored credential was refused, and after which the payment has gone on."""
    called = ProviderCall.objects.filter(transaction=row, operation=Operation.PAY)
    refused = called.filter(key=key).first()
    return refused is not None and called.filter(pk__gt=refused.pk).exists()


def payment(row: Transaction, found: Result) -> None:
    """Moves a payment by what a call came to and what it saw. Nothing new is no move."""
    edge, columns = _payment_edge(row, found), _columns(row, found)
    if edge and states.can(row, edge) and not _told_already(row, edge, columns):
        waits = states.EDGES[edge].target in waiting_states(row)
        follow_up_at = Now() + timedelta(seconds=settings.SOLITUDE_FOLLOW_UP_S) if waits else None
        states.move(row, edge, **columns, follow_up_at=follow_up_at)
    elif found.evidence and found.evidence.state == Seen.PAID and row.status in PAID:
        _learn(row, columns)
    elif found.evidence and found.evidence.state in ENDINGS and may_be_approved_yet(row):
        row.change(outcome=columns["outcome"], follow_up_at=None)
    if found.evidence:
        for refund in found.evidence.refunds:
            money_back.refund_seen(row, refund)


def is_held(row: Transaction) -> bool:
    """Whether the provider has taken it, and holds it as long as it is not ended."""
    return row.taken_id is not None or (row.outcome == CallOutcome.PENDING and _is_under_review(row))


def waits_for_buyer(row: Transaction) -> bool:
    """Whether its buyer has to approve it, or to approve it again. Only of one that has a reason, which may be its client's own, more is
    read."""
    return row.status == Status.PENDING and bool(row.pay_url) and not (row.status_reason and is_held(row))


def _is_under_review(row: Transaction) -> bool:
    """By the last move that left it pending, whether a call or a notification has told of it."""
    moves = Event.objects.filter(resource_uri=row.resource_uri, new=Status.PENDING.name.lower()).order_by("-pk")
    return moves.values_list("edge", flat=True).first() in EDGES_TO[Seen.UNDER_REVIEW]


def waiting_states(row: Transaction) -> tuple[Status, ...]:
    """Those in which a payment or refund is asked about until it is in another one."""
    name = PROVIDER_NUMBERS.get(row.provider) if row.provider is not None else None
    settles = name is not None and registry.can(name, Capability.SETTLEMENT)
    waiting = (Status.PENDING, Status.CHECKED) if settles else (Status.PENDING,)
    return (*waiting, Status.CANCELLED) if may_be_approved_yet(row) else waiting


def may_be_approved_yet(row: Transaction) -> bool:
    """Whether a payment that was given up here may be paid all the same: by its buyer's approval alone, which the provider takes until
    it has shown the payment as ended (then its outcome is no longer open)."""
    is_given_up = row.status == Status.CANCELLED and row.outcome == CallOutcome.PENDING
    return is_given_up and is_taken_by_approval(row)


def is_taken_by_approval(row: Transaction) -> bool:
    """Whether the provider takes this payment when its buyer approves it, without a call of ours, and says so when it is asked."""
    called = ProviderCall.objects.filter(transaction=row, operation=Operation.PAY)
    paying = called.order_by("-pk").first()
    able = registry.able_to(paying.provider, paying.intended) if paying else frozenset()
    return {Capability.APPROVAL, Capability.LOOK_UP} <= able and Capability.CAPTURE not in able


def _learn(row: Transaction, columns: dict[str, object]) -> None:
    """Of a payment that is known as paid: what was not known of it yet, and is told now in another way."""
    news = {name: columns[name] for name in LEARNT_LATER if columns.get(name) and getattr(row, name) in (None, "")}
    if news:
        row.change(**news)


def _payment_edge(row: Transaction, found: Result) -> str | None:
    if found.evidence:
        return _edge_of_evidence(row, found.evidence)
    match found.outcome:
        case Outcome.UNKNOWN:
            return "outcome_unknown"
        case Outcome.NOT_SENT:
            # Leaves only `started`: a capture that was not sent leaves the payment as it was.
            return "not_sent"
        case Outcome.DECLINED:
            return "declined"
    return None


def _edge_of_evidence(row: Transaction, evidence: Evidence) -> str | None:
    """The first of the edges to what was seen that leaves the state of the row."""
    edges = EDGES_TO[evidence.state]
    if evidence.state == Seen.PAID and evidence.awaits_notice:
        # What was taken once and came to nothing since: this tells how it was before.
        is_over = row.status in ENDED_UNPAID and row.taken_id
        edges = () if is_over else ("checked", "corrected_to_checked")
    if evidence.state == Seen.EXPIRED and is_held(row):
        # That nothing was taken is not so: how it ends, the money itself tells.
        edges = ()
    return next((edge for edge in edges if states.can(row, edge)), None)


def _columns(row: Transaction, found: Result) -> dict[str, object]:
    evidence = found.evidence
    # Whatever the call came to, the payment is where it was: it waits for its buyer.
    waiting = evidence is not None and evidence.state in (Seen.NOT_APPROVED, Seen.APPROVED)
    columns: dict[str, object] = {
        "outcome": CallOutcome.PENDING if waiting else CallOutcome(found.outcome),
        "status_reason": found.reason.code[:REASON_MAX_CHARS] if found.reason and not waiting else None,
    }
    support = found.ids.get(SUPPORT) or found.correlation_id
    if support:
        columns["uid_support"] = support
    if UID_PAY in found.ids and not row.uid_pay:
        columns["uid_pay"] = found.ids[UID_PAY]
    if TAKEN in found.ids and not row.taken_id:
        columns["taken_id"] = found.ids[TAKEN]
    if evidence and evidence.pay_url:
        columns["pay_url"] = evidence.pay_url
    if evidence and (evidence.region or evidence.carrier):
        columns |= {"region": evidence.region or row.region, "carrier": evidence.carrier or row.carrier}
    if evidence and evidence.state in UNDOINGS:
        columns |= {"captured_amount": None, "refunded_amount": None}
    if evidence and evidence.state == Seen.PAID:
        captured = evidence.captured
        columns["captured_amount"] = captured.amount if captured else row.amount
        if captured and row.amount is None:
            # Of several prices the buyer has chosen this one.
            columns |= {"amount": captured.amount, "currency": captured.currency}
        columns["refunded_amount"] = row.refunded_amount or money_back.ZERO
    return columns


def _told_already(row: Transaction, edge: str, columns: dict[str, object]) -> bool:
    """A look-up that sees what we know is no event: marketplaces may ask as often as they like."""
    same_state = row.status == states.EDGES[edge].target
    return same_state and all(getattr(row, name) == value for name, value in columns.items() if name != "uid_support")
