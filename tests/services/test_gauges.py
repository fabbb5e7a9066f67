"""What a worker tells of the database as a whole: how far sealing and a rotation of keys are behind."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from tests.audit.world import event, seal
from tests.vault.rings import ring_of, with_new_key

from solitude import worker
from solitude.buyers.models import Buyer
from solitude.events.models import Event
from solitude.services import gauges
from solitude.telemetry import metrics
from solitude.vault import renewing
from solitude.vault.current import use_ring
from solitude.vault.models import RenewalTurn

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """The gauges by name, as they were told last."""
    found: dict[str, int] = {}
    monkeypatch.setattr(metrics, "gauge", lambda name, value, **_: found.update({name: value}))
    return found


def test_a_worker_tells_how_old_the_oldest_row_without_a_seal_is(told: dict[str, int]) -> None:
    event()
    Event.objects.update(created=Now() - timedelta(hours=3))

    gauges.tell_overdue()
    assert 3 * 3600 <= told["audit.unsealed_oldest_s"] < 3 * 3600 + 60

    seal()
    gauges.tell_overdue()
    assert told["audit.unsealed_oldest_s"] == 0


def test_a_rotation_that_another_worker_has_ended_is_told_as_ended(
    told: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = ring_of("k1")
    with use_ring(before):
        for number in range(5):
            Buyer.objects.create(uuid=f"shop:{number}", email=f"bea{number}@buyer.example")
    with use_ring(with_new_key(before, "k2")):
        renewing.run_some(4)
        gauges.tell_overdue()
        begun = told["keys.rows_left"]
        with monkeypatch.context() as elsewhere:
            elsewhere.setattr(metrics, "gauge", lambda *_, **__: None)
            for _ in range(20):
                RenewalTurn.objects.all().delete()  # the next second
                renewing.run_some(1000)
        gauges.tell_overdue()

    assert (begun, told["keys.rows_left"]) == (6, 0), "five addresses and their hashes, of which four were done"
    assert "tell_overdue" in {job.__name__ for job in worker.all_jobs()}
