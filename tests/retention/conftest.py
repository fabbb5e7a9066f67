from typing import Any

import pytest
from tests.bango.paying import till as till


@pytest.fixture
def sealed_at_once(settings: Any) -> None:
    """Rows of any age are sealed, a few under one seal."""
    settings.SOLITUDE_SEAL_AFTER_S = 1
    settings.SOLITUDE_SEAL_ROWS_MAX = 7
