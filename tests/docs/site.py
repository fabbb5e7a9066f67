"""The documentation as a site: built once for all processes of a run, and read as a browser would."""

import fcntl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).parents[2]
BUILT_WITHIN_S = 150
# What a browser fetches by itself, by element and attribute; of <link> only what is not a mere relation of pages.
LOADS = {
    ("script", "src"),
    ("img", "src"),
    ("img", "srcset"),
    ("source", "src"),
    ("source", "srcset"),
    ("iframe", "src"),
    ("object", "data"),
    ("embed", "src"),
    ("video", "src"),
    ("audio", "src"),
    ("use", "href"),
    ("image", "href"),
    ("form", "action"),
}
RELATIONS = {"index", "search", "next", "prev", "up", "canonical", "author"}


def build(shared: Path) -> Path:
    """The site, made by whoever comes first; raises AssertionError with what Sphinx has to say when it has any."""
    site, said = shared / "site", shared / "site.log"
    with (shared / "site.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not said.exists():
            options = [
                "--fail-on-warning",
                "--keep-going",
                "--nitpicky",
                "--quiet",
                "--doctree-dir",
                str(shared / "doctrees"),
            ]
            built = subprocess.run(
                [sys.executable, "-m", "sphinx", *options, str(ROOT / "docs"), str(site)],
                capture_output=True,
                text=True,
                timeout=BUILT_WITHIN_S,
                check=False,
            )
            said.write_text(built.stdout + built.stderr + ("failed" if built.returncode else ""))
    text = said.read_text()
    assert not text, text
    return site


@dataclass
class Page(HTMLParser):
    """One page: where it links to, what it loads, and what can be linked to in it."""

    text: str
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        self.anchors |= {named[name] for name in ("id", "name") if name in named}
        if tag == "a" and "href" in named:
            self.links.append(named["href"])
        if tag == "link" and not RELATIONS & set(named.get("rel", "").split()):
            self.loads.append(named["href"])
        self.loads += [value for name, value in named.items() if (tag, name) in LOADS]


def pages(site: Path) -> dict[str, Page]:
    """Every page by its path below the site."""
    return {path.relative_to(site).as_posix(): Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}


def inner(page: str, page_links: list[str]) -> Iterator[tuple[str, str]]:
    """The links of a page that stay in the site: path and anchor."""
    for link in page_links:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        path = (Path("/", page).parent / unquote(parts.path)).resolve().relative_to("/") if parts.path else Path(page)
        yield path.as_posix(), unquote(parts.fragment)
