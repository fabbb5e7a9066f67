"""A seller's answer on the onboarding page, and what a seller takes back later."""

from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from solitude_sandbox.addresses import is_email, with_query
from solitude_sandbox.paypal.accounts import PARTNER_EMAIL, Account
from solitude_sandbox.paypal.approval import NotOpenError
from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.call import Json, looking
from solitude_sandbox.paypal.consents import Consent
from solitude_sandbox.paypal.events import CONSENT_REVOKED, ONBOARDING_COMPLETED
from solitude_sandbox.paypal.referrals import Referral

GRANT = "grant"
REFUSE = "refuse"
DEFAULT_SELLER = "seller@sandbox.example"
# What PayPal says of every seller who comes back.
_PRODUCT_INTENT = "addipmt"
_RISK_STATUS = "SUBSCRIBED"


@dataclass(frozen=True)
class Decision:
    """What the seller entered; ValueError with a sentence if it makes no sense. `features` None: all that were asked for."""

    action: str
    email: str = DEFAULT_SELLER
    features: frozenset[str] | None = None
    email_confirmed: bool = True
    receivable: bool = True

    def __post_init__(self) -> None:
        if self.action not in (GRANT, REFUSE):
            raise ValueError("action must be grant or refuse.")
        if not is_email(self.email):
            raise ValueError("email must be an e-mail address.")
        if self.email.lower() == PARTNER_EMAIL:
            raise ValueError("The partner cannot be its own seller.")


def open_referral(books: Books, token: str) -> Referral:
    """The referral that a seller may still answer; `NotOpenError` otherwise."""
    referral = books.referrals.get(token)
    if referral is None:
        raise NotOpenError(404, "PayPal does not know this invitation.")
    if referral.merchant_id is not None:
        raise NotOpenError(410, "This invitation has been answered. Please ask the marketplace for another.")
    return referral


def answer_referral(books: Books, base: str, token: str, decision: Decision) -> str | None:
    """Grant or refuse; returns where the seller goes back to, None if the partner named nothing.

    A refusal changes nothing: the seller may come back and grant. `base` is for the links in what is told of it.
    """
    with books.lock:
        referral = open_referral(books, token)
        if decision.action == REFUSE:
            return _back(referral, permissionsGranted="false", consentStatus="false")
        asked = frozenset(referral.features)
        granted = asked if decision.features is None else decision.features & asked
        if not granted:
            raise ValueError("Grant at least one of the features, or refuse.")
        now = books.clock.now()
        account = books.accounts.by_email(decision.email.lower())
        account.consent = Consent(
            tracking_id=referral.tracking_id,
            client_id=referral.client_id,
            features=granted,
            email_confirmed=decision.email_confirmed,
            receivable=decision.receivable,
            given=now,
        )
        referral.merchant_id = account.merchant_id
        if referral.tracking_id is not None:
            books.onboarded.put(referral.tracking_id, account.merchant_id)
        books.tell(looking(base, now), ONBOARDING_COMPLETED, _told(account, account.consent))
        return _back(
            referral,
            merchantIdInPayPal=account.merchant_id,
            permissionsGranted="true",
            accountStatus="BUSINESS_ACCOUNT",
            consentStatus=_word(yes=granted == asked),
            productIntentId=_PRODUCT_INTENT,
            isEmailConfirmed=_word(yes=decision.email_confirmed),
            riskStatus=_RISK_STATUS,
        )


def revoke(books: Books, base: str, merchant_id: str) -> Account:
    """The seller takes all of it back; ValueError with a sentence if there is nothing to take back."""
    with books.lock:
        account = books.accounts.known(merchant_id)
        if account is None or account.consent is None or account.consent.revoked:
            raise ValueError("merchant must be the id of a seller who has granted something.")
        before = account.consent
        account.consent = replace(before, features=frozenset())
        books.tell(looking(base, books.clock.now()), CONSENT_REVOKED, _told(account, before))
        return account


def shop_of(referral: Referral) -> str:
    """Who asks, as far as the seller is told: the host it came from."""
    return urlsplit(referral.return_url or "").hostname or "A marketplace"


def _told(account: Account, consent: Consent) -> Json:
    tracking = {"tracking_id": consent.tracking_id} if consent.tracking_id is not None else {}
    return {"merchant_id": account.merchant_id, "partner_client_id": consent.client_id, **tracking}


def _back(referral: Referral, **parameters: str) -> str | None:
    tracking = {"merchantId": referral.tracking_id} if referral.tracking_id is not None else {}
    return with_query(referral.return_url, **tracking, **parameters)


def _word(*, yes: bool) -> str:
    return "true" if yes else "false"
