"""The settings as a new process would read them, without one: the module is run again in an environment of the test's.

Whatever comes of it, no setting may be left in the environment.
"""

import os
import runpy
from pathlib import Path
from typing import Any

import solitude

SETTINGS = Path(next(iter(solitude.__path__))) / "settings.py"

PRODUCTION = {
    "SOLITUDE_CLIENTS": '{"marketplace": "Zm9yLXByb2R1Y3Rpb24tb25seS1kcmF3bi0x"}',
    "SOLITUDE_ENV_FILE": "",
}
DEVELOPMENT = {"SOLITUDE_DEBUG": "true", "SOLITUDE_ENV_FILE": ""}


def settings_of(variables: dict[str, str]) -> dict[str, Any]:
    """The names of `solitude.settings` under these `SOLITUDE_*` variables. Raises ConfigurationError."""
    before = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("SOLITUDE_")}
    os.environ.update(variables)
    try:
        return runpy.run_path(str(SETTINGS))
    finally:
        left = [name for name in os.environ if name.startswith("SOLITUDE_")]
        os.environ.update(before)
        assert left == []
