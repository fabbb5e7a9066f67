"""The documentation site: it builds without a warning, needs nobody else, and every link in it leads somewhere."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.docs.site import Page, build, inner, pages

pytestmark = pytest.mark.long
# Sphinx's own pages, to which the theme links from its search and not from the text.
NOT_IN_THE_TREE = {"search.html", "genindex.html", "py-modindex.html"}
READERS = {"You build a marketplace": "api.html", "You run it": "operating.html", "You audit it": "reliability.html"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    base = tmp_path_factory.getbasetemp()
    # The folder of the run is the parent of each process's own.
    return build(base if worker_id == "master" else base.parent)


@pytest.fixture(scope="module")
def found(site: Path) -> dict[str, Page]:
    return pages(site)


def test_it_builds_without_a_warning(site: Path) -> None:
    assert (site / "index.html").exists()


def test_no_page_loads_anything_from_elsewhere(site: Path, found: dict[str, Page]) -> None:
    assert len(found) > 20
    assert found["index.html"].loads
    for name, page in found.items():
        for load in page.loads:
            assert not urlsplit(load).netloc, f"{name} loads {load}"
            path, _ = next(inner(name, [load]))
            assert (site / path).exists(), f"{name} loads {load}"


def test_no_style_sheet_loads_anything_from_elsewhere(site: Path) -> None:
    sheets = list(site.rglob("*.css"))
    assert sheets
    for sheet in sheets:
        text = sheet.read_text(encoding="utf-8")
        loads = re.findall(r"""(?:url\(|@import)\s*['"]?\s*((?:https?:)?//[^'")\s]+)""", text)
        assert loads == [], sheet.name


def test_every_link_leads_to_a_page_and_to_a_place_in_it(site: Path, found: dict[str, Page]) -> None:
    broken = []
    for name, page in found.items():
        for path, anchor in inner(name, page.links):
            there = found.get(path)
            if not (site / path).is_file() or (there and anchor and anchor not in there.anchors):
                broken.append(f"{name}: {path}#{anchor}")
    assert broken == []


def test_every_page_can_be_reached_from_the_first(found: dict[str, Page]) -> None:
    reached, waiting = set(), ["index.html"]
    while waiting:
        name = waiting.pop()
        if name in reached or name not in found:
            continue
        reached.add(name)
        waiting += [path for path, _ in inner(name, found[name].links)]
    assert set(found) - reached <= NOT_IN_THE_TREE


def test_the_first_page_leads_each_of_its_readers(found: dict[str, Page]) -> None:
    first = found["index.html"]
    for reader, page in READERS.items():
        assert reader in first.text
        assert page in first.links


def test_the_search_has_its_index_beside_it(site: Path, found: dict[str, Page]) -> None:
    """It is a script and nothing that is fetched, so that it works from a file."""
    assert any(load.startswith("searchindex.js") for load in found["search.html"].loads)
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    assert "idempot" in index
    assert '"The API"' in index


def test_the_client_is_documented_with_every_name_that_it_offers(found: dict[str, Page]) -> None:
    from solitude import client

    anchors = found["client-reference.html"].anchors
    documented = {anchor.rpartition(".")[2] for anchor in anchors if anchor.startswith("solitude.client.")}
    assert set(client.__all__) - documented == set()
