"""What is answered while the database is away, changes hands or takes no write: 503, and 504 where a provider may have acted."""

from collections.abc import Callable, Iterator
from unittest import mock

import pytest
from django.db import OperationalError, connection
from tests.payments.world import end_leases
from tests.support.marketplace import Answer, Marketplace
from tests.support.simulator import Simulator

from solitude import failpoints
from solitude.payments import recovery

AWAY = "database_unavailable"
KEY = {"Idempotency-Key": "k-1"}


def demote() -> None:
    """From now on this connection is one to a server that answers reads and refuses writes, as a former primary does."""
    sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only = ON" if sqlite else "SET default_transaction_read_only = on")


@pytest.fixture
def demoted() -> Iterator[None]:
    demote()
    yield
    connection.close()


@pytest.fixture
def gone(shop: Marketplace) -> Iterator[None]:
    """Nobody answers where the database was."""
    connection.close()
    with mock.patch.object(connection, "get_new_connection", side_effect=OperationalError("canary: no database here")):
        yield


def at(moment: str, happens: Callable[[], None]) -> Callable[[str], None]:
    def reached(name: str) -> None:
        if name == moment:
            happens()

    return reached


def expect_unavailable(answer: Answer) -> None:
    assert (answer.status, answer["code"]) == (503, AWAY)
    assert answer.headers["Retry-After"] == "1"
    assert "canary" not in answer.text


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_without_a_database_every_request_is_asked_to_come_back(shop: Marketplace, gone: None, method: str) -> None:
    expect_unavailable(shop.send(method, "/generic/buyer/", b'{"uuid": "b:1"}' if method == "POST" else b""))


def test_a_payment_that_could_not_be_written_is_not_sent(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str
) -> None:
    before = len(paypal.state()["requests"])
    with failpoints.hooked(at(failpoints.BEFORE_INTENT, demote)):
        answer = shop.pay(app_id, user_id=preapproved, use_preapproval=True, headers=KEY)

    expect_unavailable(answer)
    assert len(paypal.state()["requests"]) == before
    end_leases()
    assert shop.pay(app_id, user_id=preapproved, use_preapproval=True, headers=KEY)["status"] == "completed"
    assert len(paypal.captured()) == 1


def test_a_connection_to_a_former_primary_is_given_up(shop: Marketplace, demoted: None) -> None:
    expect_unavailable(shop.post("/generic/buyer/", {"uuid": "b:1"}))

    assert shop.post("/generic/buyer/", {"uuid": "b:1"}).status == 201


@pytest.mark.parametrize("moment", [failpoints.BEFORE_SEND, failpoints.AFTER_ANSWER, failpoints.AFTER_COMMIT])
def test_once_the_provider_may_have_acted_the_outcome_is_unknown_and_found_out(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str, moment: str
) -> None:
    # After the commit of the outcome nothing is written any more, but the answer may have to be read.
    lost = demote if moment != failpoints.AFTER_COMMIT else vanish
    with failpoints.hooked(at(moment, lost)):
        answer = shop.pay(app_id, user_id=preapproved, use_preapproval=True, headers=KEY)

    assert (answer.status, answer["code"]) == (504, "outcome_unknown")
    connection.close()
    assert shop.transaction(answer["transaction"])["uuid"] == answer["uuid"]
    end_leases()
    recovery.run_once()
    again = shop.pay(app_id, user_id=preapproved, use_preapproval=True, headers=KEY)
    assert (again["status"], again["uuid"]) == ("completed", answer["uuid"])
    assert len(paypal.captured()) == 1


def vanish() -> None:
    raise OperationalError("canary: the server closed the connection unexpectedly")


def test_a_commit_of_an_intent_without_an_answer_is_no_promise_that_nothing_happens(
    shop: Marketplace, paypal: Simulator, app_id: str, preapproved: str
) -> None:
    """A worker may find the intent, and pay."""

    def break_commits() -> None:
        patched.start()

    patched = mock.patch.object(connection, "_commit", side_effect=silent_commit(connection._commit))
    try:
        with failpoints.hooked(at(failpoints.BEFORE_INTENT, break_commits)):
            answer = shop.pay(app_id, user_id=preapproved, use_preapproval=True, headers=KEY)
    finally:
        patched.stop()

    assert (answer.status, answer["code"]) == (504, "outcome_unknown")
    assert paypal.captured() == []
    end_leases()
    again = shop.pay(app_id, user_id=preapproved, use_preapproval=True, headers=KEY)
    assert (again["status"], again["uuid"]) == ("completed", answer["uuid"])
    assert len(paypal.captured()) == 1


def silent_commit(commit: Callable[[], None]) -> Callable[[], None]:
    """The commit is carried out, and its confirmation lost."""

    def committed() -> None:
        commit()
        raise OperationalError("canary: the server closed the connection unexpectedly")

    return committed


def test_a_fault_of_ours_stays_a_fault(shop: Marketplace) -> None:
    """A table that is not there has the same class on SQLite as a database that is not there."""

    def ask(*_: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM no_such_table")

    with mock.patch("solitude.web.admission.insert_once_soon", side_effect=ask):
        answer = shop.get("/generic/buyer/")

    assert answer.status == 500
