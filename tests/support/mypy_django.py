"""Mypy's Django plugin in an environment in which the settings can be read, wherever mypy was started.

The plugin imports the settings. They are read as in development, with the example of a provider turned on.
"""

import os
import sys
import tempfile
from pathlib import Path

for name in [name for name in os.environ if name.startswith("SOLITUDE_")]:
    del os.environ[name]
os.environ |= {"SOLITUDE_DEBUG": "true", "SOLITUDE_ENV_FILE": "", "SOLITUDE_PROVIDERS": "acme"}
ROOT = Path(__file__).parents[2]
# The first place is mypy's own.
sys.path[1:1] = [str(ROOT), str(ROOT / "src")]

from tests.support import installed  # noqa: E402

# Entry points are read while the settings are imported, and not again.
_metadata = tempfile.TemporaryDirectory()
sys.path += installed.as_if(installed.EXAMPLE, Path(_metadata.name)).split(":")

from mypy_django_plugin.main import plugin  # noqa: E402

__all__ = ["plugin"]
