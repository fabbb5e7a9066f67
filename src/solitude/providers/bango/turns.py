"""What Bango would do twice if it were asked twice, such as making a package for a seller, is asked by one request at a time.

A turn is a lease: who died at it is late, and the next one takes over when it ends.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import Now

from solitude.prepared import insert_once
from solitude.providers.bango.models import Turn
from solitude.web.refusals import Refused

# So many calls of Bango, one after the other, are made in one turn.
CALLS_MAX = 4
RETRY_AFTER_S = 1


@contextmanager
def of(subject: str) -> Iterator[None]:
    """Holds the turn of this subject, such as "package of seller 31". Raises Refused (409) while another request has it."""
    turn = Turn(subject=subject)
    over().filter(subject=subject).delete()
    if not insert_once(turn):
        body = {"detail": "Another request is asking Bango for this.", "code": "in_progress"}
        raise Refused(409, body, {"Retry-After": str(RETRY_AFTER_S)})
    try:
        yield
    finally:
        Turn.objects.filter(pk=turn.pk).delete()


def over() -> QuerySet[Turn]:
    """Turns whose lease has ended: their requests died."""
    return Turn.objects.filter(taken_at__lt=Now() - timedelta(seconds=CALLS_MAX * settings.SOLITUDE_CALL_LEASE_S))
