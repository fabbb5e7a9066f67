"""`/braintree/webhook/`: Braintree's webhooks, as the marketplace forwards them; and its question whether we have our private key."""

from typing import Annotated

from django.http import HttpResponse
from ninja import Router
from pydantic import Field
from typing_extensions import TypedDict

from solitude.audit.accesses import Does, touches
from solitude.buyers.models import Buyer, timed
from solitude.buyers.models import parts as buyer_parts
from solitude.buyers.shown import BuyerShown, shown_buyer
from solitude.payments import answers, notifications
from solitude.payments.contract import UNREACHABLE, Action, Outcome, Reason, Result
from solitude.payments.models import NOTIFICATION_MAX_CHARS, Notification
from solitude.payments.notifications import Handled
from solitude.providers.braintree import charges, inbound, proving
from solitude.providers.braintree.api.fields import INVALID, REQUIRED, Form, bad_form, long_text
from solitude.providers.braintree.api.refusing import BraintreeFormRefusal
from solitude.providers.braintree.charges import KINDS, Told
from solitude.providers.braintree.gateway import NotConfigured
from solitude.providers.braintree.models import Subscription
from solitude.providers.braintree.names import NAME
from solitude.providers.braintree.proving import CHALLENGE, SIGNATURE
from solitude.providers.braintree.shown import (
    BothTransactions,
    BraintreePaymethod,
    BraintreeSubscription,
    shown_both,
    shown_paymethod,
    shown_subscription,
)
from solitude.providers.braintree.unanswered import not_configured
from solitude.sellers.models import Product, product_parts, seller_uuids
from solitude.sellers.shown import ProductShown, shown_product
from solitude.web import paging
from solitude.web.answers import answer
from solitude.web.openapi import Detail, ServerError, parameters
from solitude.web.refusals import EVERYTHING, Refused
from solitude.web.requests import ApiRequest

router = Router()
State = Notification.State
# Whatever it is of, it can be kept. A pair has some sixty characters, and Braintree sends one for each of our keys.
SIGNATURE_MAX_CHARS = 2048
# The class of a fault, as every 500 has one: Braintree sends it again.
UNKNOWN_SUBSCRIPTION = "UnknownSubscription"
RETRY_AFTER_S = 1


class BraintreeWebhookIn(Form):
    """A webhook as it came from Braintree to the marketplace."""

    bt_signature: Annotated[
        str,
        long_text(SIGNATURE_MAX_CHARS),
        Field(description="Pairs of a public key and what its private key made of the payload."),
    ]
    bt_payload: Annotated[
        str, long_text(NOTIFICATION_MAX_CHARS), Field(description="As it came: the signature is over it.")
    ]


class NoticeKind(TypedDict):
    """What Braintree calls it."""

    kind: Annotated[str, Field(json_schema_extra={"enum": [*KINDS]})]


class ToldOf(TypedDict):
    """The subscription that it is about, and of its charges the newest that came to what it is about. Null: there is none."""

    buyer: BuyerShown
    product: ProductShown
    subscription: BraintreeSubscription
    paymethod: BraintreePaymethod | None
    transaction: BothTransactions | None


class BraintreeNotice(TypedDict):
    """A webhook about a subscription that was taken in, now or before."""

    braintree: NoticeKind
    mozilla: ToldOf


@router.get(
    "/webhook/",
    response={200: str, 422: BraintreeFormRefusal, **answers.ERRORS},
    openapi_extra=parameters({CHALLENGE: ("What Braintree asks, when the webhook is set up.", {"type": "string"})}),
)
def answer_braintree_challenge(request: ApiRequest) -> HttpResponse:
    """What Braintree must be answered, so that it believes that the webhook is ours."""
    paging.only(request, [CHALLENGE])
    challenge = request.GET.get(CHALLENGE, "")
    if not challenge:
        raise bad_form(bt_challenge=(REQUIRED, "This field is required."))
    try:
        return answer(proving.answer_to(challenge))
    except proving.BadChallenge:
        raise bad_form(bt_challenge=(INVALID, "This is no challenge of Braintree's.")) from None
    except NotConfigured as error:
        raise _not_told(not_configured(error)) from None
    except proving.NoProof as error:
        raise _not_told(_unreachable(str(error))) from None


@router.post(
    "/webhook/",
    response={
        200: BraintreeNotice,
        204: None,
        422: BraintreeFormRefusal | Detail,
        500: ServerError,
        **answers.ERRORS,
    },
)
@touches(Does.CHANGED, "braintree_told")
def receive_braintree_webhook(request: ApiRequest, body: BraintreeWebhookIn) -> HttpResponse:
    """Takes in a webhook: proves it, and enters what it tells. Answer Braintree with this answer's status.

    200 is for charges and cancellations of a subscription, 204 for everything else. 500: the subscription is not known here, or not yet;
    what was told is kept, and tried again by this server too. A webhook that comes again is answered again.
    """
    handled = notifications.receive(NAME, {SIGNATURE: body.bt_signature}, body.bt_payload)
    _require_taken_in(handled)
    notice = inbound.Webhooks().read({}, body.bt_payload.encode())
    if notice.action != Action.SUBSCRIPTION:
        return HttpResponse(status=204)
    if handled.row.state in (State.PARKED, State.ORPHAN):
        unknown: ServerError = {"error": UNKNOWN_SUBSCRIPTION}
        raise Refused(500, unknown)
    return answer(_shown(Told.of(notice)))


def _require_taken_in(handled: Handled) -> None:
    """Raises Refused for what is not Braintree's, what contradicts our books, and what cannot be told now."""
    if handled.is_undecided:
        is_set_up = handled.row.reason != inbound.NOT_CONFIGURED
        reason = handled.row.reason
        raise _not_told(_unreachable(reason) if is_set_up else not_configured(NotConfigured(reason)))
    if handled.row.state == State.REFUSED:
        contradicts = handled.reason == notifications.MISMATCH
        code = notifications.MISMATCH if contradicts else INVALID
        says = "This contradicts what is known here." if contradicts else "This is no webhook of Braintree's."
        raise bad_form(**{EVERYTHING: (code, says)})
    if handled.row.state == State.RECEIVED:
        busy: answers.NoRoom = {"detail": "Another request is just at this webhook.", "code": "busy"}
        raise Refused(503, busy, {"Retry-After": str(RETRY_AFTER_S)})


def _unreachable(why: str) -> Result:
    return Result(Outcome.NOT_SENT, reason=Reason(UNREACHABLE, why))


def _not_told(result: Result) -> Refused:
    refusal = answers.refusal(NAME, result, None)
    assert refusal is not None  # noqa: S101  # what was not sent is refused
    return refusal


def _shown(about: Told) -> BraintreeNotice:
    rows = Subscription.objects.select_related("paymethod__braintree_buyer", "seller_product__braintree")
    row = rows.get(provider_id=about.subscription)
    reported = charges.reported_by(about)
    buyers = timed(Buyer.objects.select_related(*buyer_parts.joins))
    products = Product.objects.select_related(*product_parts.joins, *seller_uuids.joins)
    card = reported.paymethod if reported else None
    told_of: ToldOf = {
        "buyer": shown_buyer(buyers.get(pk=row.paymethod.braintree_buyer.buyer_id)),
        "product": shown_product(products.get(pk=row.seller_product_id)),
        "subscription": shown_subscription(row),
        "paymethod": shown_paymethod(card) if card else None,
        "transaction": shown_both(reported) if reported else None,
    }
    return {"braintree": {"kind": about.kind}, "mozilla": told_of}
