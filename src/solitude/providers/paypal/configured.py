"""Whether PayPal can be asked: by credentials of this process, or through the proxy, which has them."""

from django.conf import settings

from solitude.outbound import ways
from solitude.providers.paypal.names import NAME


def rest() -> bool:
    return ways.is_proxied(NAME) or bool(settings.SOLITUDE_PAYPAL_CLIENT_ID)


def classic() -> bool:
    return ways.is_proxied(NAME) or has_classic_credentials()


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
