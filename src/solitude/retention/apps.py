from django.apps import AppConfig


class RetentionConfig(AppConfig):
    name = "solitude.retention"
    label = "retention"
