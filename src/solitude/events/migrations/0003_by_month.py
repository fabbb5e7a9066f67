from django.db import migrations

from solitude.partitioned import PartitionByMonth


class Migration(migrations.Migration):
    atomic = False
    is_long = True

    dependencies = [("events", "0002_event_request_id")]

    # A place needs no table beside: it is given to one event after the other, under the lock of the feed's only row, and never twice.
    operations = [PartitionByMonth("event")]
