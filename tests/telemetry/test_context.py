import contextvars
import threading
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from solitude.telemetry import context, redaction


@pytest.fixture(autouse=True)
def nothing_bound() -> Iterator[None]:
    context.clear()
    yield
    context.clear()


def test_values_hold_until_cleared_and_none_changes_nothing() -> None:
    context.bind(request_id="r1", client="marketplace")
    context.bind(transaction="t1", client=None)
    assert context.current() == {"request_id": "r1", "client": "marketplace", "transaction": "t1"}
    context.clear()
    assert context.current() == {}


def test_values_of_a_block_end_with_it_even_when_it_fails() -> None:
    def fail() -> None:
        with context.bound(transaction="inner", correlation_id="c1"):
            assert context.current() == {"transaction": "inner", "correlation_id": "c1"}
            raise ZeroDivisionError

    context.bind(transaction="outer")
    with pytest.raises(ZeroDivisionError):
        fail()
    assert context.current() == {"transaction": "outer"}


def test_what_a_block_binds_besides_stays() -> None:
    context.bind(transaction="outer")
    with context.bound(transaction="inner", client="for now"):
        context.bind(correlation_id="c1")
        assert context.current() == {"client": "for now", "transaction": "inner", "correlation_id": "c1"}
    assert context.current() == {"transaction": "outer", "correlation_id": "c1"}


def test_about_another_transaction_the_correlation_id_says_nothing() -> None:
    context.bind(request_id="r", transaction="t1", correlation_id="c1")
    context.about("t1", "shop")
    assert context.current() == {"request_id": "r", "client": "shop", "transaction": "t1", "correlation_id": "c1"}
    context.about("t2", "another")
    assert context.current() == {"request_id": "r", "client": "shop", "transaction": "t2"}


def test_nobody_changes_what_is_bound_by_what_he_was_given() -> None:
    context.bind(request_id="r")
    context.current()["request_id"] = "changed"
    assert context.current() == {"request_id": "r"}


def test_a_task_goes_on_with_what_was_bound_when_it_began() -> None:
    context.bind(request_id="r1")
    task = contextvars.copy_context()
    context.bind(request_id="r2", client="c")
    assert task.run(context.current) == {"request_id": "r1"}
    task.run(context.bind, transaction="of the task")
    assert context.current() == {"request_id": "r2", "client": "c"}


def test_another_thread_has_its_own_values() -> None:
    context.bind(request_id="mine")
    seen: list[dict[str, str]] = []
    thread = threading.Thread(target=lambda: seen.append(context.current()))
    thread.start()
    thread.join()
    assert seen == [{}]


def test_values_are_shown_in_a_fixed_order_and_cut() -> None:
    context.bind(correlation_id="c" * 1000, request_id="r")
    assert list(context.current()) == ["request_id", "correlation_id"]
    assert context.current()["correlation_id"] == "c" * context.VALUE_LIMIT_CHARACTERS


CARD, HARMLESS = "4111111111111111", "41111111a1111111"


def test_a_new_id_never_looks_like_a_cards_number(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter([CARD, CARD, HARMLESS])
    monkeypatch.setattr(context.secrets, "token_hex", lambda _: next(drawn))
    assert context.new_id() == HARMLESS


@example(bytes.fromhex(CARD))
@example(bytes.fromhex("4222222222222" + "abc"))
@given(st.binary(min_size=context.ID_BYTES, max_size=context.ID_BYTES))
def test_a_new_id_stays_readable_in_every_line(drawn: bytes) -> None:
    names = iter([drawn.hex(), HARMLESS])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(context.secrets, "token_hex", lambda _: next(names))
        made = context.new_id()
    for written in (f"request_id={made} client=shop", f'{{"request_id": "{made}"}}', f"request_id=worker-{made}"):
        assert redaction.line(written) == written
    assert redaction.MASK in redaction.line(f"request_id={CARD}")
