"""PayPal's REST platform as the engine's contract asks: requests are built here, and answers read.

No database and no Django request: what is known comes in with the call, what was learnt goes out with the result.
"""

from collections.abc import Callable
from dataclasses import replace

from django.conf import settings

from solitude.payments.contract import Call, Capability, Operation, Outcome, Reason, Result
from solitude.providers.paypal.names import NAME, NUMBER
from solitude.providers.paypal.rest.credentials import Credentials
from solitude.providers.paypal.rest.payments import Payments
from solitude.providers.paypal.rest.refunds import Refunds
from solitude.providers.paypal.rest.repeats import MARGIN_S, is_of_the_repeat_alone
from solitude.providers.paypal.rest.wire import TokenRefused, Wire
from solitude.providers.paypal.unanswered import refused_credentials

# How long PayPal remembers a request id: then a repeat is a new request, and comes only after a look-up.
ORDER_MEMORY_S = 6 * 3600 - MARGIN_S
VAULT_MEMORY_S = 3 * 3600 - MARGIN_S


class RestPayPal:
    name = NAME
    number = NUMBER
    # An order has one amount, in which one seller and the marketplace share. That a refund may fail later is in PayPal's description; its
    # sandboxes let none do so.
    capabilities = frozenset(
        {
            Capability.APPROVAL,
            Capability.STORED_CREDENTIAL,
            Capability.CAPTURE,
            Capability.CANCEL,
            Capability.OTHER_FUNDING,
            Capability.REFUND,
            Capability.PARTIAL_REFUND,
            Capability.SEVERAL_REFUNDS,
            Capability.DELAYED_REFUND,
            Capability.PLATFORM_FEE,
            Capability.PARTIAL_REFUND_OF_SHARES,
            Capability.DELAYED_DISBURSEMENT,
            Capability.IDEMPOTENCY_KEY,
            Capability.LOOK_UP,
            Capability.LOOK_UP_BY_REFERENCE,
            Capability.REPEATED_PAYMENT,
            Capability.FOREIGN_REFUND,
            Capability.NOTIFICATIONS,
            Capability.DELAYED_SETTLEMENT,
            Capability.REVERSALS,
            Capability.DISPUTES,
        }
    )

    def __init__(self) -> None:
        self.wire = Wire()
        self._payments, self._credentials = Payments(self.wire), Credentials(self.wire)
        self._refunds = Refunds(self.wire, self._payments)
        self._performers: dict[Operation, Callable[[Call], Result]] = {
            Operation.PAY: self._payments.pay,
            Operation.CAPTURE: self._payments.capture,
            Operation.REFUND: self._refunds.refund,
            Operation.LOOK_UP: self._payments.look_up,
            Operation.LOOK_UP_REFUND: self._refunds.look_up,
            Operation.ASK_CONSENT: self._credentials.ask_consent,
            Operation.STORE_CREDENTIAL: self._credentials.store,
            Operation.DELETE_CREDENTIAL: self._credentials.delete,
        }

    def perform(self, call: Call) -> Result:
        return _guarded(self._performers[call.operation], call)

    def find_out(self, call: Call) -> Result:
        """What became of a call: PayPal is asked by what it knows; where that is only our key, the call is repeated.

        A repeat under the same PayPal-Request-Id does nothing new as long as PayPal remembers it; a payment may be charged
        for the first time by it, so it is repeated for a short while only. PayPal may also remember a server error of its own
        for ever: then a look-up decides.
        """
        match call.operation:
            case Operation.PAY if call.age_s > min(settings.SOLITUDE_RESEND_MAX_S, ORDER_MEMORY_S):
                return _guarded(self._payments.find, call)
            case Operation.CAPTURE:
                return _guarded(self._payments.find_capture, call)
            case Operation.REFUND:
                return _guarded(self._refunds.find, call)
            case Operation.STORE_CREDENTIAL if call.age_s > VAULT_MEMORY_S:
                return _guarded(self._credentials.find, call)
            case Operation.ASK_CONSENT if call.age_s > VAULT_MEMORY_S:
                # Whatever became of it, nobody was ever sent there, and PayPal lets it expire.
                return Result(Outcome.DECLINED, reason=Reason("ABANDONED"))
        again = self.perform(call)
        return replace(again, outcome=Outcome.UNKNOWN) if is_of_the_repeat_alone(again) else again


def _guarded(perform: Callable[[Call], Result], call: Call) -> Result:
    try:
        return perform(call)
    except TokenRefused as error:
        return refused_credentials(error.exchanges, call.operation)
