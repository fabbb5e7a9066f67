from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "solitude.audit"
    label = "audit"

    def ready(self) -> None:
        from solitude.audit import kinds
        from solitude.audit.sealed import ACCESSES

        kinds.register(ACCESSES)
