"""ACME as the engine's contract asks: requests are built here, and answers read. No database and no Django request."""

from functools import cache

from django.conf import settings

from solitude.money.money import Money
from solitude.outbound.json_api import Ask, JsonApi, Reply, bearer
from solitude.outbound.record import Kept
from solitude.payments import outcomes
from solitude.payments.contract import (
    Call,
    Capability,
    Evidence,
    NotUnderstood,
    Operation,
    Outcome,
    Reason,
    RefundEvidence,
    RefundSeen,
    Result,
    Seen,
)
from solitude_acme import NAME, NUMBER

# What the call log keeps in clear: nothing outside this list. Who has the buyer's URL can pay.
KEPT = Kept(keys=frozenset("id status amount currency payee error".split()))
# ACME's statuses of a payment: what each is to us, and what a call came to that sees it.
STATUSES = {
    "waiting": (Seen.NOT_APPROVED, Outcome.PENDING),
    "approved": (Seen.APPROVED, Outcome.PENDING),
    "paid": (Seen.PAID, Outcome.SUCCEEDED),
    "declined": (Seen.DECLINED, Outcome.DECLINED),
    "cancelled": (Seen.CANCELLED, Outcome.DECLINED),
}


@cache
def api() -> JsonApi:
    """The one of this process."""
    sign, timeout_ms = bearer(settings.SOLITUDE_ACME_TOKEN), settings.SOLITUDE_ACME_TIMEOUT_MS
    limit = settings.SOLITUDE_PAYMENTS_IN_PROGRESS_MAX
    return JsonApi(NAME, settings.SOLITUDE_ACME_URL, sign=sign, kept=KEPT, timeout_ms=timeout_ms, limit=limit)


class Acme:
    name = NAME
    number = NUMBER
    capabilities = frozenset(
        {
            Capability.APPROVAL,
            Capability.CAPTURE,
            Capability.CANCEL,
            Capability.REFUND,
            Capability.PARTIAL_REFUND,
            Capability.SEVERAL_REFUNDS,
            Capability.IDEMPOTENCY_KEY,
            Capability.LOOK_UP,
            Capability.LOOK_UP_BY_REFERENCE,
        }
    )

    def perform(self, call: Call) -> Result:
        payment = f"/payments/{call.ids.get('payment', '')}"
        if call.operation == Operation.LOOK_UP:
            return _ask(call, "GET", payment)
        paths = {Operation.CAPTURE: f"{payment}/capture", Operation.REFUND: f"{payment}/refunds"}
        return _ask(call, "POST", paths.get(call.operation, "/payments"))

    def find_out(self, call: Call) -> Result:
        """A repeat under the same key does nothing new. Where a first time would come too late, ACME is asked what it has done."""
        is_late = call.age_s > settings.SOLITUDE_RESEND_MAX_S
        return _ask(call, "GET", f"/calls/{call.key}") if is_late else self.perform(call)


def _ask(call: Call, method: str, path: str) -> Result:
    intent, body = call.intent, None
    if method == "POST" and intent.amount:
        body = {"amount": intent.amount.text, "currency": intent.amount.currency, "payee": intent.payee}
        body |= {"return_url": intent.return_url, "cancel_url": intent.cancel_url}
    ask = Ask(method, path, call.operation, body, headers={"Idempotency-Key": call.key})
    return outcomes.of(NAME, call, api().ask(ask), _read)


def _read(call: Call, reply: Reply) -> Result:
    """Of an answer that does not say what was asked for one cannot know what was done."""
    if not reply.is_success:
        return Result(Outcome.DECLINED, reason=Reason(reply.text("error")))
    amount = Money.parse(reply.text("amount"), reply.text("currency"))
    if amount != call.intent.amount:
        raise NotUnderstood("amount")
    if call.operation == Operation.REFUND:
        refund = RefundEvidence(reply.text("id"), RefundSeen.DONE, amount, call.key)
        return Result(Outcome.SUCCEEDED, refund=refund)
    if reply.text("status") not in STATUSES:
        raise NotUnderstood("status")
    seen, outcome = STATUSES[reply.text("status")]
    evidence = Evidence(seen, captured=amount if seen == Seen.PAID else None, pay_url=reply.text("url"))
    return Result(outcome, evidence=evidence, ids={"payment": reply.text("id")})
