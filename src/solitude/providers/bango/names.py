"""How the rest of the house calls it."""

from typing import Final

NAME: Final = "bango"
NUMBER: Final = 1
