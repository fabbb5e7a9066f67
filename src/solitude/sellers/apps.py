from django.apps import AppConfig


class SellersConfig(AppConfig):
    name = "solitude.sellers"
    label = "sellers"
