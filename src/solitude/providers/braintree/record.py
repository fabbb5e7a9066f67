"""What the log of provider calls keeps of a message of the gateway: the values of what is allowed by name."""

from typing import Final

from solitude.outbound.record import Kept

# Ids, amounts, codes, statuses and times. Nothing else is kept: no token, no nonce, no digit of a card, no name and no address of a
# person. Requests have underscores where answers have dashes.
_NAMES: Final = """
    id amount currency-iso-code order-id is type status merchant-account-id refunded-transaction-id refund-ids item processor-response-code
    processor-response-text processor-response-type processor-settlement-response-code processor-settlement-response-text
    gateway-rejection-reason cvv-response-code avs-error-response-code attribute code message created-at updated-at timestamp
    submit-for-settlement verify-card plan-id price version balance current-billing-cycle next-billing-date next-billing-period-amount
    billing-period-start-date billing-period-end-date trial-period page-size card-type total-items
    """.split()
_KEYS: Final = frozenset(_NAMES) | frozenset(name.replace("-", "_") for name in _NAMES)
KEPT: Final = Kept(keys=_KEYS, headers=frozenset({"content-type", "x-apiversion", "retry-after"}))
