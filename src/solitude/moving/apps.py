from django.apps import AppConfig


class MovingConfig(AppConfig):
    name = "solitude.moving"
    label = "moving"

    def ready(self) -> None:
        from solitude.moving.retained import declare_moving

        declare_moving()
