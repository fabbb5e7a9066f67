from typing import Any

import pytest


@pytest.fixture
def seal_at_once(settings: Any) -> None:
    """Rows of any age are sealed, three under one seal."""
    settings.SOLITUDE_SEAL_AFTER_S = 0
    settings.SOLITUDE_SEAL_ROWS_MAX = 3
