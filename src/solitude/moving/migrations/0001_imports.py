from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Import",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sha256", models.CharField(max_length=64)),
                ("kind", models.CharField(max_length=32)),
                ("rows", models.PositiveBigIntegerField()),
                ("rows_done", models.PositiveBigIntegerField(default=0)),
                ("rows_skipped", models.PositiveBigIntegerField(default=0)),
                ("began", models.DateTimeField(auto_now_add=True)),
                ("modified", models.DateTimeField(auto_now=True)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("sha256", "kind"), name="moving_import_once")],
            },
        ),
    ]
