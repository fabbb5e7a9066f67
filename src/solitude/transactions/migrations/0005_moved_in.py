from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("transactions", "0004_exports"),
    ]

    operations = [
        migrations.AddField(
            model_name="transaction",
            name="imported_at",
            field=models.DateTimeField(default=None, null=True),
        ),
    ]
