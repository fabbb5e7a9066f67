"""What the log of provider calls keeps of a message of the gateway: its shape, and the values of what was allowed by name."""

import json
from typing import Any, Final
from xml.etree.ElementTree import Element

from solitude.outbound import xml
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


def shown(message: bytes) -> bytes:
    """The message as JSON, which `outbound.record` can judge name by name; one that is no XML as it is, of which only a digest is kept."""
    try:
        root = xml.parse(message)
    except xml.NotXml:
        return message
    return json.dumps({xml.local(root.tag): _tree(root)}).encode()


def _tree(element: Element) -> Any:
    if not len(element):
        return element.text or ""
    tree: dict[str, Any] = {}
    for child in element:
        name, value = xml.local(child.tag), _tree(child)
        if name not in tree:
            tree[name] = value
        elif isinstance(tree[name], list):
            tree[name].append(value)
        else:
            tree[name] = [tree[name], value]
    return tree
