"""What happened, in order: the feed that marketplaces pull."""

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone


class Event(models.Model):
    """One change of one thing, written in the commit that made the change.

    `type` is what the feed shows (`transaction.completed`); `edge` is the name of the move in the state graph. `place` is
    where it stands in the feed, given after its commit (see `feed`).
    """

    type = models.CharField(max_length=64)
    edge = models.CharField(max_length=64)
    created = models.DateTimeField(default=timezone.now)
    resource_uri = models.CharField(max_length=64, db_index=True)
    uuid = models.CharField(max_length=255)
    old = models.CharField(max_length=32, null=True)
    new = models.CharField(max_length=32, null=True)
    reason = models.CharField(max_length=255, null=True)
    data = models.JSONField(default=dict)
    place = models.BigIntegerField(null=True, default=None, unique=True)

    class Meta:
        indexes = [models.Index(fields=["id"], condition=Q(place=None), name="events_without_place")]


class Feed(models.Model):
    """One row: the last place that was given. It outlives the events, so that no place is ever given twice."""

    last_place = models.BigIntegerField(default=0)


def append(event: Event) -> None:
    """Adds to the feed; only inside the transaction of the change that it tells of."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("an event is written in the commit of its change")
    event.save(force_insert=True)
