import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sellers", "0001_initial"),
        ("transactions", "0009_listed_by_seller_and_provider"),
    ]

    operations = [
        # Its own index, now that there is a better one: the column stays what it is.
        migrations.AlterField(
            model_name="transaction",
            name="seller",
            field=models.ForeignKey(
                db_index=False,
                default=None,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="sellers.seller",
            ),
        ),
    ]
