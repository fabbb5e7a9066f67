"""What is logged, and where it goes."""

from pathlib import Path

from solitude.configuration import folder
from solitude.settings.process import SOLITUDE_HOME
from solitude.settings.reading import environment

_get = environment.get

SOLITUDE_LOG_DIR: Path = _get(
    "SOLITUDE_LOG_DIR", folder, None, "Where `solitude.log` and `cef.log` are written.", shown="`SOLITUDE_HOME/logs`"
) or (SOLITUDE_HOME / "logs")
