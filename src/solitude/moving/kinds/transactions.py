"""Transactions of before: payments, refunds and reversals that other servers made. They are history, and no provider is asked."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from django.db.models import Q
from pydantic import BeforeValidator

from solitude.buyers.models import Buyer
from solitude.money.errors import MoneyError
from solitude.money.money import Money
from solitude.moving.fields import OfEveryRow
from solitude.moving.kind import OF_EVERY_ROW, Column, Key, Kind, Reference, same
from solitude.sellers.models import Product, Seller
from solitude.transactions import states
from solitude.transactions.amounts import amount_text
from solitude.transactions.bodies import PLAIN_CURRENCY, UUID_MAX_CHARS, TransactionIn
from solitude.transactions.models import PROVIDER_NUMBERS, CallOutcome, Status, Transaction, Type
from solitude.web.bulk import numbered
from solitude.web.fields import DecimalNumber, GivenText, Text

# What a past call can have come to. Of what is not known yet, only the server that made the call can find it out.
ENDED = (CallOutcome.NONE, CallOutcome.SUCCEEDED, CallOutcome.DECLINED, CallOutcome.NOT_SENT)
ZERO = Decimal(0)
AMOUNTS = {
    "amount": "Such as 2.49, with at most the digits of the currency; of a refund or reversal what went back.",
    "captured_amount": "What the provider took of a payment.",
    "refunded_amount": "How much of that went back.",
}
REFERENCES = (
    Reference("buyer", Buyer, "uuid"),
    Reference("seller", Seller, "uuid"),
    Reference("seller_product", Product, "public_id"),
    Reference("related", Transaction, "uuid", own=True),
)
AS_THEY_ARE = (
    "uuid", "type", "status", "status_reason", "outcome", "currency", "provider", "uid_pay", "uid_support", "taken_id",
    "pay_url", "carrier", "region", "source", "notes",
)  # fmt: skip


def _named(choices: Mapping[int, str]) -> BeforeValidator:
    """A number, its digits, or its name."""
    known = {str(number): number for number in choices} | {name: number for number, name in choices.items()}

    def check(value: Any) -> Any:
        text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
        if text not in known:
            raise ValueError(f"must be one of {', '.join(known)}")
        return known[text]

    return BeforeValidator(check)


def _outcome(value: Any) -> Any:
    if value not in ENDED:
        raise ValueError(f"must be one of {', '.join(ENDED)}")
    return value


def _names(choices: Any) -> dict[int, str]:
    return {int(choice): choice.name.lower() for choice in choices}


def _listed(choices: Any) -> str:
    return ", ".join(f"{number} {name}" for number, name in _names(choices).items())


class TransactionLine(TransactionIn, OfEveryRow):
    # Without a name of its own, a line could not be told from another one like it.
    uuid: GivenText
    type: Annotated[int, _named(_names(Type))] = Type.PAYMENT
    status: Annotated[int, _named(_names(Status))]
    provider: Annotated[int, _named(PROVIDER_NUMBERS)] | None = None
    outcome: Annotated[str, BeforeValidator(_outcome)] = CallOutcome.NONE
    captured_amount: DecimalNumber | None = None
    refunded_amount: DecimalNumber | None = None
    taken_id: Text | None = None


def rules(line: TransactionLine) -> Iterator[tuple[str, str]]:
    if len(line.uuid) > UUID_MAX_CHARS:
        yield "uuid", f"must have at most {UUID_MAX_CHARS} characters"
    for name in AMOUNTS:
        try:
            amount = _amount(line, name)
        except MoneyError as error:
            yield name, str(error)
            continue
        if name != "amount" and amount is not None and amount < ZERO:
            yield name, "must not be negative"
    if line.refunded_amount is not None and line.captured_amount is None:
        yield "refunded_amount", "needs captured_amount"


def make(line: TransactionLine, found: Mapping[str, int], now: datetime) -> Transaction:
    captured, refunded = _amount(line, "captured_amount"), _amount(line, "refunded_amount")
    # One that stands earlier in the same batch has no primary key yet.
    earlier = {} if "related" in found or not line.related else {"related": Transaction(uuid=line.related)}
    return Transaction(
        amount=_amount(line, "amount"),
        captured_amount=captured,
        refunded_amount=refunded,
        # What went back cannot go back again.
        refund_claimed_amount=min(refunded or ZERO, captured or ZERO),
        **{f"{reference.column}_id": found[reference.column] for reference in REFERENCES if reference.column in found},
        **earlier,
        **{name: getattr(line, name) for name in AS_THEY_ARE},
        **line.stamps(now),
    )


def insert(rows: Sequence[Transaction]) -> None:
    waiting = [(row, row.related.uuid) for row in rows if row.related_id is None and row.related]
    if waiting:
        numbered(rows)
        pks = {row.uuid: row.pk for row in rows}
        for row, earlier in waiting:
            row.related_id = pks[earlier]
    states.past(rows)


def _amount(line: TransactionLine, name: str) -> Decimal | None:
    """With the digits of the line's currency, or two. Raises MoneyError."""
    amount: Decimal | None = getattr(line, name)
    return None if amount is None else Money.parse(amount, line.currency or PLAIN_CURRENCY).amount


def _shown_amount(name: str) -> Column:
    return Column(name, AMOUNTS[name], lambda row: amount_text(getattr(row, name), row.currency))


def _shown_reference(name: str, attribute: str, meaning: str) -> Column:
    def shown(row: Transaction) -> Any:
        other = getattr(row, name)
        return None if other is None else getattr(other, attribute)

    return Column(name, meaning, shown)


TRANSACTIONS = Kind(
    name="transactions",
    model=Transaction,
    line=TransactionLine,
    rules=rules,
    columns=(
        same("uuid", "The marketplace's own name of it, at most 200 characters. Required, and no other transaction's."),
        same("type", f"{_listed(Type)}; 0 if it is not given. A number or a name."),
        same("status", f"{_listed(Status)}. A number or a name. Required."),
        same("status_reason", "Short and greppable."),
        *(_shown_amount(name) for name in AMOUNTS),
        same("currency", "ISO 4217, in capitals; none if it is not given."),
        _shown_reference("buyer", "uuid", "The uuid of a buyer who is there."),
        _shown_reference("seller", "uuid", "The uuid of a seller who is there: whose account was paid."),
        _shown_reference("seller_product", "public_id", "The public_id of a product that is there."),
        _shown_reference(
            "related",
            "uuid",
            "The uuid of the payment that this refund or reversal is of: there, or earlier in the file.",
        ),
        same("provider", f"{', '.join(f'{number} {name}' for number, name in PROVIDER_NUMBERS.items())}."),
        same(
            "outcome", f"What the last call to the provider came to: {', '.join(ENDED)}; the first if it is not given."
        ),
        same("uid_pay", "The provider's id of it; no other transaction's of this provider."),
        same("uid_support", "The provider's id for its support, such as PayPal's correlation id."),
        same(
            "taken_id",
            "The provider's id of the money that it took, such as PayPal's capture; unique for the provider.",
        ),
        same("pay_url", "Where the buyer was sent."),
        same("carrier", "As the marketplace has it."),
        same("region", "As the marketplace has it."),
        same("source", "As the marketplace has it."),
        same("notes", "Free text, at most 16384 characters."),
        *OF_EVERY_ROW,
    ),
    keys=(
        Key(("uuid",), ("uuid",)),
        Key(("provider", "uid_pay"), ("provider", "uid_pay")),
        Key(("provider", "taken_id"), ("provider", "taken_id")),
        Key(
            ("provider", "uid_support"),
            ("provider", "uid_support"),
            only=Q(outcome=CallOutcome.NONE),
            applies=lambda line: line.outcome == CallOutcome.NONE,
        ),
    ),
    make=make,
    references=REFERENCES,
    joins=("buyer", "seller", "seller_product", "related"),
    insert=insert,
)
