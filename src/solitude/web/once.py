"""Insert a row unless it is there, or two of them: one statement, decided by the database's own unique constraints."""

from solitude.prepared import insert_both as insert_both
from solitude.prepared import insert_once as insert_once
