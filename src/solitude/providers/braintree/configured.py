"""Whether anything says that Braintree is asked, by this process or for another one."""

from django.conf import settings


def is_used() -> bool:
    return bool(settings.SOLITUDE_BRAINTREE_MERCHANT_ID or settings.SOLITUDE_BRAINTREE_PRIVATE_KEY)
