"""The buyer's return from Bango's page, as the marketplace hands it on: a form of texts that the buyer's browser has carried.

So none of it is believed. The signature says that we have sent that buyer to Bango; what became of it there, Bango says itself when it is
asked about the token (CheckToken), and the form must say the same.
"""

import hashlib
import json
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.conf import settings

from solitude.money.errors import MoneyError
from solitude.money.money import Money
from solitude.payments.contract import (
    Action,
    CannotRead,
    Evidence,
    Notice,
    NotUnderstood,
    Reason,
    Seen,
    Verdict,
)
from solitude.providers.bango import networks, signature
from solitude.providers.bango.provider import TROUBLE
from solitude.providers.bango.soap.description import NotConfigured
from solitude.providers.bango.soap.wire import OK, Failed, wire

CHECK_TOKEN, CANCEL = "CheckToken", "CANCEL"
# Why one is not taken in, in one word.
BAD_SIGNATURE: Final = "bad_signature"
UNKNOWN_TOKEN: Final = "unknown_token"  # noqa: S105  # no password
TAMPERED: Final = "tampered"
UNREACHABLE: Final = "bango_unreachable"
# Bango's name of what the token is about, and that of the form; in the order in which they are compared.
COMPARED = {
    "Signature": "moz_signature",
    "MerchantTransactionId": "moz_transaction",
    "ResponseCode": "bango_response_code",
    "ResponseMessage": "bango_response_message",
    "BangoTransactionId": "bango_trans_id",
}
SEEN = {OK: Seen.PAID, CANCEL: Seen.CANCELLED}


@dataclass(frozen=True, slots=True)
class Told:
    """What Bango says of a token, as texts by Bango's names. No price is None."""

    token: str
    facts: Mapping[str, str]
    price: Decimal | None
    currency: str

    @property
    def is_known(self) -> bool:
        return bool(self.facts["ResponseCode"])


# A return is proved and then read, and either needs what Bango says of its token.
_last: ContextVar[Told | None] = ContextVar("bango_token", default=None)


def verify(form: Mapping[str, str]) -> tuple[Verdict, str]:
    """Whether Bango says the same; and in one word why not, with the first field that differs."""
    if not signature.is_signed(form["moz_transaction"], form["moz_signature"]):
        return Verdict.FORGED, BAD_SIGNATURE
    if not settings.SOLITUDE_BANGO_CHECK_TOKEN:
        return Verdict.GENUINE, ""
    told = _check(form["bango_token"])
    if told is None:
        return Verdict.UNDECIDED, UNREACHABLE
    if not told.is_known:
        return Verdict.FORGED, UNKNOWN_TOKEN
    other = _difference(form, told)
    return (Verdict.FORGED, f"{TAMPERED}:{other}") if other else (Verdict.GENUINE, "")


def read(form: Mapping[str, str]) -> Notice:
    """Of one that is proved. Raises NotUnderstood and CannotRead."""
    code, transaction = form["bango_response_code"], form["bango_trans_id"]
    state = SEEN.get(code, Seen.DECLINED)
    is_paid = state == Seen.PAID
    paid = _price(form) if is_paid else None
    network = networks.read(form["network"]) if form.get("network") else None
    region, carrier = network or ("", "")
    named = json.dumps([form["moz_transaction"], transaction, code])
    return Notice(
        event_id=f"redirect:{hashlib.sha256(named.encode()).hexdigest()}",
        event_type=f"redirect.{state}",
        action=Action.PAYMENT,
        uuid=form["moz_transaction"],
        ids={"support": transaction} | ({"capture": transaction} if is_paid else {}),
        amount=paid,
        payment=Evidence(state, captured=paid, region=region, carrier=carrier),
        reason=None if is_paid else Reason(code, form["bango_response_message"]),
    )


def _price(form: Mapping[str, str]) -> Money | None:
    """What was paid: by the token, which the form agrees with; None where neither says it."""
    amount, currency = form.get("amount"), form.get("currency")
    if settings.SOLITUDE_BANGO_CHECK_TOKEN:
        last = _last.get()
        told = last if last is not None and last.token == form["bango_token"] else _check(form["bango_token"])
        if told is None:
            raise CannotRead(UNREACHABLE)
        if told.price and told.currency:
            amount, currency = f"{told.price:f}", told.currency
    if not amount or not currency:
        return None
    try:
        return Money.parse(amount, currency)
    except MoneyError:
        raise NotUnderstood("the price is no amount of money") from None


def _check(token: str) -> Told | None:
    """What Bango says of a token; None where it does not say it now."""
    try:
        reply = wire().ask(CHECK_TOKEN, {"token": token})
    except NotConfigured:
        return None
    if isinstance(reply, Failed) or (reply.code in TROUBLE and not reply.values.get("Signature")):
        return None
    values = {**reply.values, "ResponseCode": reply.code, "ResponseMessage": reply.message}
    facts = {name: "" if values.get(name) is None else str(values[name]) for name in COMPARED}
    price = values.get("Price")
    told = Told(token, facts, price if isinstance(price, Decimal) else None, str(values.get("Currency") or ""))
    _last.set(told)
    return told


def _difference(form: Mapping[str, str], told: Told) -> str | None:
    """The first field of the form of which Bango says something else."""
    for name, field in COMPARED.items():
        if told.facts[name] != form[field]:
            return field
    if told.price and told.currency:
        if form.get("amount") and Decimal(form["amount"]) != told.price:
            return "amount"
        if form.get("currency") and form["currency"] != told.currency:
            return "currency"
    return None
