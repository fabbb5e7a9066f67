"""What the database's log says of a unit becomes a script that pgbench can run again and again."""

import json

from benchmarks import recording
from benchmarks.recording import Recording, Statement
from benchmarks.script import expression, quoted, scripts

RANGES = {"shop_order_id_seq": range(70_000_000, 80_000_000)}
INSERT = 'INSERT INTO "shop_order" ("uuid", "status") VALUES (\'solitude:0b1c2d3e\', 6) RETURNING "shop_order"."id"'


def said(message: str, pid: int = 7, detail: str = "") -> str:
    return json.dumps({"pid": pid, "message": message, "detail": detail})


def recorded(*sql: str, earlier: str = "") -> Recording:
    return Recording("pay", [Statement(7, one) for one in sql], earlier)


def test_statements_are_read_from_the_log_in_both_forms() -> None:
    detail = "parameters: $1 = 'it''s $2', $2 = NULL, $3 = '5'"
    log = [
        said("statement: BEGIN"),
        said("duration: 3 ms"),
        said("execute _pg3_0: SELECT '$1', $1, $2\nFROM t WHERE id = $3", detail=detail),
        '{"pid": 7, "mess',
    ]

    found = list(recording.statements(log))

    assert [statement.sql for statement in found] == ["BEGIN", "SELECT '$1', 'it''s $2', NULL\nFROM t WHERE id = '5'"]
    assert [statement.prepared for statement in found] == [False, True]


def test_a_unit_is_what_others_said_between_two_marks() -> None:
    log = [
        said("statement: SELECT 1"),
        said(f"statement: {recording.mark('pay')}", pid=9),
        said("statement: SELECT 2"),
        said("statement: SHOW all", pid=9),
        said("statement: SELECT 3", pid=8),
        said(f"statement: {recording.mark('end')}", pid=9),
    ]

    pay, end = recording.units(recording.statements(log))

    assert (pay.label, [statement.sql for statement in pay.statements]) == ("pay", ["SELECT 2", "SELECT 3"])
    assert "SELECT 1" in pay.earlier
    assert "SELECT 2" not in pay.earlier
    assert (end.label, end.statements) == ("end", [])


def test_usual_are_the_units_that_most_are_like() -> None:
    alike = [recorded("SELECT 1", f"SELECT * FROM t WHERE name = 'n{number}'") for number in range(3)]
    odd = recorded("SELECT 1", "DELETE FROM old", "SELECT * FROM t WHERE name = 'n'")

    assert recording.usual([odd, *alike]) == alike


def test_commits_are_counted_that_write() -> None:
    said = recorded(
        "SELECT 1",
        *("BEGIN", "INSERT INTO t VALUES (1)", "COMMIT"),
        *("BEGIN", "SELECT 1 FROM t FOR UPDATE", "COMMIT"),
        *("BEGIN", "UPDATE t SET a = 'DELETE FROM'", "ROLLBACK"),
        "UPDATE t SET a = 2",
        "WITH made AS (INSERT INTO t VALUES (2) RETURNING id) SELECT id FROM made",
        "SELECT 'DELETE FROM t'",
    )

    assert recording.commits(said.statements) == 3


def test_a_script_has_every_statement_in_its_transaction() -> None:
    one = recorded("SELECT 1", "BEGIN", INSERT, "COMMIT")

    (script,) = scripts([one], RANGES)

    lines = [line for line in script.lines if not line.startswith("\\set")]
    assert script.statements == len(lines) == 4
    assert [line.split()[0] for line in lines] == ["SELECT", "BEGIN;", "INSERT", "COMMIT;"]
    assert recording.commits([Statement(7, line) for line in lines]) == recording.commits(one.statements) == 1


def test_a_uuid_whose_type_the_log_does_not_tell_is_written_as_what_its_column_keeps() -> None:
    known, text = "0b1f4c6e-8d1e-4a57-9a43-6b6c5d4e3f2a", "7d9a1f02-3c4b-4e5d-8f60-112233445566"
    one = recorded(f"INSERT INTO t VALUES ('{known}', '{text}')")

    (script,) = scripts([one], RANGES, {known})

    (line,) = [line for line in script.lines if line.startswith("INSERT")]
    assert line.count("::uuid,") == 1
    assert line.count("::uuid::text)") == 1


def test_an_id_that_an_insert_returned_is_its_own_in_every_run() -> None:
    one = recorded(
        INSERT, 'UPDATE "shop_order" SET "status" = 1 WHERE "id" = 70000003', "SELECT '70000003', '/order/70000003/'"
    )

    (script,) = scripts([one], RANGES)

    assert script.lines[1].endswith("\\gset row0_")
    assert script.lines[2] == 'UPDATE "shop_order" SET "status" = 1 WHERE "id" = :row0_id;'
    assert script.lines[3] == "SELECT :row0_id, '/order/70000003/';"


def test_an_id_is_of_the_insert_that_was_last_before_it_is_named() -> None:
    """Here of the second: what the first returned is named nowhere. Of two that are named later the greater is of the later one."""
    named = 'UPDATE "shop_order" SET "status" = 1 WHERE "id" = {}'
    one = recorded(
        INSERT, INSERT, named.format(70000003), INSERT, INSERT, named.format(70000009), named.format(70000008)
    )

    (script,) = scripts([one], RANGES)

    lines = [line for line in script.lines if not line.startswith("\\set")]
    kept = [line.partition(" \\gset ")[2] for line in lines]
    assert kept == ["", "row1_", "", "row3_", "row4_", "", ""]
    assert [line.rpartition("= ")[2] for line in lines if line.startswith("UPDATE")] == [
        ":row1_id;",
        ":row4_id;",
        ":row3_id;",
    ]


def test_an_id_that_was_there_before_stays() -> None:
    one = recorded(INSERT, 'SELECT 1 WHERE "id" = 70000001', earlier='UPDATE t WHERE "id" = 70000001')

    (script,) = scripts([one], RANGES)

    assert script.lines[-1] == 'SELECT 1 WHERE "id" = 70000001;'
    assert "gset" not in script.text


def test_a_name_that_is_new_in_the_unit_is_new_in_every_run_and_the_same_within_it() -> None:
    one = recorded(
        "SELECT 1 WHERE a = 'new-name-1'", "INSERT INTO t VALUES ('new-name-1', 'old-name-2')", earlier="'old-name-2'"
    )

    (script,) = scripts([one], RANGES)

    assert script.lines[0].startswith("\\set fresh1 random(")
    made = "lpad(to_hex(:fresh1::bigint), 10, '0')"
    assert script.lines[1:] == [f"SELECT 1 WHERE a = {made};", f"INSERT INTO t VALUES ({made}, 'old-name-2');"]


def test_times_words_and_documents_stay_as_they_are() -> None:
    kept = "INSERT INTO t VALUES ('2026-01-02 03:04', 'completed', '[1234567890]', '123456789')"

    (script,) = scripts([recorded(kept)], RANGES)

    assert script.lines == [kept.replace("'2026-01-02 03:04'", "E'2026-01-02 03\\x3a04'") + ";"]


def test_a_colon_within_a_text_is_no_variable_of_pgbench() -> None:
    assert quoted('{"a":true}', escaped=False) == "E'{\"a\"\\x3atrue}'"
    assert quoted("C:\\x", escaped=False) == "E'C\\x3a\\\\x'"
    assert quoted("it''s", escaped=False) == "'it''s'"


def test_a_made_text_is_of_the_same_kind_and_length() -> None:
    assert (
        expression("0b1c2d3e-1111-4222-8333-444455556666", "n", "::uuid") == "lpad(to_hex(:n::bigint), 32, '0')::uuid"
    )
    assert expression("\\x0011", "n", "::bytea") == "decode(lpad(to_hex(:n::bigint), 4, '0'), 'hex')"
    assert expression("0123456789abcdef-rest", "n", "") == "(lpad(to_hex(:n::bigint), 16, '0') || '-rest')"
