from django.db import migrations

from solitude.online_indexes import DropLikeIndexOnline


class Migration(migrations.Migration):
    atomic = False
    is_long = True

    dependencies = [("payments", "0008_orphans_by_age")]

    operations = [DropLikeIndexOnline("providercall", "key"), DropLikeIndexOnline("providercall", "subject")]
