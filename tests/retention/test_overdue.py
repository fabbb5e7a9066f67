"""What is overdue is found by the indexes of the times: nobody looks through a big table where nothing is."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from solitude.retention import plan
from solitude.retention.classes import declared

pytestmark = pytest.mark.django_db


def test_the_oldest_row_of_each_class_is_looked_at_first() -> None:
    with CaptureQueriesContext(connection) as asked:
        assert plan.overdue() == []

    looks = [
        query["sql"] for query in asked.captured_queries if " LIMIT 1" in query["sql"] and '"since"' in query["sql"]
    ]
    assert len(looks) >= sum(data.days is not None for data in declared().values()) - 1
    assert [sql for sql in looks if "ORDER BY" not in sql] == []
