"""The proving ground itself: it finds nothing in the house, the same each time, and it finds every defect that we put in."""

from collections.abc import Iterator

import pytest

from tests.faults.simulation import Simulation

SEEDS = (1, 2, 3, 4)
EPISODES_MOST = 40

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def simulation(transactional_db: None) -> Iterator[Simulation]:
    simulation = Simulation()
    with simulation.ready():
        yield simulation


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost_and_nothing_doubled(simulation: Simulation, seed: int) -> None:
    episode = simulation.run(seed)

    assert episode.problems == [], "\n".join(episode.trace)
    assert episode.steps > 100
    assert simulation.tally.clean


def test_a_seed_tells_the_same_story_again(simulation: Simulation) -> None:
    first, second, other = simulation.run(7), simulation.run(7), simulation.run(8)

    assert first.trace == second.trace
    assert first.digest == second.digest != other.digest
