"""Whether PayPal can be asked: by credentials of this process, or through the proxy, which has them."""

from django.conf import settings

from solitude.outbound import ways
from solitude.providers.paypal.names import CLASSIC_WAY, NAME


def rest() -> bool:
    return ways.is_proxied(NAME) or bool(settings.SOLITUDE_PAYPAL_CLIENT_ID)


def classic() -> bool:
    return ways.is_proxied(NAME) or has_classic_credentials()


def is_used() -> bool:
    """Whether anything says that PayPal is asked, by this process or for another one."""
    return rest() or bool(settings.SOLITUDE_PAYPAL_CLASSIC_USER or settings.SOLITUDE_PAYPAL_CLASSIC_SIGNATURE)


def has_classic_credentials() -> bool:
    """Whether this process has them all."""
    return all(
        (
            settings.SOLITUDE_PAYPAL_CLASSIC_APP_ID,
            settings.SOLITUDE_PAYPAL_CLASSIC_USER,
            settings.SOLITUDE_PAYPAL_CLASSIC_PASSWORD,
            settings.SOLITUDE_PAYPAL_CLASSIC_SIGNATURE,
        )
    )


def addresses() -> dict[str, str]:
    """Where PayPal is to be asked whether it is there: at each interface for which there are credentials, and at each address once."""
    found = {}
    if rest():
        found[NAME] = settings.SOLITUDE_PAYPAL_URL
    if classic() and settings.SOLITUDE_PAYPAL_CLASSIC_URL not in found.values():
        found[CLASSIC_WAY] = settings.SOLITUDE_PAYPAL_CLASSIC_URL
    return found
