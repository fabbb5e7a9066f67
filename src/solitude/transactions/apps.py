from django.apps import AppConfig


class TransactionsConfig(AppConfig):
    name = "solitude.transactions"
    label = "transactions"
