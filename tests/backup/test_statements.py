"""The statements of docs/backup.md by which PostgreSQL gives no key and no place again that it gave in the time that was lost."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from tests.monthly.world import execute
from tests.support.marketplace import Marketplace

from solitude.cli.backup import LOST_MAX
from solitude.events import feed
from solitude.events.models import Event

PAGE = Path(__file__).parents[2] / "docs/backup.md"


def test_they_do_so_for_every_table(shop: Marketplace) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no sequences")
    before = int(made(shop).split("/")[-2])
    feed.give_places()
    (statements,) = re.findall(r"```sql\n(.*?)```", PAGE.read_text(), re.DOTALL)
    keys = sequences()

    execute(*filter(str.strip, statements.split(";\n")))

    assert {name: value - keys[name] for name, value in sequences().items()} == dict.fromkeys(keys, LOST_MAX)
    assert int(made(shop).split("/")[-2]) > before + LOST_MAX
    while feed.give_places():
        pass
    first, last = Event.objects.order_by("place").values_list("place", flat=True)
    assert first is not None
    assert last == first + LOST_MAX + 1


def made(shop: Marketplace) -> Any:
    """The path of a new transaction, of which the feed tells."""
    return shop.post("/generic/transaction/", {"amount": "1.00", "currency": "EUR"})["resource_uri"]


def sequences() -> dict[str, int]:
    return dict(
        execute("SELECT sequencename, COALESCE(last_value, 0) FROM pg_sequences WHERE schemaname = current_schema()")
    )
