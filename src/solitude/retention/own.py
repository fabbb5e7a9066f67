"""What this room declares itself: its own runs, and what the gate remembers."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models.functions import Now

from solitude.audit import seals
from solitude.audit.models import Access
from solitude.audit.sealed import ACCESSES
from solitude.retention import sealed
from solitude.retention.classes import Action, Brief, DataClass, brief, declare
from solitude.retention.models import RetentionRun
from solitude.web.models import IdempotencyKey, SeenToken


def declare_own() -> None:
    declare(
        DataClass(
            name="access_log",
            what="Who read or changed personal data: client or operator, address, route, and the paths of what was shown",
            action=Action.DELETE,
            then="The rows go, the oldest first; that they went is noted under the seals.",
            why="By it an inquiry can be answered: of a person who asks who saw the data, and of a supervisory "
            "authority (GDPR, Art. 5(2), 15 and 32). Claims for damages end three years after the year by default "
            "(BGB §195); it says of operators what they did, so it is not kept longer (GDPR, Art. 5(1)(e)).",
            rows=Access.objects.all,
            since="at",
            act=_delete_accesses,
            holds=(sealed.hold(ACCESSES.name),),
            batch_rows_max=seals.ROWS_MAX,
        ),
        DataClass(
            name="runs",
            what="Runs of retention",
            action=Action.DELETE,
            then="The rows go.",
            why="They show that what is written here was done (GDPR, Art. 5(2)); three years are as long as claims "
            "for damages may be brought by default (BGB §195).",
            rows=lambda: RetentionRun.objects.filter(ended_at__isnull=False),
            since="ended_at",
            act=_delete_runs,
        ),
    )
    brief(
        Brief(
            name="seen_tokens",
            what="Names of signatures that were used (random texts of the client)",
            ends="an hour after the signature could last be used",
            why="A signature is taken once; after its time it would be refused anyway.",
            rows=lambda: SeenToken.objects.filter(expires__lt=Now()),
        ),
        Brief(
            name="idempotency_keys",
            what="Idempotency keys with their answers (encrypted)",
            ends="`SOLITUDE_IDEMPOTENCY_LIFE_S` after the request; begins anew while nobody knows what became of its provider "
            "call, or has not known it for that long",
            why="A request that is repeated gets the answer of the first one; clients repeat within hours.",
            rows=lambda: IdempotencyKey.objects.filter(
                created__lt=Now() - timedelta(seconds=settings.SOLITUDE_IDEMPOTENCY_LIFE_S)
            ),
        ),
    )


def _delete_accesses(pks: list[Any]) -> int:
    seals.removed(ACCESSES.name, pks)
    return Access.objects.filter(pk__in=pks).delete()[0]


def _delete_runs(pks: list[Any]) -> int:
    return RetentionRun.objects.filter(pk__in=pks).delete()[0]
