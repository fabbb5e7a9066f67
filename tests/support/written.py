"""All that a server writes down: its log as it would be written, and its database as it is."""

import io
import logging
from collections.abc import Iterator

import pytest
from django.db import connection

from solitude.telemetry import cef, lines

HOUSE = "solitude"


@pytest.fixture
def log_lines() -> Iterator[io.StringIO]:
    """All that a server in debug would write, security events included, as it would write it."""
    stream = io.StringIO()
    handlers = {"": lines.LineFormatter(lines.as_json), "solitude.cef": cef.CefFormatter()}
    attached = []
    for name, formatter in handlers.items():
        handler = logging.StreamHandler(stream)
        handler.setFormatter(formatter)
        logger = logging.getLogger(name)
        attached.append((logger, handler, logger.level))
        logger.addHandler(handler)
    known = logging.root.manager.loggerDict
    before = known.get(HOUSE)
    house = logging.getLogger(HOUSE)
    attached.append((house, logging.NullHandler(), house.level))
    house.setLevel(logging.DEBUG)
    yield stream
    for logger, handler, level in attached:
        logger.removeHandler(handler)
        logger.setLevel(level)
    if before is not None:
        # The name of the house has no logger by itself, and does not keep this one.
        known[HOUSE] = before
        for other in known.values():
            if isinstance(other, logging.Logger) and other.parent is house:
                other.parent = house.parent


def everything_kept() -> str:
    """Every value of every row of every table, as the database has it."""
    with connection.cursor() as cursor:
        texts = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            texts += [f"{table}: {row!r}" for row in cursor.fetchall()]
    return "\n".join(texts)
