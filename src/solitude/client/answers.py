"""The answers of the API as frozen dataclasses. Amounts are Decimal, times are aware datetimes, references are paths.

A repr may stand in a log: it shows no e-mail address, name, address, secret, key or URL with a token in it.
Every `from_json` ignores fields that it does not know and raises `wire.Unreadable` when one that it needs is missing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, Self, TypeVar

from .bango_answers import BangoPackage
from .wire import Fields, Unreadable

T = TypeVar("T")
STATUS_NAMES = {
    0: "pending",
    1: "completed",
    2: "checked",
    3: "received",
    4: "failed",
    5: "cancelled",
    6: "started",
    7: "errored",
}
TYPE_NAMES = {0: "payment", 1: "refund", 2: "reversal", 3: "refund_manual", 4: "reversal_manual"}


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list, the newest first. `total_count`: on all pages; `more`: whether a page follows."""

    objects: tuple[T, ...]
    page: int
    total_count: int
    more: bool

    @classmethod
    def from_json(cls, body: object, make: Callable[[object], T]) -> "Page[T]":
        f = Fields(body)
        meta = Fields(f.mapping("meta"))
        return Page(
            objects=tuple(make(item) for item in f.items("objects")),
            page=meta.whole("page"),
            total_count=meta.whole("total_count"),
            more=meta.text_or_none("next") is not None,
        )


@dataclass(frozen=True, slots=True)
class PayPalBuyer:
    """What is kept about a buyer for PayPal. `key`: whether there is a permanent key; it is never shown."""

    pk: int
    resource_uri: str
    buyer: str
    currency: str | None
    expiry: date | None
    max_total: Decimal | None
    max_per_payment: Decimal | None
    max_per_day: Decimal | None
    key: bool

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(
            pk=f.whole("resource_pk"),
            resource_uri=f.text("resource_uri"),
            buyer=f.text("buyer"),
            currency=f.text_or_none("currency"),
            expiry=f.day_or_none("expiry"),
            max_total=f.amount_or_none("max_total"),
            max_per_payment=f.amount_or_none("max_per_payment"),
            max_per_day=f.amount_or_none("max_per_day"),
            key=f.flag("key"),
        )


@dataclass(frozen=True, slots=True)
class PayPalSeller:
    """What is kept about a seller for PayPal. `token` and `secret` say whether there is one; they are never shown."""

    pk: int
    resource_uri: str
    seller: str
    paypal_id: str | None = field(repr=False)
    interface: str | None
    token: bool
    secret: bool
    first_name: str = field(repr=False)
    last_name: str = field(repr=False)
    full_name: str = field(repr=False)
    business_name: str = field(repr=False)
    address_one: str = field(repr=False)
    address_two: str = field(repr=False)
    post_code: str = field(repr=False)
    city: str = field(repr=False)
    state: str = field(repr=False)
    country: str
    phone: str = field(repr=False)
    created: datetime
    modified: datetime
    counter: int

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(
            pk=f.whole("resource_pk"),
            resource_uri=f.text("resource_uri"),
            seller=f.text("seller"),
            paypal_id=f.text_or_none("paypal_id"),
            interface=f.text_or_none("interface"),
            token=f.flag("token"),
            secret=f.flag("secret"),
            created=f.time("created"),
            modified=f.time("modified"),
            counter=f.whole("counter"),
            **{name: f.text_or_none(name) or "" for name in PERSONAL},
        )


BASIC_DATA = ("first_name", "last_name", "full_name", "email", "company", "country", "payerID")
ADVANCED_DATA = ("post_code", "address_one", "address_two", "city", "state", "phone")
PERSONAL = (
    "first_name",
    "last_name",
    "full_name",
    "business_name",
    "address_one",
    "address_two",
    "post_code",
    "city",
    "state",
    "country",
    "phone",
)
"""The fields of a PayPal seller that a person would recognise themselves by; all optional, text."""


@dataclass(frozen=True, slots=True)
class Buyer:
    """A buyer. `pin` and `new_pin` say whether there is one. `etag`: the state that was seen, of `get_buyer` and `change_buyer`."""

    pk: int
    resource_uri: str
    uuid: str
    active: bool
    authenticated: bool
    email: str | None = field(repr=False)
    locale: str | None
    pin: bool
    new_pin: bool
    pin_confirmed: bool
    pin_failures: int
    pin_is_locked_out: bool
    pin_was_locked_out: bool
    needs_pin_reset: bool
    paypal: PayPalBuyer | None
    etag: str | None = None

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(
            pk=f.whole("resource_pk"),
            resource_uri=f.text("resource_uri"),
            uuid=f.text("uuid"),
            active=f.flag("active"),
            authenticated=f.flag("authenticated"),
            email=f.text_or_none("email"),
            locale=f.text_or_none("locale"),
            pin=f.flag("pin"),
            new_pin=f.flag("new_pin"),
            pin_confirmed=f.flag("pin_confirmed"),
            pin_failures=f.whole("pin_failures"),
            pin_is_locked_out=f.flag("pin_is_locked_out"),
            pin_was_locked_out=f.flag("pin_was_locked_out"),
            needs_pin_reset=f.flag("needs_pin_reset"),
            # Nothing stored at PayPal is null or {}, as it is for the other providers.
            paypal=PayPalBuyer.from_json(f.mapping("paypal")) if f.mapping("paypal") else None,
        )


@dataclass(frozen=True, slots=True)
class PinCheck:
    """What a PIN came to. `locked`: too many were wrong, and for a while none is right. `pin`: whether the buyer has one.

    `token`, only when `valid`: for the `pin_token` of one `pay` of this buyer, until `expires`.
    """

    valid: bool
    locked: bool
    pin: bool
    token: str | None = field(default=None, repr=False)
    expires: datetime | None = None

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(
            valid=f.flag("valid"),
            locked=f.flag("locked"),
            pin=f.flag("pin"),
            token=f.text_or_none("pin_token"),
            expires=f.time_or_none("pin_token_expires"),
        )


@dataclass(frozen=True, slots=True)
class PersonalData:
    """What PayPal tells of a seller. `told` has only what it told: any of `BASIC_DATA` or of `ADVANCED_DATA`."""

    told: Mapping[str, str] = field(repr=False)

    @classmethod
    def basic(cls, body: object) -> Self:
        return cls._of(body, BASIC_DATA)

    @classmethod
    def advanced(cls, body: object) -> Self:
        return cls._of(body, ADVANCED_DATA)

    @classmethod
    def _of(cls, body: object, names: tuple[str, ...]) -> Self:
        f = Fields(body)
        return cls({name: f.text(name) for name in names if f.has(name)})


@dataclass(frozen=True, slots=True)
class AccountTest:
    """One test of a seller's account: pass, fail or unknown (it could not be told); `reason` is for the seller."""

    result: str
    reason: str | None

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(result=f.text("result"), reason=f.text_or_none("reason"))


@dataclass(frozen=True, slots=True)
class AccountCheck:
    """Whether a seller can be sold for. `errors`: what failed, in the words of the server before this one."""

    passed: bool
    errors: tuple[str, ...]
    id: AccountTest
    refund: AccountTest
    currencies: AccountTest

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        checks = Fields(f.mapping("checks"))
        return cls(
            passed=f.flag("passed"),
            errors=f.texts("errors"),
            id=AccountTest.from_json(checks.mapping("id")),
            refund=AccountTest.from_json(checks.mapping("refund")),
            currencies=AccountTest.from_json(checks.mapping("currencies")),
        )


@dataclass(frozen=True, slots=True)
class PayPalProduct:
    """What is kept about a product for PayPal: who gets the money for it; None: who gets it for its seller."""

    pk: int
    resource_uri: str
    seller_product: str
    paypal_id: str | None = field(repr=False)
    created: datetime
    modified: datetime
    counter: int

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(
            pk=f.whole("resource_pk"),
            resource_uri=f.text("resource_uri"),
            seller_product=f.text("seller_product"),
            paypal_id=f.text_or_none("paypal_id"),
            created=f.time("created"),
            modified=f.time("modified"),
            counter=f.whole("counter"),
        )


@dataclass(frozen=True, slots=True)
class Seller:
    """A seller. `etag`: the state that was seen, of `get_seller` and `change_seller`."""

    pk: int
    resource_uri: str
    uuid: str
    active: bool
    counter: int
    created: datetime
    modified: datetime
    paypal: PayPalSeller | None
    bango: BangoPackage | None = None
    etag: str | None = field(default=None, compare=False)

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(
            pk=f.whole("resource_pk"),
            resource_uri=f.text("resource_uri"),
            uuid=f.text("uuid"),
            active=f.flag("active"),
            counter=f.whole("counter"),
            created=f.time("created"),
            modified=f.time("modified"),
            paypal=PayPalSeller.from_json(f.mapping("paypal")) if f.mapping("paypal") else None,
            bango=BangoPackage.from_json(f.mapping("bango")) if f.mapping("bango") else None,
        )


@dataclass(frozen=True, slots=True)
class Product:
    """Something for sale. `access`: 1 = purchase, 2 = simulate. `secret` is for in-app payments.

    `etag`: the state that was seen, of `get_product` and `change_product`.
    """

    pk: int
    resource_uri: str
    seller: str
    external_id: str
    public_id: str
    access: int
    secret: str | None = field(repr=False)
    seller_uuids: Mapping[str, str | None] = field(hash=False)
    paypal: PayPalProduct | None
    etag: str | None = field(default=None, compare=False)

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(
            pk=f.whole("resource_pk"),
            resource_uri=f.text("resource_uri"),
            seller=f.text("seller"),
            external_id=f.text("external_id"),
            public_id=f.text("public_id"),
            access=f.whole("access"),
            secret=f.text_or_none("secret"),
            seller_uuids=f.mapping("seller_uuids"),
            paypal=PayPalProduct.from_json(f.mapping("paypal")) if f.mapping("paypal") else None,
        )


@dataclass(frozen=True, slots=True)
class Transaction:
    """A payment, refund or reversal. `captured_amount` and `refunded_amount` are None before a capture.

    `outcome` is that of the last call to the provider: none, succeeded, pending, declined, not_sent or unknown.
    `etag` names the state that was seen, where it came alone and not in a list: for `if_match`.
    """

    pk: int
    resource_uri: str
    uuid: str
    status: int
    type: int
    amount: Decimal | None
    currency: str
    captured_amount: Decimal | None
    refunded_amount: Decimal | None
    outcome: str
    status_reason: str | None
    buyer: str | None
    seller: str | None
    seller_product: str | None
    related: str | None
    relations: tuple["Transaction", ...]
    provider: int | None
    uid_pay: str | None
    uid_support: str | None
    pay_url: str | None = field(repr=False)
    carrier: str | None
    region: str | None
    source: str | None
    notes: str | None = field(repr=False)
    created: datetime
    modified: datetime
    counter: int
    etag: str | None = field(default=None, compare=False)

    @property
    def status_name(self) -> str:
        return STATUS_NAMES.get(self.status, str(self.status))

    @property
    def type_name(self) -> str:
        return TYPE_NAMES.get(self.type, str(self.type))

    @classmethod
    def from_json(cls, body: object) -> "Transaction":
        f = Fields(body)
        return cls(
            pk=f.whole("resource_pk"),
            resource_uri=f.text("resource_uri"),
            uuid=f.text("uuid"),
            status=f.whole("status"),
            type=f.whole("type"),
            amount=f.amount_or_none("amount"),
            currency=f.text("currency"),
            captured_amount=f.amount_or_none("captured_amount"),
            refunded_amount=f.amount_or_none("refunded_amount"),
            outcome=f.text("outcome"),
            status_reason=f.text_or_none("status_reason"),
            buyer=f.text_or_none("buyer"),
            seller=f.text_or_none("seller"),
            seller_product=f.text_or_none("seller_product"),
            related=f.text_or_none("related"),
            relations=tuple(Transaction.from_json(item) for item in f.items("relations")),
            provider=f.whole_or_none("provider"),
            uid_pay=f.text_or_none("uid_pay"),
            uid_support=f.text_or_none("uid_support"),
            pay_url=f.text_or_none("pay_url"),
            carrier=f.text_or_none("carrier"),
            region=f.text_or_none("region"),
            source=f.text_or_none("source"),
            notes=f.text_or_none("notes"),
            created=f.time("created"),
            modified=f.time("modified"),
            counter=f.whole("counter"),
        )


@dataclass(frozen=True, slots=True)
class Payment:
    """`status`: `created` (send the buyer to `pay_url`, then check), `completed`, or `pending` (taken, under review).

    `use_preapproval`: whether one was used. `user_id` and `app_id` are what was sent.
    """

    status: str
    amount: Decimal
    currency: str
    user_id: int | str
    app_id: int | str
    use_preapproval: bool
    pay_key: str | None = field(repr=False)
    pay_url: str | None = field(repr=False)
    uuid: str
    transaction: str

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(
            status=f.text("status"),
            amount=f.amount("amount"),
            currency=f.text("currency"),
            user_id=f.reference("user_id"),
            app_id=f.reference("app_id"),
            use_preapproval=f.flag("use_preapproval"),
            # The wiki's form spells it without an underscore.
            pay_key=f.text_or_none("paykey"),
            pay_url=f.text_or_none("pay_url"),
            uuid=f.text("uuid"),
            transaction=f.text("transaction"),
        )


@dataclass(frozen=True, slots=True)
class OwnPayment:
    """A payment in Solitude's own form. `status`: CREATED (send the buyer to `pay_url`, then check), COMPLETED, or PENDING (taken,
    under review)."""

    status: str
    use_preapproval: bool
    pay_key: str | None = field(repr=False)
    pay_url: str | None = field(repr=False)
    uuid: str
    transaction: str
    correlation_id: str | None

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(
            status=f.text("status"),
            use_preapproval=f.flag("use_preapproval"),
            pay_key=f.text_or_none("pay_key"),
            pay_url=f.text_or_none("pay_url"),
            uuid=f.text("uuid"),
            transaction=f.text("transaction"),
            correlation_id=f.text_or_none("correlation_id"),
        )


@dataclass(frozen=True, slots=True)
class Check:
    """The state of a payment: CREATED (not approved yet), COMPLETED, PENDING, DECLINED, CANCELLED, EXPIRED, REFUNDED or
    PARTIALLY_REFUNDED. With a `pay_url` the buyer may try again there.
    """

    status: str
    uuid: str
    transaction: str
    correlation_id: str | None
    pay_key: str | None = field(repr=False)
    pay_url: str | None = field(repr=False)

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(
            status=f.text("status"),
            uuid=f.text("uuid"),
            transaction=f.text("transaction"),
            correlation_id=f.text_or_none("correlation_id"),
            pay_key=f.text_or_none("pay_key"),
            pay_url=f.text_or_none("pay_url"),
        )


@dataclass(frozen=True, slots=True)
class Receiver:
    """What one receiver of a payment gives back; `gross`, `net` and `fee` where PayPal says so."""

    status: str
    email: str | None = field(repr=False)
    id: str | None
    amount: Decimal | None
    gross: Decimal | None
    net: Decimal | None
    fee: Decimal | None

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(
            status=f.text("refundStatus"),
            email=f.text_or_none("receiver.email"),
            id=f.text_or_none("receiver.id"),
            amount=f.amount_or_none("receiver.amount"),
            gross=f.amount_or_none("refundGrossAmount"),
            net=f.amount_or_none("refundNetAmount"),
            fee=f.amount_or_none("refundFeeAmount"),
        )


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund: a transaction of its own. `status`: COMPLETED, PENDING or FAILED; `related`: the payment's path."""

    status: str
    amount: Decimal
    currency: str
    uuid: str
    transaction: str
    related: str
    correlation_id: str | None
    receivers: tuple[Receiver, ...]

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(
            status=f.text("status"),
            amount=f.amount("amount"),
            currency=f.text("currency"),
            uuid=f.text("uuid"),
            transaction=f.text("transaction"),
            related=f.text("related"),
            correlation_id=f.text_or_none("correlation_id"),
            receivers=tuple(Receiver.from_json(item) for item in f.items("response")),
        )


@dataclass(frozen=True, slots=True)
class Preapproval:
    """A pre-approval that the buyer has yet to give at `paypal_url`, before `expires`. `key` is temporary."""

    pk: str
    resource_uri: str
    uuid: str
    key: str = field(repr=False)
    paypal_url: str = field(repr=False)
    expires: datetime | None

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(
            pk=str(f.reference("pk")),
            resource_uri=f.text("resource_uri"),
            uuid=f.text("uuid"),
            key=f.text("key"),
            paypal_url=f.text("paypal_url"),
            expires=f.time_or_none("expires"),
        )


@dataclass(frozen=True, slots=True)
class KnownPreapproval:
    """A pre-approval that the server knows."""

    pk: str
    resource_uri: str

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(pk=str(f.reference("pk")), resource_uri=f.text("resource_uri"))


@dataclass(frozen=True, slots=True)
class FinishedPreapproval:
    """A pre-approval after the buyer came back. `uuid` is the buyer's."""

    pk: str
    resource_uri: str
    uuid: str
    active: bool

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(
            pk=str(f.reference("pk")),
            resource_uri=f.text("resource_uri"),
            uuid=f.text("uuid"),
            active=f.flag("active"),
        )


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, once.

    `data` depends on `type`; a transaction's has amount, currency and who took part.
    """

    cursor: str
    type: str
    created: datetime
    resource_uri: str | None
    uuid: str | None
    from_status: str | None
    to_status: str | None
    reason: str | None
    data: Mapping[str, Any] = field(hash=False, repr=False)

    @property
    def amount(self) -> Decimal | None:
        """The amount in `data`; None for an event without one in this form, so that no event stops a reader."""
        try:
            return Fields(self.data).amount_or_none("amount")
        except Unreadable:
            return None

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(
            cursor=f.text("cursor"),
            type=f.text("type"),
            created=f.time("created"),
            resource_uri=f.text_or_none("resource_uri"),
            uuid=f.text_or_none("uuid"),
            from_status=f.text_or_none("from"),
            to_status=f.text_or_none("to"),
            reason=f.text_or_none("reason"),
            data=f.mapping("data"),
        )


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events, oldest first. `cursor` is the `after` of the next page; `more`: whether there is one already."""

    events: tuple[Event, ...]
    cursor: str | None
    more: bool

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(
            events=tuple(Event.from_json(item) for item in f.items("events")),
            cursor=f.text_or_none("cursor") or None,
            more=f.flag("more"),
        )
