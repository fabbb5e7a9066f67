from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="event",
            name="request_id",
            field=models.CharField(db_default="", default="", max_length=64),
        ),
    ]
