from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


class RoutingConfig(AppConfig):
    """Stands behind all providers in the list of apps: what they offer is known by then."""

    name = "solitude.routing"
    label = "routing"

    def ready(self) -> None:
        from solitude.routing import rules, way

        unknown = list(rules.unknown_providers(settings.SOLITUDE_ROUTING_RULES, way.known()))
        if unknown:
            raise ImproperlyConfigured(f"SOLITUDE_ROUTING_RULES: {'; '.join(unknown)}")
