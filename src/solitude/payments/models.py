"""The detailed provider transaction log: one row per provider call, written before the call is made."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from solitude.payments.contract import Intent
from solitude.transactions.models import CallOutcome, Transaction
from solitude.vault.fields import EncryptedJSONField, SealedModel
from solitude.web.models import IdempotencyKey

# Outcomes after which the provider may have acted or will.
LIVE = (CallOutcome.NONE, CallOutcome.UNKNOWN, CallOutcome.PENDING, CallOutcome.SUCCEEDED)
OPEN = (CallOutcome.NONE, CallOutcome.UNKNOWN)
REASON_MAX_CHARS = 255


def new_key() -> str:
    return str(uuid.uuid4())


class ProviderCall(SealedModel):
    """One operation at a provider under one key, with all its tries.

    `outcome` is `none` from the intent's commit until an outcome is recorded. `leased_until` is the database's time until
    which somebody is at it; nobody else may ask the provider about it before. `subject` names what the call is about where
    that is not a transaction.
    """

    key = models.CharField(max_length=36, unique=True, default=new_key)
    provider = models.CharField(max_length=32)
    operation = models.CharField(max_length=32)
    transaction = models.ForeignKey(Transaction, null=True, on_delete=models.PROTECT, related_name="calls")
    subject = models.CharField(max_length=64, default="", db_index=True)
    idempotency = models.ForeignKey(IdempotencyKey, null=True, on_delete=models.SET_NULL, related_name="calls")

    intent = EncryptedJSONField(max_length=16_384)
    ids = models.JSONField(default=dict)
    facts = models.JSONField(default=dict)

    begun_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, default=None)
    leased_until = models.DateTimeField(null=True, default=None)
    tries = models.PositiveIntegerField(default=0)

    outcome = models.CharField(max_length=16, choices=CallOutcome.choices, default=CallOutcome.NONE)
    reason_code = models.CharField(max_length=REASON_MAX_CHARS, default="")
    reason_message = models.CharField(max_length=REASON_MAX_CHARS, default="")
    reason_field = models.CharField(max_length=64, default="")
    correlation_id = models.CharField(max_length=128, default="")
    # Redacted requests and answers, the latest last; see outbound.record.
    exchanges = models.JSONField(default=list)

    @property
    def intended(self) -> Intent:
        return Intent.from_json(self.intent or {})

    class Meta:
        constraints = [
            # Only one capture of a payment can be under way or done: the second one sees the first.
            models.UniqueConstraint(
                fields=["transaction"],
                condition=Q(operation="capture", outcome__in=LIVE),
                name="payments_one_capture",
            ),
        ]
        indexes = [
            models.Index(fields=["begun_at"], condition=Q(outcome__in=OPEN), name="payments_open_calls"),
        ]
