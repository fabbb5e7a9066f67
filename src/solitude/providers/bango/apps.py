from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.conf import settings

from solitude.telemetry import redaction

if TYPE_CHECKING:
    from solitude.payments.registry import Registered


class BangoConfig(AppConfig):
    name = "solitude.providers.bango"
    label = "bango"

    def ready(self) -> None:
        from solitude.payments import registry
        from solitude.providers.bango import configured, offers, signature
        from solitude.providers.bango.names import NAME
        from solitude.providers.bango.way import BangoWay
        from solitude.routing import way
        from solitude.vault import holders

        for secret in (settings.SOLITUDE_BANGO_PASSWORD, settings.SOLITUDE_BANGO_BASIC_AUTH_PASSWORD):
            if secret:
                redaction.register(secret)
        registry.offer(NAME, _registered, is_used=configured.is_configured())
        offers.offer()
        holders.register_elsewhere(holders.Elsewhere("payments open at Bango", signature.open_under))
        way.offer(BangoWay())


def _registered() -> "Registered":
    from solitude.payments.registry import Registered
    from solitude.providers.bango import giving_back, offers
    from solitude.providers.bango.inbound import BangoInbound
    from solitude.providers.bango.provider import Bango, approval_life_s

    offers.offer_way()
    return Registered(Bango(), inbound=BangoInbound(), approval_life_s=approval_life_s, refunding=giving_back.telling)
