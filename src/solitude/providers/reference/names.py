"""How the rest of the house calls it."""

from typing import Final

NAME: Final = "reference"
NUMBER: Final = 2
