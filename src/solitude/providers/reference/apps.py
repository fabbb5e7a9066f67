from django.apps import AppConfig


class ReferenceConfig(AppConfig):
    name = "solitude.providers.reference"
    label = "reference"

    def ready(self) -> None:
        from solitude.providers.reference import offers

        offers.offer()
