"""What the log of provider calls keeps of a SOAP message: its shape, and the values of what was allowed by name."""

import json
from typing import Any
from xml.etree.ElementTree import Element

from solitude.outbound import xml
from solitude.outbound.record import Kept

# Numbers, codes, prices and times. Nothing else is kept: not who we are, no person, no address, no bank, no token, nor the sentences of
# Bango's, which may repeat any of that. Of a billing configuration's options only the names.
_KEYS = frozenset(
    """packageId adminPersonId supportPersonId financePersonId personId countryIso currencyIso bango categoryId price ratingScheme rating
    amount currency string externalTransactionId configurationOptionName billingConfigurationId transactionId refundType
    refundTransactionId responseCode status eventNotificationEnabled sbiAgreementAccepted acceptedSBIAgreement sbiAgreementExpires
    sbiAgreementValidFrom tokenExpiry ResponseCode MerchantTransactionId BangoTransactionId Price Currency networkId paymentMethodId
    faultcode""".split()
)
KEPT = Kept(keys=_KEYS, headers=frozenset({"content-type", "soapaction", "retry-after"}))


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
