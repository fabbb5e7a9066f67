from django.apps import AppConfig
from django.conf import settings

from solitude_acme import NAME


class AcmeConfig(AppConfig):
    name = "solitude_acme"
    label = NAME

    def ready(self) -> None:
        """What the rooms of the house are given of ACME when the process starts."""
        from solitude.outbound import probes
        from solitude.payments import registry
        from solitude.routing import way
        from solitude_acme.provider import Acme, api
        from solitude_acme.way import AcmeWay

        api().offer("Idempotency-Key")
        probes.offer(probes.Probe(NAME, settings.SOLITUDE_ACME_URL, settings.SOLITUDE_STATUS_PROBE_TIMEOUT_MS))
        registry.register(NAME, registry.Registered(Acme()))
        way.offer(AcmeWay())
