from django.apps import AppConfig
from django.conf import settings

from solitude.telemetry import redaction


class WebConfig(AppConfig):
    name = "solitude.web"
    label = "web"

    def ready(self) -> None:
        import ninja

        from solitude.vault import holders
        from solitude.web.models import IdempotencyKey

        # No answer is checked by its model: that is built when the description of the API is asked for, and not at every start.
        ninja.Schema.model_config["defer_build"] = True
        holders.register(holders.HashColumn(IdempotencyKey, "fingerprint"))
        for client in settings.SOLITUDE_CLIENTS.values():
            for secret in client.secrets:
                # A development secret may be too short to be told from ordinary text.
                if len(secret) >= redaction.SECRET_LEAST_CHARACTERS:
                    redaction.register(secret.decode())
        for text in settings.SOLITUDE_PROXY_SECRETS:
            if len(text) >= redaction.SECRET_LEAST_CHARACTERS:
                redaction.register(text)
