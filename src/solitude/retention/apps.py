from django.apps import AppConfig


class RetentionConfig(AppConfig):
    name = "solitude.retention"
    label = "retention"

    def ready(self) -> None:
        from solitude.retention.own import declare_own

        declare_own()
