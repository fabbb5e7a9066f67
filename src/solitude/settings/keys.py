"""Where the key ring comes from, and how fast a change of keys goes."""

from pathlib import Path

from solitude.configuration import command
from solitude.settings.process import SOLITUDE_HOME
from solitude.settings.reading import environment

_NO_COMMAND: tuple[str, ...] = ()
_file: Path | None = environment.path(
    "SOLITUDE_KEYS_FILE",
    None,
    "A file with the key ring: all keys, by purpose. Readable by its owner only.",
    shown="`SOLITUDE_HOME/keys.json`",
)
SOLITUDE_KEYS: str = environment.text("SOLITUDE_KEYS", "", "The key ring itself, as JSON, in place of a file.")
SOLITUDE_KEYS_COMMAND = environment.get(
    "SOLITUDE_KEYS_COMMAND",
    command,
    _NO_COMMAND,
    'A command that prints the key ring, in place of a file: a JSON list such as `["/usr/local/bin/fetch-keys"]`.',
    shown="none",
)
SOLITUDE_KEYS_COMMAND_TIMEOUT_S: int = environment.number(
    "SOLITUDE_KEYS_COMMAND_TIMEOUT_S", 20, "How long that command may take.", unit="s", least=1, most=300
)
SOLITUDE_KEYS_SETTLE_S: int = environment.number(
    "SOLITUDE_KEYS_SETTLE_S",
    60,
    "How long every process must have had a ring before the next step; longer than any request takes.",
    unit="s",
    least=1,
    most=3_600,
)
SOLITUDE_ROTATION_ROWS_PER_S: int = environment.number(
    "SOLITUDE_ROTATION_ROWS_PER_S",
    500,
    "How many rows a second the workers together seal or hash anew after a change of keys.",
    unit="rows/s",
    least=1,
    most=100_000,
)
SOLITUDE_KEYS_FILE: Path = _file or (SOLITUDE_HOME / "keys.json")

if sum(map(bool, (_file, SOLITUDE_KEYS, SOLITUDE_KEYS_COMMAND))) > 1:
    environment.problems.append("of SOLITUDE_KEYS_FILE, SOLITUDE_KEYS and SOLITUDE_KEYS_COMMAND only one may be set")
