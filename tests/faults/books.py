"""The one question of the proving ground: does the provider's money equal the money in our books?

Pure functions over plain data, so that a simulation in one process and a run of real processes ask it alike. While it is
uncertain what became of an operation, the difference that it explains is tolerated; once all is settled, nothing is.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any

ZERO = Decimal(0)
OPEN = frozenset({"started", "pending"})
PAID = frozenset({"completed", "checked"})
# Outcomes of a provider call of which nobody knows what became.
UNCERTAIN = frozenset({"none", "unknown"})
STATUS_NAMES = ("pending", "completed", "checked", "received", "failed", "cancelled", "started", "errored")
_MOVED = frozenset({"COMPLETED", "REFUNDED", "PARTIALLY_REFUNDED"})
_LIVING = frozenset({"COMPLETED", "PENDING"})


@dataclass(frozen=True, slots=True)
class Charge:
    """A capture at the provider. `reference` is the id that we gave the operation, `order` what the provider calls the payment."""

    id: str
    order: str
    reference: str
    status: str
    amount: Decimal
    currency: str

    @property
    def moved(self) -> bool:
        """Whether the buyer's money is with the seller; one under review is not, and neither is a declined one."""
        return self.status in _MOVED


@dataclass(frozen=True, slots=True)
class Return:
    """Money that goes back at the provider: a refund of a capture, or (`is_reversal`) what the provider took for the buyer."""

    id: str
    capture: str
    reference: str
    status: str
    amount: Decimal
    is_reversal: bool = False


@dataclass(frozen=True, slots=True)
class ProviderBooks:
    charges: tuple[Charge, ...] = ()
    returns: tuple[Return, ...] = ()

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "ProviderBooks":
        """From the JSON of the simulator's `GET /paypal/sandbox/state`."""
        refunds = tuple(_return(refund, is_reversal=False) for refund in state["refunds"])
        reversals = tuple(_return(reversal, is_reversal=True) for reversal in state.get("reversals", ()))
        return cls(tuple(map(_charge, state["captures"])), refunds + reversals)


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment in our books. `references` are the ids that we gave its operations, and `wish` the client's idempotency key,
    as far as whoever asks can see them; `uncertain`: the outcome of one of its operations is not known."""

    name: str
    status: str
    amount: Decimal
    currency: str
    order: str | None = None
    captured: Decimal | None = None
    refunded: Decimal | None = None
    claimed: Decimal | None = None
    wish: str = ""
    references: frozenset[str] = frozenset()
    uncertain: bool = False


@dataclass(frozen=True, slots=True)
class Refund:
    """Money that went back, in our books: a refund, or a reversal. `payment` is the name of what it is of, `id` the provider's.

    `is_own`: we asked for it; otherwise it is known from what the provider told.
    """

    name: str
    payment: str
    status: str
    amount: Decimal
    id: str | None = None
    references: frozenset[str] = frozenset()
    uncertain: bool = False
    is_own: bool = True


@dataclass(frozen=True, slots=True)
class OurBooks:
    payments: tuple[Payment, ...] = ()
    refunds: tuple[Refund, ...] = ()

    @property
    def uncertain(self) -> int:
        """How many payments and refunds have an operation whose outcome is not known."""
        return sum(row.uncertain for row in (*self.payments, *self.refunds))

    @classmethod
    def from_api(cls, transactions: Iterable[Mapping[str, Any]]) -> "OurBooks":
        """From the objects of `GET /generic/transaction/`. What the client keeps itself has no provider, and is left out."""
        rows = [row for row in transactions if row["provider"] is not None]
        payments = tuple(_payment(row) for row in rows if row["type"] == 0)
        return cls(payments, tuple(_refund(row) for row in rows if row["type"] in (1, 2)))


@dataclass(slots=True)
class Differences:
    """What is wrong, a sentence each. `lost`: money moved that our books do not have. `doubled`: one operation, two effects."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    failed_but_charged: list[str] = field(default_factory=list)
    books_disagree: list[str] = field(default_factory=list)
    refunds_over_captured: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return any(getattr(self, kind.name) for kind in fields(self))

    def __iter__(self) -> Iterator[str]:
        """Every sentence, with its kind in front."""
        for kind in fields(self):
            yield from (f"{kind.name}: {sentence}" for sentence in getattr(self, kind.name))


def compare(provider: ProviderBooks, ours: OurBooks, *, settled: bool = False) -> Differences:
    """All differences between the books. `settled`: everybody was asked, so nothing may be open any more that has happened."""
    comparison = _Comparison(provider, ours, settled)
    comparison.charges()
    comparison.payments()
    comparison.returns()
    comparison.refunds()
    comparison.wishes()
    comparison.limits()
    return comparison.found


class _Comparison:
    def __init__(self, provider: ProviderBooks, ours: OurBooks, settled: bool) -> None:
        self.provider, self.ours, self.settled = provider, ours, settled
        self.found = Differences()
        self.charges_of: dict[str, list[Charge]] = defaultdict(list)
        self.returns_of: dict[str, list[Return]] = defaultdict(list)
        self.payment_index = _Index(ours.payments)
        for charge in provider.charges:
            for payment in self.payment_index.owners(charge.order, charge.reference):
                self.charges_of[payment.name].append(charge)
        self.unmatched = self._match_returns()

    def _match_returns(self) -> list[Return]:
        """Gives each return at the provider to its row; what is left has none.

        Of what a dispute took back we may know the amount before we know the provider's id: then the amount decides.
        """
        index, left = _Index(self.ours.refunds), []
        for returned in self.provider.returns:
            owners = index.owners(returned.id, "" if returned.is_reversal else returned.reference)
            for refund in owners:
                self.returns_of[refund.name].append(returned)
            if not owners:
                left.append(returned)
        payment_of = {charge.id: name for name, charges in self.charges_of.items() for charge in charges}
        told = [
            refund
            for refund in self.ours.refunds
            if not refund.is_own and refund.id is None and refund.status in PAID | OPEN
        ]
        unmatched = []
        for returned in left:
            about = payment_of.get(returned.capture), returned.amount
            refund = next((refund for refund in told if (refund.payment, refund.amount) == about), None)
            if refund is None:
                unmatched.append(returned)
                continue
            told.remove(refund)
            self.returns_of[refund.name].append(returned)
        return unmatched

    def _open(self, row: Payment | Refund) -> bool:
        """Whether its difference may still be explained."""
        return not self.settled and (row.uncertain or row.status in OPEN)

    def charges(self) -> None:
        """Every charge has its one row."""
        known = Counter(charge.id for charges in self.charges_of.values() for charge in charges)
        for charge in self.provider.charges:
            if charge.status in _LIVING | _MOVED and not known[charge.id] and not self._may_be_of_an_uncertain(charge):
                self.found.lost.append(f"capture {charge.id} of {_money(charge)} has no transaction")
            if known[charge.id] > 1:
                self.found.books_disagree.append(f"capture {charge.id} has {known[charge.id]} transactions")

    def _may_be_of_an_uncertain(self, charge: Charge) -> bool:
        """Of one whose ids we cannot see yet: the provider has not told its own, and nobody told us ours."""
        return any(
            self._open(payment)
            and payment.order is None
            and not payment.references
            and (payment.amount, payment.currency) == (charge.amount, charge.currency)
            for payment in self.ours.payments
        )

    def payments(self) -> None:
        """Every payment tells what became of its charge."""
        for payment in self.ours.payments:
            charges = self.charges_of[payment.name]
            moved = [charge for charge in charges if charge.moved]
            if sum(charge.status in _LIVING | _MOVED for charge in charges) > 1:
                self.found.doubled.append(f"{payment.name} was charged {len(charges)} times")
            if payment.status in PAID and not moved:
                seen = ", ".join(f"{charge.id} is {charge.status}" for charge in charges) or "it has no capture"
                self.found.books_disagree.append(f"{payment.name} is {payment.status} and nothing was captured: {seen}")
            for charge in moved[:1]:
                self._taken(payment, charge)

    def wishes(self) -> None:
        """What a client wished once is paid once."""
        charged = Counter(
            payment.wish
            for payment in self.ours.payments
            if payment.wish and any(charge.moved for charge in self.charges_of[payment.name])
        )
        for wish, times in charged.items():
            if times > 1:
                self.found.doubled.append(f"what was wished once, under key {wish}, was charged {times} times")

    def _taken(self, payment: Payment, charge: Charge) -> None:
        if payment.status in PAID:
            if (payment.captured, payment.currency) != (charge.amount, charge.currency):
                self.found.books_disagree.append(
                    f"{payment.name} has {payment.captured} {payment.currency} captured, the provider {_money(charge)}"
                )
        elif self._open(payment):
            return
        elif payment.status in OPEN:
            self.found.lost.append(f"{payment.name} is {payment.status}, and {_money(charge)} were captured")
        else:
            self.found.failed_but_charged.append(
                f"{payment.name} is {payment.status}, and {_money(charge)} were captured"
            )

    def returns(self) -> None:
        """Every refund at the provider has its one row. One made elsewhere has it when we are told."""
        known = Counter(returned.id for returns in self.returns_of.values() for returned in returns)
        for returned in self.provider.returns:
            if known[returned.id] > 1:
                self.found.books_disagree.append(f"refund {returned.id} has {known[returned.id]} transactions")
        for returned in self.unmatched:
            if self.settled and returned.status in _LIVING:
                self.found.lost.append(f"refund {returned.id} of {returned.amount} has no transaction")

    def refunds(self) -> None:
        """Every refund tells what became of it."""
        for refund in self.ours.refunds:
            returns = [returned for returned in self.returns_of[refund.name] if returned.status in _LIVING]
            done = [returned for returned in returns if returned.status == "COMPLETED"]
            if len(returns) > 1:
                self.found.doubled.append(f"{refund.name} went back {len(returns)} times")
            if refund.status in PAID and not done:
                self.found.books_disagree.append(f"{refund.name} is {refund.status} and nothing went back")
            for returned in returns[:1]:
                if refund.amount != returned.amount:
                    self.found.books_disagree.append(
                        f"{refund.name} is of {refund.amount}, {returned.amount} went back"
                    )
            for returned in done[:1]:
                if refund.status in PAID or self._open(refund):
                    continue
                kind = self.found.lost if refund.status in OPEN else self.found.failed_but_charged
                kind.append(f"{refund.name} is {refund.status}, and {returned.amount} went back")

    def limits(self) -> None:
        """No more goes back than was taken."""
        back: dict[str, Decimal] = defaultdict(Decimal)
        for returned in self.provider.returns:
            if returned.status in _LIVING and not returned.is_reversal:
                back[returned.capture] += returned.amount
        for charge in self.provider.charges:
            if back[charge.id] > charge.amount:
                self.found.refunds_over_captured.append(f"{back[charge.id]} of {_money(charge)} went back")
        self._sums()

    def _sums(self) -> None:
        """What went back is the sum of the refunds, and what is held for refunds covers them."""
        done: dict[str, Decimal] = defaultdict(Decimal)
        held: dict[str, Decimal] = defaultdict(Decimal)
        for refund in self.ours.refunds:
            if refund.status in PAID:
                done[refund.payment] += refund.amount
            if refund.status in PAID | OPEN and refund.is_own:
                held[refund.payment] += refund.amount
        for payment in self.ours.payments:
            captured, refunded = payment.captured or ZERO, payment.refunded or ZERO
            if max(held[payment.name], payment.claimed or ZERO) > captured:
                self.found.refunds_over_captured.append(
                    f"{payment.name}: {held[payment.name]} asked for and {payment.claimed} held of {captured}"
                )
            if payment.claimed is not None and payment.claimed < held[payment.name]:
                self.found.books_disagree.append(
                    f"{payment.name} holds {payment.claimed} for refunds of {held[payment.name]}"
                )
            if refunded != done[payment.name]:
                self.found.books_disagree.append(
                    f"{payment.name} has {refunded} refunded, its refunds are {done[payment.name]}"
                )


class _Index:
    """The rows that something at the provider belongs to: by our own id if a row shows it, else by the provider's."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self._by_reference: dict[str, list[Any]] = defaultdict(list)
        self._by_id: dict[str, list[Any]] = defaultdict(list)
        for row in rows:
            for reference in row.references:
                self._by_reference[reference].append(row)
            provider_id = row.order if isinstance(row, Payment) else row.id
            if provider_id is not None:
                self._by_id[provider_id].append(row)

    def owners(self, provider_id: str, reference: str) -> list[Any]:
        return self._by_reference.get(reference) or self._by_id.get(provider_id, [])


def _money(charge: Charge) -> str:
    return f"{charge.amount} {charge.currency}"


def _charge(capture: Mapping[str, Any]) -> Charge:
    amount = capture["amount"]
    return Charge(
        id=capture["id"],
        order=capture["supplementary_data"]["related_ids"]["order_id"],
        reference=capture.get("custom_id", ""),
        status=capture["status"],
        amount=Decimal(amount["value"]),
        currency=amount["currency_code"],
    )


def _return(refund: Mapping[str, Any], *, is_reversal: bool) -> Return:
    capture = next(link["href"] for link in refund["links"] if link["rel"] == "up")
    return Return(
        id=refund["id"],
        capture=capture.rpartition("/")[2],
        reference=refund.get("custom_id", ""),
        status=refund["status"],
        amount=Decimal(refund["amount"]["value"]),
        is_reversal=is_reversal,
    )


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _payment(row: Mapping[str, Any]) -> Payment:
    return Payment(
        name=row["resource_uri"],
        status=STATUS_NAMES[row["status"]],
        amount=Decimal(row["amount"]),
        currency=row["currency"],
        order=row["uid_pay"],
        captured=_amount(row["captured_amount"]),
        refunded=_amount(row["refunded_amount"]),
        uncertain=row["outcome"] in UNCERTAIN,
    )


def _refund(row: Mapping[str, Any]) -> Refund:
    return Refund(
        name=row["resource_uri"],
        payment=row["related"] or "",
        status=STATUS_NAMES[row["status"]],
        amount=Decimal(row["amount"]),
        id=row["uid_pay"],
        uncertain=row["outcome"] in UNCERTAIN,
        # A refund made elsewhere looks like one of ours in the API; the limit on ours is then none.
        is_own=False,
    )
