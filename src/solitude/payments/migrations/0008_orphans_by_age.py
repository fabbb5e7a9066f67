from django.db import migrations, models

from solitude.online_indexes import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False
    is_long = True

    dependencies = [("payments", "0007_by_month")]

    operations = [
        AddIndexOnline(
            model_name="notification",
            index=models.Index(condition=models.Q(("state", "orphan")), fields=["ended_at"], name="payments_orphans"),
        ),
    ]
