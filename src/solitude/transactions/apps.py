from django.apps import AppConfig


class TransactionsConfig(AppConfig):
    name = "solitude.transactions"
    label = "transactions"

    def ready(self) -> None:
        from solitude.buyers import holdings as buyers
        from solitude.transactions import holdings, keeping
        from solitude.transactions.retained import declare_transactions, is_anonymised

        keeping.claim(is_anonymised)
        declare_transactions()
        buyers.offer("transactions", holdings.of_transactions)
        buyers.offer("events", holdings.of_events)
