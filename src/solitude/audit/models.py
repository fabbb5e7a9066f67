"""The chain of seals; and who read or changed personal data."""

from django.db import models
from django.db.models.functions import Now


class Act(models.TextChoices):
    """What an entry of the chain says of rows."""

    SEALED = "sealed"  # of a range of ids: these rows are there, and no others
    ENDED = "ended"  # of rows that were open when their range was sealed
    TRUNCATED = "truncated"  # retention emptied what these rows say besides
    REMOVED = "removed"  # retention removed these rows
    EMPTIED = "emptied"  # retention removed the last rows of a range, or all rows from one id to another


class Chain(models.Model):
    """One row: how long the chain is, and until when somebody is at sealing.

    `version` grows with whatever changes what a seal would say; who has read rows for a seal sees by it that they are still as they
    were read. Nobody who takes a payment touches this row.
    """

    length = models.BigIntegerField(default=0)
    version = models.BigIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, default=None)


class Seal(models.Model):
    """An entry of the chain. It never changes, but that its `listing` goes once all its rows are removed.

    `head` is the keyed hash of everything else but the listing, with the head before it (`previous`) among it; the listing is in it
    by its `digest`. `about` is the number of the seal of a range whose rows the other acts speak of; without one it is about all ranges
    that are within its own.
    """

    number = models.BigIntegerField(unique=True)
    act = models.CharField(max_length=16, choices=Act.choices)
    kind = models.CharField(max_length=32)
    layout = models.PositiveSmallIntegerField()
    about = models.BigIntegerField(null=True, default=None, db_index=True)
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    count = models.PositiveIntegerField()
    listing = models.BinaryField(null=True, default=None)
    digest = models.CharField(max_length=64)
    previous = models.CharField(max_length=128)
    head = models.CharField(max_length=128)
    sealed_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["kind", "-last_id"], condition=models.Q(act=Act.SEALED), name="audit_sealed_through"),
            models.Index(fields=["sealed_at"], name="audit_sealed_at"),
            models.Index(
                fields=["kind", "last_id"],
                condition=models.Q(act=Act.EMPTIED, about=None),
                name="audit_emptied_at_once",
            ),
        ]


class LeftOpen(models.Model):
    """A row that was open when its range was sealed, and waits for its own seal."""

    kind = models.CharField(max_length=32)
    row_id = models.BigIntegerField()
    about = models.BigIntegerField()
    since = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "row_id"], name="audit_left_open_once")]


class Does(models.TextChoices):
    """What was done with personal data."""

    READ = "read"
    CREATED = "created"
    CHANGED = "changed"
    REMOVED = "removed"


class Access(models.Model):
    """That somebody read or changed personal data: by a request, or by a command of the operator's.

    `objects_seen` are the paths of what was shown or changed, with primary keys and nothing else of a person; so are those of the persons
    whom it is about, and where that is one, `person` is it. `route` is the route's own path, without values. `by_email`: it was looked
    for by an e-mail address, which is not kept.
    """

    at = models.DateTimeField(db_default=Now())
    client = models.CharField(max_length=64)
    request_id = models.CharField(max_length=64, default="", db_default="")
    method = models.CharField(max_length=16)
    route = models.CharField(max_length=128)
    kind = models.CharField(max_length=32)
    does = models.CharField(max_length=16, choices=Does.choices)
    person = models.CharField(max_length=64, default="", db_default="")
    objects_seen = models.JSONField(default=list)
    by_email = models.BooleanField(default=False, db_default=False)
    status = models.PositiveSmallIntegerField()
    peer = models.CharField(max_length=45, default="", db_default="")

    class Meta:
        indexes = [
            models.Index(fields=["person", "id"], name="audit_access_person"),
            models.Index(fields=["at"], name="audit_access_at"),
        ]
