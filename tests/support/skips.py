"""A pytest plugin: no test is skipped in silence.

A skip without a reason fails everywhere. With CI=true every skip fails whose reason is no line of `expected_skips.txt`.
"""

import os
from collections.abc import Generator
from pathlib import Path
from typing import TypeVar

import pytest

EXPECTED = Path(__file__).with_name("expected_skips.txt")
# What pytest says for a bare `@pytest.mark.skip` and a bare `pytest.skip()`.
NO_REASON = ("", "unconditional skip")

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return judged((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return judged((yield))


def judged(report: Report) -> Report:
    """The report, turned into a failure if it is of a skip that may not be."""
    # An expected failure (xfail) is reported as a skip too; it did run.
    if report.outcome != "skipped" or hasattr(report, "wasxfail"):
        return report
    reason = reason_of(report)
    fault = fault_of(reason)
    if fault:
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid}: {fault}"
    return report


def reason_of(report: pytest.TestReport | pytest.CollectReport) -> str:
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr or "")
    return text.removeprefix("Skipped: ").removeprefix("Skipped").strip()


def fault_of(reason: str) -> str:
    """Why a skip for this reason is a failure; empty if it is none."""
    if reason in NO_REASON:
        return "skipped without a reason"
    if os.environ.get("CI", "").lower() in ("true", "1") and reason not in expected():
        return f"skipped where nothing may be skipped: {reason}\nIf this is right, add the reason to {EXPECTED.name}."
    return ""


def expected() -> frozenset[str]:
    lines = (line.strip() for line in EXPECTED.read_text().splitlines())
    return frozenset(line for line in lines if line and not line.startswith("#"))
