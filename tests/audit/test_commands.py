"""`solitude audit` as an operator runs it."""

import json
from pathlib import Path

import pytest
from django.db import connection
from tests.audit.world import event, seal, tamper

from solitude import cli
from solitude.audit.models import Seal
from solitude.events.models import Event

pytestmark = pytest.mark.usefixtures("transactional_db", "seal_at_once")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str], str]:
    status = cli.main(["audit", *arguments])
    said = capsys.readouterr()
    return status, said.out.splitlines(), said.err


def test_what_is_whole_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    event()
    seal()
    event()

    assert run(capsys, "verify") == (
        0,
        [
            "seals 1, rows 1 (truncated 0, open 0), removed by retention 0, not sealed yet 1, findings 0",
            f"head 1 {Seal.objects.get().head}",
        ],
        "",
    )


def test_what_was_changed_is_named_and_is_the_status(capsys: pytest.CaptureFixture[str]) -> None:
    row = event()
    seal()
    Event.objects.filter(pk=row.pk).update(new="failed")

    status, lines, _ = run(capsys, "verify", "--kind", "events", "--since", "2020-01-01")

    assert (status, lines[0]) == (1, f"events: changed: {row.pk} event (seal 1)")
    assert lines[1].endswith("findings 1")


def test_a_head_that_was_printed_finds_a_chain_that_was_cut(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    event()
    seal()
    status, lines, _ = run(capsys, "head")
    assert status == 0
    assert json.loads(lines[0])["number"] == 1
    kept = tmp_path / "heads"
    kept.write_text("\n".join(lines))
    assert run(capsys, "verify", "--head", str(kept))[0] == 0

    Seal.objects.all().delete()

    status, lines, _ = run(capsys, "verify", "--head", str(kept))
    assert (status, lines[0]) == (1, "chain: removed: the end of the chain, which had 1 seals (seal 0)")


def test_a_seal_that_cannot_be_read_ends_it_with_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    event()
    seal()
    is_sqlite = connection.vendor == "sqlite"
    tamper("UPDATE audit_seal SET sealed_at = %s", "2026-13-45 00:00:00" if is_sqlite else "infinity")

    status, lines, said = run(capsys, "verify")

    assert (status, lines) == (2, [])
    assert said.startswith("solitude: cannot verify: ")


def test_without_a_seal_there_is_no_head(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "head") == (1, [], "solitude: nothing is sealed yet\n")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--kind", "pins"], "nothing of the kind 'pins' is sealed"),
        (["--head", "/nowhere/heads"], "No such file"),
        (["--head", "/dev/null"], "there is no head in it"),
    ],
)
def test_what_cannot_be_verified_is_said(capsys: pytest.CaptureFixture[str], options: list[str], said: str) -> None:
    status, lines, error = run(capsys, "verify", *options)

    assert (status, lines) == (2, [])
    assert said in error
