"""What the server shows of Braintree."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Self

from . import answers
from .wire import Fields


@dataclass(frozen=True, slots=True)
class BraintreeBuyer:
    """A buyer's customer at Braintree. `etag` names the state that was seen, where it came alone and not in a list: for `if_match`."""

    pk: int
    resource_uri: str
    buyer: str
    braintree_id: str
    active: bool
    counter: int
    created: datetime
    modified: datetime
    etag: str | None = field(default=None, compare=False)

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(
            pk=f.whole("resource_pk"),
            resource_uri=f.text("resource_uri"),
            buyer=f.text("buyer"),
            braintree_id=f.text("braintree_id"),
            active=f.flag("active"),
            counter=f.whole("counter"),
            created=f.time("created"),
            modified=f.time("modified"),
        )

    @classmethod
    def made(cls, body: object) -> Self:
        """One that was just made, beside what Braintree says of it."""
        return cls.from_json(Fields(body).mapping("mozilla"))


@dataclass(frozen=True, slots=True)
class BraintreePaymethod:
    """A buyer's card: its kind, e.g. "Visa", and its last four digits. `provider_id` is Braintree's token of it."""

    pk: int
    resource_uri: str
    braintree_buyer: str
    provider_id: str = field(repr=False)
    type: int
    type_name: str
    truncated_id: str
    active: bool
    counter: int
    created: datetime
    modified: datetime
    etag: str | None = field(default=None, compare=False)

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(
            pk=f.whole("resource_pk"),
            resource_uri=f.text("resource_uri"),
            braintree_buyer=f.text("braintree_buyer"),
            provider_id=f.text("provider_id"),
            type=f.whole("type"),
            type_name=f.text("type_name"),
            truncated_id=f.text("truncated_id"),
            active=f.flag("active"),
            counter=f.whole("counter"),
            created=f.time("created"),
            modified=f.time("modified"),
        )

    @classmethod
    def made(cls, body: object) -> Self:
        """One that was just made, beside what Braintree says of it."""
        return cls.from_json(Fields(body).mapping("mozilla"))


@dataclass(frozen=True, slots=True)
class BraintreeSubscription:
    """A product that a card pays for, period by period. `amount` is what was chosen; None: the plan's."""

    pk: int
    resource_uri: str
    paymethod: str
    seller_product: str
    provider_id: str
    amount: Decimal | None
    active: bool
    counter: int
    created: datetime
    modified: datetime
    etag: str | None = field(default=None, compare=False)

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(
            pk=f.whole("resource_pk"),
            resource_uri=f.text("resource_uri"),
            paymethod=f.text("paymethod"),
            seller_product=f.text("seller_product"),
            provider_id=f.text("provider_id"),
            amount=f.amount_or_none("amount"),
            active=f.flag("active"),
            counter=f.whole("counter"),
            created=f.time("created"),
            modified=f.time("modified"),
        )

    @classmethod
    def made(cls, body: object) -> Self:
        """One that was just made, changed or cancelled, beside what Braintree says of it."""
        return cls.from_json(Fields(body).mapping("mozilla"))


@dataclass(frozen=True, slots=True)
class BraintreeTransaction:
    """What Braintree tells of a transaction besides. Of a sale by nonce there is no `paymethod`, of any sale no `subscription` and no day.

    `kind`: "submit_for_settlement" of a sale, else the kind of the webhook that told of it.
    """

    pk: int
    resource_uri: str
    transaction: str
    kind: str
    paymethod: str | None
    subscription: str | None
    billing_period_start_date: date | None
    billing_period_end_date: date | None
    next_billing_date: date | None
    next_billing_period_amount: Decimal | None
    counter: int
    created: datetime
    modified: datetime
    etag: str | None = field(default=None, compare=False)

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(
            pk=f.whole("resource_pk"),
            resource_uri=f.text("resource_uri"),
            transaction=f.text("transaction"),
            kind=f.text("kind"),
            paymethod=f.text_or_none("paymethod"),
            subscription=f.text_or_none("subscription"),
            billing_period_start_date=f.day_or_none("billing_period_start_date"),
            billing_period_end_date=f.day_or_none("billing_period_end_date"),
            next_billing_date=f.day_or_none("next_billing_date"),
            next_billing_period_amount=f.amount_or_none("next_billing_period_amount"),
            counter=f.whole("counter"),
            created=f.time("created"),
            modified=f.time("modified"),
        )


@dataclass(frozen=True, slots=True)
class BraintreePayment:
    """A payment: the transaction, and what Braintree tells of it besides."""

    transaction: answers.Transaction
    at_braintree: BraintreeTransaction

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(
            transaction=answers.Transaction.from_json(f.mapping("generic")),
            at_braintree=BraintreeTransaction.from_json(f.mapping("braintree")),
        )

    @classmethod
    def made(cls, body: object) -> Self:
        """One that was just made."""
        return cls.from_json(Fields(body).mapping("mozilla"))


@dataclass(frozen=True, slots=True)
class BraintreeNotice:
    """What a webhook told of a subscription, and of the newest charge of it: `paymethod` and `payment` are None where it told of none."""

    kind: str
    buyer: answers.Buyer
    product: answers.Product
    subscription: BraintreeSubscription
    paymethod: BraintreePaymethod | None
    payment: BraintreePayment | None

    @classmethod
    def from_json(cls, body: object) -> "BraintreeNotice | None":
        f = Fields(body)
        if not f.has("mozilla"):
            return None
        told, ours = Fields(f.mapping("braintree")), Fields(f.mapping("mozilla"))
        return cls(
            kind=told.text("kind"),
            buyer=answers.Buyer.from_json(ours.mapping("buyer")),
            product=answers.Product.from_json(ours.mapping("product")),
            subscription=BraintreeSubscription.from_json(ours.mapping("subscription")),
            paymethod=BraintreePaymethod.from_json(ours.mapping("paymethod")) if ours.has("paymethod") else None,
            payment=BraintreePayment.from_json(ours.mapping("transaction")) if ours.has("transaction") else None,
        )


@dataclass(frozen=True, slots=True)
class BraintreeProduct:
    """An entry of the catalogue: how a product is sold through Braintree. Without an `amount` the buyer chooses it.

    `recurrence`: "monthly", or None for what is paid once; `kind`: "products" or "donations".
    """

    pk: int
    resource_uri: str
    seller_product: str
    amount: Decimal | None
    currency: str
    recurrence: str | None
    kind: str
    description: str
    active: bool
    counter: int
    created: datetime
    modified: datetime
    etag: str | None = field(default=None, compare=False)

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(
            pk=f.whole("resource_pk"),
            resource_uri=f.text("resource_uri"),
            seller_product=f.text("seller_product"),
            amount=f.amount_or_none("amount"),
            currency=f.text("currency"),
            recurrence=f.text_or_none("recurrence"),
            kind=f.text("kind"),
            description=f.text("description"),
            active=f.flag("active"),
            counter=f.whole("counter"),
            created=f.time("created"),
            modified=f.time("modified"),
        )
