"""Payments, refunds and pre-approvals through PayPal."""

from datetime import date
from typing import Any

from . import answers
from .calls import Calls, Path, decimal_text, given, path_of, uri_of
from .wire import Amount, decimal

PREAPPROVALS = "/paypal/preapproval/"


class Payments(Calls):
    """What moves money, and what a buyer agrees to beforehand."""

    def pay(
        self,
        *,
        user_id: int | str,
        app_id: int | str,
        amount: Amount,
        currency: str,
        use_preapproval: bool = False,
        fallback: bool | None = None,
        return_url: str | None = None,
        cancel_url: str | None = None,
        memo: str | None = None,
        platform_fee: Amount | None = None,
        disbursement: str | None = None,
        pin_token: str | None = None,
        idempotency_key: str | None = None,
    ) -> answers.Payment:
        """Starts a payment, or takes it at once where a pre-approval allows that.

        `user_id` and `app_id`: the marketplace's own names of the buyer, who is made when unknown, and of the product
        (its `public_id`). `amount` and `platform_fee` (what the marketplace keeps of it) are in `currency`. `pin_token`: of
        `verify_pin`; Forbidden with the code `pin_required` or `pin_token_invalid` where it is missing or not good. `fallback`, which is
        usual: the buyer is asked where the pre-approval does not do, else that is Declined. `disbursement`: "delayed" holds the
        seller's money back at PayPal.
        """
        body = {
            "user_id": user_id,
            "app_id": app_id,
            # The wiki's form has a JSON number here; `encode` writes it with the digits of the decimal.
            "amount": decimal(amount),
            "currency": currency,
            "use_preapproval": use_preapproval,
            "fallback": fallback,
            "return_url": return_url,
            "cancel_url": cancel_url,
            "memo": memo,
            "platform_fee": None if platform_fee is None else decimal(platform_fee),
            "disbursement": disbursement,
            "pin_token": pin_token,
        }
        return self._post("/paypal/pay", body, answers.Payment.from_json, idempotency_key)

    def pay_for(
        self,
        seller_product: Path,
        *,
        amount: Amount,
        currency: str,
        memo: str,
        return_url: str,
        cancel_url: str,
        ipn_url: str,
        buyer: str | None = None,
        use_preapproval: bool = False,
        fallback: bool = False,
        uuid: str | None = None,
        source: str | None = None,
        platform_fee: Amount | None = None,
        disbursement: str | None = None,
        pin_token: str | None = None,
        idempotency_key: str | None = None,
    ) -> answers.OwnPayment:
        """The same in Solitude's own form: for a seller's uuid, or a product.

        `buyer`: the uuid of one who is known; any other is left out. `uuid`: your own of the transaction. PayPal's classic interface
        sends its notifications to `ipn_url`.
        """
        body = {
            "seller_product": uri_of(seller_product),
            "amount": decimal_text(amount),
            "currency": currency,
            "memo": memo,
            "return_url": return_url,
            "cancel_url": cancel_url,
            "ipn_url": ipn_url,
            "buyer": buyer,
            "use_preapproval": use_preapproval,
            "fallback": fallback or None,
            "uuid": uuid,
            "source": source,
            "platform_fee": decimal_text(platform_fee),
            "disbursement": disbursement,
            "pin_token": pin_token,
        }
        return self._post("/paypal/pay", body, answers.OwnPayment.from_json, idempotency_key)

    def check(
        self, *, pay_key: str | None = None, uuid: str | None = None, idempotency_key: str | None = None
    ) -> answers.Check:
        """The state of a payment, named by one of `pay_key` and `uuid`; takes the money when the buyer has approved."""
        return self._post("/paypal/pay-check/", _selector(pay_key, uuid), answers.Check.from_json, idempotency_key)

    def cancel(
        self, *, pay_key: str | None = None, uuid: str | None = None, idempotency_key: str | None = None
    ) -> answers.Check:
        """Gives up a payment, whose buyer came back without having approved: nothing is taken for it after this.

        The answer says where it stands: CANCELLED, or as it is when it was paid already.
        """
        return self._post("/paypal/pay-cancel/", _selector(pay_key, uuid), answers.Check.from_json, idempotency_key)

    def refund(
        self,
        *,
        pay_key: str | None = None,
        uuid: str | None = None,
        amount: Amount | None = None,
        reason: str | None = None,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> answers.Refund:
        """Gives back `amount` of a payment, all that is left of it by default.

        `if_match`: the `etag` of the payment as you have seen it; raises PreconditionFailed if it has changed since.
        """
        body = _selector(pay_key, uuid) | {"amount": decimal_text(amount), "reason": reason}
        return self._post("/paypal/refund/", body, answers.Refund.from_json, idempotency_key, if_match)

    def start_preapproval(
        self,
        *,
        buyer_uuid: str,
        return_url: str,
        cancel_url: str,
        start: date | None = None,
        end: date | None = None,
        currency: str | None = None,
        max_total: Amount | None = None,
        max_per_payment: Amount | None = None,
        max_per_day: Amount | None = None,
        idempotency_key: str | None = None,
    ) -> answers.Preapproval:
        """Step one: send the buyer to `paypal_url`. Without `currency` it is good for any. The limits, of all payments together, of one,
        and of all of one day (UTC), are amounts in `currency`; no payment beyond them is taken by it."""
        body = {
            "uuid": buyer_uuid,
            "return_url": return_url,
            "cancel_url": cancel_url,
            "start": start,
            "end": end,
            "currency": currency,
            "max_total": decimal_text(max_total),
            "max_per_payment": decimal_text(max_per_payment),
            "max_per_day": decimal_text(max_per_day),
        }
        return self._post(PREAPPROVALS, body, answers.Preapproval.from_json, idempotency_key)

    def get_preapproval(self, pk: str) -> answers.KnownPreapproval:
        """One that was started and can still be finished, or that was. Raises NotFound when its time is over."""
        return self._send("GET", path_of(PREAPPROVALS, pk), None, answers.KnownPreapproval.from_json)

    def finish_preapproval(self, pk: str) -> answers.FinishedPreapproval:
        """Step two, when the buyer is back: keeps the key. Conflict `not_approved` when the buyer did not agree."""
        return self._send("PUT", path_of(PREAPPROVALS, pk), {}, answers.FinishedPreapproval.from_json)

    def drop_preapproval(self, pk: str) -> None:
        """Forgets a pre-approval that was started; one that was finished stays (see `forget_paypal_key`)."""
        self.call("DELETE", path_of(PREAPPROVALS, pk))


def _selector(pay_key: str | None, uuid: str | None) -> dict[str, Any]:
    if (pay_key is None) == (uuid is None):
        raise ValueError("A payment is named by either pay_key or uuid.")
    return given({"pay_key": pay_key, "uuid": uuid})
