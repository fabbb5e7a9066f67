from django.apps import AppConfig


class BraintreeConfig(AppConfig):
    name = "solitude.providers.braintree"
    label = "braintree"
