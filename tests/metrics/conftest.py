"""Logging as the tests of the logs set it up."""

from tests.telemetry.conftest import setup as setup
