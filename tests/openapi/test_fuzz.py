"""Whatever is sent, no answer is 500 and none is undocumented; what the description forbids is refused.

`make fuzz` runs it for longer and prints what it came to: EXAMPLES=100 for each operation, SECONDS=300, SEED=7.
"""

import os
from collections.abc import Iterator

import pytest
from tests.openapi import fuzz, story
from tests.openapi.fuzz import Figures
from tests.support import described
from tests.support.simulator import Simulator

from solitude.urls import TAGS

EXAMPLES, SEED = 5, 20261123
pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def total() -> Iterator[Figures]:
    figures = Figures()
    yield figures
    print(f"\nfuzz: all: {figures}")


# The examples name rows by number.
@pytest.mark.django_db(transaction=True, reset_sequences=True)
@pytest.mark.parametrize("tag", list(TAGS))
def test_no_answer_is_a_fault_or_undocumented(tag: str, paypal: Simulator, total: Figures) -> None:
    story.tell(story.Recorder(paypal), paypal)
    seconds = os.environ.get("FUZZ_SECONDS")

    figures = fuzz.run(
        tag,
        examples=int(os.environ.get("FUZZ_EXAMPLES", EXAMPLES)),
        seed=int(os.environ.get("FUZZ_SEED", SEED)),
        seconds=int(seconds) // len(TAGS) if seconds else None,
    )

    print(f"\nfuzz: {tag}: {figures}")
    total.add(figures)
    assert figures.failures == {}
    assert figures.errors == []
    assert figures.operations == {
        one.label for one in described.operations() if tag in one.said["tags"] and one.name not in fuzz.UNTESTED
    }
