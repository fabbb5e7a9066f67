from django.apps import AppConfig


class VaultConfig(AppConfig):
    name = "solitude.vault"
    label = "vault"
