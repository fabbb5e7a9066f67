from django.apps import AppConfig


class TransactionsConfig(AppConfig):
    name = "solitude.transactions"
    label = "transactions"

    def ready(self) -> None:
        from solitude.transactions import keeping
        from solitude.transactions.retained import declare_transactions, is_anonymised

        keeping.claim(is_anonymised)
        declare_transactions()
