"""The one way out of the house: nothing else opens a connection to the outside."""
