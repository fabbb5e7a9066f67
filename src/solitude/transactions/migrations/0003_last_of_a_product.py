import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sellers", "0001_initial"),
        ("transactions", "0002_taken_and_followed_up"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(fields=["seller_product", "modified", "id"], name="transactions_of_product"),
        ),
        # Its own index only now: there is never none.
        migrations.AlterField(
            model_name="transaction",
            name="seller_product",
            field=models.ForeignKey(
                db_index=False,
                default=None,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="sellers.product",
            ),
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(
                condition=models.Q(("seller_product__isnull", False), ("status", 4)),
                fields=["-modified", "-id"],
                name="transactions_failed",
            ),
        ),
    ]
