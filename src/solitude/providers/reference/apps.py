from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.conf import settings

from solitude.telemetry import redaction

if TYPE_CHECKING:
    from solitude.payments.registry import Registered


class ReferenceConfig(AppConfig):
    name = "solitude.providers.reference"
    label = "reference"

    def ready(self) -> None:
        from solitude.payments import registry
        from solitude.providers.reference import offers
        from solitude.providers.reference.names import NAME

        for provider in settings.SOLITUDE_REFERENCE_PROVIDERS.values():
            if provider.secret:
                redaction.register(provider.secret)
            offers.offer_provider(provider)
        registry.offer(NAME, _registered, is_used=bool(settings.SOLITUDE_REFERENCE_PROVIDERS))
        offers.offer()


def _registered() -> "Registered":
    from solitude.payments.registry import Registered
    from solitude.providers.reference.inbound import Notices
    from solitude.providers.reference.provider import Reference

    return Registered(
        Reference(),
        inbound=Notices(),
        approval_life_s=lambda: settings.SOLITUDE_REFERENCE_PAYMENT_LIFE_S,
    )
