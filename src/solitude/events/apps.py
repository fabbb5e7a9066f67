from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "solitude.events"
    label = "events"
