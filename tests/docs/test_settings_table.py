"""docs/settings.md lists every setting as the code declares it."""

from pathlib import Path

from solitude.configuration import Environment, table

DOCUMENT = Path(__file__).parents[2] / "docs" / "settings.md"


def test_the_document_holds_the_table_of_the_code() -> None:
    from solitude import settings

    assert isinstance(settings.environment, Environment)
    shown = DOCUMENT.read_text(encoding="utf-8")
    for row in table(settings.environment.declared).splitlines():
        assert row in shown
