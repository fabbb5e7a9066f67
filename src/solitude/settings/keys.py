"""The key ring."""

from pathlib import Path

from solitude.settings.process import SOLITUDE_HOME
from solitude.settings.reading import environment

SOLITUDE_KEYS_FILE: Path = environment.path(
    "SOLITUDE_KEYS_FILE",
    None,
    "The key ring: field encryption and keyed hashes. Readable by its owner only.",
    shown="`SOLITUDE_HOME/keys.json`",
) or (SOLITUDE_HOME / "keys.json")
