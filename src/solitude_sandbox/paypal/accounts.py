"""Who has how much: sellers, buyers, the partner (the marketplace) and PayPal itself.

Every movement is a list of entries that add up to zero, so all balances of a currency add up to zero at any time.
An account comes into being when its e-mail address or merchant id is first used. Its e-mail may tell what is wrong
with it: see `TRAITS`. What it lets the partner do is told by its traits until it was asked on the onboarding page, and by
its consent from then on.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from solitude_sandbox.paypal import ids
from solitude_sandbox.paypal.consents import PARTNER_FEE, REFUND, Consent
from solitude_sandbox.paypal.money import Money
from solitude_sandbox.store import BoundedStore

CLIENT_ID = "sandbox-client"
CLIENT_SECRET = "sandbox-secret"  # noqa: S105 - the published secret of a simulator
PARTNER_ID = "SANDBXPARTNR2"
PARTNER_EMAIL = "partner@sandbox.example"

ACCOUNTS_LIMIT = 20_000


@dataclass(frozen=True)
class Trait:
    """What an account cannot do, as the issue that PayPal then names (the classic interface has numbers); None: it can."""

    meaning: str
    payment_issue: str | None = None
    fee_issue: str | None = None
    refund_issue: str | None = None
    refund_pending: bool = False
    classic_payment_error: str | None = None
    account_type: str = "BUSINESS"


ORDINARY = Trait("verified, onboarded, granted PARTNER_FEE and REFUND")

# The local part of the e-mail starts with the name and a hyphen: `norefund-anything@example.com`.
TRAITS: dict[str, Trait] = {
    "unverified": Trait(
        "never verified its account", payment_issue="PAYEE_ACCOUNT_NOT_VERIFIED", classic_payment_error="569042"
    ),
    "closed": Trait(
        "closed its account", payment_issue="PAYEE_ACCOUNT_LOCKED_OR_CLOSED", classic_payment_error="559044"
    ),
    "restricted": Trait(
        "is restricted by PayPal", payment_issue="PAYEE_ACCOUNT_RESTRICTED", classic_payment_error="520009"
    ),
    "nobody": Trait("has no account", payment_issue="PAYEE_ACCOUNT_INVALID", classic_payment_error="589039"),
    "personal": Trait("has a personal account", account_type="PERSONAL"),
    "premier": Trait("has a premier account", account_type="PREMIER"),
    "nofee": Trait("did not grant PARTNER_FEE", fee_issue="PERMISSION_DENIED"),
    "norefund": Trait("did not grant REFUND", refund_issue="PERMISSION_DENIED"),
    "insufficient": Trait("has no funds for refunds", refund_issue="REFUND_FAILED_INSUFFICIENT_FUNDS"),
    "slowrefund": Trait("refunds by eCheck: PENDING for three days", refund_pending=True),
}


def trait_of(email: str) -> Trait:
    """The trait that the e-mail address tells, or `ORDINARY`."""
    name, hyphen, _ = email.partition("@")[0].partition("-")
    return TRAITS.get(name, ORDINARY) if hyphen else ORDINARY


@dataclass(eq=False)
class Account:
    """A PayPal account; `balances` is currency -> amount and may be negative (a buyer's bank stands behind it)."""

    merchant_id: str
    email: str
    trait: Trait
    balances: dict[str, Decimal] = field(default_factory=dict)
    consent: Consent | None = None

    @property
    def payment_issue(self) -> str | None:
        """Why it cannot be paid, as the issue that PayPal names; None: it can."""
        return self.trait.payment_issue or (self.consent.payment_issue if self.consent else None)

    @property
    def fee_issue(self) -> str | None:
        """Why the partner gets no fee of its sales."""
        return self.consent.lack(PARTNER_FEE) if self.consent else self.trait.fee_issue

    @property
    def refund_issue(self) -> str | None:
        """Why the partner cannot refund for it."""
        if self.consent is None:
            return self.trait.refund_issue
        # To have granted REFUND helps against the want of it, and against nothing else.
        kept = self.trait.refund_issue if self.trait.refund_issue != "PERMISSION_DENIED" else None
        return self.consent.lack(REFUND) or kept

    def as_payee(self) -> dict[str, str]:
        """PayPal's `payee` object."""
        return {"email_address": self.email, "merchant_id": self.merchant_id}

    def as_json(self) -> dict[str, Any]:
        """For the state page: who, what, how much."""
        balances = [Money(currency, value).as_json() for currency, value in sorted(self.balances.items())]
        consent = None
        if self.consent is not None:
            granted = sorted(self.consent.features)
            consent = {"tracking_id": self.consent.tracking_id, "features": granted, "revoked": self.consent.revoked}
        return {**self.as_payee(), "trait": self.trait.meaning, "consent": consent, "balances": balances}


class Accounts:
    """All accounts. Not thread-safe: the books' lock is held."""

    def __init__(self) -> None:
        self._by_id: BoundedStore[str, Account] = BoundedStore(ACCOUNTS_LIMIT, on_drop=self._forget)
        self._ids_by_email: dict[str, str] = {}
        self.partner = Account(PARTNER_ID, PARTNER_EMAIL, Trait("the partner: owner of the API credentials"))
        self.paypal = Account("PAYPALFEES222", "fees@paypal.example", Trait("PayPal's fees"))
        # Takes over the balances of accounts that were dropped, so that the sum stays zero.
        self._forgotten = Account("FGTTENXXXXXXX", "forgotten@sandbox.example", Trait("accounts no longer kept"))

    def by_email(self, email: str) -> Account:
        """The account of the (lower-case) address; made if there was none."""
        if email == PARTNER_EMAIL:
            return self.partner
        merchant_id = self._ids_by_email.get(email) or ids.account_id(email)
        return self.known(merchant_id) or self._add(Account(merchant_id, email, trait_of(email)))

    def by_id(self, merchant_id: str) -> Account:
        """The account of the id; made, as an ordinary one, if there was none."""
        email = f"seller-{merchant_id.lower()}@sandbox.example"
        return self.known(merchant_id) or self._add(Account(merchant_id, email, ORDINARY))

    def move(self, currency: str, entries: list[tuple[Account, Decimal]]) -> None:
        """Book entries that add up to zero; ValueError if they do not."""
        if sum(amount for _, amount in entries) != 0:
            raise ValueError(f"Entries do not add up to zero: {entries}")
        for account, amount in entries:
            balances = self._kept(account).balances
            balances[currency] = balances.get(currency, Decimal(0)) + amount

    def __len__(self) -> int:
        """Without the special accounts."""
        return len(self._by_id)

    def as_json(self) -> list[dict[str, Any]]:
        """Everyone, the special accounts last."""
        return [account.as_json() for account in (*self._by_id, self._forgotten, self.paypal, self.partner)]

    def _kept(self, account: Account) -> Account:
        """The account under its id, put back if it was dropped while an order still names it."""
        if account in (self.partner, self.paypal):
            return account
        return self._by_id.get(account.merchant_id) or self._add(account)

    def known(self, merchant_id: str) -> Account | None:
        """The account of the id, if there is one."""
        if merchant_id == PARTNER_ID:
            return self.partner
        account = self._by_id.get(merchant_id)
        if account is not None:
            self._by_id.put(merchant_id, account)  # in use: not the next to be dropped
        return account

    def _add(self, account: Account) -> Account:
        self._ids_by_email[account.email] = account.merchant_id
        self._by_id.put(account.merchant_id, account)
        return account

    def _forget(self, account: Account) -> None:
        self._ids_by_email.pop(account.email, None)
        for currency, amount in account.balances.items():
            balances = self._forgotten.balances
            balances[currency] = balances.get(currency, Decimal(0)) + amount
        account.balances.clear()
