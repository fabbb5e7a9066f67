"""What the gate remembers, it forgets in time: never too early, a bounded number at a go, and never more slowly than it learns."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from django.utils import timezone
from tests.support.marketplace import Marketplace

from solitude.web import idempotency, purge
from solitude.web.models import IdempotencyKey, SeenToken


def tokens(count: int, *, ended_s_ago: int) -> None:
    expires = timezone.now() - timedelta(seconds=ended_s_ago)
    SeenToken.objects.bulk_create(
        SeenToken(client="marketplace", jti=f"{ended_s_ago}-{number}", expires=expires) for number in range(count)
    )


def keys(count: int, *, age_s: int) -> None:
    made = timezone.now() - timedelta(seconds=age_s)
    IdempotencyKey.objects.bulk_create(
        IdempotencyKey(client="marketplace", key=f"{age_s}-{number}", fingerprint="k1:x", created=made, claimed_at=made)
        for number in range(count)
    )


def test_a_request_forgets_what_has_ended(shop: Marketplace) -> None:
    tokens(3, ended_s_ago=3700)
    tokens(2, ended_s_ago=3500)
    keys(3, age_s=86_400 + 61)
    keys(2, age_s=86_400 + 55)

    assert shop.get("/generic/buyer/").status == 200

    assert SeenToken.objects.count() == 2 + 1
    assert IdempotencyKey.objects.count() == 2


def test_what_is_kept_by_a_setting_is_kept_as_long(shop: Marketplace, settings: Any) -> None:
    settings.SOLITUDE_IDEMPOTENCY_LIFE_S, settings.SOLITUDE_IDEMPOTENCY_LEASE_S = 100, 10
    keys(1, age_s=120)
    keys(1, age_s=105)
    shop.get("/generic/buyer/")
    assert IdempotencyKey.objects.get().key == "105-0"


def test_keys_that_rooms_above_still_need_begin_their_life_anew(
    shop: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None of them stands in the way of those behind it."""
    monkeypatch.setattr(purge, "ROWS_MAX", 10)
    keys(10, age_s=90_000)
    keys(5, age_s=86_400 + 61)
    needed = set(IdempotencyKey.objects.filter(key__startswith="90000-").values_list("pk", flat=True))
    monkeypatch.setattr(idempotency, "_needed", [lambda pks: [pk for pk in pks if pk in needed]])

    left = []
    for _ in range(3):
        shop.get("/generic/buyer/")
        old = IdempotencyKey.objects.filter(created__lt=timezone.now() - timedelta(days=1)).count()
        left.append((IdempotencyKey.objects.count(), old))

    assert left == [(15, 5), (10, 0), (10, 0)]


def test_one_go_deletes_a_bounded_number_and_the_next_request_goes_on(
    shop: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purge, "ROWS_MAX", 10)
    tokens(25, ended_s_ago=4000)
    left = []
    for _ in range(4):
        shop.get("/generic/buyer/")
        left.append(SeenToken.objects.filter(jti__startswith="4000-").count())
    assert left == [15, 5, 0, 0]


def test_the_real_bound_is_one_that_the_database_takes(shop: Marketplace) -> None:
    tokens(purge.ROWS_MAX + 1, ended_s_ago=4000)
    assert purge.purge() == purge.ROWS_MAX
    assert purge.purge() == 1


def test_there_is_one_go_a_minute(shop: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 5000.0
    monkeypatch.setattr(purge.time, "monotonic", lambda: now)
    went: list[float] = []
    monkeypatch.setattr(purge, "purge", lambda: went.append(now) or 0)
    for step in (0, 1, 58, 1, 1, 60):
        now += step
        shop.get("/generic/buyer/")
    assert went == [5000, 5060, 5121]


def test_a_failure_to_forget_is_not_the_requests(shop: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> int:
        raise DatabaseError("locked")

    monkeypatch.setattr(purge, "purge", fail)
    assert shop.post("/generic/transaction/", {}, **{"Idempotency-Key": "k"}).status == 201


def test_a_request_waits_for_no_other_ones_go(shop: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    went: list[int] = []
    monkeypatch.setattr(purge, "purge", lambda: went.append(1) or 0)
    with purge._Turn.lock:
        assert shop.get("/generic/buyer/").status == 200
    assert went == []
