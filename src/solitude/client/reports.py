"""What the server tells of its own work: the life of a transaction, what it is not sure of, what a notification did, and its health."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Self

from .wire import BARE, Fields

# What a notification's signature is made of; whatever else the marketplace received with it is nobody's business.
_PAYPAL_HEADERS = "paypal-"


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One moment in the life of a transaction. What a `kind` has nothing to say about is None.

    `kind`: request, intent, call, answer, notification, recovery or state. `reference` is what our server calls the
    operation at the provider; `correlation_id` is what the provider's support asks for.
    """

    at: datetime
    kind: str
    summary: str
    request_id: str | None
    provider: str | None
    operation: str | None
    reference: str | None
    correlation_id: str | None
    outcome: str | None
    from_status: str | None
    to_status: str | None
    duration_ms: int | None

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(
            at=f.time("at"),
            kind=f.text("kind"),
            summary=f.text("summary"),
            request_id=f.text_or_none("request_id"),
            provider=f.text_or_none("provider"),
            operation=f.text_or_none("operation"),
            reference=f.text_or_none("reference"),
            correlation_id=f.text_or_none("correlation_id"),
            outcome=f.text_or_none("outcome"),
            from_status=f.text_or_none("from"),
            to_status=f.text_or_none("to"),
            duration_ms=f.whole_or_none("duration_ms"),
        )


def timeline(body: object) -> list[TimelineEntry]:
    return [TimelineEntry.from_json(entry) for entry in Fields(body).items("entries")]


@dataclass(frozen=True, slots=True)
class UncertainTransaction:
    """A transaction of which the server does not know what the provider did; it asks again at `next_try`.

    `transaction` and `uuid` are None for what is no transaction: an `operation` of a pre-approval.
    """

    transaction: str | None
    uuid: str | None
    provider: str
    operation: str
    since: datetime
    tries: int
    next_try: datetime | None

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(
            transaction=f.text_or_none("transaction"),
            uuid=f.text_or_none("uuid"),
            provider=f.text("provider"),
            operation=f.text("operation"),
            since=f.time("since"),
            tries=f.whole("tries"),
            next_try=f.time_or_none("next_try"),
        )


@dataclass(frozen=True, slots=True)
class Uncertain:
    """All transactions of unknown outcome: how many, and for how many seconds the oldest has been one (None: there is none).

    `transactions` may be fewer than `count`.
    """

    count: int
    oldest_s: int | None
    transactions: tuple[UncertainTransaction, ...]

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(
            count=f.whole("count"),
            oldest_s=f.whole_or_none("oldest_s"),
            transactions=tuple(UncertainTransaction.from_json(item) for item in f.items("transactions")),
        )


@dataclass(frozen=True, slots=True)
class Notice:
    """What became of a provider's notification.

    `status`: OK, IGNORED (known already, or of no concern) or ERROR with a `reason` (bad_signature, mismatch, orphan).
    `retry`: whether the provider should send it again; only then answer it with anything but 200.
    `action`: what it was about, e.g. PAYMENT, REFUND or DISPUTE; `amount` in `currency`, where it tells of money.
    """

    status: str
    action: str | None
    uuid: str | None
    amount: Decimal | None
    currency: str | None
    transaction: str | None
    event: str | None
    reason: str | None
    retry: bool

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        money = Fields(f.mapping("amount"))
        return cls(
            status=f.text("status"),
            action=f.text_or_none("action"),
            uuid=f.text_or_none("uuid"),
            amount=money.amount_or_none("amount"),
            currency=money.text_or_none("currency"),
            transaction=f.text_or_none("transaction"),
            event=f.text_or_none("event"),
            reason=f.text_or_none("reason"),
            retry=f.flag("retry"),
        )


@dataclass(frozen=True, slots=True)
class Ipn:
    """What became of a notification in the form of an IPN.

    `status`: OK, IGNORED (not PayPal's, unknown, known already, or of no concern) or ERROR with a `reason` (mismatch, not_understood).
    `retry`: whether the provider should send it again; only then answer it with anything but 200.
    `action`: what it was about, e.g. PAYMENT, REFUND or REVERSAL; `amount` in `currency`, where it tells of money; `uuid`: of the payment.
    """

    status: str
    action: str | None
    uuid: str | None
    amount: Decimal | None
    currency: str | None
    transaction: str | None
    data: str = field(repr=False)
    resource_uri: str
    reason: str | None
    retry: bool

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        money = Fields(f.mapping("amount"))
        return cls(
            status=f.text("status"),
            action=f.text_or_none("action"),
            uuid=f.text_or_none("uuid"),
            amount=money.amount_or_none("amount"),
            currency=money.text_or_none("currency"),
            transaction=f.text_or_none("transaction"),
            data=f.text("data"),
            resource_uri=f.text("resource_uri"),
            reason=f.text_or_none("reason"),
            retry=f.flag("retry"),
        )


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """The health of the server. `ok`: whether it works.

    `proxies`: every provider answers it; `db`: its database does; `cache`: the database takes a write; `settings`: its keys work.
    """

    ok: bool
    proxies: bool
    db: bool
    cache: bool
    settings: bool

    @classmethod
    def from_json(cls, http_status: int, body: object) -> Self:
        f = Fields(body)
        facts = {name: f.flag(name) for name in ("proxies", "db", "cache", "settings")}
        return cls(ok=http_status == 200, **facts)


@dataclass(frozen=True, slots=True)
class FailedProduct:
    """A product whose last transaction failed. `product_id`: its external id; the rest is of that transaction, `uri` its path."""

    product_id: str
    pk: int
    uuid: str
    uri: str
    uid_pay: str | None
    uid_support: str | None

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(
            product_id=f.text("product_id"),
            pk=f.whole("id"),
            uuid=f.text("uuid"),
            uri=f.text("uri"),
            uid_pay=f.text_or_none("uid_pay"),
            uid_support=f.text_or_none("uid_support"),
        )


@dataclass(frozen=True, slots=True)
class BadStatus:
    """A product that a provider found wrong when it was checked last. `product_id`: its external id; `errors`: the provider's text."""

    product_id: str
    pk: int
    errors: str

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(product_id=f.text("product_id"), pk=f.whole("id"), errors=f.text("errors"))


def authenticated(body: object) -> str | None:
    return Fields(body).text_or_none("authenticated")


def failed_products(body: object) -> tuple[FailedProduct, ...]:
    return tuple(FailedProduct.from_json(item) for item in Fields(body).items("transactions"))


def bad_statuses(body: object) -> tuple[BadStatus, ...]:
    return tuple(BadStatus.from_json(item) for item in Fields(body).items("statuses"))


def setting_names(body: object) -> tuple[str, ...]:
    return Fields(body).texts(BARE)


def setting(body: object) -> Any:
    return Fields(body).anything("value")


def notification(headers: Mapping[str, str], body: bytes | str) -> dict[str, object]:
    """A notification as the server takes it: PayPal's own headers, and the body as it came, for its signature is over that.

    Raises ValueError when the body is not UTF-8, which PayPal's always is.
    """
    text = body if isinstance(body, str) else body.decode("utf-8")
    return {
        "headers": {name: value for name, value in headers.items() if name.lower().startswith(_PAYPAL_HEADERS)},
        "body": text,
    }
