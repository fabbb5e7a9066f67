"""What every test stands on. The environment is settled first: the settings read it when they are imported."""

import os

import hypothesis

from tests.support import environment, isolation

pytest_plugins = [
    "tests.support.skips",
    "tests.support.emptying",
    "tests.support.fixtures",
    "tests.support.security_events",
    "tests.support.statsd",
    "tests.support.written",
    "tests.conformance.tally",
]

isolation.isolate()
os.environ |= environment.of_the_house()
isolation.set_up_django()

# How long one example takes tells of the machine, not of the code. The rest stays as Hypothesis has it, which knows CI.
OWN = hypothesis.settings.get_profile(hypothesis.settings.get_current_profile_name())
hypothesis.settings.register_profile("solitude", OWN, deadline=None)
hypothesis.settings.load_profile("solitude")


def pytest_report_header() -> str:
    return f"database: {isolation.database_in_use()}"
