"""What the gate remembers: the tokens that it has seen, and the idempotency keys with their answers."""

import uuid

from django.db import models
from django.db.models.functions import Now

from solitude.vault.fields import EncryptedJSONField, EncryptedTextField, SealedModel

ANSWER_MAX_CHARS = 262_144


class SeenToken(models.Model):
    """The name of a signature (a token's id; of OAuth 1.0a the timestamp and the nonce), kept until it could not be used anyway.

    The constraint refuses it a second time on every node.
    """

    client = models.CharField(max_length=64)
    jti = models.CharField(max_length=255)
    expires = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "jti"], name="web_seentoken_once")]


class IdempotencyKey(SealedModel):
    """A client's key, the request that it stands for, and the answer once that is decided.

    `claimed_at` is the database's time: a claim is a lease, so that a request that died does not hold its key for ever.
    `holder` is another one with each claim: a request that only seemed dead finds that the key is no longer its own.
    `created` is when its life began: with the request, or anew when it was over and rooms above still needed the key.
    """

    client = models.CharField(max_length=64)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=128)
    claimed_at = models.DateTimeField(db_default=Now())
    holder = models.UUIDField(default=uuid.uuid4)
    created = models.DateTimeField(db_default=Now(), db_index=True)
    status = models.PositiveSmallIntegerField(null=True, default=None)
    answer = EncryptedTextField(null=True, default=None, max_length=ANSWER_MAX_CHARS)
    # Null with an answer that a version kept which knew no headers.
    headers = EncryptedJSONField(null=True, default=None)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "key"], name="web_idempotencykey_once")]
