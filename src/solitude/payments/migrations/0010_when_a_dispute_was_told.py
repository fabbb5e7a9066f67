from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0009_without_like")]

    operations = [
        migrations.AddField(
            model_name="dispute",
            name="told_at",
            field=models.DateTimeField(default=None, null=True),
        ),
    ]
