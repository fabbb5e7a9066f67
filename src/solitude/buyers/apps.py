from django.apps import AppConfig


class BuyersConfig(AppConfig):
    name = "solitude.buyers"
    label = "buyers"

    def ready(self) -> None:
        from solitude.audit import reports
        from solitude.buyers import hashing, holdings, pin_tokens
        from solitude.buyers.models import Buyer, Erasure, PinToken
        from solitude.buyers.retained import declare_buyers
        from solitude.vault import holders
        from solitude.web import purge

        purge.expiring(pin_tokens.expired)
        declare_buyers()
        holdings.offer("accesses", lambda buyer: reports.about(buyer.resource_uri))
        holders.register(
            holders.HashColumn(PinToken, "token_hash"),
            holders.HashColumn(Erasure, "uuid_hash"),
            holders.HashColumn(Buyer, "pin", hashing.PEPPER),
            holders.HashColumn(Buyer, "new_pin", hashing.PEPPER),
        )
