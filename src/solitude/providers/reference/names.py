"""What the parts of this provider call the same."""

from typing import Final

NAME: Final = "reference"
NUMBER: Final = 2

# How the specification calls its resources.
SELLERS: Final = "sellers"
PRODUCTS: Final = "products"
TERMS: Final = "terms"
TRANSACTIONS: Final = "transactions"
NOTICES: Final = "notices"
