"""docs/concepts.md has the table of moves as the contract has it."""

from solitude.transactions import states
from solitude.transactions.models import Status
from tests.docs.test_examples import ROOT
from tests.transactions.kept import RULES

SIGNS = {"+": "✓", "S": "S", "x": "×"}


def test_the_document_has_the_table_of_moves() -> None:
    lines = [line.strip("| ") for line in (ROOT / "docs/concepts.md").read_text(encoding="utf-8").splitlines()]
    for old in Status:
        row = " | ".join([f"{int(old)} {old.label.lower()}", *(RULES[old, new] for new in (*Status, None))])
        assert row in lines


def test_the_code_has_the_table_of_moves() -> None:
    assert {move: SIGNS[rule] for move, rule in states.CLIENT_RULES.items()} == RULES
