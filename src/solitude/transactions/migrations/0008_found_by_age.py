from django.db import migrations, models

from solitude.online_indexes import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False
    is_long = True

    dependencies = [
        ("transactions", "0007_anonymised_and_text"),
    ]

    operations = [
        AddIndexOnline(
            model_name="transaction",
            index=models.Index(
                condition=models.Q(("anonymised_at", None)), fields=["modified"], name="transactions_to_anonymise"
            ),
        ),
        AddIndexOnline(
            model_name="transaction",
            index=models.Index(
                condition=models.Q(("notes__isnull", False), ("pay_url__isnull", False), _connector="OR"),
                fields=["modified"],
                name="transactions_with_text",
            ),
        ),
    ]
