from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "solitude.payments"
    label = "payments"
