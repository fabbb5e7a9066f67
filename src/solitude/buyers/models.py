"""A buyer of the marketplace, with the state of its PIN; and the tokens that say that a PIN was just given."""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import QuerySet
from django.db.models.functions import Now

from solitude.vault.fields import EncryptedTextField, SealedModel
from solitude.vault.hashed import HASH_MAX_CHARS, KeyedHashField
from solitude.web.parts import Parts
from solitude.web.rows import Row

UUID_MAX_CHARS = 255
PIN_HASH_MAX_CHARS = 255
EMAIL_LABEL = "buyer-email"


class Buyer(SealedModel, Row):
    """`pin` and `new_pin` are hashes (see `hashing`); `pins` says what their state means and how it moves.

    `email_hash` follows the e-mail in every save; it is never set.
    """

    uuid = models.CharField(max_length=UUID_MAX_CHARS, unique=True)
    active = models.BooleanField(default=True)
    authenticated = models.BooleanField(default=True)
    email = EncryptedTextField(null=True, default=None, max_length=255)
    email_hash = KeyedHashField(of="email", label=EMAIL_LABEL)
    locale = models.CharField(max_length=255, null=True, default=None)
    pin = models.CharField(max_length=PIN_HASH_MAX_CHARS, null=True, default=None)
    new_pin = models.CharField(max_length=PIN_HASH_MAX_CHARS, null=True, default=None)
    pin_confirmed = models.BooleanField(default=False, db_default=False)
    pin_failures = models.PositiveIntegerField(default=0, db_default=0)
    # The database's time, like every look at it.
    pin_locked_at = models.DateTimeField(null=True, default=None)
    pin_was_locked_out = models.BooleanField(default=False, db_default=False)
    needs_pin_reset = models.BooleanField(default=False, db_default=False)
    # No column: see `timed`.
    now: datetime

    class Meta:
        indexes = [
            models.Index(fields=["email_hash"], name="buyers_buyer_email_hash"),
            models.Index(fields=["modified"], name="buyers_modified"),
        ]

    @property
    def resource_uri(self) -> str:
        return f"/generic/buyer/{self.pk}/"

    def save(self, **options: Any) -> None:
        named = options.get("update_fields")
        if named is not None and "email" in named:
            options["update_fields"] = {*named, "email_hash"}
        super().save(**options)


class PinToken(models.Model):
    """That a buyer has just given the right PIN to a client. Only its keyed hash is kept, and that until it is used."""

    token_hash = models.CharField(max_length=HASH_MAX_CHARS, unique=True)
    buyer = models.ForeignKey(Buyer, on_delete=models.CASCADE, related_name="pin_tokens")
    client = models.CharField(max_length=64)
    expires = models.DateTimeField(db_index=True)


class Erasure(models.Model):
    """A buyer is being erased. Until that is done, `uuid_hash` is the keyed hash of the uuid that the account had; then it is empty."""

    buyer = models.OneToOneField(Buyer, on_delete=models.CASCADE, related_name="erasure")
    uuid_hash = models.CharField(max_length=HASH_MAX_CHARS, db_index=True)
    began_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, default=None)

    class Meta:
        indexes = [models.Index(fields=["id"], condition=models.Q(ended_at=None), name="buyers_erasures_open")]


def timed(buyers: QuerySet[Buyer]) -> QuerySet[Buyer]:
    """The buyers with `now`, the database's time."""
    return buyers.annotate(now=Now())  # type: ignore[no-redef]  # it is what the attribute stands for


parts: Parts[Buyer] = Parts("BuyerShown")
