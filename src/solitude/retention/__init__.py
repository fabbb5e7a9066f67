"""How long each class of data is kept, and what is done with it then."""
