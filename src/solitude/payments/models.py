"""The detailed provider transaction log: one row per provider call, written before the call is made; and one per notification,
written before it is looked at."""

from math import inf

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from solitude.payments.contract import Intent, Resolved
from solitude.payments.keys import new_key
from solitude.transactions.amounts import AmountField
from solitude.transactions.models import CallOutcome, Transaction
from solitude.vault.fields import EncryptedJSONField, EncryptedTextField, SealedModel
from solitude.web.models import IdempotencyKey

# Outcomes after which the provider may have acted or will.
LIVE = (CallOutcome.NONE, CallOutcome.UNKNOWN, CallOutcome.PENDING, CallOutcome.SUCCEEDED)
OPEN = (CallOutcome.NONE, CallOutcome.UNKNOWN)
CHOICE_MAX_CHARS = 1000
# W3C Trace Context, version 00.
TRACEPARENT_CHARS = 55
REASON_MAX_CHARS = 255
NOTIFICATION_MAX_CHARS = 262_144
# As JSON, in which a character may take six.
NOTIFICATION_HEADERS_MAX_CHARS = 16_384
# States of a notification that is not done with yet.
WAITING = ("received", "parked")


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
    # Who asked for it, and under which request id; empty for what this server does by itself. (The defaults in the database are
    # for servers of the version before, which still run while this one is rolled out.)
    client = models.CharField(max_length=64, default="", db_default="")
    request_id = models.CharField(max_length=64, default="", db_default="")
    # The trace in which it was begun, where there are traces: whoever goes on with it, in another one, has a link to that.
    traceparent = models.CharField(max_length=TRACEPARENT_CHARS, default="", db_default="")
    # Of a payment whose provider was chosen here: by which way it went, and in words why by this one.
    way = models.CharField(max_length=32, default="", db_default="")
    choice = models.CharField(max_length=CHOICE_MAX_CHARS, default="", db_default="")

    intent = EncryptedJSONField(max_length=16_384)
    ids = models.JSONField(default=dict)
    facts = models.JSONField(default=dict)

    begun_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, default=None)
    leased_until = models.DateTimeField(null=True, default=None)
    # How often somebody took it over from whoever was at it before.
    takeovers = models.PositiveIntegerField(default=0, db_default=0)
    next_try_at = models.DateTimeField(db_default=Now())
    tries = models.PositiveIntegerField(default=0)

    outcome = models.CharField(max_length=16, choices=CallOutcome.choices, default=CallOutcome.NONE)
    reason_code = models.CharField(max_length=REASON_MAX_CHARS, default="")
    reason_message = models.CharField(max_length=REASON_MAX_CHARS, default="")
    reason_field = models.CharField(max_length=64, default="")
    correlation_id = models.CharField(max_length=128, default="")
    # Redacted requests and answers, the latest last; see outbound.record.
    exchanges = models.JSONField(default=list)
    # When the exchanges and the intent were dropped, by the database's time; and what of the intent must stay for the books.
    truncated_at = models.DateTimeField(null=True, default=None)
    essentials = EncryptedJSONField(null=True, default=None, max_length=16_384)

    # The call with which the payment goes on: told to who has recorded this one, and is to make that.
    successor: "ProviderCall | None" = None
    # Whether it was `calls.begin` that made this very object: who has begun a call carries it out, and nobody else.
    is_begun_here = False
    # By `clocks.now_s`, for who has begun it: later it is somebody else's.
    sent_before = inf

    @property
    def intended(self) -> Intent:
        return Intent.from_json(self.intent or {**Intent().to_json(), **(self.essentials or {})})

    class Meta:
        constraints = [
            # Only one capture of a payment can be under way or done: the second one sees the first.
            models.UniqueConstraint(
                fields=["transaction"],
                condition=Q(operation="capture", outcome__in=LIVE),
                name="payments_one_capture",
            ),
            # A client's key stands for one operation, unless it is certain that nothing was sent.
            models.UniqueConstraint(
                fields=["idempotency"],
                condition=~Q(outcome=CallOutcome.NOT_SENT),
                name="payments_one_operation_per_key",
            ),
        ]
        indexes = [
            models.Index(fields=["begun_at"], condition=Q(outcome__in=OPEN), name="payments_open_calls"),
            models.Index(fields=["next_try_at"], condition=Q(outcome__in=OPEN), name="payments_due_calls"),
            models.Index(fields=["begun_at"], condition=Q(truncated_at=None), name="payments_whole_calls"),
            models.Index(fields=["begun_at"], condition=Q(truncated_at__isnull=False), name="payments_truncated_calls"),
        ]


class Notification(SealedModel):
    """A provider's message as the marketplace forwarded it, kept before anything is made of it.

    `fingerprint` is that of headers and body: the very same message is one row. `event_id` is the provider's own, known once the
    message is proved genuine, so that a forged one cannot take a real one's place; each is applied once. `leased_until` and
    `next_try_at` are as with provider calls.
    """

    class State(models.TextChoices):
        RECEIVED = "received"  # kept, not looked at to the end yet
        APPLIED = "applied"  # our books say what it says
        IGNORED = "ignored"  # of no concern, or known already
        REFUSED = "refused"  # forged, not readable, or it contradicts what we know; never applied
        PARKED = "parked"  # what it is about is not there yet
        ORPHAN = "orphan"  # what it is about never came

    provider = models.CharField(max_length=32)
    fingerprint = models.CharField(max_length=64)
    headers = EncryptedJSONField(max_length=NOTIFICATION_HEADERS_MAX_CHARS)
    body = EncryptedTextField(max_length=NOTIFICATION_MAX_CHARS)
    event_id = models.CharField(max_length=128, null=True, default=None)
    event_type = models.CharField(max_length=128, default="")
    action = models.CharField(max_length=16, null=True, default=None)
    request_id = models.CharField(max_length=64, default="")

    state = models.CharField(max_length=16, choices=State.choices, default=State.RECEIVED)
    reason = models.CharField(max_length=REASON_MAX_CHARS, default="")
    transaction = models.ForeignKey(Transaction, null=True, on_delete=models.PROTECT, related_name="notifications")
    amount = AmountField(null=True, default=None)
    currency = models.CharField(max_length=3, default="")

    received_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, default=None)
    leased_until = models.DateTimeField(null=True, default=None)
    next_try_at = models.DateTimeField(db_default=Now())
    tries = models.PositiveIntegerField(default=0)
    # When headers and body were dropped; by the database's time.
    truncated_at = models.DateTimeField(null=True, default=None)

    @property
    def is_waiting(self) -> bool:
        return self.state in WAITING

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "fingerprint"], name="payments_notification_kept_once"),
            models.UniqueConstraint(fields=["provider", "event_id"], name="payments_notification_applied_once"),
        ]
        indexes = [
            models.Index(fields=["next_try_at"], condition=Q(state__in=WAITING), name="payments_due_notifications"),
            models.Index(fields=["ended_at"], condition=Q(state="orphan"), name="payments_orphans"),
            models.Index(fields=["received_at"], condition=Q(truncated_at=None), name="payments_whole_notices"),
            models.Index(
                fields=["received_at"], condition=Q(truncated_at__isnull=False), name="payments_truncated_notices"
            ),
        ]


class Dispute(models.Model):
    """A buyer's dispute at the provider, about a payment. `reversal` is the money that went back because of it. It was as it is here
    at `told_at`, by the provider's time."""

    provider = models.CharField(max_length=32)
    dispute_id = models.CharField(max_length=128)
    transaction = models.ForeignKey(Transaction, on_delete=models.PROTECT, related_name="disputes")
    provider_status = models.CharField(max_length=64, default="")
    resolved = models.CharField(max_length=16, default=Resolved.NO)
    reversal = models.ForeignKey(Transaction, null=True, default=None, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(db_default=Now())
    told_at = models.DateTimeField(null=True, default=None)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "dispute_id"], name="payments_dispute_once")]
