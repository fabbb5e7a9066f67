"""While data are moved in, no buyer goes for having done nothing: what a buyer has paid is moved in last."""

from datetime import timedelta

from django.db.models import Exists, Q
from django.db.models.functions import Now

from solitude.moving.models import Import
from solitude.retention.classes import Hold, also

# So long after the last batch of a file it can be seen what would go (`solitude retention --plan`), and a forgotten file be brought.
SETTLES_DAYS = 30


def declare_moving() -> None:
    for name in ("buyers", "closed_buyers", "pins"):
        also(name, hold=Hold(f"a file was imported in the last {SETTLES_DAYS} days", _is_moving))


def _is_moving() -> Q:
    return Q(Exists(Import.objects.filter(modified__gt=Now() - timedelta(days=SETTLES_DAYS))))
