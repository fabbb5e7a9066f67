"""Which processes run, and whether each has had the ring long enough."""

import os
import platform
import uuid
from dataclasses import dataclass
from datetime import timedelta
from importlib import metadata

from django.db.models import BooleanField, Case, Q, QuerySet, When
from django.db.models.functions import Now

from .models import RingProcess

# A process that has not told for so long does not run; nobody can tell one that is away from one that is gone.
LIVE_S = 45
FORGOTTEN_AFTER_S = 3600
VERSION_MAX_CHARS = 32


@dataclass(frozen=True, slots=True)
class Me:
    """This process, as the others see it."""

    id: uuid.UUID
    role: str

    def tell(self, digest: str) -> None:
        """Say that this process runs, and which ring it has."""
        mine = RingProcess.objects.filter(pk=self.id)
        if mine.filter(digest=digest).update(seen=Now()) or mine.update(digest=digest, seen=Now(), has_it_since=Now()):
            return
        RingProcess.objects.create(
            id=self.id, host=platform.node()[:255], pid=os.getpid(), role=self.role, version=_version(), digest=digest
        )
        RingProcess.objects.filter(seen__lt=Now() - timedelta(seconds=FORGOTTEN_AFTER_S)).delete()

    def leave(self) -> None:
        RingProcess.objects.filter(pk=self.id).delete()


def live() -> QuerySet[RingProcess]:
    found = RingProcess.objects.filter(seen__gte=Now() - timedelta(seconds=LIVE_S))
    return found.order_by("host", "role", "pid")


def behind(digest: str, settle_s: int) -> list[str]:
    """A sentence about each process that has another ring, or has had this one for less than `settle_s` seconds."""
    fresh = Case(
        When(Q(has_it_since__gt=Now() - timedelta(seconds=settle_s)), then=True),
        default=False,
        output_field=BooleanField(),
    )
    found = live().annotate(fresh=fresh).filter(~Q(digest=digest) | Q(fresh=True))
    return [
        f"{named(one)} {f'has had it for less than {settle_s} s' if one.digest == digest else 'has another key ring'}"
        for one in found
    ]


def named(process: RingProcess) -> str:
    return f"{process.role} {process.pid} on {process.host}"


def _version() -> str:
    try:
        return metadata.version("solitude")[:VERSION_MAX_CHARS]
    except metadata.PackageNotFoundError:
        return "unknown"
