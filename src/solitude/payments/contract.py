"""What the engine asks of a provider, and what it gets back.

A provider builds requests and reads answers. It has no database and decides nothing about our books: it says what the call
came to (five outcomes) and what it saw (evidence), and the engine moves the state.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, Protocol

from solitude.money.money import Money
from solitude.outbound.record import Exchange
from solitude.telemetry.redaction import Secret


class Outcome(StrEnum):
    """What one provider call came to. What is not understood is UNKNOWN; a time-out is never a failure."""

    SUCCEEDED = "succeeded"  # done, and the provider said so
    PENDING = "pending"  # accepted; the provider or the buyer has still to act
    DECLINED = "declined"  # understood and refused; nothing was done
    NOT_SENT = "not_sent"  # it is certain that the provider did not act
    UNKNOWN = "unknown"  # it may have been done; only evidence ends this


class Operation(StrEnum):
    PAY = "pay"  # make a payment, with the buyer's approval or with a stored credential
    CAPTURE = "capture"  # take what the buyer approved
    REFUND = "refund"
    VOID = "void"  # give up what was taken before it is settled
    LOOK_UP = "look_up"  # ask for the state of a payment; changes nothing at the provider
    LOOK_UP_REFUND = "look_up_refund"  # the same for a refund
    ASK_CONSENT = "ask_consent"  # begin a pre-approval
    STORE_CREDENTIAL = "store_credential"  # turn the buyer's consent into a stored credential
    DELETE_CREDENTIAL = "delete_credential"
    SUBSCRIBE = "subscribe"  # begin payments that the provider takes by itself, period by period
    CHANGE_SUBSCRIPTION = "change_subscription"
    CANCEL_SUBSCRIPTION = "cancel_subscription"


# They change nothing at the provider: one without an answer leaves nothing to find out.
LOOK_UPS = (Operation.LOOK_UP, Operation.LOOK_UP_REFUND)


class Capability(StrEnum):
    """What a provider can do, which not every provider can. Its tests are made of it (`tests/conformance/`)."""

    APPROVAL = "approval"  # the buyer is sent to the provider and approves each payment there
    STORED_CREDENTIAL = "stored_credential"  # the buyer agrees once; later payments are taken without asking
    CAPTURE = "capture"  # an approved payment is taken by a call of ours; without it the approval takes it
    CANCEL = "cancel"  # a payment can be given up that its buyer has not approved yet
    SEVERAL_PRICES = "several_prices"  # a payment is offered in several currencies, and its buyer chooses one
    OTHER_FUNDING = "other_funding"  # after a declined funding source the buyer may choose another for the same payment
    REFUND = "refund"  # what was taken can go back to the buyer
    PARTIAL_REFUND = "partial_refund"  # less than the whole payment can go back
    SEVERAL_REFUNDS = "several_refunds"  # a payment can be refunded part by part
    DELAYED_REFUND = "delayed_refund"  # what it has begun to give back may be days on the way
    FAILED_REFUND = "failed_refund"  # and may fail at the end of them
    FOREIGN_REFUND = "foreign_refund"  # it tells, or says when it is asked, of refunds that were made on its own site
    PLATFORM_FEE = "platform_fee"  # the provider itself divides a payment between seller and marketplace
    SEVERAL_RECEIVERS = "several_receivers"  # and between more than those two
    PARTIAL_REFUND_OF_SHARES = "partial_refund_of_shares"  # so divided, it can still go back in parts
    DELAYED_DISBURSEMENT = "delayed_disbursement"  # the seller gets the money only when it is released
    IDEMPOTENCY_KEY = "idempotency_key"  # a call that is repeated under the same key does nothing new
    REPEATED_PAYMENT = "repeated_payment"  # a payment that is sent once more is known to be the same one
    LOOK_UP = "look_up"  # it says where a payment stands when it is asked
    LOOK_UP_BY_REFERENCE = "look_up_by_reference"  # a payment is found by our reference alone, perhaps some hours later
    NOTIFICATIONS = "notifications"  # it tells by itself what becomes of each payment
    SETTLEMENT = "settlement"  # what was taken is settled some days later, which may fail; it must be asked about that
    VOID = "void"  # what was taken can be given up whole, as if it had never been taken, until it is settled
    DELAYED_SETTLEMENT = "delayed_settlement"  # what was taken may be held for days, and then be settled or denied
    REVERSALS = "reversals"  # it may take a payment back by itself
    DISPUTES = "disputes"  # and tells before that a buyer complains


class Seen(StrEnum):
    """The state of a payment as the provider tells it."""

    NOT_APPROVED = "not_approved"  # the buyer has not approved yet
    INSTRUMENT_DECLINED = "instrument_declined"  # the buyer's funding source was declined; the buyer may choose another
    APPROVED = "approved"  # the buyer approved; nothing is taken yet
    PAID = "paid"
    UNDER_REVIEW = "under_review"  # taken, and held by the provider
    DECLINED = "declined"  # ended without money
    CANCELLED = "cancelled"  # ended by its buyer, who does not want to pay
    EXPIRED = "expired"  # the provider no longer has it, and nothing was taken
    UNSETTLED = "unsettled"  # it was taken, and its settlement failed: there is no money
    VOIDED = "voided"  # it was taken, and given up before it was settled


# Evidence that is older than what we know must not lead back: only these say how a payment ended.
ENDINGS = frozenset({Seen.PAID, Seen.DECLINED, Seen.CANCELLED, Seen.EXPIRED, Seen.UNSETTLED, Seen.VOIDED})
# What may become of a payment that is taken and not settled yet.
UNDOINGS = frozenset({Seen.UNSETTLED, Seen.VOIDED})


class RefundSeen(StrEnum):
    DONE = "done"
    UNDER_WAY = "under_way"
    FAILED = "failed"
    UNDONE = "undone"  # of a reversal: the money came back to the payee


class ToldBy(StrEnum):
    """By what a refund that the provider tells of is known to be one of ours."""

    REFERENCE = "reference"  # by our key in it
    ID = "id"  # by the id that the provider gives in the answer to our call
    AMOUNT = "amount"  # by that id, and where the answer was lost by the amount alone


class CredentialRefused(StrEnum):
    """Of a payment that was declined: that it was for the stored credential, or for how its buyer pays by it."""

    NOW = "now"  # not this time; the buyer may pay in another way
    GONE = "gone"  # the provider knows it no more


# Codes of ours for NOT_SENT: why nothing was sent.
UNREACHABLE: Final = "provider_unreachable"
BUSY: Final = "provider_busy"
CONFIGURATION: Final = "provider_configuration"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: the provider's own code, and a text for a developer; `field` is one of ours where one is at fault."""

    code: str
    message: str = ""
    field: str = "__all__"


@dataclass(frozen=True, slots=True)
class RefundEvidence:
    """A refund as the provider tells it; `reference` is our operation id when it is one of ours.

    `id` is empty where the provider gives it none.
    """

    id: str
    state: RefundSeen
    amount: Money
    reference: str = ""
    told_by: ToldBy = ToldBy.REFERENCE


@dataclass(frozen=True, slots=True)
class Evidence:
    """A payment as the provider tells it. `refunds` are those of the payment that the answer listed.

    `awaits_notice`: that it is paid is what a look-up saw, and the provider's notification is still to say so. `region` and
    `carrier`: where, and by whose bill, the buyer pays.
    """

    state: Seen
    captured: Money | None = None
    pay_url: str = ""
    refunds: tuple[RefundEvidence, ...] = ()
    awaits_notice: bool = False
    region: str = ""
    carrier: str = ""


class Resolved(StrEnum):
    """For whom a dispute ended; `no` while it is open."""

    NO = "no"
    FOR_BUYER = "for_buyer"  # the money goes back, whatever the provider calls it
    FOR_SELLER = "for_seller"


@dataclass(frozen=True, slots=True)
class DisputeEvidence:
    """A dispute as the provider tells it. `amount` is what is disputed, or what went back once it is resolved for the buyer.

    `may_be_ours`: what went back may be a refund of ours, and whatever the provider moves by itself it tells with an id as well.
    `opened_at` and `told_at`, when it was as it is told, are the provider's times: where that says when, what is newer counts, also
    another end; else the first end does. `is_told_once`: what went back is no refund, and nothing but the dispute tells of it.
    """

    id: str
    resolved: Resolved
    status: str
    amount: Money | None = None
    may_be_ours: bool = False
    opened_at: datetime | None = None
    told_at: datetime | None = None
    is_told_once: bool = False


class Action(StrEnum):
    """What a notification is about, in the words of the API."""

    PAYMENT = "PAYMENT"
    REFUND = "REFUND"
    REVERSAL = "REVERSAL"
    DISPUTE = "DISPUTE"
    PREAPPROVAL = "PREAPPROVAL"
    SUBSCRIPTION = "SUBSCRIPTION"
    SELLER = "SELLER"


@dataclass(frozen=True, slots=True)
class Named:
    """What a message names a payment by: our operation id, and the provider's own ids."""

    reference: str = ""
    ids: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Notice:
    """A provider's notification, verified and read.

    `action` is None when it is of no concern to us. `reference` is our operation id, where it names one, or `uuid` that of the
    transaction; `ids` are the provider's own ids (`payment`, `capture`). Where it is about several payments, of which others than
    ours may be, these are `among` and nothing of it is in `reference` and `ids`. `payees` are the names of the receiver that it tells.
    One of the evidences belongs to the action. `about` names what a provider's own actions (PREAPPROVAL, SUBSCRIPTION, SELLER) are
    about, for its own handler. `amount_binds`: a payment that is told with another amount than was agreed is refused; else it is taken
    as it was agreed, with an alarm.
    """

    event_id: str
    event_type: str
    action: Action | None = None
    reference: str = ""
    uuid: str = ""
    ids: Mapping[str, str] = field(default_factory=dict)
    payees: tuple[str, ...] = ()
    amount: Money | None = None
    amount_binds: bool = True
    payment: Evidence | None = None
    reason: Reason | None = None
    refund: RefundEvidence | None = None
    dispute: DisputeEvidence | None = None
    about: Secret | None = None
    among: tuple[Named, ...] = ()


class CannotRead(Exception):
    """What is needed to read a genuine message could not be had now; the text says why in one word."""


class NotUnderstood(Exception):
    """A message of the provider does not say what it should; the text is for the log and holds no value of it."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a call came to. `ids` are the provider's own ids that were learnt, `facts` plain texts that the answer to the client needs, or
    a later try. `is_past_repeating`: of a refusal that was found out when nobody sends the call again, so that it counts whoever else is at
    it."""

    outcome: Outcome
    evidence: Evidence | None = None
    refund: RefundEvidence | None = None
    reason: Reason | None = None
    ids: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    credential: Secret | None = None
    credential_refused: CredentialRefused | None = None
    correlation_id: str = ""
    exchanges: tuple[Exchange, ...] = ()
    is_past_repeating: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """What somebody else than the payee gets of a payment."""

    payee: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Intent:
    """All that is needed to make the call, and to make the very same call again. Kept encrypted with the call.

    `prices`: what is offered where the buyer chooses among several prices, each in a currency of its own; there is no `amount` then.
    `interface`: by which of its interfaces the provider is asked, where it has several. `delayed`: the payee gets the money only when
    it is released. `fallback`: where the stored credential is refused, the payment goes on with the buyer's approval. `notify_url`:
    where the provider sends its notification. `terms`: what else this provider must be told, by names of its own; of a pre-approval,
    to what it is limited where the provider itself watches over that.
    """

    amount: Money | None = None
    prices: tuple[Money, ...] = ()
    payee: str = ""
    fee: Money | None = None
    return_url: str = ""
    cancel_url: str = ""
    description: str = ""
    credential: Secret | None = None
    note: str = ""
    interface: str = ""
    shares: tuple[Share, ...] = ()
    notify_url: str = ""
    delayed: bool = False
    fallback: bool = False
    terms: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {
            "amount": _money_json(self.amount),
            "prices": [_money_list(price) for price in self.prices],
            "payee": self.payee,
            "fee": _money_json(self.fee),
            "return_url": self.return_url,
            "cancel_url": self.cancel_url,
            "description": self.description,
            "credential": self.credential.reveal() if self.credential else None,
            "note": self.note,
            "interface": self.interface,
            "shares": [[share.payee, *_money_list(share.amount)] for share in self.shares],
            "notify_url": self.notify_url,
            "delayed": self.delayed,
            "fallback": self.fallback,
            "terms": dict(self.terms),
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Intent":
        return cls(
            amount=_money(kept["amount"]),
            payee=kept["payee"],
            fee=_money(kept["fee"]),
            return_url=kept["return_url"],
            cancel_url=kept["cancel_url"],
            description=kept["description"],
            credential=Secret(kept["credential"]) if kept["credential"] else None,
            note=kept["note"],
            # Intents of the versions before have none of these.
            prices=tuple(Money(Decimal(text), currency) for text, currency in kept.get("prices", ())),
            interface=kept.get("interface", ""),
            shares=tuple(
                Share(payee, Money(Decimal(text), currency)) for payee, text, currency in kept.get("shares", ())
            ),
            notify_url=kept.get("notify_url", ""),
            delayed=kept.get("delayed", False),
            fallback=kept.get("fallback", False),
            terms=kept.get("terms", {}),
        )


@dataclass(frozen=True, slots=True)
class Call:
    """A call as the provider is asked to make it.

    `key` is our operation id (36 characters): it goes to the provider as reference and idempotency key and never changes
    between tries. `ids` are the provider's ids known so far. `age_s` is the time since the first try, by the database. `paying_key`:
    of a capture whose outcome is to be found out, the key of the call that made its payment. `facts` are those of earlier tries.
    """

    operation: Operation
    key: str
    intent: Intent
    ids: Mapping[str, str]
    age_s: int = 0
    paying_key: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


class Provider(Protocol):
    """One payment provider. `perform` makes the call; `find_out` learns what became of one whose outcome is not known.

    Neither raises for anything that the provider does; the engine takes an exception for UNKNOWN.
    """

    name: str
    number: int

    @property
    def capabilities(self) -> frozenset[Capability]: ...

    def perform(self, call: Call) -> Result: ...

    def find_out(self, call: Call) -> Result: ...


class Verdict(StrEnum):
    """Whether a notification comes from the provider."""

    GENUINE = "genuine"
    FORGED = "forged"
    UNDECIDED = "undecided"  # what is needed to tell could not be had now


class Inbound(Protocol):
    """What a provider that sends notifications can do with one. Neither raises for what is in it, but for NotUnderstood.

    A message that was proved once may be read again later without being proved again.
    """

    def verify(self, headers: Mapping[str, str], body: bytes) -> tuple[Verdict, str]:
        """The verdict, and why in one word. May go out, for a certificate or to ask the provider, so no transaction is open."""

    def read(self, headers: Mapping[str, str], body: bytes) -> Notice:
        """Of a message that is genuine. May go out as well. Raises NotUnderstood and CannotRead."""


def _money_json(money: Money | None) -> list[str] | None:
    return _money_list(money) if money else None


def _money_list(money: Money) -> list[str]:
    return [money.text, money.currency]


def _money(kept: list[str] | None) -> Money | None:
    return Money(Decimal(kept[0]), kept[1]) if kept else None
