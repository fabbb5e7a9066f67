"""Refunds: all or part of a capture goes back, each party giving its share."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from solitude_sandbox.clock import stamp
from solitude_sandbox.paypal import money
from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.call import Answer, Call, Json
from solitude_sandbox.paypal.captures import Capture
from solitude_sandbox.paypal.errors import refuse
from solitude_sandbox.paypal.events import CAPTURE_REFUNDED
from solitude_sandbox.paypal.money import Money
from solitude_sandbox.paypal.reading import Reader
from solitude_sandbox.paypal.times import ECHECK_CLEARS_AFTER, REFUND_PERIOD

REFUNDS_PER_CAPTURE_LIMIT = 100


@dataclass(frozen=True)
class Refund:
    """`amount` goes to the buyer; of it PayPal gives `paypal_fee`, the partner `platform_fee`, the seller the rest."""

    id: str
    capture: Capture
    amount: Money
    paypal_fee: Decimal
    platform_fee: Decimal
    total_refunded: Decimal
    created: datetime
    by_echeck: bool
    invoice_id: str | None
    custom_id: str | None
    note_to_payer: str | None

    def status(self, now: datetime) -> str:
        """COMPLETED, or PENDING while an eCheck clears."""
        return "PENDING" if self.by_echeck and now < self.created + ECHECK_CLEARS_AFTER else "COMPLETED"

    @property
    def net(self) -> Decimal:
        """What the seller gives."""
        return self.amount.value - self.paypal_fee - self.platform_fee

    def show(self, call: Call) -> Json:
        """PayPal's refund object."""
        status = self.status(call.now)
        texts = {"invoice_id": self.invoice_id, "custom_id": self.custom_id, "note_to_payer": self.note_to_payer}
        return {
            "id": self.id,
            "status": status,
            **({"status_details": {"reason": "ECHECK"}} if status == "PENDING" else {}),
            "amount": self.amount.as_json(),
            **{key: value for key, value in texts.items() if value is not None},
            "seller_payable_breakdown": self._breakdown(),
            "payer": self.capture.seller.as_payee(),
            "create_time": stamp(self.created),
            "update_time": stamp(self.created if status == "PENDING" or not self.by_echeck else self.cleared),
            "links": self._links(call),
        }

    def show_minimal(self, call: Call) -> Json:
        """What PayPal answers without `Prefer: return=representation`."""
        return {"id": self.id, "status": self.status(call.now), "links": self._links(call)}

    @property
    def cleared(self) -> datetime:
        """When an eCheck is through."""
        return self.created + ECHECK_CLEARS_AFTER

    def _breakdown(self) -> Json:
        shown: Json = {
            "gross_amount": self.amount.as_json(),
            "paypal_fee": self.amount.with_value(self.paypal_fee).as_json(),
            "net_amount": self.amount.with_value(self.net).as_json(),
            "total_refunded_amount": self.amount.with_value(self.total_refunded).as_json(),
        }
        if self.platform_fee:
            shown["platform_fees"] = [{"amount": self.amount.with_value(self.platform_fee).as_json()}]
        return shown

    def _links(self, call: Call) -> list[dict[str, str]]:
        return [
            call.link(f"/v2/payments/refunds/{self.id}", "self"),
            call.link(f"/v2/payments/captures/{self.capture.id}", "up"),
        ]


@dataclass(frozen=True)
class _Request:
    amount: Money | None
    platform_fee: Money | None
    invoice_id: str | None
    custom_id: str | None
    note_to_payer: str | None


def refund_capture(books: Books, call: Call) -> Answer:
    """POST /v2/payments/captures/{id}/refund."""
    capture = books.capture(call.path_id)
    call.require_consent_of(capture.seller, needed=capture.seller is not books.accounts.partner)
    asked = _read(call.object())
    _check_capture(capture, call.now)
    amount = _amount(capture, asked.amount)
    platform_fee = _platform_fee(capture, amount, asked.platform_fee)
    _check_invoice(books, capture, asked.invoice_id)
    if capture.seller.refund_issue is not None:
        raise refuse(capture.seller.refund_issue)
    refund = Refund(
        id=books.ids.resource_id(),
        capture=capture,
        amount=amount,
        paypal_fee=_fee_given_back(capture, amount.value, platform_fee),
        platform_fee=platform_fee,
        total_refunded=capture.refunded + amount.value,
        created=call.now,
        by_echeck=capture.seller.trait.refund_pending,
        invoice_id=asked.invoice_id,
        custom_id=asked.custom_id if asked.custom_id is not None else capture.custom_id,
        note_to_payer=asked.note_to_payer,
    )
    _book(books, refund, call)
    return Answer(201, lambda later: refund.show(later) if later.representation else refund.show_minimal(later))


def refund_for_dispute(books: Books, capture: Capture, most: Money, call: Call) -> Refund:
    """PayPal refunds from the seller's account after it has accepted a claim: at most what is left.

    422 CAPTURE_FULLY_REFUNDED if nothing is left.
    """
    left = capture.amount.value - capture.refunded
    if left == 0:
        raise refuse("CAPTURE_FULLY_REFUNDED")
    return _refund_by_seller(books, capture, most.with_value(min(most.value, left)), call)


def refund_by_hand(books: Books, capture: Capture, amount: Money | None, call: Call) -> Refund:
    """The seller refunds on PayPal's own pages, all that is left if no amount is named. It needs nobody's permission."""
    _check_capture(capture, call.now)
    return _refund_by_seller(books, capture, _amount(capture, amount), call)


def _refund_by_seller(books: Books, capture: Capture, amount: Money, call: Call) -> Refund:
    """No request of the partner's: it gives none of its fee, and nothing of what it could have named."""
    refund = Refund(
        id=books.ids.resource_id(),
        capture=capture,
        amount=amount,
        paypal_fee=_fee_given_back(capture, amount.value, Decimal(0)),
        platform_fee=Decimal(0),
        total_refunded=capture.refunded + amount.value,
        created=call.now,
        by_echeck=False,
        invoice_id=None,
        custom_id=capture.custom_id,
        note_to_payer=None,
    )
    _book(books, refund, call)
    return refund


def get_refund(books: Books, call: Call) -> Answer:
    """GET /v2/payments/refunds/{id}; reversals are there too."""
    refund = books.refund(call.path_id)
    call.require_consent_of(refund.capture.seller, needed=False)
    return Answer(200, refund.show)


def _read(body: Json) -> _Request:
    reader = Reader(no_decimals_issue="DECIMALS_NOT_SUPPORTED")
    amount = reader.money(body, "amount", "")
    instruction = reader.object(body, "payment_instruction", "") or {}
    fees = reader.items(instruction, "platform_fees", "/payment_instruction", most=1)
    at = "/payment_instruction/platform_fees/0"
    fee = reader.money(fees[0], "amount", at, required=True, zero=True) if fees else None
    asked = _Request(
        amount=amount,
        platform_fee=fee,
        invoice_id=reader.text(body, "invoice_id", "", most=127),
        custom_id=reader.text(body, "custom_id", "", most=127),
        note_to_payer=reader.text(body, "note_to_payer", "", most=255),
    )
    reader.check()
    return asked


def _check_capture(capture: Capture, now: datetime) -> None:
    if capture.outcome == "PENDING":
        raise refuse("PENDING_CAPTURE")
    if capture.outcome != "COMPLETED":
        raise refuse("REFUND_NOT_ALLOWED")
    if capture.reversals:
        raise refuse("REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK")
    if capture.refunded == capture.amount.value:
        raise refuse("CAPTURE_FULLY_REFUNDED")
    if now > capture.created + REFUND_PERIOD:
        raise refuse("REFUND_TIME_LIMIT_EXCEEDED")
    if len(capture.refunds) >= REFUNDS_PER_CAPTURE_LIMIT:
        raise refuse("MAX_NUMBER_OF_REFUNDS_EXCEEDED")


def _amount(capture: Capture, asked: Money | None) -> Money:
    left = capture.amount.value - capture.refunded
    if asked is None:
        return capture.amount.with_value(left)
    if asked.currency != capture.amount.currency:
        raise refuse("REFUND_CAPTURE_CURRENCY_MISMATCH", "/amount/currency_code", asked.currency)
    if asked.value > left:
        raise refuse("REFUND_AMOUNT_EXCEEDED", "/amount/value", str(asked.value))
    if capture.disputed and asked.value < left:
        raise refuse("TRANSACTION_DISPUTED")
    return asked


def _platform_fee(capture: Capture, amount: Money, asked: Money | None) -> Decimal:
    """What the partner gives: only what the request says ("the amount that the API caller will contribute")."""
    if asked is None:
        return Decimal(0)
    at = "/payment_instruction/platform_fees/0/amount"
    if asked.currency != amount.currency:
        raise refuse("CURRENCY_MISMATCH", f"{at}/currency_code", asked.currency)
    given = sum((refund.platform_fee for refund in capture.refunds), Decimal(0))
    if asked.value > min(capture.platform_fee - given, amount.value):
        raise refuse("PLATFORM_FEE_EXCEEDED", f"{at}/value", str(asked.value))
    return asked.value


def _fee_given_back(capture: Capture, amount: Decimal, platform_fee: Decimal) -> Decimal:
    """PayPal's part, in proportion; rounded on the running total, so that the last refund brings exactly the rest."""
    given = sum((refund.paypal_fee for refund in capture.refunds), Decimal(0))
    refunded = capture.refunded + amount
    due = money.share(capture.paypal_fee, refunded, capture.amount.value, capture.amount.currency)
    return min(due - given, amount - platform_fee)


def _check_invoice(books: Books, capture: Capture, invoice_id: str | None) -> None:
    if invoice_id is not None and books.refund_invoices.get((capture.seller.merchant_id, invoice_id)):
        raise refuse("DUPLICATE_INVOICE_ID", "/invoice_id", invoice_id)


def _book(books: Books, refund: Refund, call: Call) -> None:
    capture = refund.capture
    entries = [
        (capture.buyer, refund.amount.value),
        (capture.seller, -refund.net),
        (books.accounts.paypal, -refund.paypal_fee),
    ]
    if capture.platform_fee_payee is not None:
        entries.append((capture.platform_fee_payee, -refund.platform_fee))
    books.accounts.move(refund.amount.currency, entries)
    capture.refunds.append(refund)
    capture.updated = refund.created
    books.refunds.put(refund.id, refund)
    if refund.invoice_id is not None:
        books.refund_invoices.put((capture.seller.merchant_id, refund.invoice_id), refund.id)
    if refund.by_echeck:
        books.agenda.add(refund.cleared, lambda later: _tell(books, refund, later))
    else:
        _tell(books, refund, call)


def _tell(books: Books, refund: Refund, call: Call) -> None:
    """PayPal tells of a refund when it is COMPLETED."""
    books.tell(call, CAPTURE_REFUNDED, refund.show(call))
