"""Whether Bango can be asked: by this process, or by the proxy."""

from django.conf import settings

from solitude.outbound import ways
from solitude.providers.bango.names import NAME


def is_configured() -> bool:
    return bool(settings.SOLITUDE_BANGO_PASSWORD) or ways.is_proxied(NAME)
