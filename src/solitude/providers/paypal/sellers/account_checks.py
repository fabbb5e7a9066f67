"""Whether a seller can be sold for: does the account stand, may we refund, can it be paid in a currency. Each is told apart: it is
so, it is not, or it could not be told; PayPal being away is no seller's fault."""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from solitude.money.money import Money
from solitude.payments.contract import Call, Intent, Operation
from solitude.providers.paypal import currencies
from solitude.providers.paypal.classic import people
from solitude.providers.paypal.models import SellerPaypal
from solitude.providers.paypal.names import CLASSIC, Interface
from solitude.providers.paypal.provider import paypal
from solitude.providers.paypal.rest import onboarding
from solitude.providers.paypal.rest.onboarding import Integration
from solitude.providers.paypal.sellers.permission_names import REFUND
from solitude.providers.paypal.unanswered import NotDone
from solitude.telemetry.redaction import Secret

Verdict = Literal["pass", "fail", "unknown"]
Name = Literal["id", "refund", "currencies"]
ONE = Decimal(1)

# The words of the server before, which marketplaces show or compare.
NO_ACCOUNT = "You do not seem to have a PayPal account."
NO_BUSINESS = "You do not have a business or premier account."
NO_PERMISSION = "You have not setup permissions for us to check this paypal account."
NO_REFUNDS = "No permission to do refunds."
NO_PRICES = "No prices specified."
NO_PAYMENT = "Failed to make a test transaction in {}."


@dataclass(frozen=True, slots=True)
class Check:
    """What came of one test. `reason` is for the seller, `errors` are the words of the server before; both empty for a pass."""

    result: Verdict
    reason: str = ""
    errors: tuple[str, ...] = ()


PASSED = Check("pass")
AWAY = Check("unknown", "PayPal could not be reached. Try again later.")


def account(row: SellerPaypal, interface: Interface, wanted: Iterable[str], urls: tuple[str, str]) -> dict[Name, Check]:
    """All tests of a seller's account; none stops the next. `urls`: where a buyer would come back to. No transaction is open."""
    checks = _classic(row) if interface == CLASSIC else _rest(row)
    return {**checks, "currencies": _currencies(row, interface, wanted, urls)}


def merchant(merchant_id: str) -> Check:
    """Whether the account of this merchant id stands; PayPal tells that only of those who have let us act for them."""
    return _tried(lambda: _stands(onboarding.integration(paypal().rest.wire, merchant_id)))


def email(address: str) -> Check:
    """Whether there is an account of this e-mail address that can be paid, as the classic interface tells it."""
    return _tried(lambda: _kind(people.account(paypal().classic.wire, address)))


def _tried(test: Callable[[], Check]) -> Check:
    try:
        return test()
    except NotDone:
        return AWAY


def _rest(row: SellerPaypal) -> dict[Name, Check]:
    try:
        found = onboarding.integration(paypal().rest.wire, row.merchant_id or "")
    except NotDone:
        return {"id": AWAY, "refund": AWAY}
    if "@" not in (row.paypal_id or "") and row.paypal_id != row.merchant_id:
        other = "The PayPal id that is to be paid is not that of the account that you have connected."
        return {"id": Check("fail", other, (NO_ACCOUNT,)), "refund": _refunds(found)}
    return {"id": _stands(found), "refund": _refunds(found)}


def _stands(found: Integration | None) -> Check:
    if found is None:
        return Check("fail", "PayPal knows of no account that is connected with us.", (NO_ACCOUNT,))
    if not found.is_connected:
        return Check("fail", "You have not let us act for you at PayPal, or no longer do.", (NO_BUSINESS,))
    if not found.is_email_confirmed:
        return Check(
            "fail", "Your e-mail address is not confirmed. Follow the link that PayPal sent to it.", (NO_BUSINESS,)
        )
    if not found.is_receivable:
        return Check(
            "fail", "Your PayPal account cannot receive payments. PayPal tells you there what it needs.", (NO_BUSINESS,)
        )
    return PASSED


def _refunds(found: Integration | None) -> Check:
    if found is None or not found.is_connected:
        return Check("fail", "You have not let us act for you at PayPal, or no longer do.", (NO_PERMISSION,))
    if not found.grants([REFUND]):
        return Check("fail", "You have not permitted us to refund.", (NO_REFUNDS,))
    return PASSED


def _classic(row: SellerPaypal) -> dict[Name, Check]:
    return {"id": email(row.paypal_id or ""), "refund": _tried(lambda: _permits_refunds(row.token or ""))}


def _kind(found: people.Account | None) -> Check:
    if found is None:
        return Check("fail", "PayPal knows no account of this e-mail address.", (NO_ACCOUNT,))
    if not found.takes_payments:
        return Check("fail", "Your PayPal account is a personal one. Make it a business account.", (NO_BUSINESS,))
    return PASSED


def _permits_refunds(token: str) -> Check:
    try:
        permitted = people.granted(paypal().classic.wire, Secret(token))
    except NotDone as error:
        if error.is_refusal:
            return Check("fail", "You have not permitted us anything at PayPal, or no longer do.", (NO_PERMISSION,))
        raise
    return PASSED if REFUND in permitted else Check("fail", "You have not permitted us to refund.", (NO_REFUNDS,))


def _currencies(row: SellerPaypal, interface: Interface, wanted: Iterable[str], urls: tuple[str, str]) -> Check:
    """A payment is begun in each, and never finished."""
    found = [(currency, _payable(row, interface, currency, urls)) for currency in wanted]
    if not found:
        return Check("fail", "No currency was named.", (NO_PRICES,))
    failed = [(currency, why) for currency, (verdict, why) in found if verdict == "fail"]
    if failed:
        told = "; ".join(f"{currency} ({why})" for currency, why in failed)
        return Check(
            "fail", f"PayPal refuses payments to you in {told}.", tuple(NO_PAYMENT.format(name) for name, _ in failed)
        )
    return AWAY if any(verdict == "unknown" for _, (verdict, _) in found) else PASSED


def _payable(row: SellerPaypal, interface: Interface, currency: str, urls: tuple[str, str]) -> tuple[Verdict, str]:
    """Whether a payment of one can be begun in the currency, and PayPal's word for why not."""
    amount = Money(ONE.quantize(ONE.scaleb(-currencies.digits(currency))), currency)
    intent = Intent(
        amount=amount,
        payee=row.paypal_id or "",
        return_url=urls[0],
        cancel_url=urls[1],
        description="test",
        interface=interface,
    )
    begun = paypal().perform(Call(Operation.PAY, str(uuid.uuid4()), intent, {}))
    match begun.outcome:
        case "pending" | "succeeded":
            return "pass", ""
        case "declined":
            return "fail", begun.reason.code if begun.reason else "DECLINED"
    return "unknown", ""
