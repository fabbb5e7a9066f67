"""Payments through real processes that are killed at random moments: `python -m tests.faults.processes --help`."""
