"""How fast the house is, as ratios of what its own database and disk allow: `make bench`."""
