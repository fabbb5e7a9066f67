"""docs/moving-in.md has the columns of the code, and what it shows can be imported as it stands there."""

import re
from pathlib import Path

import pytest

from solitude.moving.kind import table
from solitude.moving.kinds import KINDS
from solitude.moving.reading import LINE_MAX_BYTES
from tests.docs.test_examples import ROOT, blocks
from tests.moving.mover import brought, empty_database
from tests.support.marketplace import Marketplace

DOCUMENT = "docs/moving-in.md"
TEXT = (ROOT / DOCUMENT).read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_the_document_holds_the_columns_of_the_code(kind: str) -> None:
    _, part = TEXT.split(f"\n### {kind}\n")
    assert table(KINDS[kind]) in part.split("\n### ")[0]


@pytest.mark.parametrize("kind", KINDS)
def test_every_column_that_is_read_is_documented(kind: str) -> None:
    named = {column.name for column in KINDS[kind].columns}

    # What a request may not say either.
    assert named == KINDS[kind].line.model_fields.keys() - {"relations"}


def test_the_files_of_the_document_can_be_imported_in_their_order(shop: Marketplace, tmp_path: Path) -> None:
    empty_database()
    written = [(kind, "csv", body) for kind, body in zip(KINDS, blocks(DOCUMENT, "csv"), strict=True)]
    written += [("transactions", "jsonl", body) for body in blocks(DOCUMENT, "json")]
    for number, (kind, form, body) in enumerate(written):
        file = tmp_path / f"{number}.{form}"
        file.write_text(body, encoding="utf-8")
        brought(kind, file)

    assert shop.get("/generic/transaction/")["meta"]["total_count"] == 3


def test_the_limits_that_it_names_are_those_of_the_code() -> None:
    assert f"{LINE_MAX_BYTES} bytes" in TEXT
    assert re.search(r"`--batch` \(default 5000\)", TEXT)


# What a row has and no file: given anew, or made from what is in the file.
MADE_HERE = {
    "buyers": {"id", "email_hash"},
    "sellers": {"id"},
    "products": {"id", "row_uuid"},
    "paypal-sellers": {"id", "row_uuid", "paypal_id_hash", "merchant_id_hash", "standing"},
    "paypal-products": {"id", "row_uuid"},
    "paypal-buyers": {"id", "row_uuid", "key_hash", "expiry_told", "used_before"},
    "bango-sellers": {"id"},
    "bango-products": {"id", "seller_bango"},
    # Retention looks at what was moved in as at any other row, and anonymises it anew.
    "transactions": {"id", "follow_up_at", "refund_claimed_amount", "imported_at", "anonymised_at"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_that_a_row_has_is_forgotten(kind: str) -> None:
    """A column that is added to a table is moved as well, or is named here."""
    columns = {column.name.removesuffix("_hash") for column in KINDS[kind].columns}

    assert {field.name for field in KINDS[kind].model._meta.concrete_fields} - columns == MADE_HERE[kind]
