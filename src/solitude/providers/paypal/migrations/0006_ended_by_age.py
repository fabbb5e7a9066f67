from django.db import migrations, models

from solitude.online_indexes import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False
    is_long = True

    dependencies = [
        ("paypal", "0005_limits"),
    ]

    operations = [
        AddIndexOnline(
            model_name="buyerpaypal",
            index=models.Index(
                condition=models.Q(("key__isnull", True), ("expiry_told", True), _connector="OR"),
                fields=["modified"],
                name="paypal_buyers_ended",
            ),
        ),
    ]
