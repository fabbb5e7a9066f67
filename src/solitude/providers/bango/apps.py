from django.apps import AppConfig


class BangoConfig(AppConfig):
    name = "solitude.providers.bango"
    label = "bango"
