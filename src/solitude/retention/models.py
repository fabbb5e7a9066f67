"""That retention ran: one row for each run of each class of data."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

NAME_MAX_CHARS = 48
ERROR_MAX_CHARS = 128


class RetentionRun(models.Model):
    """One run over one class of data, in batches. Times are the database's.

    It is open until `ended_at`; there is one open run of a class at most. Whoever does a batch has locked this row, and says when the
    next one may come (`next_batch_at`): a process that dies leaves an open run, with which another one goes on. `error` is the kind of
    what went wrong, never what it said.
    """

    data_class = models.CharField(max_length=NAME_MAX_CHARS)
    began_at = models.DateTimeField(db_default=Now())
    next_batch_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, default=None)
    batches = models.PositiveIntegerField(default=0)
    rows = models.PositiveBigIntegerField(default=0)
    # In the end: how many rows are old enough and held (counted up to a limit), and since when the oldest of those that are left.
    held = models.PositiveIntegerField(default=0)
    oldest_left = models.DateTimeField(null=True, default=None)
    error = models.CharField(max_length=ERROR_MAX_CHARS, default="")
    # No column: the database's time when the row was locked.
    now: datetime

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["data_class"], condition=Q(ended_at=None), name="retention_one_open_run"),
        ]
        indexes = [
            models.Index(fields=["data_class", "-id"], name="retention_last_of_a_class"),
            models.Index(fields=["ended_at"], name="retention_runs_ended"),
        ]
