from django.db import migrations, models

from solitude.online_indexes import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False
    is_long = True

    dependencies = [
        ("payments", "0004_truncated"),
    ]

    operations = [
        AddIndexOnline(
            model_name="notification",
            index=models.Index(
                condition=models.Q(("truncated_at", None)), fields=["received_at"], name="payments_whole_notices"
            ),
        ),
        AddIndexOnline(
            model_name="notification",
            index=models.Index(
                condition=models.Q(("truncated_at__isnull", False)),
                fields=["received_at"],
                name="payments_truncated_notices",
            ),
        ),
        AddIndexOnline(
            model_name="providercall",
            index=models.Index(
                condition=models.Q(("truncated_at", None)), fields=["begun_at"], name="payments_whole_calls"
            ),
        ),
        AddIndexOnline(
            model_name="providercall",
            index=models.Index(
                condition=models.Q(("truncated_at__isnull", False)),
                fields=["begun_at"],
                name="payments_truncated_calls",
            ),
        ),
    ]
