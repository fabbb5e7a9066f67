"""Idempotency keys: the same key with the same request has one effect and one answer.

A request claims its key; the claim is a lease. The answer is stored in the commit of the outcome, so that there is never an
effect without its answer. A repeat whose payment has begun but has no answer yet resolves that payment (see `payments`).

A key is forgotten when its life is over, but not while rooms above this one still need it: its repeat would then be a second effect.
"""

import uuid
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import BooleanField, Case, Q, QuerySet, When
from django.db.models.functions import Now
from django.http import HttpHeaders, HttpRequest, HttpResponse

from solitude import clocks, prepared
from solitude.prepared import insert_once
from solitude.telemetry import metrics
from solitude.vault import hashes
from solitude.web import etags
from solitude.web.models import ANSWER_MAX_CHARS, IdempotencyKey
from solitude.web.refusals import BadFields, Refused, refusal
from solitude.web.requests import REPLAYED

HEADER = "Idempotency-Key"
# Of an answer's headers those that speak of what it shows.
KEPT_HEADERS = ("ETag", "Location")
_KEY = HttpHeaders.to_wsgi_name(HEADER)
KEY_MAX_CHARS = 255
# Every try of a PIN counts; an answer that is given again would be one that does not.
KEYLESS_PATHS = {"/generic/confirm_pin/", "/generic/verify_pin/", "/generic/reset_confirm_pin/"}
_LABEL = "idempotency"
# 412 speaks of a header that is no part of the request that the key stands for; 405 comes with one, and anew each time.
_NOT_KEPT = {401, 403, 405, 409, 412}

# By primary keys of kept keys whose life is over: those of them that must not be forgotten yet.
Needed = Callable[[Collection[int]], Iterable[int]]
_needed: list[Needed] = []


def keep(needed: Needed) -> None:
    """For rooms above this one, at start."""
    _needed.append(needed)


def renewed(pks: Collection[int]) -> set[int]:
    """Lets those keys begin their life anew that are still needed, so that they are not looked at again and again; which ones."""
    found = {pk for needed in _needed for pk in needed(pks)}
    if found:
        IdempotencyKey.objects.filter(pk__in=found).update(created=Now())
    return found


class Claim:
    """This request's hold on its key. `repeated`: an earlier request with the key ended without an answer that is kept."""

    def __init__(self, row: IdempotencyKey, *, repeated: bool) -> None:
        self.repeated, self.settled = repeated, False
        self._row, self._began_s = row, clocks.now_s()

    @property
    def row(self) -> IdempotencyKey:
        """The kept key, for what is written under it before there is an answer.

        Raises Refused (409) if this request has dawdled so long that another one may soon take the key for a dead one's: both
        would begin a payment. This process's clock tells, with half of the lease to spare, and no statement is spent.
        """
        if clocks.now_s() - self._began_s > settings.SOLITUDE_IDEMPOTENCY_LEASE_S / 2:
            raise in_progress()
        return self._row

    def settle(self, response: HttpResponse) -> bool:
        """Keeps the answer; called inside the transaction that decides it. False: another request has the key now."""
        row = self._row
        row.status, row.answer = response.status_code, response.content.decode()
        row.headers = {name: response[name] for name in KEPT_HEADERS if name in response}
        self.settled = prepared.update_if(row, ("status", "answer", "headers"), holder=row.holder, status=None)
        return self.settled

    def settle_response(self, response: HttpResponse) -> HttpResponse:
        """Keeps what the request was answered, where nothing else decided; frees the key where answers are not kept.

        The answer to give: one key has one answer, so a request that has lost its key says what is kept under it by now.
        """
        if self.settled:
            return response
        keep = 200 <= response.status_code < 500 and response.status_code not in _NOT_KEPT
        if keep and len(response.content.decode()) <= ANSWER_MAX_CHARS:
            is_own = self.settle(response)
        else:
            is_own = bool(self._own().update(claimed_at=Now() - _lease()))
        return response if is_own else self._answer_of_others() or response

    def _answer_of_others(self) -> HttpResponse | None:
        """What whoever has the key now has answered, or that it is at it. None when the key is forgotten."""
        found = IdempotencyKey.objects.filter(pk=self._row.pk).first()
        if found is None:
            return None
        return refusal(in_progress()) if found.status is None else _replayed(found)

    def _own(self) -> QuerySet[IdempotencyKey]:
        """The row, if it is still this request's and without an answer."""
        return IdempotencyKey.objects.filter(pk=self._row.pk, holder=self._row.holder, status=None)


@dataclass(frozen=True, slots=True)
class Asked:
    """A key that a request comes with: its row, not inserted yet, and the request that it stands for."""

    row: IdempotencyKey
    described: bytes


def asked(request: HttpRequest, client: str) -> Asked | None:
    """The request's key; None where there is none, or where none counts. Raises Refused for a key that cannot be used."""
    key = request.META.get(_KEY)
    if key is None or request.method != "POST" or request.path_info in KEYLESS_PATHS:
        return None
    if not key.strip() or len(key) > KEY_MAX_CHARS or "\x00" in key:
        raise BadFields(**{HEADER: f"must have 1 to {KEY_MAX_CHARS} characters"})
    described = _described(request)
    return Asked(IdempotencyKey(client=client, key=key, fingerprint=hashes.keyed_hash(_LABEL, described)), described)


def claim(asked: Asked, *, is_first: bool) -> Claim | HttpResponse:
    """The request's claim, or the kept answer. `is_first`: its row was just inserted. Raises Refused for a key that cannot be used."""
    if is_first:
        return Claim(asked.row, repeated=False)
    with transaction.atomic():
        return _repeat(asked.row, asked.described)


def _repeat(row: IdempotencyKey, described: bytes) -> Claim | HttpResponse:
    now_held = Case(When(Q(claimed_at__gt=Now() - _lease()), then=True), default=False, output_field=BooleanField())
    expired = Case(When(Q(created__lt=Now() - _life()), then=True), default=False, output_field=BooleanField())
    rows = IdempotencyKey.objects.select_for_update().annotate(held=now_held, expired=expired)
    found = rows.filter(client=row.client, key=row.key).first()
    # Asked under the lock, and only when it matters: whoever writes something under the key waits, or is seen.
    if found is None or (found.expired and not found.held and not renewed([found.pk])):
        if found:
            found.delete()
        if not insert_once(row):
            raise in_progress()
        return Claim(row, repeated=False)
    if not hashes.matches(_LABEL, described, found.fingerprint):
        raise Refused(
            422, {"detail": "This idempotency key was used with another request.", "code": "idempotency_key_reused"}
        )
    if found.status is not None:
        return _replayed(found)
    if found.held:
        raise in_progress()
    found.holder = uuid.uuid4()
    IdempotencyKey.objects.filter(pk=found.pk).update(claimed_at=Now(), holder=found.holder)
    return Claim(found, repeated=True)


def _replayed(kept: IdempotencyKey) -> HttpResponse:
    metrics.count("solitude_idempotency_replays_total")
    headers = {**(kept.headers or {}), REPLAYED: "true"}
    response = HttpResponse(kept.answer, status=kept.status, content_type="application/json", headers=headers)
    if kept.headers is not None:
        etags.tag_content(response)
    return response


def in_progress() -> Refused:
    body = {"detail": "A request with this idempotency key is still running.", "code": "idempotency_in_progress"}
    return Refused(409, body, {"Retry-After": "1"})


def _described(request: HttpRequest) -> bytes:
    """Method, path and body, each ended by its length so that no two requests read the same. No POST looks at its query.

    The mark behind the path is of the version before, which took the query along: a repeat beside it must not read as another request.
    """
    path = f"{request.path_info}?".encode()
    return b"".join(b"%d:%s," % (len(part), part) for part in ((request.method or "").encode(), path, request.body))


def _lease() -> timedelta:
    return timedelta(seconds=settings.SOLITUDE_IDEMPOTENCY_LEASE_S)


def _life() -> timedelta:
    return timedelta(seconds=settings.SOLITUDE_IDEMPOTENCY_LIFE_S)
