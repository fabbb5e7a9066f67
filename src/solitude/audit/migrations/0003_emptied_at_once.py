from django.db import migrations, models

from solitude.online_indexes import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False
    is_long = True

    dependencies = [("audit", "0002_accesses")]

    operations = [
        AddIndexOnline(
            model_name="seal",
            index=models.Index(
                condition=models.Q(("about", None), ("act", "emptied")),
                fields=["kind", "last_id"],
                name="audit_emptied_at_once",
            ),
        ),
    ]
