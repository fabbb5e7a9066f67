from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "solitude.events"
    label = "events"

    def ready(self) -> None:
        from solitude.audit import kinds
        from solitude.events import retained, sealed

        kinds.register(sealed.EVENTS)
        retained.declare_events()
