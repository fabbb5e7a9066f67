"""`/payments/` and `/payments/options/`: a payment whose provider this server chooses."""

from typing import Annotated, Any, Final

from django.db import IntegrityError
from django.http import HttpResponse
from ninja import Router
from pydantic import Field
from typing_extensions import TypedDict

from solitude.money.money import Money
from solitude.payments import answers, calls, pay, registry
from solitude.payments.calls import Chosen
from solitude.payments.contract import Outcome
from solitude.payments.models import ProviderCall
from solitude.routing import form, looking, shown, way
from solitude.routing.api.afterwards import NAMESPACE
from solitude.routing.choosing import Choice
from solitude.routing.form import AnyPaymentIn
from solitude.routing.shown import AnyPayment, Refusal
from solitude.routing.way import Wish
from solitude.web import paging
from solitude.web.answers import answer, settle
from solitude.web.fields import TEXT_MAX_CHARS, text_of
from solitude.web.openapi import CodedError, Detail, parameters
from solitude.web.reading import Reading
from solitude.web.refusals import EVERYTHING, REQUIRED, BadFields, Refused
from solitude.web.requests import ApiRequest, client_key

router = Router()
NO_PROVIDER: Final = "no_provider"
_SHORT = text_of(TEXT_MAX_CHARS)
_TEXT = _SHORT.schema
OPTIONS_OF = {
    "product": ("What is sold: a product's `public_id`. Required.", _TEXT),
    "currency": ("An ISO 4217 code. Required.", _TEXT),
    "amount": ("In the currency's main unit. Without one, rules that go by the amount do not hold.", _TEXT),
    "region": ("Where the buyer is.", _TEXT),
    "buyer": ("The buyer's uuid.", _TEXT),
}


class Option(TypedDict):
    """A provider that might take the payment."""

    provider: str
    usable: Annotated[bool, Field(description="Whether it would take it, once it has what it needs.")]
    why_not: Annotated[
        str | None,
        Field(
            description="In one word why it would not: `no_rule` and `not_in_rule` are the operator's rules, `breaker_open`: it does not "
            "answer now, `needs_<field>`: the request lacks that field; other words are the provider's own.",
            examples=["breaker_open", "currency", "needs_return_url"],
        ),
    ]
    needs: Annotated[list[str], Field(description="The fields of `/payments/` that it needs for this payment.")]
    rule: Annotated[int | None, Field(description="The operator's rule that counts, from 1 on.")]
    position: Annotated[int | None, Field(description="Its place in that rule, from 1 on.")]


class Options(TypedDict):
    """Who could take a payment; the first usable one would be asked first."""

    product: str
    currency: str
    options: list[Option]


class NoProvider(TypedDict):
    """Nobody may take it, and of each why; nothing was written."""

    payments: Annotated[
        dict[str, list[CodedError]],
        Field(examples=[{"__all__": [{"code": "no_provider", "message": "No provider takes this payment."}]}]),
    ]
    options: list[Option]


ERRORS: dict[int, Any] = {422: NoProvider | Refusal | Detail, **answers.ERRORS}


@router.post("/", response={201: AnyPayment, **ERRORS})
def make_any_payment(request: ApiRequest, body: AnyPaymentIn) -> HttpResponse:
    """Takes a payment, or begins one for its buyer, by the provider that the rules choose.

    Where it is certain that nothing was sent, the next one that may take it is asked, under the same transaction; once a provider may
    have got it, never. The timeline says why it was this one. After 502 and 503 nothing was charged, and the same key or uuid makes a new
    attempt.

    A buyer who has a PIN needs a `pin_token` where the client's buyers do: without one 403 `pin_required`, with one that is wrong, used
    or old 403 `pin_token_invalid`.
    """

    def keep(call: ProviderCall) -> None:
        refused = _refusal(call)
        if refused is None:
            settle(request, 201, _shown(call))
        elif refused.status == 422:
            settle(request, 422, refused.body)

    known = calls.begun_under(request.claim)
    with answers.room():
        call = calls.find_out(known, keep) if known else _taken(request, body, keep)
    if refused := _refusal(call):
        raise refused
    return answer(_shown(call), 201)


@router.get("/options/", response=Options, openapi_extra=parameters(OPTIONS_OF))
def get_payment_options(request: ApiRequest) -> HttpResponse:
    """Says who could take a payment, what each needs for it, and who could not and why. `/payments/` goes by the same."""
    paging.only(request, OPTIONS_OF)
    asked = {name: request.GET.get(name, "") for name in OPTIONS_OF}
    wish = _asked(asked)
    choice = looking.choice(wish)
    found: Options = {
        "product": wish.product.public_id,
        "currency": wish.currency,
        # What a request lacks it may still be given.
        "options": _options(choice, is_final=False),
    }
    return answer(found)


def _taken(request: ApiRequest, body: AnyPaymentIn, keep: calls.Settle) -> ProviderCall:
    """Asks one after the other, each only while it is certain that those before it got nothing."""
    wish = form.wish(body)
    choice = _choice(wish, body.provider or None)
    call: ProviderCall | None = None
    not_sent: list[str] = []
    for name in choice.order:
        chosen = Chosen(name, choice.explained(name, not_sent))
        begun = _intended(request, body, wish, chosen) if call is None else _gone_on_with(request, body, wish, chosen)
        if begun is None:
            continue
        call = calls.carry_out(begun, keep)
        if call.outcome != Outcome.NOT_SENT:
            break
        not_sent.append(name)
    assert call is not None  # noqa: S101  # a choice that is none was refused, and the first call is begun or refused
    return call


def _choice(wish: Wish, provider: str | None) -> Choice:
    """Raises Refused where nobody may take it."""
    choice = looking.choice(wish, provider)
    if choice.order:
        return choice
    if choice.is_named and not choice.candidates[0].why_not:
        raise BadFields(**dict.fromkeys(choice.candidates[0].missing, REQUIRED))
    message = "No provider takes this payment." if not choice.is_named else "This provider does not take this payment."
    error: CodedError = {"code": NO_PROVIDER, "message": message}
    refused: NoProvider = {NAMESPACE: {EVERYTHING: [error]}, "options": _options(choice, is_final=True)}
    raise Refused(422, refused)


def _intended(request: ApiRequest, body: AnyPaymentIn, wish: Wish, chosen: Chosen) -> ProviderCall:
    try:
        return calls.intended(lambda: _begin(request, body, wish, chosen, is_agreed=False))
    except pay.UuidTaken:
        raise BadFields(uuid=form.NOT_UNIQUE) from None
    except IntegrityError as error:
        if body.uuid and "uuid" in str(error):
            # Another request has taken it since the form was read.
            raise BadFields(uuid=form.NOT_UNIQUE) from None
        raise


def _gone_on_with(request: ApiRequest, body: AnyPaymentIn, wish: Wish, chosen: Chosen) -> ProviderCall | None:
    """The call of the next provider, where the one before got nothing. None where this one finds a fault in the request, which is no
    answer any more: something was written; and where another request has begun the payment since."""
    try:
        return calls.intended(lambda: _begin(request, body, wish, chosen, is_agreed=True))
    except pay.UuidTaken:
        return None
    except Refused as refused:
        if refused.status in (400, 422):
            return None
        raise


def _begin(request: ApiRequest, body: AnyPaymentIn, wish: Wish, chosen: Chosen, *, is_agreed: bool) -> ProviderCall:
    order = way.known()[chosen.way].order(wish)
    provider = registry.provider(order.provider or chosen.way)
    row = pay.row_of(wish.uuid, pay.may_begin_again)
    row.provider, row.source = provider.number, body.source
    row.amount, row.currency = wish.amount.amount if wish.amount else None, wish.currency
    row.buyer, row.seller, row.seller_product = wish.buyer, wish.product.seller, wish.product
    row.carrier, row.region = wish.carrier or None, wish.region or None
    call = pay.begin(
        row,
        provider.name,
        order.intent,
        request.claim,
        client=client_key(request),
        pin_token=body.pin_token,
        is_agreed=is_agreed,
        chosen=chosen,
    )
    if order.attach:
        order.attach(row)
    return call


def _asked(given: dict[str, str]) -> Wish:
    """Raises Refused (400), in the form of all that is wrong with a query."""
    if not given["product"] or not given["currency"]:
        raise Refused(400, {"detail": "product and currency are required; amount, region and buyer may be given."})
    reading = Reading()
    for name, value in given.items():
        reading.take(name, lambda value=value: _SHORT.read(value))  # type: ignore[misc]
    if not reading.problems:
        sold = reading.take("product", lambda: form.product(given["product"]))
        code = reading.take("currency", lambda: form.currency(given["currency"]))
        amount = reading.take("amount", lambda: _amount(given["amount"], code or ""))
        buyer = reading.take("buyer", lambda: form.buyer(given["buyer"] or None))
    if reading.problems:
        raise Refused(400, {"detail": "; ".join(f"{name}: {said}" for name, said in reading.problems.items())})
    assert sold and code  # noqa: PT018, S101  # or something were wrong
    return Wish(sold, code, amount, buyer, region=given["region"])


def _amount(given: str, code: str) -> Money | None:
    return form.amount(given, code) if given and code else None


def _options(choice: Choice, *, is_final: bool) -> list[Option]:
    return [
        {
            "provider": one.name,
            "usable": not (why_not := one.problem if is_final else one.why_not),
            "why_not": why_not or None,
            "needs": list(one.needs),
            "rule": choice.rule,
            "position": one.position,
        }
        for one in choice.candidates
    ]


def _refusal(call: ProviderCall) -> Refused | None:
    """What a payment is refused with, or None; a field at fault is one of this form, or none."""
    return answers.refusal(
        call.way or call.provider, answers.of_payment(call, AnyPaymentIn.model_fields), call.transaction
    )


def _shown(call: ProviderCall) -> AnyPayment:
    assert call.transaction is not None  # noqa: S101  # a payment has its transaction
    return shown.shown(call.transaction)
