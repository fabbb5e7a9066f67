"""Mypy's Django plugin in an environment in which the settings can be read, wherever mypy was started.

The plugin imports the settings. They are read as in development; nothing is written.
"""

import os
import sys
from pathlib import Path

for name in [name for name in os.environ if name.startswith("SOLITUDE_")]:
    del os.environ[name]
os.environ |= {"SOLITUDE_DEBUG": "true", "SOLITUDE_ENV_FILE": ""}
sys.path.append(str(Path(__file__).parents[2] / "src"))

from mypy_django_plugin.main import plugin  # noqa: E402

__all__ = ["plugin"]
