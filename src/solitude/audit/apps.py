from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "solitude.audit"
    label = "audit"
