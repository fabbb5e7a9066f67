"""What all tests of connections share."""

from collections.abc import Iterator

import pytest
from django.db import connection

IS_POSTGRESQL = connection.vendor == "postgresql"
# One of the reasons that CI expects (tests/support/expected_skips.txt).
NO_SESSIONS = "SQLite has no sessions"


@pytest.fixture(autouse=True)
def alone(transactional_db: None) -> Iterator[None]:
    """Nothing is kept from before, and nothing is left to those who come."""
    connection.close()
    yield
    connection.close()


@pytest.fixture
def postgresql() -> None:
    if not IS_POSTGRESQL:
        pytest.skip(NO_SESSIONS)
