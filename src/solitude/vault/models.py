"""What the processes tell one another about keys: which ring each has, when a secret was used, how far a change is."""

import uuid

from django.db import models
from django.db.models.functions import Now

PURPOSE_MAX_CHARS = 80
PLACE_MAX_CHARS = 128


class RingProcess(models.Model):
    """A process that runs, and the ring that it has. Times are the database's, for it is the one clock that all share."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    host = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()
    role = models.CharField(max_length=16)
    version = models.CharField(max_length=32)
    digest = models.CharField(max_length=16)
    has_it_since = models.DateTimeField(db_default=Now())
    seen = models.DateTimeField(db_default=Now(), db_index=True)


class SecretUse(models.Model):
    """When a secret that others have too last proved somebody; `purpose` names the party: `clients:shop`."""

    purpose = models.CharField(max_length=PURPOSE_MAX_CHARS)
    key_id = models.CharField(max_length=16)
    last_used = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["purpose", "key_id"], name="vault_secretuse_once")]


class Renewal(models.Model):
    """How far the rows of one column (`place`) are brought under the key `key_id`: `cursor` is the pk up to which they were
    looked at in this pass, `found` how many of it needed that; a pass that finds none ends it."""

    place = models.CharField(max_length=PLACE_MAX_CHARS, unique=True)
    key_id = models.CharField(max_length=16)
    cursor = models.CharField(max_length=64, default="", db_default="")
    total = models.PositiveBigIntegerField(default=0, db_default=0)
    done = models.PositiveBigIntegerField(default=0, db_default=0)
    found = models.PositiveBigIntegerField(default=0, db_default=0)
    failed = models.PositiveBigIntegerField(default=0, db_default=0)
    finished = models.BooleanField(default=False, db_default=False)


class RenewalTurn(models.Model):
    """One row: until when nobody else takes rows, so that all workers together keep the rate."""

    until = models.DateTimeField(db_default=Now())
