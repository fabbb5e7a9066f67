"""The settings as a new process would read them, without one: the modules are run again in an environment of the test's.

Whatever comes of it, no setting may be left in the environment.
"""

import importlib
import os
import sys
from typing import Any

SETTINGS = "solitude.settings"

PRODUCTION = {
    "SOLITUDE_CLIENTS": '{"marketplace": "Zm9yLXByb2R1Y3Rpb24tb25seS1kcmF3bi0x"}',
    "SOLITUDE_ENV_FILE": "",
}
# Whatever packages the developer has installed.
DEVELOPMENT = {"SOLITUDE_DEBUG": "true", "SOLITUDE_ENV_FILE": "", "SOLITUDE_PROVIDERS": ""}


def settings_of(variables: dict[str, str]) -> dict[str, Any]:
    """The names of `solitude.settings` under these `SOLITUDE_*` variables. Raises ConfigurationError."""
    before = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("SOLITUDE_")}
    os.environ.update(variables)
    kept = {name: sys.modules.pop(name) for name in list(sys.modules) if (name + ".").startswith(f"{SETTINGS}.")}
    try:
        return vars(importlib.import_module(SETTINGS))
    finally:
        for name in [name for name in sys.modules if (name + ".").startswith(f"{SETTINGS}.")]:
            del sys.modules[name]
        sys.modules.update(kept)
        left = [name for name in os.environ if name.startswith("SOLITUDE_")]
        os.environ.update(before)
        assert left == []
