"""A pytest plugin: how many tests of the kit each provider has passed, and which it could not be put to."""

from collections import Counter
from typing import Any

import pytest

OF_KIT, TOLD = "conformance", "conformance_told"
LEFT_OUT = pytest.StashKey[dict[str, str]]()
_ran: Counter[tuple[str, str]] = Counter()
_told: list[str] = []


def of_provider(item: pytest.Item, provider: str) -> None:
    """Counts this test among those of the kit."""
    item.user_properties.append((OF_KIT, provider))


def tell(item: pytest.Item, line: str) -> None:
    """Has a line said at the end of the run."""
    item.user_properties.append((TOLD, line))


def left_out(config: pytest.Config, provider: str, nodeid: str, lacking: object) -> None:
    """Notes a test that the provider cannot be put to; `lacking` says why."""
    test = nodeid.rpartition("/")[2].partition("[")[0]
    config.stash.setdefault(LEFT_OUT, {})[f"{provider}: {test}"] = str(lacking)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    properties = dict(report.user_properties)
    if OF_KIT in properties and (report.when == "call" or report.failed):
        _ran[str(properties[OF_KIT]), report.outcome] += 1
    if TOLD in properties and report.when == "call":
        _told.append(str(properties[TOLD]))


def pytest_sessionfinish(session: pytest.Session) -> None:
    # A worker of pytest-xdist hands on what it found; all of them collect the same.
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[OF_KIT] = session.config.stash.get(LEFT_OUT, {})


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    found = getattr(node, "workeroutput", {}).get(OF_KIT, {})
    node.config.stash.setdefault(LEFT_OUT, {}).update(found)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    not_run = config.stash.get(LEFT_OUT, {})
    if not _ran and not _told and not not_run:
        return
    terminalreporter.section("conformance")
    for provider in sorted({provider for provider, _ in _ran}):
        outcomes = {outcome: count for (of, outcome), count in sorted(_ran.items()) if of == provider}
        terminalreporter.line(f"{provider}: " + ", ".join(f"{count} {outcome}" for outcome, count in outcomes.items()))
    for test, lacking in sorted(not_run.items()):
        terminalreporter.line(f"not run for {test}: {lacking}")
    for line in _told:
        terminalreporter.line(line)
