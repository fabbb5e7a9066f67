"""`/provider/<name>/notices/`: what a provider has told a buyer's browser or the marketplace, and whether it has.

Of a payment of this server's it is kept first, and moves the payment when it is genuine. Of any other the provider is asked, and nothing
else happens.
"""

from typing import Annotated, Literal, NotRequired

from django.http import HttpResponse
from ninja import Router
from pydantic import Field
from typing_extensions import TypedDict

from solitude.outbound.json_api import Ask
from solitude.payments import answers, notifications
from solitude.payments.contract import UNREACHABLE, Outcome, Reason, Result, Verdict
from solitude.payments.models import NOTIFICATION_MAX_CHARS, Notification, ProviderCall
from solitude.payments.notifications import Handled
from solitude.providers.reference import asking, inbound
from solitude.providers.reference.configured import ReferenceProvider
from solitude.providers.reference.names import NAME, NOTICES
from solitude.providers.reference.segments import path_to
from solitude.telemetry import cef
from solitude.web.answers import answer
from solitude.web.fields import Body, text_of
from solitude.web.refusals import Refused
from solitude.web.requests import ApiRequest

router = Router()
State = Notification.State
QS_MAX_CHARS = 8192
ANOTHERS = "transaction of another provider"


class ReferenceNoticeIn(Body):
    """A signed query, as the buyer brought it to `success_url` or `error_url`, or as the provider posted it (`signed_notice`)."""

    qs: Annotated[
        Annotated[str, text_of(min(QS_MAX_CHARS, NOTIFICATION_MAX_CHARS))] | None,
        Field(description="As it came, still encoded. What the URL had of its own before it is left out of account."),
    ] = None


class ReferenceNotice(TypedDict):
    """Whether the provider has signed it; and the payment, where it is one of this server's, which it has moved."""

    result: Literal["OK", "FAIL"]
    reason: Annotated[
        str, Field(description="Why not; or, of a genuine one, why it has not moved its payment (`mismatch`).")
    ]
    transaction: NotRequired[Annotated[str, Field(examples=["/generic/transaction/7/"])]]
    uuid: NotRequired[Annotated[str, Field(description="The uuid of the transaction.")]]


@router.post("/{name}/notices/", response={200: ReferenceNotice, **asking.ERRORS})
def receive_reference_notice(request: ApiRequest, name: str, body: ReferenceNoticeIn) -> HttpResponse:
    """Takes in what a provider tells of a payment, and says whether it is genuine. Send each, as often as it comes.

    After 502 it is kept, where the payment is one of this server's, and the provider is asked again until it answers.
    """
    provider = asking.named(request, name, NOTICES)
    qs = None if body.qs is None else inbound.own_part(body.qs)
    call = _call_of(qs or "")
    if call is None or qs is None:
        return answer(_verified(provider, qs))
    if call.intended.interface != provider.name:
        extra = {"cs6Label": "payment", "cs6": call.key, "cs7Label": "told by", "cs7": provider.name}
        cef.event("A provider tells of another one's payment", 8, extra=extra)
        return answer(ReferenceNotice(result="FAIL", reason=ANOTHERS))
    handled = notifications.receive(NAME, {inbound.PROVIDER: provider.name}, qs)
    return answer(_shown(provider, qs, call, handled))


def _call_of(qs: str) -> ProviderCall | None:
    """The payment of ours that it is about."""
    reference = inbound.reference_in(qs)
    calls = ProviderCall.objects.select_related("transaction").filter(provider=NAME)
    return calls.filter(key=reference).first() if reference else None


def _verified(provider: ReferenceProvider, qs: str | None) -> ReferenceNotice:
    """What the provider says of it. Raises Refused, above all for what is no notice."""
    given = {} if qs is None else {"qs": qs}
    reply = asking.ask(provider, Ask("POST", path_to(NOTICES) or "", "verify_notice", given))
    verdict, why = inbound.verdict(reply)
    if verdict == Verdict.UNDECIDED:
        raise _undecided()
    return {"result": "OK" if verdict == Verdict.GENUINE else "FAIL", "reason": why}


def _shown(provider: ReferenceProvider, qs: str, call: ProviderCall, handled: Handled) -> ReferenceNotice:
    row = handled.row
    if handled.is_undecided:
        raise _undecided()
    if row.state == State.REFUSED and row.event_id is None and handled.reason != notifications.NOT_UNDERSTOOD:
        return {"result": "FAIL", "reason": row.reason}
    transaction = call.transaction
    assert transaction is not None  # noqa: S101  # a payment has its transaction
    moved = row.state in (State.APPLIED, State.IGNORED)
    # While another request is just at it, and will move the payment, the provider says whether it is genuine.
    shown: ReferenceNotice = (
        _verified(provider, qs)
        if row.state == State.RECEIVED
        else {"result": "OK", "reason": "" if moved else handled.reason}
    )
    shown["transaction"], shown["uuid"] = transaction.resource_uri, transaction.uuid
    return shown


def _undecided() -> Refused:
    refusal = answers.refusal(NAME, Result(Outcome.NOT_SENT, reason=Reason(UNREACHABLE)), None)
    assert refusal is not None  # noqa: S101  # what was not sent is refused
    return refusal
