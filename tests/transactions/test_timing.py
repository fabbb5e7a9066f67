"""How long transactions take to come to a status, for statsd: told once for each status, and only when it is committed."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from tests.support.statsd import PATIENCE_S, Daemon

from solitude.transactions import states
from solitude.transactions.models import Transaction

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_status_that_is_reached_is_timed_from_the_beginning_of_its_transaction(daemon: Daemon) -> None:
    created = timezone.now() - timedelta(days=1, seconds=2)
    with transaction.atomic():
        row = states.begin(Transaction(created=created), "payment_begun")
        states.move(row, "approval_awaited")
        states.move(row, "approval_awaited")
        assert daemon.hears_nothing_more()
    daemon.socket.settimeout(PATIENCE_S)
    name, _, value = daemon.hears().partition(":")
    assert name == "transaction.status.pending"
    assert 86_402_000 <= float(value.removesuffix("|ms")) < 86_500_000
    assert daemon.hears_nothing_more()


def test_a_move_that_is_undone_is_not_timed(daemon: Daemon) -> None:
    def break_off() -> None:
        with transaction.atomic():
            row = states.begin(Transaction(), "payment_begun")
            states.move(row, "paid")
            states.move(row, "declined")

    with pytest.raises(states.IllegalMove):
        break_off()
    assert daemon.hears_nothing_more()
