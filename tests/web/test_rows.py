"""The times that every row of the API has."""

from solitude.sellers.models import Seller


def test_what_has_not_been_changed_yet_was_modified_when_it_was_made() -> None:
    # By two looks at the clock: a difference that is seen once in many answers.
    rows = [Seller() for _ in range(1000)]
    assert [row for row in rows if row.created != row.modified] == []
