from django.apps import AppConfig
from django.conf import settings

from solitude.telemetry import redaction


class WebConfig(AppConfig):
    name = "solitude.web"
    label = "web"

    def ready(self) -> None:
        from solitude.vault import holders
        from solitude.web.models import IdempotencyKey

        holders.register(holders.HashColumn(IdempotencyKey, "fingerprint"))
        for client in settings.SOLITUDE_CLIENTS.values():
            for secret in client.secrets:
                # A development secret may be too short to be told from ordinary text.
                if len(secret) >= redaction.SECRET_LEAST_CHARACTERS:
                    redaction.register(secret.decode())
        for text in settings.SOLITUDE_PROXY_SECRETS:
            if len(text) >= redaction.SECRET_LEAST_CHARACTERS:
                redaction.register(text)
