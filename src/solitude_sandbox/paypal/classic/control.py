"""Control of the classic interface: what senders and PayPal's own people do."""

from decimal import Decimal

from werkzeug.wrappers import Request, Response

from solitude_sandbox.control import Json, base_of, body_of, tried
from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.classic.errors import ClassicError
from solitude_sandbox.paypal.classic.fields import Fields
from solitude_sandbox.paypal.classic.preapproval import ACTIVE, CANCELED, DEACTIVATED, Preapproval
from solitude_sandbox.paypal.classic.preapprovals import cancel
from solitude_sandbox.paypal.classic.refunds import refund_by_hand
from solitude_sandbox.paypal.classic.reversals import REASONS, cancel_reversal, reverse
from solitude_sandbox.paypal.control_answers import look

REVERSALS = {"reverse": reverse, "cancel": cancel_reversal}


class ClassicControl:
    """Routes under /sandbox/."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def preapproval(self, request: Request) -> Response:
        """POST preapproval {"preapproval": KEY, "action": "cancel", "suspend" or "resume"}."""

        def change() -> tuple[Json, int]:
            body = body_of(request)
            key, action = str(body.get("preapproval", "")), str(body.get("action", ""))
            return {"status": self.change_preapproval(base_of(request), key, action)}, 200

        return tried(change)

    def revoke_permissions(self, request: Request) -> Response:
        """POST permissions/revoke {"email": ADDRESS}: the account's owner takes back all that it has granted."""

        def take_back() -> tuple[Json, int]:
            email = str(body_of(request).get("email", "")).lower()
            with self._books.lock:
                granted = [each for each in self._books.permissions if each.account.email == email]
                live = [each for each in granted if not each.cancelled]
                for permission in live:
                    permission.cancelled = True
                return {"revoked": len(live)}, 200

        return tried(take_back)

    def reversal(self, request: Request) -> Response:
        """POST reversal {"payment": KEY, "action": "reverse" or "cancel", "reason"?}; shows the payment."""

        def change() -> tuple[Json, int]:
            body = body_of(request)
            pay_key, action = str(body.get("payment", "")), str(body.get("action", "reverse"))
            reason = str(body.get("reason", REASONS[0]))
            return self.reverse(base_of(request), pay_key, action, reason), 200

        return tried(change)

    def refund(self, request: Request) -> Response:
        """POST payment/refund {"payment": KEY, "amount"?}: the receiver refunds on PayPal's own pages; shows the payment."""

        def give_back() -> tuple[Json, int]:
            body, base = body_of(request), base_of(request)
            return self.give_back(base, str(body.get("payment", "")), body.get("amount")), 201

        return tried(give_back)

    def give_back(self, base: str, pay_key: str, amount: object) -> Json:
        """What `refund` does; ValueError with a sentence if it makes no sense."""
        with self._books.lock:
            payment = self._books.payments.get(pay_key)
            if payment is None:
                raise ValueError("payment must be a pay key.")
            call = look(self._books, base)
            refund_by_hand(self._books, payment, _amount(amount, payment.currency), call)
            return payment.as_json(call.now)

    def reverse(self, base: str, pay_key: str, action: str, reason: str) -> Json:
        """What `reversal` does; ValueError with a sentence if it makes no sense."""
        if reason not in REASONS:
            raise ValueError(f"reason must be one of: {', '.join(REASONS)}.")
        if action not in REVERSALS:
            raise ValueError("action must be reverse or cancel.")
        with self._books.lock:
            payment = self._books.payments.get(pay_key)
            if payment is None:
                raise ValueError("payment must be a pay key.")
            call = look(self._books, base)
            REVERSALS[action](self._books, payment, reason, call)
            return payment.as_json(call.now)

    def change_preapproval(self, base: str, key: str, action: str) -> str:
        """The sender cancels, PayPal suspends or resumes; returns the new status."""
        with self._books.lock:
            preapproval = self._books.preapprovals.get(key)
            if preapproval is None or preapproval.status == CANCELED:
                raise ValueError("preapproval must be the key of a pre-approval that is not cancelled.")
            if action == "cancel":
                cancel(self._books, preapproval, look(self._books, base))
            elif action in ("suspend", "resume"):
                _suspend(preapproval, suspended=action == "suspend")
            else:
                raise ValueError("action must be cancel, suspend or resume.")
            return preapproval.status


def _amount(value: object, currency: str) -> Decimal | None:
    """A plain text such as "1.00"; None without one."""
    if value is None:
        return None
    try:
        amount = Fields({"amount": str(value)}).amount("amount", currency)
    except ClassicError:
        amount = None
    if amount is None:
        raise ValueError('amount must be a text such as "1.00".')
    return amount.value


def _suspend(preapproval: Preapproval, *, suspended: bool) -> None:
    preapproval.status = DEACTIVATED if suspended else ACTIVE
