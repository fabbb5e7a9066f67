"""docs/retention.md has the table of what the rooms declare. RETENTION_TABLE=write puts it there."""

import os
from pathlib import Path

from solitude.retention.table import table

DOCUMENT = Path(__file__).parents[2] / "docs" / "retention.md"
BEGIN, END = "<!-- retention table: begin -->\n", "<!-- retention table: end -->"


def test_the_page_holds_the_table_of_the_code() -> None:
    page = DOCUMENT.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    shown, after = rest.split(END)
    if os.environ.get("RETENTION_TABLE") == "write":
        DOCUMENT.write_text(f"{before}{BEGIN}\n{table()}\n{END}{after}", encoding="utf-8")
        return
    assert shown == f"\n{table()}\n"
