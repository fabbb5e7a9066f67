"""A package: a seller's account at Bango. And the numbers of what the seller sells."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from solitude_sandbox.bango.call import Json
from solitude_sandbox.clock import stamp

# Who may log in for a package.
ADMIN, SUPPORT, FINANCE = "admin", "support", "finance"
AGREEMENT_LIFE = timedelta(days=365)
ACTIVE = "LIC"


@dataclass(frozen=True)
class Person:
    """Somebody who may log in; another e-mail address is another person."""

    id: int
    password: str


@dataclass(frozen=True)
class Listener:
    """Where a package's events are brought, and as whom."""

    url: str
    username: str
    password: str


@dataclass(eq=False)
class Package:
    """`details` are the texts as GetPackage shows them, by name; `persons` are by what they do."""

    id: int
    details: dict[str, str]
    persons: dict[str, Person]
    listener: Listener
    created: datetime
    has_bank_details: bool = False
    agreed: datetime | None = None

    def email(self, role: str) -> str:
        """The e-mail address of the admin, support or finance person."""
        return self.details[f"{role}EmailAddress"]

    def agreement_expires(self) -> datetime | None:
        """When the accepted self-billing agreement ends; None if none was accepted."""
        return None if self.agreed is None else self.agreed + AGREEMENT_LIFE

    def has_agreed(self, now: datetime) -> bool:
        """Whether an agreement is accepted and has not ended."""
        expires = self.agreement_expires()
        return expires is not None and now < expires

    def as_json(self) -> Json:
        """For the state page; passwords and bank accounts are not shown."""
        expires = self.agreement_expires()
        return {
            "packageId": self.id,
            **self.details,
            **{f"{role}PersonId": person.id for role, person in self.persons.items()},
            "eventNotificationURL": self.listener.url,
            "bankDetails": self.has_bank_details,
            "acceptedSBIAgreement": stamp(self.agreed) if self.agreed else None,
            "sbiAgreementExpires": stamp(expires) if expires else None,
            "created": stamp(self.created),
        }


@dataclass(eq=False)
class Number:
    """A Bango number: one product of a package. `ratings` are by their scheme."""

    bango: str
    package: Package
    name: str
    category: int
    created: datetime
    premium: str = ""
    ratings: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> Json:
        """For the state page."""
        return {
            "bango": self.bango,
            "packageId": self.package.id,
            "name": self.name,
            "categoryId": self.category,
            "premium": self.premium,
            "ratings": dict(self.ratings),
            "created": stamp(self.created),
        }
