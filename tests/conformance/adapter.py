"""What the kit asks of a provider: how a marketplace pays there, how its buyer answers, and what the provider itself has to say.

An adapter is written once for each provider and interface. The kit knows a provider by this alone.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, Protocol

import pytest
from tests.conformance.said import Said
from tests.support.marketplace import Answer, Marketplace

from solitude.payments.contract import Capability, Operation

# A notification as the provider sends it; what is in it only its adapter knows.
Message = Mapping[str, Any]


class Reach(StrEnum):
    """What the kit can do at the provider. A simulator grants all that there is at its provider; at a live sandbox a person approves, and
    that is all."""

    BUYER = "any buyer"  # it plays the buyer: turns back, and has a funding source that is declined
    SELLERS = "any seller"  # it has sellers who are not ordinary
    FAULTS = "its faults"  # it loses answers
    CLOCK = "its clock"  # time passes as it likes
    NOTIFICATIONS = "its notifications"  # it sees what the provider tells the marketplace
    BACK_OFFICE = "its back office"  # it plays the people at the provider, and what sellers and buyers do on its site


class Funding(StrEnum):
    """How well the buyer's source of money works."""

    GOOD = "good"
    DECLINED = "declined"
    HELD = "held"  # the provider takes the payment, and looks at it before the seller gets it


class Seller(StrEnum):
    ORDINARY = "ordinary"
    CLOSED = "closed"  # cannot be paid any more
    SLOW = "slow"  # gives back by a way that takes days


class Loss(StrEnum):
    """How an answer is lost. After all but the last, the provider has done what it was asked."""

    LATE = "late"  # it comes after we have given up
    TORN = "torn"  # half of it comes
    NEVER_ARRIVED = "never_arrived"  # the request itself was lost


# To wait until we give up takes as long as our patience; what we make of half an answer we make of none.
LOSSES = [pytest.param(loss, marks=pytest.mark.long) if loss == Loss.LATE else loss for loss in Loss]
DONE_AND_LOST = [each for each in LOSSES if each != Loss.NEVER_ARRIVED]


@dataclass(frozen=True, slots=True)
class Sums:
    """What was taken by one payment, and what has gone back of it."""

    captured: Decimal
    returned: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Consent:
    """A pre-approval that its buyer has yet to give: the path of our resource, and where the buyer agrees."""

    resource: str
    url: str


class Adapter(Protocol):
    """One provider by one interface. `settings` are ours, under which it is asked by that one; under `with_partner` somebody else, who is
    no seller, gets 30 % of each payment."""

    name: str
    settings: ClassVar[Mapping[str, Any]]
    with_partner: ClassVar[Mapping[str, Any]]
    currency: str
    capabilities: frozenset[Capability]
    reach: frozenset[Reach]

    # --- the marketplace: calls of our API; the answers have `uuid` and `transaction` ---

    def product(self, shop: Marketplace, seller: Seller) -> str: ...

    def pay(
        self,
        shop: Marketplace,
        product: str,
        amount: str,
        *,
        buyer: str = "",
        fee: str = "",
        key: str = "",
        delayed: bool = False,
    ) -> Answer:
        """Begins a payment; with a `buyer` it goes by that buyer's pre-approval. `key` is an idempotency key. `delayed`: the seller is to
        wait for the money."""

    def check(self, shop: Marketplace, uuid: str) -> Answer:
        """What a marketplace does to know where a payment stands: when its buyer comes back, or later."""

    def check_refund(self, shop: Marketplace, uuid: str) -> Answer: ...

    def cancel(self, shop: Marketplace, uuid: str) -> Answer: ...

    def refund(self, shop: Marketplace, uuid: str, amount: str = "", *, key: str = "") -> Answer: ...

    def void(self, shop: Marketplace, uuid: str) -> Answer:
        """Gives up a payment that was taken and is not settled yet."""

    def ask_consent(self, shop: Marketplace, buyer: str) -> Consent: ...

    def store_credential(self, shop: Marketplace, consent: Consent) -> Answer: ...

    def delete_credential(self, shop: Marketplace, buyer: str) -> Answer: ...

    def said(self, answer: Answer) -> Said:
        """What one of these answers says."""

    # --- its buyer ---

    def approve(self, url: str, funding: Funding = Funding.GOOD) -> None:
        """The buyer agrees on the provider's page."""

    def stored_buyer(self, shop: Marketplace) -> str:
        """A buyer whose pre-approval exists already and can be used here; empty if there is none."""

    # --- its books ---

    def books(self, payments: Collection[str]) -> dict[str, Sums]:
        """By its own name of each payment: all that was taken, or at least of these."""

    def fees(self, payment: str) -> Decimal:
        """What the marketplace got of a payment by its platform fee."""

    def fees_returned(self, payment: str) -> Decimal:
        """What it gave of that when the payment was refunded."""


class WithoutFees:
    """Of an adapter to a provider that divides nothing, and has no buyers whom the kit did not make."""

    with_partner: ClassVar[Mapping[str, Any]] = {}

    def stored_buyer(self, shop: Marketplace) -> str:
        return ""

    def fees(self, payment: str) -> Decimal:
        raise NotImplementedError

    def fees_returned(self, payment: str) -> Decimal:
        raise NotImplementedError


class WithoutCredentials(WithoutFees):
    """Of one that knows no pre-approvals either, and where nothing can be given up."""

    def cancel(self, shop: Marketplace, uuid: str) -> Answer:
        raise NotImplementedError

    def void(self, shop: Marketplace, uuid: str) -> Answer:
        raise NotImplementedError

    def ask_consent(self, shop: Marketplace, buyer: str) -> Consent:
        raise NotImplementedError

    def store_credential(self, shop: Marketplace, consent: Consent) -> Answer:
        raise NotImplementedError

    def delete_credential(self, shop: Marketplace, buyer: str) -> Answer:
        raise NotImplementedError


class Simulated(Adapter, Protocol):
    """A provider that does what the kit wants; what it cannot do for anybody its adapter leaves out.

    `found_after_h`: how long until it finds a payment by our reference alone; `absent_after_h`: how long until it is known of a lost
    call that nothing was done; `given_up_after_h`: how long until a payment is given up that nobody has made.
    """

    found_after_h: int
    absent_after_h: int
    given_up_after_h: int

    def offer(self, shop: Marketplace, product: str, prices: Mapping[str, str]) -> Answer:
        """Begins a payment whose buyer chooses among several prices: amounts by currency."""

    def choose(self, url: str, currency: str) -> None:
        """The buyer agrees to one of them."""

    def turn_back(self, url: str) -> None:
        """The buyer does not agree."""

    def divided(self, payment: str) -> list[Decimal]:
        """What each of several receivers got of a payment, the most first."""

    def waits(self, payment: str) -> bool:
        """Whether the seller has to wait for the money of a payment."""

    def asked(self, operation: Operation) -> int:
        """How many requests of this operation arrived."""

    def lose(self, operation: Operation, loss: Loss) -> None:
        """The next answer of this operation is lost."""

    def turn_away(self, operation: Operation) -> None:
        """The next request of this operation is one too many: the provider asks to come back later."""

    def told(self) -> list[Message]:
        """All that the provider has told the marketplace, the oldest first."""

    def forward(self, shop: Marketplace, message: Message) -> Answer:
        """The marketplace hands a notification on."""

    def brought(self, shop: Marketplace, uuid: str) -> Message:
        """What the buyer's browser brings back from the provider, where that is how the marketplace learns what became of a payment."""

    def forgeries(self, message: Message) -> list[Message]:
        """What somebody else would make of it."""

    def misstated(self, message: Message, amount: str, currency: str) -> Message:
        """The same as the provider would tell it of another amount."""

    def refund_there(self, payment: str, amount: str) -> None:
        """The seller gives money back on the provider's site."""

    def reverse(self, payment: str) -> None:
        """The provider takes the payment back for the buyer."""

    def dispute(self, payment: str, *, for_buyer: bool) -> None:
        """The buyer complains, and the provider decides."""

    def settle(self, payment: str, *, good: bool) -> None:
        """The provider has looked at a held payment, or has settled what was taken; or could not."""

    def settle_refund(self, payment: str, *, good: bool) -> None:
        """The refund of a payment that was under way has arrived, or has failed."""
