"""Rows that are under no seal yet stay: what was never sealed could be taken away unseen."""

from django.db.models import Q

from solitude.audit import seals
from solitude.retention.classes import Hold

WHY = "not sealed yet"


def hold(kind: str) -> Hold:
    """Of the rows of a kind that is sealed (`audit.kinds`)."""
    return Hold(WHY, lambda: unsealed(kind))


def unsealed(kind: str) -> Q:
    return Q(pk__gt=seals.sealed_through(kind))
