from django.db import migrations

from solitude.partitioned import Once, PartitionByMonth


class Migration(migrations.Migration):
    atomic = False
    is_long = True

    dependencies = [("payments", "0006_linked_traces")]

    operations = [
        # A call's key needs no table beside: it is made of 122 random bits, and there would have to be more calls than money in the world
        # before two of them are the same.
        PartitionByMonth(
            "providercall",
            once=(
                Once(
                    "capture",
                    "payments_one_capture",
                    ("transaction",),
                    when="({row}.transaction_id IS NOT NULL AND {row}.operation = 'capture'"
                    " AND {row}.outcome IN ('none', 'unknown', 'pending', 'succeeded'))",
                ),
                Once(
                    "key",
                    "payments_one_operation_per_key",
                    ("idempotency",),
                    when="({row}.idempotency_id IS NOT NULL AND {row}.outcome <> 'not_sent')",
                ),
            ),
        ),
        PartitionByMonth(
            "notification",
            once=(
                Once(
                    "kept",
                    "payments_notification_kept_once",
                    ("provider", "fingerprint"),
                    when="true",
                    is_quiet=True,
                    is_looked_up=True,
                ),
                Once(
                    "applied",
                    "payments_notification_applied_once",
                    ("provider", "event_id"),
                    when="({row}.event_id IS NOT NULL)",
                    is_looked_up=True,
                ),
            ),
        ),
    ]
