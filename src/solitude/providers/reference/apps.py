from django.apps import AppConfig
from django.conf import settings

from solitude.telemetry import redaction


class ReferenceConfig(AppConfig):
    name = "solitude.providers.reference"
    label = "reference"

    def ready(self) -> None:
        from solitude.outbound import probes
        from solitude.payments import registry
        from solitude.providers.reference import offers
        from solitude.providers.reference.inbound import Notices
        from solitude.providers.reference.names import NAME
        from solitude.providers.reference.provider import Reference
        from solitude.providers.reference.way import ReferenceWay
        from solitude.providers.reference.wire import wire
        from solitude.routing import way

        for provider in settings.SOLITUDE_REFERENCE_PROVIDERS.values():
            if provider.secret:
                redaction.register(provider.secret)
            wire(provider).offer()
            probe = probes.Probe(
                provider.name, provider.url, settings.SOLITUDE_STATUS_PROBE_TIMEOUT_MS, method="GET", path="/status"
            )
            probes.offer(probe)
            way.offer(ReferenceWay(provider.name))
        registry.register(
            NAME,
            registry.Registered(
                Reference(),
                inbound=Notices(),
                approval_life_s=lambda: settings.SOLITUDE_REFERENCE_PAYMENT_LIFE_S,
            ),
        )
        offers.offer()
