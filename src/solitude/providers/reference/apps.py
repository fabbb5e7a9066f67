from django.apps import AppConfig


class ReferenceConfig(AppConfig):
    name = "solitude.providers.reference"
    label = "reference"
