from django.apps import AppConfig


class BuyersConfig(AppConfig):
    name = "solitude.buyers"
    label = "buyers"

    def ready(self) -> None:
        from solitude.buyers import pin_tokens
        from solitude.buyers.retained import declare_buyers
        from solitude.web import purge

        purge.expiring(pin_tokens.expired)
        declare_buyers()
