from django.apps import AppConfig


class BuyersConfig(AppConfig):
    name = "solitude.buyers"
    label = "buyers"
