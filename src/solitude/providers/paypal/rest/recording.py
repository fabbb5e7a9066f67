"""What the call log keeps of an exchange with PayPal's REST API."""

from datetime import UTC, datetime

from solitude.outbound.http import Answer, NoAnswer, NotSent, Request
from solitude.outbound.record import Exchange, Kept, describe
from solitude.outbound.ways import Sender

# What the call log keeps in clear. Ids of orders and captures are not secrets; ids of the vault are, and so is everything
# about persons: nothing outside this list is kept.
PAYMENT_KEYS = frozenset(
    "id status intent custom_id invoice_id reference_id currency_code value issue field location name debug_id description "
    "disbursement_mode final_capture create_time update_time reason user_action shipping_preference method rel "
    "message error error_description token_type expires_in merchant_id usage_type type".split()
)
VAULT_KEYS = PAYMENT_KEYS - {"id", "name", "value"}
# An error's details repeat the value at fault, which may be a stored credential.
_OF_ERRORS = frozenset({"value"})
_HEADERS = frozenset({"paypal-request-id", "prefer", "paypal-debug-id", "retry-after", "content-type"})


class Recording:
    """A sender that notes each exchange on its way; `keys` are what may be kept in clear."""

    def __init__(self, by: Sender, keys: frozenset[str]) -> None:
        self._by, self._keys = by, keys
        self.exchanges: tuple[Exchange, ...] = ()

    def send(self, request: Request) -> Answer:
        """Sends it once. Raises NotSent and NoAnswer."""
        sent_at = datetime.now(UTC)
        try:
            answer = self._by.send(request)
        except (NotSent, NoAnswer) as error:
            self._note(request, error, sent_at, self._keys)
            raise
        self._note(request, answer, sent_at, self._keys - _OF_ERRORS if answer.status >= 400 else self._keys)
        return answer

    def _note(
        self, request: Request, outcome: Answer | NotSent | NoAnswer, sent_at: datetime, keys: frozenset[str]
    ) -> None:
        exchange = describe(request, outcome, sent_at=sent_at, kept=Kept(keys=keys, headers=_HEADERS))
        self.exchanges = (*self.exchanges, exchange)
