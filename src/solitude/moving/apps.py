from django.apps import AppConfig


class MovingConfig(AppConfig):
    name = "solitude.moving"
    label = "moving"
