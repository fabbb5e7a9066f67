"""docs/states.md and its pictures are what the state graph and the moments of a call are in the code."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest

from solitude import failpoints
from solitude.transactions.models import Status
from solitude.transactions.states import EDGES, PAYMENT_EDGES

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("diagrams", DOCS / "diagrams.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_page_and_pictures_are_what_the_code_says(maker: ModuleType) -> None:
    """If they are not: `python docs/diagrams.py`."""
    for path, text in maker.files().items():
        assert path.read_text(encoding="utf-8") == text, path.name


def test_every_move_is_in_a_table_and_every_move_of_a_payment_in_the_picture(maker: ModuleType) -> None:
    assert set(re.findall(r"^\| `(\w+)` \| [^|]+ \| \w+ \| `", maker.page(), re.MULTILINE)) == set(EDGES)
    picture = ElementTree.fromstring(maker.graph())  # noqa: S314  # it is our own
    titles = [title.text or "" for title in picture.iter() if title.tag.endswith("title")]
    assert {name for title in titles[1:] for name in title.split(", ")} == {edge.name for edge in PAYMENT_EDGES}


def test_every_status_has_a_place_in_the_picture(maker: ModuleType) -> None:
    assert set(maker._PLACES) == {status.name.lower() for status in Status}


def test_the_walk_has_every_moment_in_its_order(maker: ModuleType) -> None:
    shown = [text for text in re.findall(r">(\w+)</text>", maker.walk()) if text in failpoints.NAMES]
    assert shown == list(failpoints.NAMES)
