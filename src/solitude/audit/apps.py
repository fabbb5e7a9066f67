from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "solitude.audit"
    label = "audit"

    def ready(self) -> None:
        from solitude.audit import kinds
        from solitude.audit.models import Seal
        from solitude.audit.sealed import ACCESSES
        from solitude.vault import holders

        kinds.register(ACCESSES)
        # A key under which something was sealed is needed as long as the seal is.
        holders.register(holders.HashColumn(Seal, "head", purpose="seals"))
