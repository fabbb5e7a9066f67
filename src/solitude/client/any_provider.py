"""Payments whose provider the server chooses, and what follows a payment whoever its provider is."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Self

from .calls import Calls, decimal_text, filters_of
from .wire import Amount, Fields


@dataclass(frozen=True, slots=True)
class AnyPayment:
    """Where a payment stands, or a refund of one, whose path is `related` then.

    `status`: "created" (the buyer pays at `pay_url`), "pending", "completed", "cancelled", "failed" or "errored". `provider`: who takes
    the money, or gives it back.
    """

    uuid: str
    transaction: str
    status: str
    provider: str
    amount: Decimal | None
    currency: str
    captured_amount: Decimal | None
    refunded_amount: Decimal | None
    related: str | None
    pay_url: str | None = field(repr=False)

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(
            uuid=f.text("uuid"),
            transaction=f.text("transaction"),
            status=f.text("status"),
            provider=f.text("provider"),
            amount=f.amount_or_none("amount"),
            currency=f.text("currency"),
            captured_amount=f.amount_or_none("captured_amount"),
            refunded_amount=f.amount_or_none("refunded_amount"),
            related=f.text_or_none("related"),
            pay_url=f.text_or_none("pay_url"),
        )


@dataclass(frozen=True, slots=True)
class PaymentOption:
    """A provider that might take a payment, and in one word why it would not (None: it would, given the fields that it `needs`).

    `rule` is the operator's rule that counts, `position` the provider's place in it, both from 1 on.
    """

    provider: str
    usable: bool
    why_not: str | None
    needs: tuple[str, ...]
    rule: int | None
    position: int | None

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(
            provider=f.text("provider"),
            usable=f.flag("usable"),
            why_not=f.text_or_none("why_not"),
            needs=f.texts("needs"),
            rule=f.whole_or_none("rule"),
            position=f.whole_or_none("position"),
        )


class AnyProvider(Calls):
    """What can be done without knowing a provider."""

    def take_payment(
        self,
        public_id: str,
        *,
        amount: Amount,
        currency: str,
        buyer: str | None = None,
        provider: str | None = None,
        region: str | None = None,
        carrier: str | None = None,
        return_url: str | None = None,
        cancel_url: str | None = None,
        notify_url: str | None = None,
        description: str | None = None,
        nonce: str | None = None,
        uuid: str | None = None,
        source: str | None = None,
        pin_token: str | None = None,
        idempotency_key: str | None = None,
    ) -> AnyPayment:
        """Takes a payment, or begins one that its buyer has to make at `pay_url`, by the provider that the operator's rules choose.

        `public_id` names the product and `buyer` is the buyer's uuid. With a `provider` nobody else is asked. What else is needed,
        `payment_options` says. Raises Declined where the provider refuses, and with the code `no_provider` where nobody may take it:
        `body["options"]` says why then. `pin_token` as for `pay`.
        """
        body = {
            "product": public_id,
            "amount": decimal_text(amount),
            "currency": currency,
            "buyer": buyer,
            "provider": provider,
            "region": region,
            "carrier": carrier,
            "return_url": return_url,
            "cancel_url": cancel_url,
            "notify_url": notify_url,
            "description": description,
            "nonce": nonce,
            "uuid": uuid,
            "source": source,
            "pin_token": pin_token,
        }
        return self._post("/payments/", body, AnyPayment.from_json, idempotency_key)

    def payment_options(
        self,
        public_id: str,
        currency: str,
        *,
        amount: Amount | None = None,
        region: str | None = None,
        buyer: str | None = None,
    ) -> tuple[PaymentOption, ...]:
        """Who could take such a payment; the first usable one would be asked first."""
        wanted = filters_of(
            product=public_id, currency=currency, amount=decimal_text(amount), region=region, buyer=buyer
        )
        return self._send("GET", "/payments/options/", None, _options, wanted)

    def check_payment(self, payment_uuid: str, *, idempotency_key: str | None = None) -> AnyPayment:
        """Where a payment or a refund stands; takes the money when the buyer has approved."""
        return self._post("/payments/check/", {"uuid": payment_uuid}, AnyPayment.from_json, idempotency_key)

    def cancel_payment(self, payment_uuid: str, *, idempotency_key: str | None = None) -> AnyPayment:
        """Gives up a payment that its buyer has not approved; the answer says where it stands."""
        return self._post("/payments/cancel/", {"uuid": payment_uuid}, AnyPayment.from_json, idempotency_key)

    def refund_payment(
        self,
        payment_uuid: str,
        *,
        amount: Amount | None = None,
        reason: str | None = None,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> AnyPayment:
        """Gives back a payment, or a part of it. Conflict where that much is not left, Declined with `not_possible` where its provider
        has no such thing."""
        body = {"uuid": payment_uuid, "amount": decimal_text(amount), "reason": reason}
        return self._post("/payments/refund/", body, AnyPayment.from_json, idempotency_key, if_match)

    def void_payment(self, payment_uuid: str, *, idempotency_key: str | None = None) -> AnyPayment:
        """Gives up a payment that was taken and is not settled yet: nothing was taken then. Conflict with `not_voidable` after that."""
        return self._post("/payments/void/", {"uuid": payment_uuid}, AnyPayment.from_json, idempotency_key)


def _options(body: object) -> tuple[PaymentOption, ...]:
    return tuple(PaymentOption.from_json(item) for item in Fields(body).items("options"))
