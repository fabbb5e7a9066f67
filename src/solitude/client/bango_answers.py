"""What the server shows of Bango."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Self

from .wire import Fields


@dataclass(frozen=True, slots=True)
class BangoPackage:
    """A seller's account at Bango. `seller` is the pk of the seller.

    `sbi_expires`: until when the self-billing agreement is accepted; None: it is not. `full`: all that Bango says of it, where
    that was asked for. `vat_number`: of a change, the one that Bango has now. `etag` names the state that was seen, where it came
    alone and not in a list: for `if_match`.
    """

    pk: int
    resource_uri: str
    seller: int
    package_id: int
    admin_person_id: int
    support_person_id: int
    finance_person_id: int
    sbi_expires: datetime | None
    counter: int
    created: datetime
    modified: datetime
    full: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)
    vat_number: str | None = field(default=None, repr=False)
    etag: str | None = field(default=None, compare=False)

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(
            pk=f.whole("resource_pk"),
            resource_uri=f.text("resource_uri"),
            seller=f.whole("seller"),
            package_id=f.whole("package_id"),
            admin_person_id=f.whole("admin_person_id"),
            support_person_id=f.whole("support_person_id"),
            finance_person_id=f.whole("finance_person_id"),
            sbi_expires=f.time_or_none("sbi_expires"),
            counter=f.whole("counter"),
            created=f.time("created"),
            modified=f.time("modified"),
        )

    @classmethod
    def whole(cls, body: object) -> Self:
        """One by itself."""
        return replace(cls.from_json(body), full=Fields(body).mapping("full"))

    @classmethod
    def changed(cls, body: object) -> Self:
        """One after a change, with the VAT number that Bango has now."""
        return replace(cls.from_json(body), vat_number=Fields(body).text("vatNumber"))


@dataclass(frozen=True, slots=True)
class BangoProduct:
    """A product at Bango. `bango_id` is Bango's number. `etag`: the state that was seen, where it came alone."""

    pk: int
    resource_uri: str
    seller_product: str
    seller_bango: str
    bango_id: str
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
            seller_bango=f.text("seller_bango"),
            bango_id=f.text("bango_id"),
            counter=f.whole("counter"),
            created=f.time("created"),
            modified=f.time("modified"),
        )


@dataclass(frozen=True, slots=True)
class BangoStatus:
    """A check of a product: 0 unknown, 1 good, 2 bad; `errors` is Bango's text. `etag`: the state that was seen, where it came alone."""

    pk: int
    resource_uri: str
    bango_product: str
    status: int
    errors: str
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
            bango_product=f.text("seller_product_bango"),
            status=f.whole("status"),
            errors=f.text("errors"),
            counter=f.whole("counter"),
            created=f.time("created"),
            modified=f.time("modified"),
        )


@dataclass(frozen=True, slots=True)
class BangoLogin:
    """What the address of Bango's log-in page is made of. The token lets anybody in who has it."""

    authentication_token: str = field(repr=False)
    person_id: int
    email_address: str = field(repr=False)

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(f.text("authentication_token"), f.whole("person_id"), f.text("email_address"))


@dataclass(frozen=True, slots=True)
class BangoAgreement:
    """The self-billing agreement: `text` (HTML) to be read, which is `valid` from then on; or when it was accepted, until when."""

    text: str = field(repr=False)
    valid: datetime | None
    accepted: datetime | None
    expires: datetime | None

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(
            text=f.text("text"),
            valid=f.time_or_none("valid"),
            accepted=f.time_or_none("accepted"),
            expires=f.time_or_none("expires"),
        )


@dataclass(frozen=True, slots=True)
class BangoFacts:
    """What the server knows of a product. A last check or transaction is its status and its path; None: there is none."""

    environment: str
    bango_id: str
    package_id: int
    last_status: tuple[int, str] | None
    last_transaction: tuple[int, str] | None

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(Fields(body).mapping("bango"))
        return cls(
            environment=f.text("environment"),
            bango_id=f.text("bango_id"),
            package_id=f.whole("package_id"),
            last_status=_last(f.mapping("last_status")),
            last_transaction=_last(f.mapping("last_transaction")),
        )


def _last(found: Mapping[str, Any]) -> tuple[int, str] | None:
    f = Fields(found)
    return (f.whole("status"), f.text("url")) if found else None


@dataclass(frozen=True, slots=True)
class BangoBank:
    """The bank account that Bango was told. Of its number and its IBAN only the end is shown."""

    package: str
    payee_name: str = field(repr=False)
    number: str
    iban: str
    code: str = field(repr=False)
    bank_name: str = field(repr=False)
    address: Mapping[str, str] = field(repr=False, hash=False)

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(
            package=f.text("seller_bango"),
            payee_name=f.text("bankAccountPayeeName"),
            number=f.text("bankAccountNumber"),
            iban=f.text("bankAccountIban"),
            code=f.text("bankAccountCode"),
            bank_name=f.text("bankName"),
            address={name: f.text(f"bankAddress{name}") for name in ("1", "2", "City", "State", "ZipCode", "Iso")},
        )


@dataclass(frozen=True, slots=True)
class BangoPremium:
    """What Bango was told: that a product costs something."""

    bango_product: str
    bango_id: str
    price: Decimal
    currency: str

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(f.text("seller_product_bango"), f.text("bango"), f.amount("price"), f.text("currencyIso"))


@dataclass(frozen=True, slots=True)
class BangoRating:
    """What Bango was told: for whom a product is."""

    bango_product: str
    bango_id: str
    scheme: str
    rating: str

    @classmethod
    def from_json(cls, body: object) -> Self:
        f = Fields(body)
        return cls(f.text("seller_product_bango"), f.text("bango"), f.text("ratingScheme"), f.text("rating"))
