"""How a buyer pays: on the bill of an operator, or by card."""

from dataclasses import dataclass

from solitude_sandbox.bango.configuration import CARD, OPERATOR

# Country and carrier, as Bango joins them.
NETWORKS = {
    "ESP_ORANGE": "Orange, Spain",
    "ESP_TELEFONICA": "Movistar, Spain",
    "DEU_TMOBILE": "Telekom, Germany",
    "GBR_VODAFONE": "Vodafone, United Kingdom",
    "POL_TMOBILE": "T-Mobile, Poland",
    "HUN_TMOBILE": "Telekom, Hungary",
    "COL_TELEFONICA": "Movistar, Colombia",
    "MEX_TELCEL": "Telcel, Mexico",
    "USA_TMOBILE": "T-Mobile, United States",
    "ZAF_VODACOM": "Vodacom, South Africa",
}


@dataclass(frozen=True)
class Method:
    """`network` is the operator's, such as ESP_ORANGE; empty for a card."""

    network: str
    words: str
    type: str


CARD_METHOD = Method("", "Credit or debit card", CARD)


def methods(types: frozenset[str]) -> dict[str, Method]:
    """What a buyer can choose from, by the value that the page sends. Every type but CARD is on an operator's bill."""
    found = {name: Method(name, words, OPERATOR) for name, words in NETWORKS.items()} if types - {CARD} else {}
    return found | ({CARD: CARD_METHOD} if CARD in types else {})
