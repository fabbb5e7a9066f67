from django.apps import AppConfig


class BangoConfig(AppConfig):
    name = "solitude.providers.bango"
    label = "bango"

    def ready(self) -> None:
        from solitude.providers.bango import offers

        offers.offer()
