"""Where and by whose bill a buyer pays, in Bango's words: `ESP_ORANGE`."""

from solitude.providers.bango.countries import COUNTRIES

_COUNTRIES = frozenset(COUNTRIES)
NETWORK_MAX_CHARS = 255


def read(network: str) -> tuple[str, str] | None:
    """Region and carrier; None for what names no network."""
    region, separator, carrier = network.partition("_")
    is_one = separator and carrier and "_" not in carrier and region in _COUNTRIES
    return (region, carrier) if is_one and len(network) <= NETWORK_MAX_CHARS else None
