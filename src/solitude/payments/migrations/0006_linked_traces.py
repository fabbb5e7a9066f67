from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0005_found_by_age"),
    ]

    operations = [
        migrations.AddField(
            model_name="providercall",
            name="traceparent",
            field=models.CharField(db_default="", default="", max_length=55),
        ),
    ]
