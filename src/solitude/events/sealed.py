"""Which columns of an event never change."""

from django.db.models import Q

from solitude.audit.kinds import Group, Kind
from solitude.events import feed
from solitude.events.models import Event

# All of them: its place in the feed too, once it has one, which it gets before it is sealed.
_EVENT = Group(
    "event",
    ("type", "edge", "created", "resource_uri", "uuid", "old", "new", "reason", "data", "request_id"),
)
_PLACE = Group("place", ("place",), at_end=True)

EVENTS = Kind(
    "events",
    Event,
    began="created",
    layouts={1: (_EVENT, _PLACE)},
    is_open=Q(place=None),
    prepare=feed.give_places,
)
