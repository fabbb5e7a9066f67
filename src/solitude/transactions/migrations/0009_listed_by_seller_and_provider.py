from django.db import migrations, models

from solitude.online_indexes import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False
    is_long = True

    dependencies = [
        ("transactions", "0008_found_by_age"),
    ]

    operations = [
        AddIndexOnline(
            model_name="transaction",
            index=models.Index(fields=["seller", "-id"], name="transactions_of_seller"),
        ),
        AddIndexOnline(
            model_name="transaction",
            index=models.Index(fields=["provider", "-id"], name="transactions_of_provider"),
        ),
    ]
