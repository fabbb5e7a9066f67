"""The environment of this process, which the declarations beside this module take their settings from."""

from solitude import sqlite
from solitude.configuration import process_environment
from solitude.telemetry.redaction import SECRET_LEAST_CHARACTERS

sqlite.install()

environment = process_environment()


def secret(name: str, default: str, meaning: str, *, shown: str) -> str:
    """The setting of a text that is masked wherever it would be written; empty is none."""
    return environment.get(name, _maskable, default, meaning, shown=shown)


def _maskable(text: str) -> str:
    if 0 < len(text) < SECRET_LEAST_CHARACTERS:
        raise ValueError(f"must have at least {SECRET_LEAST_CHARACTERS} characters: a shorter one cannot be masked")
    return text
