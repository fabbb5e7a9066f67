from django.db import migrations

from solitude.online_indexes import DropLikeIndexOnline


class Migration(migrations.Migration):
    atomic = False
    is_long = True

    dependencies = [("events", "0003_by_month")]

    operations = [DropLikeIndexOnline("event", "resource_uri")]
