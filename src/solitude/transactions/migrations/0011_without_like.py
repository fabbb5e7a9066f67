from django.db import migrations

from solitude.online_indexes import DropLikeIndexOnline


class Migration(migrations.Migration):
    atomic = False
    is_long = True

    dependencies = [("transactions", "0010_without_the_sellers_first_index")]

    operations = [DropLikeIndexOnline("transaction", "uuid")]
