"""Debian's Chromium, driven by Playwright, and what a page looked like."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
SIZE: ViewportSize = {"width": 1100, "height": 800}
NARROW = 600  # for pages that have one sheet of paper
PATIENCE_MS = 15_000


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser, ended with the block. Skips the test on a machine that has none."""
    if CHROMIUM is None:
        pytest.skip("there is no chromium on this machine")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@dataclass
class Visitor:
    """Somebody with a browser of their own. `complaints` is what the pages said on the browser's console: nothing, if all is well."""

    page: Page
    name: str
    complaints: list[str] = field(default_factory=list)
    _taken: int = 0

    def look(self, what: str, width: int = SIZE["width"]) -> None:
        """Keeps what is on the screen, made so wide, in build/screenshots."""
        self._taken += 1
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.set_viewport_size({**SIZE, "width": width})
        self.page.screenshot(path=SCREENSHOTS / f"{self.name}-{self._taken:02}-{what}.png", full_page=True)

    def press(self, name: str, within: str = "") -> None:
        """A button; `within` is a text of the row, list item or form in which it is."""
        place = self.page.get_by_role("row").or_(self.page.get_by_role("listitem")).filter(has_text=within)
        (place if within else self.page).get_by_role("button", name=name, exact=True).first.click()

    def reads(self, text: str) -> None:
        """Waits until it is on the page."""
        self.page.get_by_text(text, exact=True).first.wait_for()

    def reads_in_time(self, text: str, times: int = 1) -> None:
        """Looks at the page again and again until it says so, so many times."""
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while self.page.get_by_text(text, exact=True).count() != times:
            assert time.monotonic() < deadline, self.page.inner_text("body")
            self.page.wait_for_timeout(100)
            self.page.reload()


def visitor(browser: Browser, name: str) -> Visitor:
    """A new visitor without cookies; `name` is for the pictures."""
    page = browser.new_context(viewport=SIZE).new_page()
    page.set_default_timeout(PATIENCE_MS)
    came = Visitor(page, name)
    page.on("console", lambda said: came.complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: came.complaints.append(str(error)))
    return came
